"""The engine's memory, and the only primitives that change it: every index stays true after each of them.

Knows nothing of events. What is to be done outside is collected in ``commands``.
"""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.commands import AgentChanged, CancelOffer, Command, OfferCall, Overflow, OverflowReason
from acd.core.config import Configuration, QueueSettings
from acd.core.departed import Departed
from acd.core.line import Line
from acd.core.records import NOT_READY, PHONE_LOST, RONA, Agent, Call
from acd.core.states import (
    AgentState,
    AgentTrigger,
    CallState,
    CallTrigger,
    next_agent_state,
    next_call_state,
)
from acd.core.timers import TimerKind, Timers
from callcenter.kernel.ids import AgentId, CallId, OfferId, QueueName

RING_SLACK_S = 3.0
"""Asterisk's own Dial timeout must report first; only if it never does, we end the offer ourselves."""
_AT_DESK = (AgentState.RESERVED, AgentState.ON_CALL)


@dataclass(slots=True)
class Counts:
    """Callers since the engine was made: offered = answered + abandoned + overflowed + waiting + ringing."""

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    overflowed: int = 0
    blocked: int = 0
    """Turned away at the door because the house was full; never offered."""
    ignored: int = 0
    """Outside events that could not mean anything."""


class House:
    """Calls, agents, line, timers and counts at one instant."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.queues: dict[QueueName, QueueSettings] = {}
        self.now = 0.0
        self.linked = False
        """Hears Asterisk; false until the first resynchronisation."""
        self.synchronised = False
        """Was linked at least once: seats from the journal are no longer news."""
        self.calls: dict[CallId, Call] = {}
        self.agents: dict[AgentId, Agent] = {}
        self.offers: dict[OfferId, Call] = {}
        self.devices: dict[AgentId, tuple[bool, bool]] = {}
        """Last word of each phone: reachable, in use. Also of desks that nobody configured yet."""
        self.waiting: dict[QueueName, int] = {}
        self.admitted = 0
        self.departed = Departed()
        """Calls that said goodbye."""
        self.absent = Departed()
        """Calls that a picture of Asterisk did not show; perhaps it was taken before they came."""
        self.line = Line()
        self.timers = Timers()
        self.counts = Counts()
        self.commands: list[Command] = []
        self._joined = 0

    # Calls

    def settings_of(self, call: Call) -> QueueSettings:
        """The settings of the call's queue; of the first queue when it has none."""
        return self.queues[call.queue] if call.queue is not None else self.configuration.queues[0]

    def known_queue(self, queue: QueueName) -> QueueName:
        """``queue``, or the first one when it does not exist: nobody is stranded by a renamed queue."""
        return queue if queue in self.queues else self.configuration.queues[0].name

    def admit(self, call_id: CallId, *, admitted: bool = True) -> Call:
        """A call enters the house."""
        call = self.calls[call_id] = Call(call_id, admitted=admitted, attempts=self.absent.attempts(call_id))
        self.admitted += admitted
        return call

    def start_waiting(
        self,
        call: Call,
        trigger: CallTrigger,
        *,
        queue: QueueName,
        language: str,
        priority: float,
        waited: float,
    ) -> None:
        """The call waits in ``queue`` as from ``waited`` seconds ago, and counts as offered."""
        call.language = language
        call.priority_minutes = priority
        call.joined_at = self.now - waited
        call.waited_until = None
        call.overflowed = False
        self._joined += 1
        call.order = self._joined
        self.counts.offered += 1
        self.move_call(call, trigger, queue=queue)

    def move_call(self, call: Call, trigger: CallTrigger, *, queue: QueueName | None = None) -> None:
        """Change the call's state by the table, and its queue; a caller who waited is out of line."""
        after = next_call_state(call.state, trigger)
        if call.state is CallState.WAITING:
            self.waiting[self.settings_of(call).name] -= 1
            self.line.leave(call)
        if queue is not None:
            call.queue = queue
        call.state = after
        if after is CallState.WAITING:
            self.waiting[self.settings_of(call).name] += 1

    def line_up(self, call: Call, *, not_before: float = 0.0) -> None:
        """Put a waiting caller in line, or withhold them until ``not_before``; arm the longest wait."""
        self.timers.cancel(call.offer_timer)
        if not_before > self.now:
            call.offer_timer = self.timers.set(not_before, TimerKind.RETRY, call)
        else:
            self.enter_line(call)
        self.arm_longest_wait(call)

    def enter_line(self, call: Call) -> None:
        """Give the waiting caller the place that their key says."""
        settings = self.settings_of(call)
        self.line.enter(call, settings.name, call.priority_minutes + settings.priority_minutes)

    def arm_longest_wait(self, call: Call) -> None:
        """Arm ``max_wait_s``, but not while Asterisk is deaf to us: the resynchronisation arms it then."""
        if self.linked and call.wait_timer is None:
            longest = self.settings_of(call).max_wait_s
            if longest is not None:
                call.wait_timer = self.timers.set(call.joined_at + longest, TimerKind.MAX_WAIT, call)

    def stop_timers(self, call: Call) -> None:
        """Disarm whatever the call had armed."""
        self.timers.cancel(call.offer_timer)
        self.timers.cancel(call.wait_timer)
        call.offer_timer = call.wait_timer = None

    def overflow(self, call: Call, reason: OverflowReason) -> None:
        """Send a waiting caller to leave a message."""
        self.stop_timers(call)
        self.move_call(call, CallTrigger.OVERFLOWED)
        call.overflowed = True
        call.waited_until = self.now
        self.counts.overflowed += 1
        self.commands.append(Overflow(call=call.call, reason=reason))

    def block(self, call: Call) -> None:
        """Turn the call away at the door: it may leave a message."""
        self.move_call(call, CallTrigger.OVERFLOWED)
        call.overflowed = True
        self.counts.blocked += 1
        self.commands.append(Overflow(call=call.call, reason=OverflowReason.FULL))

    def forget(self, call: Call) -> None:
        """The call is gone. Its desk is not touched here."""
        if call.state in (CallState.WAITING, CallState.OFFERED):
            self.counts.abandoned += 1
        self.stop_timers(call)
        self.drop_offer(call)
        self.move_call(call, CallTrigger.LEFT)
        self.admitted -= call.admitted
        del self.calls[call.call]

    # Offers

    def offer(self, call: Call, agent: Agent) -> None:
        """Reserve the desk, then ring it."""
        call.attempts += 1
        offer = OfferId(f"{call.call}#{call.attempts}")
        self.move_call(call, CallTrigger.OFFERED)
        self.hold_offer(call, offer, agent.agent, landed=False)
        self.move_agent(agent, AgentTrigger.RESERVED, call=call.call)
        self.commands.append(
            OfferCall(
                offer=offer,
                call=call.call,
                agent=agent.agent,
                ring_timeout_s=self.settings_of(call).ring_timeout_s,
            )
        )

    def hold_offer(self, call: Call, offer: OfferId, agent: AgentId, *, landed: bool) -> None:
        """Note the offer that the call is in, and arm its deadline."""
        call.offer = offer
        call.agent = agent
        call.offered_at = self.now
        self.offers[offer] = call
        self.await_offer(call, landed=landed)

    def await_offer(self, call: Call, *, landed: bool) -> None:
        """Arm the deadline of the offer's next sign of life, unless nothing can be heard now."""
        call.landed = landed
        deadline = self.configuration.offer_deadline_s
        if landed:
            deadline += self.settings_of(call).ring_timeout_s + RING_SLACK_S
        self.timers.cancel(call.offer_timer)
        if self.linked:
            call.offer_timer = self.timers.set(self.now + deadline, TimerKind.OFFER, call)

    def cancel_offer(self, call: Call) -> None:
        """Ask for the ringing to stop; while nobody hears us, Asterisk ends the offer by itself."""
        if self.linked and call.offer is not None and call.agent is not None:
            self.commands.append(CancelOffer(offer=call.offer, call=call.call, agent=call.agent))

    def drop_offer(self, call: Call) -> None:
        """The offer is over, however it ended."""
        if call.offer is not None:
            self.offers.pop(call.offer, None)
            call.offer = None
        self.timers.cancel(call.offer_timer)
        call.offer_timer = None
        call.landed = False

    # Agents

    def desk_of(self, call: Call) -> Agent | None:
        """The agent whose desk is reserved for the call or talks to it, if we know them."""
        agent = self.agents.get(call.agent) if call.agent is not None else None
        return agent if agent is not None and agent.call == call.call and agent.state in _AT_DESK else None

    def log_in(self, agent: Agent) -> None:
        """The operator takes a seat, and is not yet ready."""
        agent.leaving = False
        self.move_agent(agent, AgentTrigger.LOGGED_IN, reason=NOT_READY)

    def make_ready(self, agent: Agent) -> None:
        """The operator wants calls; without a phone they get them when it is back."""
        agent.pause_asked = None
        if agent.reachable:
            self.move_agent(agent, AgentTrigger.READY)
        elif agent.reason != PHONE_LOST:
            self.pause(agent, PHONE_LOST)

    def move_agent(
        self, agent: Agent, trigger: AgentTrigger, *, reason: str | None = None, call: CallId | None = None
    ) -> None:
        """Change the agent's state by the table, tell it, and keep seats, idle desks and timers true."""
        before, after = agent.state, next_agent_state(agent.state, trigger)
        agent.state, agent.reason, agent.call, agent.since = after, reason, call, self.now
        if before is AgentState.ACW:
            self.timers.cancel(agent.wrap_up_timer)
        if after is AgentState.AVAILABLE and trigger is not AgentTrigger.RELEASED:
            agent.idle_since = self.now
        self.commands.append(AgentChanged(agent=agent.agent, state=after.value, reason=reason, call=call))
        self.line.settle(agent)
        if AgentState.LOGGED_OUT in (before, after) and before is not after:
            self.line.seat(agent.group, 1 if before is AgentState.LOGGED_OUT else -1)
            if after is AgentState.LOGGED_OUT:
                self._seat_left(agent)

    def free(self, agent: Agent, trigger: AgentTrigger) -> None:
        """The desk has nothing to do any more: what was asked meanwhile takes effect."""
        pause = agent.pause_asked
        if agent.leaving:
            self.move_agent(agent, AgentTrigger.LOGGED_OUT)
        elif pause is not None:
            agent.pause_asked = None
            self.pause(agent, pause)
        elif not agent.reachable:
            self.pause(agent, PHONE_LOST)
        else:
            self.move_agent(agent, trigger)

    def pause(self, agent: Agent, reason: str) -> None:
        """Pause the agent now."""
        self.move_agent(agent, AgentTrigger.PAUSED, reason=reason)

    def blame(self, agent: Agent) -> None:
        """The desk rang in vain: whoever sits there is not ready."""
        if agent.leaving:
            self.move_agent(agent, AgentTrigger.LOGGED_OUT)
        else:
            agent.pause_asked = None
            self.pause(agent, RONA)

    def wrap_up(self, agent: Agent) -> None:
        """After-call work begins."""
        self.move_agent(agent, AgentTrigger.TALK_ENDED, call=agent.call)
        agent.wrap_up_timer = self.timers.set(self.now + agent.wrap_up_s, TimerKind.WRAP_UP, agent)

    def see_device(self, agent: Agent, *, reachable: bool, in_use: bool, doubtful: bool = False) -> None:
        """The phone's condition is now this; idle time starts anew when the phone comes out of a call."""
        if agent.in_use and not in_use and agent.state is AgentState.AVAILABLE:
            agent.idle_since = self.now
        agent.reachable, agent.in_use, agent.doubtful = reachable, in_use, doubtful
        if agent.state is AgentState.AVAILABLE and not reachable:
            self.pause(agent, PHONE_LOST)
        elif agent.state is AgentState.PAUSED and agent.reason == PHONE_LOST and reachable:
            self.move_agent(agent, AgentTrigger.READY)
        else:
            self.line.settle(agent)

    def _seat_left(self, agent: Agent) -> None:
        agent.leaving = False
        agent.pause_asked = None
        if agent.removed:
            del self.agents[agent.agent]
        for queue in sorted(agent.group.queues):
            self.overflow_if_empty(queue)

    def overflow_if_empty(self, queue: QueueName) -> None:
        """Let nobody wait in a queue that wants nobody waiting when none of its operators is logged in."""
        settings = self.queues.get(queue)
        if settings is None or not settings.overflow_when_empty or not self.linked:
            return
        if self.waiting.get(queue) and not self.line.seated(queue):
            for call in list(self.calls.values()):
                if call.state is CallState.WAITING and call.queue == queue:
                    self.overflow(call, OverflowReason.NO_DESK)
