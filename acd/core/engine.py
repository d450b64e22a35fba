"""The distribution of callers to desks: a pure, deterministic state machine.

Drive it so: hand every event to ``handle``, call ``tick`` when ``next_deadline`` has come, carry out the
commands in order. It is deaf until the first ``Resynchronised``: before it, nothing is offered and every
phone counts as gone. What may not happen is in the tables of ``states``; what is done when, here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from acd.core.commands import Command, Ignored, OverflowReason
from acd.core.config import Configuration
from acd.core.events import (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPaused,
    AgentReady,
    CallArrived,
    CallerJoined,
    CallLeft,
    Configured,
    DeviceChanged,
    Event,
    LinkLost,
    OfferAnswered,
    OfferFailed,
    OfferFailure,
    OfferRinging,
    Resynchronised,
    TalkEnded,
)
from acd.core.house import House
from acd.core.limits import minutes_granted, seconds_waited
from acd.core.reconfigure import reconfigure
from acd.core.records import PHONE_LOST, Agent, Call
from acd.core.resync import resynchronise
from acd.core.states import AgentState, AgentTrigger, CallState, CallTrigger
from acd.core.timers import TimerKind
from acd.core.views import EngineView, view

_BUSY_STATES = (AgentState.RESERVED, AgentState.ON_CALL)


class Engine:
    """One distribution. ``now`` is monotonic seconds; a ``now`` that goes back is taken as the last one."""

    def __init__(self, configuration: Configuration) -> None:
        self.house = House(configuration)
        """The memory; for the invariant checker and the views to read, for nobody else."""
        reconfigure(self.house, configuration)
        self._handlers: dict[type[Any], Callable[[Any], str | None]] = {
            Configured: self._configured,
            CallArrived: self._call_arrived,
            CallerJoined: self._caller_joined,
            CallLeft: self._call_left,
            OfferRinging: self._offer_ringing,
            OfferAnswered: self._offer_answered,
            OfferFailed: self._offer_failed,
            TalkEnded: self._talk_ended,
            AgentLoggedIn: self._agent_logged_in,
            AgentLoggedOut: self._agent_logged_out,
            AgentReady: self._agent_ready,
            AgentPaused: self._agent_paused,
            DeviceChanged: self._device_changed,
            LinkLost: self._link_lost,
            Resynchronised: self._resynchronised,
        }

    @property
    def configuration(self) -> Configuration:
        """The snapshot in effect."""
        return self.house.configuration

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take in one event. The event comes before deadlines that are due at ``now``, to its favour."""
        house = self.house
        house.now = max(house.now, now)
        ignored = self._handlers[type(event)](event)
        if ignored is not None:
            house.counts.ignored += 1
            house.commands.append(Ignored(event=type(event).__name__, reason=ignored))
        return self._settle()

    def tick(self, now: float) -> list[Command]:
        """Do what is due at ``now``."""
        self.house.now = max(self.house.now, now)
        return self._settle()

    def next_deadline(self) -> float | None:
        """When ``tick`` must be called at the latest; ``None``: only an event can change anything."""
        return self.house.timers.next()

    def snapshot(self, now: float) -> EngineView:
        """All calls, agents, queues and counts as of ``now``, for screens."""
        return view(self.house, max(self.house.now, now))

    # Calls

    def _call_arrived(self, event: CallArrived) -> str | None:
        house = self.house
        if event.call in house.calls:
            return "call_known"
        if event.call in house.departed:
            return "call_left"
        full = house.admitted >= house.configuration.max_calls
        call = house.admit(event.call, admitted=not full)
        if full:
            house.block(call)
        return None

    def _caller_joined(self, event: CallerJoined) -> str | None:
        house = self.house
        if event.call in house.departed:
            return "call_left"
        call = house.calls.get(event.call) or house.admit(event.call)
        if call.state is not CallState.IN_HOUSE:
            return f"call_{call.state}"
        if call.overflowed:
            return "call_overflowed"
        queue = house.known_queue(event.queue)
        settings = house.queues[queue]
        full = settings.max_waiting is not None and house.waiting[queue] >= settings.max_waiting
        house.start_waiting(
            call,
            CallTrigger.JOINED,
            queue=queue,
            language=event.language,
            priority=minutes_granted(event.priority_minutes),
            waited=seconds_waited(event.waited_s),
        )
        if not house.linked:
            house.line_up(call)  # nobody could carry an overflow out
        elif full and not house.line.can_serve(queue, event.language):
            house.overflow(call, OverflowReason.QUEUE_FULL)
        elif settings.overflow_when_empty and not house.line.seated(queue):
            house.overflow(call, OverflowReason.NO_DESK)
        else:
            house.line_up(call)
        return None

    def _call_left(self, event: CallLeft) -> str | None:
        house = self.house
        call = house.calls.get(event.call)
        if call is None:
            house.departed.add(event.call)
            return "call_unknown"
        desk = house.desk_of(call)
        if call.state is CallState.OFFERED:
            house.cancel_offer(call)
            if desk is not None:
                house.free(desk, AgentTrigger.RELEASED)
        elif desk is not None:
            house.wrap_up(desk)
        house.forget(call)
        house.departed.add(event.call)
        return None

    def _talk_ended(self, event: TalkEnded) -> str | None:
        house = self.house
        call = house.calls.get(event.call)
        if call is None or call.state is not CallState.TALKING:
            return "call_unknown" if call is None else f"call_{call.state}"
        desk = house.desk_of(call)
        house.move_call(call, CallTrigger.TALK_ENDED)
        call.agent = None
        if desk is not None:
            house.wrap_up(desk)
        return None

    # Offers

    def _offer_ringing(self, event: OfferRinging) -> str | None:
        call = self.house.offers.get(event.offer)
        if call is None:
            return "offer_over"
        if call.landed:
            return "offer_ringing"
        self.house.await_offer(call, landed=True)
        return None

    def _offer_answered(self, event: OfferAnswered) -> str | None:
        house = self.house
        call = house.offers.get(event.offer)
        if call is None:
            return "offer_over"
        desk = house.desk_of(call)
        house.stop_timers(call)
        house.drop_offer(call)
        house.move_call(call, CallTrigger.ANSWERED)
        call.waited_until = house.now
        house.counts.answered += 1
        if desk is not None:
            desk.wrap_up_s = house.settings_of(call).wrap_up_s
            house.move_agent(desk, AgentTrigger.ANSWERED, call=call.call)
        return None

    def _offer_failed(self, event: OfferFailed) -> str | None:
        call = self.house.offers.get(event.offer)
        if call is None:
            return "offer_over"
        self._end_offer(call, event.failure)
        return None

    def _end_offer(self, call: Call, failure: OfferFailure) -> None:
        """The caller goes back to their place; the desk gets what the failure says of it."""
        house = self.house
        desk = house.desk_of(call)
        offered_at = call.offered_at
        house.drop_offer(call)
        house.move_call(call, CallTrigger.RETURNED)
        call.agent = None
        if desk is not None:
            self._free_after(desk, failure)
        landed = failure is not OfferFailure.NOT_LANDED
        # A Redirect that fails at once must not be repeated at once: that would be an endless fast loop.
        house.line_up(call, not_before=0.0 if landed else offered_at + house.configuration.offer_deadline_s)

    def _free_after(self, desk: Agent, failure: OfferFailure) -> None:
        house = self.house
        match failure:
            case OfferFailure.NO_ANSWER | OfferFailure.REFUSED:
                house.blame(desk)
                return
            case OfferFailure.BUSY:
                house.see_device(desk, reachable=desk.reachable, in_use=True, doubtful=True)
            case OfferFailure.UNREACHABLE:
                house.see_device(desk, reachable=False, in_use=desk.in_use, doubtful=True)
            case OfferFailure.NOT_LANDED:
                pass
        house.free(desk, AgentTrigger.RELEASED)

    # Agents

    def _agent_logged_in(self, event: AgentLoggedIn) -> str | None:
        agent = self.house.agents.get(event.agent)
        if agent is None:
            return "agent_unknown"
        if agent.state is not AgentState.LOGGED_OUT:
            if not agent.leaving or agent.removed:
                return "agent_logged_in"
            agent.leaving = False
            return None
        self.house.log_in(agent)
        return None

    def _agent_logged_out(self, event: AgentLoggedOut) -> str | None:
        agent = self.house.agents.get(event.agent)
        if agent is None or agent.state is AgentState.LOGGED_OUT:
            return "agent_unknown" if agent is None else "agent_logged_out"
        if agent.state in _BUSY_STATES:
            if agent.leaving:
                return "agent_leaving"
            agent.leaving = True
        else:
            self.house.move_agent(agent, AgentTrigger.LOGGED_OUT)
        return None

    def _agent_ready(self, event: AgentReady) -> str | None:
        house = self.house
        agent = house.agents.get(event.agent)
        if agent is None or agent.state is AgentState.LOGGED_OUT:
            return "agent_unknown" if agent is None else "agent_logged_out"
        if agent.leaving:
            return "agent_leaving"
        if agent.state in _BUSY_STATES:
            if agent.pause_asked is None:
                return f"agent_{agent.state}"
            agent.pause_asked = None
            return None
        return self._ready_now(agent)

    def _ready_now(self, agent: Agent) -> str | None:
        house = self.house
        before = agent.state
        doubted, agent.doubtful = agent.doubtful, False
        if doubted:
            # Somebody sits there and wants calls: their word outweighs what we concluded from a failure.
            house.see_device(agent, reachable=True, in_use=False)
        if agent.state is not AgentState.AVAILABLE:
            waiting_for_phone = agent.reason == PHONE_LOST and not agent.reachable
            house.make_ready(agent)
            return "phone_lost" if waiting_for_phone else None
        return None if doubted or before is not AgentState.AVAILABLE else "agent_available"

    def _agent_paused(self, event: AgentPaused) -> str | None:
        agent = self.house.agents.get(event.agent)
        if agent is None or agent.state is AgentState.LOGGED_OUT:
            return "agent_unknown" if agent is None else "agent_logged_out"
        if agent.leaving:
            return "agent_leaving"
        if agent.state in _BUSY_STATES:
            agent.pause_asked = event.reason
        elif agent.state is AgentState.PAUSED and agent.reason == event.reason:
            return "agent_paused"
        else:
            agent.pause_asked = None
            self.house.pause(agent, event.reason)
        return None

    def _device_changed(self, event: DeviceChanged) -> str | None:
        house = self.house
        condition = (event.reachable, event.in_use)
        agent = house.agents.get(event.agent)
        known = (agent.reachable, agent.in_use) if agent is not None else house.devices.get(event.agent)
        house.devices[event.agent] = condition
        if known == condition and not (agent is not None and agent.doubtful):
            return "device_unchanged"
        if agent is not None:
            house.see_device(agent, reachable=event.reachable, in_use=event.in_use)
        return None

    # The whole

    def _configured(self, event: Configured) -> str | None:
        reconfigure(self.house, event.configuration)
        return None

    def _link_lost(self, event: LinkLost) -> str | None:
        house = self.house
        if not house.linked:
            return "link_lost"
        house.linked = False
        # Deadlines that only Asterisk could meet, or that need it to act, rest until the resynchronisation.
        for call in house.calls.values():
            if call.state is CallState.OFFERED:
                house.timers.cancel(call.offer_timer)
            house.timers.cancel(call.wait_timer)
            call.wait_timer = None
        return None

    def _resynchronised(self, event: Resynchronised) -> str | None:
        resynchronise(self.house, event)
        return None

    def _settle(self) -> list[Command]:
        """Do what is due, then bring callers and desks together until no pair is left."""
        house = self.house
        while (timer := house.timers.due(house.now)) is not None:
            self._expire(timer.kind, timer.subject)
        if house.linked:
            while (pair := house.line.match()) is not None:
                house.offer(pair[0], house.agents[pair[1]])
        commands, house.commands = house.commands, []
        return commands

    def _expire(self, kind: TimerKind, subject: Call | Agent) -> None:
        house = self.house
        if isinstance(subject, Agent):
            house.free(subject, AgentTrigger.WRAP_UP_ENDED)
            return
        match kind:
            case TimerKind.OFFER:
                house.cancel_offer(subject)
                silent = OfferFailure.NO_ANSWER if subject.landed else OfferFailure.NOT_LANDED
                self._end_offer(subject, silent)
            case TimerKind.RETRY:
                house.enter_line(subject)
            case TimerKind.MAX_WAIT:
                # A caller for whom a desk rings is let ring; the wait is looked at again if it is in vain.
                subject.wait_timer = None
                if subject.state is CallState.WAITING:
                    house.overflow(subject, OverflowReason.MAX_WAIT)
            case TimerKind.WRAP_UP:
                raise AssertionError("after-call work is an agent's, never a call's")
