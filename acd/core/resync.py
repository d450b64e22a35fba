"""Replaces what the engine believed by what Asterisk has, after a login or a restart of either."""

from __future__ import annotations

from acd.core.events import AgentSeat, CallSeen, Resynchronised
from acd.core.house import House
from acd.core.limits import minutes_granted, seconds_waited
from acd.core.records import PHONE_LOST, Agent, Call
from acd.core.states import AgentState, AgentTrigger, CallState, CallTrigger
from callcenter.kernel.ids import AgentId, CallId, OfferId

_IN_LINE = (CallState.WAITING, CallState.OFFERED)


def resynchronise(house: House, truth: Resynchronised) -> None:
    """Follow the truth; what was withheld while the link was down is armed again.

    A call that said goodbye stays gone: the picture was taken before. A call that is merely absent is
    forgotten, but not noted as departed, so that it is taken in again should it join. Of two entries for
    one call, or of two calls at one desk, the first counts.
    """
    first, house.linked, house.synchronised = not house.synchronised, True, True
    seen = _usable(house, truth.calls)
    desks = _desks(house, seen)
    for call in list(house.calls.values()):
        if call.call not in seen:
            house.absent.add(call.call, call.attempts)
            house.forget(call)
    _see_devices(house, truth)
    if first:
        for seat in truth.seats:
            _take_seat(house, seat)
    for entry in seen.values():
        _adopt_call(house, entry)
    _adopt_desks(house, desks)
    for queue in house.configuration.queues:
        house.overflow_if_empty(queue.name)


def _usable(house: House, calls: tuple[CallSeen, ...]) -> dict[CallId, CallSeen]:
    seen: dict[CallId, CallSeen] = {}
    for entry in calls:
        if entry.call not in house.departed:
            seen.setdefault(entry.call, entry)
    return seen


def _desks(house: House, seen: dict[CallId, CallSeen]) -> dict[AgentId, CallSeen]:
    """Who is at each desk. Talking outweighs ringing, so it is looked at first."""
    desks: dict[AgentId, CallSeen] = {}
    for entry in seen.values():
        if entry.talking_to in house.agents:
            desks.setdefault(entry.talking_to, entry)
    for entry in seen.values():
        if entry.talking_to is None and entry.ringing in house.agents:
            desks.setdefault(entry.ringing, entry)
    return desks


def _see_devices(house: House, truth: Resynchronised) -> None:
    house.devices = {device.agent: (device.reachable, device.in_use) for device in truth.devices}
    for agent in list(house.agents.values()):
        reachable, in_use = house.devices.get(agent.agent, (False, False))
        house.see_device(agent, reachable=reachable, in_use=in_use)


def _take_seat(house: House, seat: AgentSeat) -> None:
    agent = house.agents.get(seat.agent)
    if agent is None or not seat.logged_in or agent.state is not AgentState.LOGGED_OUT:
        return
    house.log_in(agent)
    if seat.paused is not None and seat.paused != PHONE_LOST:
        house.pause(agent, seat.paused)
    else:
        house.make_ready(agent)


def _adopt_call(house: House, entry: CallSeen) -> None:
    call = house.calls.get(entry.call) or house.admit(entry.call)
    call.attempts = max(call.attempts, _attempt(entry))
    was_in_line = call.state in _IN_LINE
    house.stop_timers(call)
    house.drop_offer(call)
    call.agent = None
    if entry.talking_to is not None:
        _adopt_talking(house, call, entry, entry.talking_to, was_in_line=was_in_line)
    elif entry.ringing is not None:
        _adopt_waiting(house, call, entry, CallTrigger.SEEN_RINGING, was_in_line=was_in_line)
        call.attempts = max(call.attempts, 1)
        offer = (
            entry.offered if _attempt(entry) and entry.offered else OfferId(f"{call.call}#{call.attempts}")
        )
        house.hold_offer(call, offer, entry.ringing, landed=True)
        house.arm_longest_wait(call)
    elif entry.waiting_in is not None:
        _adopt_waiting(house, call, entry, CallTrigger.SEEN_WAITING, was_in_line=was_in_line)
        house.line_up(call)
    else:
        house.counts.overflowed += was_in_line
        call.waited_until = house.now if was_in_line else call.waited_until
        house.move_call(call, CallTrigger.SEEN_IN_HOUSE)


def _adopt_talking(house: House, call: Call, entry: CallSeen, agent: AgentId, *, was_in_line: bool) -> None:
    house.counts.answered += was_in_line
    queue = house.known_queue(entry.waiting_in) if entry.waiting_in is not None else None
    if call.state is not CallState.TALKING:
        call.waited_until = house.now
        if not was_in_line:
            call.joined_at = house.now - seconds_waited(entry.waited_s)
    house.move_call(call, CallTrigger.SEEN_TALKING, queue=queue)
    call.agent = agent


def _adopt_waiting(
    house: House, call: Call, entry: CallSeen, trigger: CallTrigger, *, was_in_line: bool
) -> None:
    """Who was in line before keeps the place; who was not gets the one that Asterisk remembers."""
    queue = house.known_queue(entry.waiting_in or house.settings_of(call).name)
    if was_in_line:
        house.move_call(call, trigger, queue=queue)
    else:
        house.start_waiting(
            call,
            trigger,
            queue=queue,
            language=entry.language,
            priority=minutes_granted(entry.priority_minutes),
            waited=seconds_waited(entry.waited_s),
        )


def _attempt(entry: CallSeen) -> int:
    """The number in ``call#number``; 0 when there is none for this call."""
    call, _, number = (entry.offered or "").rpartition("#")
    sound = call == entry.call and number.isascii() and number.isdigit() and len(number) < 10
    return int(number) if sound else 0


def _adopt_desks(house: House, desks: dict[AgentId, CallSeen]) -> None:
    for agent in list(house.agents.values()):
        entry = desks.get(agent.agent)
        if entry is None:
            _leave_desk(house, agent)
        elif entry.talking_to is not None:
            _hold_desk(house, agent, entry, AgentState.ON_CALL, AgentTrigger.SEEN_TALKING)
        else:
            _hold_desk(house, agent, entry, AgentState.RESERVED, AgentTrigger.SEEN_RINGING)


def _leave_desk(house: House, agent: Agent) -> None:
    if agent.state is AgentState.RESERVED:
        house.free(agent, AgentTrigger.RELEASED)
    elif agent.state is AgentState.ON_CALL:
        house.wrap_up(agent)


def _hold_desk(house: House, agent: Agent, entry: CallSeen, state: AgentState, trigger: AgentTrigger) -> None:
    """Whoever was not free for calls before is not free after this one either."""
    agent.wrap_up_s = house.settings_of(house.calls[entry.call]).wrap_up_s
    if agent.state is state and agent.call == entry.call:
        return
    if agent.state is AgentState.LOGGED_OUT:
        agent.leaving = True
    elif agent.state is AgentState.PAUSED and agent.reason != PHONE_LOST:
        agent.pause_asked = agent.reason
    house.move_agent(agent, trigger, call=entry.call)
