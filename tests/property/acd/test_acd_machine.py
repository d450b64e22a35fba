"""Hypothesis against the engine and a model of Asterisk: late, doubled and lost events, crashes, resyncs."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from acd.core.commands import AgentChanged, CancelOffer, Command, OfferCall, Overflow, OverflowReason
from acd.core.config import AgentSettings, Configuration, QueueSettings
from acd.core.engine import Engine
from acd.core.events import (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPaused,
    AgentReady,
    AgentSeat,
    CallArrived,
    CallerJoined,
    CallLeft,
    CallSeen,
    Configured,
    DeviceChanged,
    DeviceSeen,
    Event,
    LinkLost,
    OfferAnswered,
    OfferFailed,
    OfferFailure,
    OfferRinging,
    Resynchronised,
    TalkEnded,
)
from acd.core.invariants import check
from acd.core.replay import Record, decode, encode, replay
from acd.core.states import AgentState, CallState
from acd.core.statistics import Statistics
from callcenter.kernel.ids import AgentId, CallId, OfferId, QueueName

pytestmark = pytest.mark.property

QUEUES = tuple(QueueName(name) for name in ("general", "urgent", "permits"))
AGENTS = tuple(AgentId(str(number)) for number in range(1001, 1006))
SKILLS: tuple[tuple[set[str], set[str]], ...] = (
    ({"general", "urgent"}, {"vi"}),
    ({"general", "urgent"}, {"vi"}),
    ({"general"}, {"vi", "en"}),
    ({"permits"}, {"vi"}),
    ({"general", "urgent", "permits"}, {"vi", "en"}),
)


def configuration(variant: int) -> Configuration:
    """Three snapshots: the usual one, one without a queue and an agent, one with tight limits."""
    queues = (
        QueueSettings(name=QUEUES[0], wrap_up_s=0.0 if variant == 2 else 8.0),
        QueueSettings(name=QUEUES[1], priority_minutes=3.0, max_wait_s=25.0, wrap_up_s=4.0),
        QueueSettings(name=QUEUES[2], max_waiting=1 + variant, overflow_when_empty=True),
    )[: 2 if variant == 1 else 3]
    names = frozenset(queue.name for queue in queues)
    agents = tuple(
        AgentSettings(
            agent=agent,
            queues=frozenset(QueueName(name) for name in served) & names,
            languages=frozenset(languages),
        )
        for agent, (served, languages) in zip(AGENTS, SKILLS, strict=True)
        if not (variant == 1 and agent == AGENTS[1])
    )
    return Configuration(queues=queues, agents=agents, max_calls=4 if variant == 2 else 7)


agents = st.sampled_from(AGENTS)
steps_s = st.sampled_from([0.0, 0.25, 1.0, 2.0, 5.0, 21.0])
numbers = st.integers(0, 11)


class Distribution(RuleBasedStateMachine):
    """Calls are numbered; what the engine asked for is answered truthfully, late, twice or not at all."""

    @initialize(crowd=st.integers(0, 9))
    def start(self, crowd: int) -> None:
        self.now = 100.0
        self.first = configuration(0)
        self.engine = Engine(self.first)
        self.statistics = Statistics()
        self.records: list[Record] = []
        self.answers: list[list[Command]] = []
        self.offers: list[OfferCall] = []
        self.minted: dict[OfferId, int] = {}
        self.known: set[CallId] = set()
        self.over: set[CallId] = set()
        self.step(Configured(configuration=self.first))
        self.step(Resynchronised(calls=(), devices=self.all_phones()))
        for agent in AGENTS:
            self.step(AgentLoggedIn(agent=agent))
            self.step(AgentReady(agent=agent))
        for number in range(crowd):
            self.join(number, QUEUES[number % 2], 0.0, "vi")

    def all_phones(self) -> tuple[DeviceSeen, ...]:
        return tuple(DeviceSeen(agent=agent, reachable=True, in_use=False) for agent in AGENTS)

    def step(self, event: Event | None) -> list[Command]:
        linked = self.engine.house.linked
        commands = self.engine.tick(self.now) if event is None else self.engine.handle(event, self.now)
        self.records.append((self.now, event))
        self.answers.append(commands)
        self.statistics.observe(event, commands, self.now)
        for command in commands:
            if isinstance(command, OfferCall):
                self.offers.append(command)
                self.minted[command.offer] = self.minted.get(command.offer, 0) + 1
                assert self.minted[command.offer] == 1, "one offer id was used twice"
            asks_asterisk = isinstance(command, OfferCall | CancelOffer) or (
                isinstance(command, Overflow) and command.reason is not OverflowReason.FULL
            )
            if asks_asterisk:
                assert linked or isinstance(event, Resynchronised), "commanded without a link"
            if isinstance(command, AgentChanged):
                AgentState(command.state)
            if isinstance(command, Overflow):
                assert self.engine.house.calls[command.call].state is CallState.IN_HOUSE
        return commands

    def says(self, event: CallArrived | CallerJoined) -> None:
        """A channel that was gone before our process died says nothing to the new one."""
        if event.call not in self.over:
            self.known.add(event.call)
            self.step(event)

    @staticmethod
    def call(number: int) -> CallId:
        return CallId(f"node1-1763782800.{number}")

    # The citizen

    @rule(number=numbers)
    def arrive(self, number: int) -> None:
        self.says(CallArrived(call=self.call(number)))

    @rule(
        number=numbers,
        queue=st.sampled_from([*QUEUES, QueueName("unheard-of")]),
        priority=st.sampled_from([0.0, 1.0, 5.0, -3.0, float("nan"), float("inf")]),
        language=st.sampled_from(["vi", "en", "fr"]),
    )
    def join(self, number: int, queue: QueueName, priority: float, language: str) -> None:
        self.says(
            CallerJoined(call=self.call(number), queue=queue, priority_minutes=priority, language=language)
        )

    @rule(number=numbers)
    def leave(self, number: int) -> None:
        self.step(CallLeft(call=self.call(number)))

    @rule(number=numbers)
    def talk_ends(self, number: int) -> None:
        self.step(TalkEnded(call=self.call(number)))

    # The desk

    @precondition(lambda self: self.offers)
    @rule(data=st.data(), recent=st.booleans())
    def offer_goes_on(self, data: st.DataObject, recent: bool) -> None:
        offer = (self.offers[-1] if recent else data.draw(st.sampled_from(self.offers))).offer
        kind = data.draw(st.sampled_from(["ring", "answer", "both", *OfferFailure]))
        if kind in ("ring", "both"):
            self.step(OfferRinging(offer=offer))
        if kind in ("answer", "both"):
            self.step(OfferAnswered(offer=offer))
        if isinstance(kind, OfferFailure):
            self.step(OfferFailed(offer=offer, failure=kind))

    @rule(agent=agents, kind=st.sampled_from(["in", "out", "ready", "tea", "wc"]))
    def operator_presses(self, agent: AgentId, kind: str) -> None:
        match kind:
            case "in":
                self.step(AgentLoggedIn(agent=agent))
            case "out":
                self.step(AgentLoggedOut(agent=agent))
            case "ready":
                self.step(AgentReady(agent=agent))
            case _:
                self.step(AgentPaused(agent=agent, reason=kind))

    @rule(agent=agents, reachable=st.booleans(), in_use=st.booleans())
    def phone_changes(self, agent: AgentId, reachable: bool, in_use: bool) -> None:
        self.step(DeviceChanged(agent=agent, reachable=reachable, in_use=in_use and reachable))

    # What usually comes next

    @rule(index=numbers)
    def call_goes_on(self, index: int) -> None:
        calls = list(self.engine.house.calls.values())
        if not calls:
            return
        call = calls[index % len(calls)]
        match call.state:
            case CallState.IN_HOUSE:
                self.step(CallerJoined(call=call.call, queue=QUEUES[0]))
            case CallState.OFFERED if call.offer is not None:
                self.step(OfferAnswered(offer=call.offer))
            case CallState.TALKING:
                self.step(TalkEnded(call=call.call))
            case _:
                self.step(CallLeft(call=call.call))

    @rule(agent=agents)
    def operator_goes_on(self, agent: AgentId) -> None:
        known = self.engine.house.agents.get(agent)
        if known is not None and known.state is AgentState.LOGGED_OUT:
            self.step(AgentLoggedIn(agent=agent))
        self.step(DeviceChanged(agent=agent, reachable=True, in_use=False))
        self.step(AgentReady(agent=agent))

    # The world

    @rule(seconds=steps_s)
    def time_passes(self, seconds: float) -> None:
        """Deadlines are met on the way, as the runner does."""
        end = self.now + seconds
        while (deadline := self.engine.next_deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.step(None)
        self.now = end

    @rule(seconds=steps_s)
    def loop_stalls(self, seconds: float) -> None:
        """Time passes, and nobody woke the engine."""
        self.now += seconds

    @rule(variant=st.integers(0, 2))
    def reconfigure(self, variant: int) -> None:
        self.step(Configured(configuration=configuration(variant)))

    @rule()
    def link_drops(self) -> None:
        self.step(LinkLost())

    @rule(data=st.data())
    def resync(self, data: st.DataObject) -> None:
        self.step(
            Resynchronised(calls=self.draw_truth(data), devices=self.draw_phones(data), seats=self.seats())
        )

    @rule()
    def crash_and_return(self) -> None:
        """Our process dies; Asterisk keeps everything; a new engine must end up where the old one was."""
        house = self.engine.house
        before = self.engine.snapshot(self.now)
        truth = Resynchronised(
            calls=tuple(
                CallSeen(
                    call=call.call,
                    waiting_in=None if call.state is CallState.IN_HOUSE else call.queue,
                    waited_s=0.0 if call.state is CallState.IN_HOUSE else self.now - call.joined_at,
                    priority_minutes=call.priority_minutes,
                    language=call.language,
                    offered=OfferId(f"{call.call}#{call.attempts}") if call.attempts else None,
                    ringing=call.agent if call.state is CallState.OFFERED else None,
                    talking_to=call.agent if call.state is CallState.TALKING else None,
                )
                for call in sorted(house.calls.values(), key=lambda call: call.order)
            ),
            devices=tuple(
                DeviceSeen(agent=agent.agent, reachable=agent.reachable, in_use=agent.in_use)
                for agent in house.agents.values()
            ),
            seats=self.seats(),
        )
        self.over |= self.known - set(house.calls)
        self.first = house.configuration
        self.engine = Engine(self.first)
        self.records, self.answers = [], []
        self.statistics = Statistics()
        self.step(Configured(configuration=self.first))
        commands = self.step(truth)
        after = {call.call: call for call in self.engine.snapshot(self.now).calls}
        offered = {command.call for command in commands if isinstance(command, OfferCall)}
        for call in before.calls:
            assert call.call in after, "a call was lost"
            now = after[call.call]
            if call.state in (CallState.OFFERED, CallState.TALKING):
                assert (now.state, now.agent) == (call.state, call.agent)
                assert call.call not in offered, "dispatched twice"
            if call.state is CallState.WAITING and now.state is CallState.WAITING:
                assert now.waited_s == pytest.approx(call.waited_s), "the place in line was lost"

    def seats(self) -> tuple[AgentSeat, ...]:
        return tuple(
            AgentSeat(
                agent=agent.agent,
                logged_in=agent.state is not AgentState.LOGGED_OUT,
                paused=agent.reason if agent.state is AgentState.PAUSED else None,
            )
            for agent in self.engine.house.agents.values()
        )

    def draw_truth(self, data: st.DataObject) -> tuple[CallSeen, ...]:
        """Whatever a broken bridge could say: desks doubled, strangers, foreign offer ids."""
        somebody = st.none() | agents
        seen = st.builds(
            CallSeen,
            call=numbers.map(self.call),
            waiting_in=st.none() | st.sampled_from(QUEUES),
            waited_s=st.sampled_from([0.0, 7.0, 30.0]),
            offered=st.none() | numbers.map(lambda n: OfferId(f"{self.call(n)}#{n}")),
            ringing=somebody,
            talking_to=somebody,
        )
        truth = [entry for entry in data.draw(st.lists(seen, max_size=5)) if entry.call not in self.over]
        self.known |= {entry.call for entry in truth}
        return tuple(truth)

    def draw_phones(self, data: st.DataObject) -> tuple[DeviceSeen, ...]:
        return tuple(
            data.draw(st.lists(st.builds(DeviceSeen, agent=agents, reachable=st.just(True)), max_size=6))
        )

    # What must hold

    @invariant()
    def holds(self) -> None:
        check(self.engine)

    @invariant()
    def next_deadline_is_not_stuck(self) -> None:
        deadline = self.engine.next_deadline()
        assert deadline is None or deadline > self.engine.house.now

    @invariant()
    def statistics_add_up(self) -> None:
        counts = self.engine.snapshot(self.now).counts
        total = self.statistics.view(self.now).total
        assert total.offered == total.answered + total.abandoned + total.overflowed + total.waiting
        assert total.waiting == counts.waiting + counts.ringing
        assert (total.answered, total.abandoned) == (counts.answered, counts.abandoned)
        assert total.overflowed == counts.overflowed

    def teardown(self) -> None:
        if not hasattr(self, "records"):
            return
        assert replay(self.first, self.records) == self.answers, "the replay differs"
        for _, event in self.records:
            if not (isinstance(event, CallerJoined) and abs(event.priority_minutes) not in (0, 1, 3, 5)):
                assert decode(encode(event)) == event


TestDistribution = Distribution.TestCase
TestDistribution.settings = settings(
    max_examples=200,
    stateful_step_count=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
