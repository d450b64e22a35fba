"""Read-only pictures of the engine for screens. Frozen: safe to hand to anybody."""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.house import House
from acd.core.records import Call
from acd.core.states import AgentState, CallState
from callcenter.kernel.ids import AgentId, CallId, OfferId, QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """One call in the house."""

    call: CallId
    state: CallState
    queue: QueueName | None
    """The queue joined last; ``None`` before any."""
    language: str
    waited_s: float | None
    """From joining to now, or to the answer or overflow; ``None`` for a call that never joined."""
    position: int | None
    """Place among the waiting callers of its queue, 1 is next; ``None`` while it does not wait."""
    offer: OfferId | None
    agent: AgentId | None
    """The desk that rings for it or talks to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentView:
    """One operator."""

    agent: AgentId
    state: AgentState
    reason: str | None
    since_s: float
    """Seconds in this state."""
    call: CallId | None
    reachable: bool
    in_use: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """One queue."""

    queue: QueueName
    waiting: int
    longest_wait_s: float
    """Of those waiting now; 0 when nobody waits."""
    logged_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsView:
    """Callers since the engine was made: offered = answered + abandoned + overflowed + waiting + ringing."""

    offered: int
    answered: int
    abandoned: int
    overflowed: int
    waiting: int
    ringing: int
    talking: int
    """Now."""
    in_house: int
    """Calls that count towards ``max_calls``."""
    blocked: int
    ignored: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineView:
    """Everything at one instant. Calls in order of arrival, agents by number, queues as configured."""

    linked: bool
    calls: tuple[CallView, ...]
    agents: tuple[AgentView, ...]
    queues: tuple[QueueView, ...]
    counts: CountsView


def view(house: House, now: float) -> EngineView:
    """The picture of ``house`` as of ``now``."""
    positions = _positions(house)
    calls = tuple(_call(call, positions.get(call.call), now) for call in house.calls.values())
    longest: dict[QueueName, float] = {}
    for call in calls:
        if call.state is CallState.WAITING and call.queue is not None and call.waited_s is not None:
            longest[call.queue] = max(longest.get(call.queue, 0.0), call.waited_s)
    return EngineView(
        linked=house.linked,
        calls=calls,
        agents=tuple(
            AgentView(
                agent=agent.agent,
                state=agent.state,
                reason=agent.reason,
                since_s=now - agent.since,
                call=agent.call,
                reachable=agent.reachable,
                in_use=agent.in_use,
            )
            for _, agent in sorted(house.agents.items())
        ),
        queues=tuple(
            QueueView(
                queue=queue,
                waiting=house.waiting[queue],
                longest_wait_s=longest.get(queue, 0.0),
                logged_in=house.line.seated(queue),
            )
            for queue in house.queues
        ),
        counts=_counts(house),
    )


def _positions(house: House) -> dict[CallId, int]:
    """By score; those withheld after a failed landing stand where they stood."""
    waiting: dict[QueueName, list[tuple[float, int, CallId]]] = {}
    for call in house.calls.values():
        if call.state is CallState.WAITING and call.queue is not None:
            key = call.joined_at - 60.0 * call.priority_minutes
            waiting.setdefault(call.queue, []).append((key, call.order, call.call))
    return {entry[2]: rank for line in waiting.values() for rank, entry in enumerate(sorted(line), start=1)}


def _call(call: Call, position: int | None, now: float) -> CallView:
    waited = None
    if call.queue is not None:
        waited = (now if call.waited_until is None else call.waited_until) - call.joined_at
    return CallView(
        call=call.call,
        state=call.state,
        queue=call.queue,
        language=call.language,
        waited_s=waited,
        position=position,
        offer=call.offer,
        agent=call.agent,
    )


def _counts(house: House) -> CountsView:
    states = [call.state for call in house.calls.values()]
    counts = house.counts
    return CountsView(
        offered=counts.offered,
        answered=counts.answered,
        abandoned=counts.abandoned,
        overflowed=counts.overflowed,
        waiting=states.count(CallState.WAITING),
        ringing=states.count(CallState.OFFERED),
        talking=states.count(CallState.TALKING),
        in_house=house.admitted,
        blocked=counts.blocked,
        ignored=counts.ignored,
    )
