"""What must hold after every step, checked by brute force and without the engine's own indexes.

For tests, for the fault tests' journals and for incidents; too slow to run in production at each event.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from acd.core.config import Configuration
from acd.core.engine import Engine
from acd.core.events import Configured
from acd.core.house import House
from acd.core.records import Agent, Call
from acd.core.replay import Record
from acd.core.states import AgentState, CallState
from callcenter.kernel.errors import BadInput

_BUSY = (AgentState.RESERVED, AgentState.ON_CALL)


class InvariantBroken(AssertionError):
    """The engine is in a state that must not be. Lists every sentence that failed."""


def check(engine: Engine) -> None:
    """Check every invariant.

    Raises:
        InvariantBroken: at least one does not hold.
    """
    if broken := violations(engine):
        raise InvariantBroken("; ".join(broken))


def violations(engine: Engine) -> list[str]:
    """Every invariant that does not hold, as a sentence; empty when all is well."""
    house = engine.house
    return [*_sums(house), *_desks(house), *_offers(house), *_idle_beside_waiting(house), *_indexes(house)]


def check_journal(records: Iterable[Record], configuration: Configuration | None = None) -> list[str]:
    """Replay one life of an engine and list what was broken after which step.

    Args:
        records: steps in order of time.
        configuration: of the start; may be left out when the first event is ``Configured``.

    Raises:
        BadInput: there is no configuration to start with.
    """
    steps = list(records)
    if configuration is None:
        if not steps or not isinstance(steps[0][1], Configured):
            raise BadInput("journal_without_configuration")
        configuration = steps[0][1].configuration
    engine = Engine(configuration)
    broken: list[str] = []
    last = float("-inf")
    for number, (now, event) in enumerate(steps):
        name = "deadline" if event is None else type(event).__name__
        if now < last:
            broken.append(f"step {number} ({name}): time went back by {last - now:.3f} s")
        last = max(last, now)
        if event is None:
            engine.tick(now)
        else:
            engine.handle(event, now)
        broken += [f"step {number} ({name}): {sentence}" for sentence in violations(engine)]
    return broken


def _sums(house: House) -> list[str]:
    states = Counter(call.state for call in house.calls.values())
    counts = house.counts
    in_line = states[CallState.WAITING] + states[CallState.OFFERED]
    ended = counts.answered + counts.abandoned + counts.overflowed
    broken = []
    if counts.offered != ended + in_line:
        broken.append(f"offered {counts.offered} != ended {ended} + in line {in_line}")
    if states[CallState.LEFT]:
        broken.append("a call that left is still in the house")
    if house.admitted != sum(call.admitted for call in house.calls.values()):
        broken.append("the count of admitted calls is wrong")
    return broken


def _desks(house: House) -> list[str]:
    """Each busy desk holds one call that knows it; no two calls are held by one desk."""
    broken = []
    holders = Counter(agent.call for agent in house.agents.values() if agent.state in _BUSY)
    broken += [f"call {call} is at {n} desks" for call, n in holders.items() if n > 1]
    for agent in house.agents.values():
        if agent.state not in _BUSY:
            continue
        call = house.calls.get(agent.call) if agent.call is not None else None
        expected = CallState.OFFERED if agent.state is AgentState.RESERVED else CallState.TALKING
        if call is None or call.state is not expected or call.agent != agent.agent:
            broken.append(f"agent {agent.agent} is {agent.state} without a call that says so")
    return broken


def _offers(house: House) -> list[str]:
    offered = {call.offer: call for call in house.calls.values() if call.state is CallState.OFFERED}
    broken = []
    if offered != house.offers:
        broken.append("offers and offered calls differ")
    broken += [
        f"call {call.call} is offered without a deadline"
        for call in offered.values()
        if house.linked and not _armed(call)
    ]
    for agent in house.agents.values():
        timer = agent.wrap_up_timer
        if (agent.state is AgentState.ACW) != (timer is not None and timer.live):
            broken.append(f"agent {agent.agent} is {agent.state}, which its wrap-up deadline denies")
    return broken


def _armed(call: Call) -> bool:
    return call.offer_timer is not None and call.offer_timer.live


def _idle_beside_waiting(house: House) -> list[str]:
    """Work conserving: no caller waits beside a desk that could take them, but after a failed landing."""
    if not house.linked:
        return []
    idle = [agent for agent in house.agents.values() if agent.eligible]
    return [
        f"call {call.call} waits beside idle desk {agent.agent}"
        for call in house.calls.values()
        if call.state is CallState.WAITING and not _armed(call)
        for agent in idle
        if _serves(house, agent, call)
    ]


def _serves(house: House, agent: Agent, call: Call) -> bool:
    if call.queue not in agent.group.queues:
        return False
    spoken = any(
        other.state is not AgentState.LOGGED_OUT
        and call.queue in other.group.queues
        and call.language in other.group.languages
        for other in house.agents.values()
    )
    return call.language in agent.group.languages or not spoken


def _indexes(house: House) -> list[str]:
    """The structures that make it fast say the same as the states."""
    broken = []
    waiting = Counter(call.queue for call in house.calls.values() if call.state is CallState.WAITING)
    if any(waiting[queue] != count for queue, count in house.waiting.items()):
        broken.append("the count of waiting callers is wrong")
    broken += [
        f"call {call.call} is {call.state}, which its place in line denies"
        for call in house.calls.values()
        if (call.place is not None) != (call.state is CallState.WAITING and not _armed(call))
    ]
    broken += [
        f"agent {agent.agent} is {agent.state}, which the list of idle desks denies"
        for agent in house.agents.values()
        if (agent.idle is not None) != agent.eligible or (agent.idle in agent.group.idle) != agent.eligible
    ]
    return broken
