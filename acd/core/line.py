"""Who waits and which desks are idle, indexed so that each choice costs O(log n).

The score of a caller is minutes waited plus priority. All scores grow alike, so their order never
changes while callers wait, and ``joined_at - 60 * priority`` is a static key: the smallest is next.

A *lane* holds the callers of one queue and language. A *group* holds the idle desks of all operators with
the same queues and languages. ``link`` says which groups serve which lanes; it is made anew only when
that can have changed.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from acd.core.records import Agent, Call
from callcenter.kernel.ids import AgentId, QueueName

_SMALL = 32

Place = tuple[float, int, int, Call]
"""Key, sequence of joining, sequence of entering the line (unique), call."""


@dataclass(slots=True, eq=False)
class Lane:
    """Waiting callers of one queue who speak one language."""

    queue: QueueName
    language: str
    groups: list[Group] = field(default_factory=list)
    _heap: list[Place] = field(default_factory=list)
    _stale: int = 0

    def add(self, place: Place) -> None:
        """Put a caller in line."""
        heappush(self._heap, place)

    def head(self) -> Place | None:
        """The caller who is next in this lane."""
        heap = self._heap
        while heap and heap[0][3].place is not heap[0]:
            heappop(heap)
            self._stale -= 1
        return heap[0] if heap else None

    def one_left(self) -> None:
        """A caller's place was given up; forget such places when they are most of the lane."""
        self._stale += 1
        if self._stale > _SMALL and self._stale * 2 > len(self._heap):
            self._heap = [place for place in self._heap if place[3].place is place]
            heapify(self._heap)
            self._stale = 0

    def longest_idle(self) -> AgentId | None:
        """The desk that has been idle longest among those that serve this lane."""
        best: tuple[float, AgentId] | None = None
        for group in self.groups:
            if group.idle and (best is None or group.idle[0] < best):
                best = group.idle[0]
        return best[1] if best else None


@dataclass(slots=True, eq=False)
class Group:
    """Idle desks of the operators who serve the same queues in the same languages, longest idle first."""

    queues: frozenset[QueueName]
    languages: frozenset[str]
    idle: list[tuple[float, AgentId]] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)


class Line:
    """All lanes and groups, and which of them may have found each other since the last look."""

    def __init__(self) -> None:
        self.lanes: dict[tuple[QueueName, str], Lane] = {}
        self.groups: dict[tuple[frozenset[QueueName], frozenset[str]], Group] = {}
        self._speakers: dict[tuple[QueueName, str], int] = {}
        self._seated: dict[QueueName, int] = {}
        self._entered = 0
        self._touched: dict[Lane, None] = {}

    def group(self, queues: frozenset[QueueName], languages: frozenset[str]) -> Group:
        """The group of operators who serve these."""
        key = (queues, languages)
        if key not in self.groups:
            self.groups[key] = Group(queues, languages)
            self._link()
        return self.groups[key]

    def enter(self, call: Call, queue: QueueName, priority_minutes: float) -> None:
        """Put the caller in line at the place that their key gives them."""
        lane = self._lane(queue, call.language)
        self._entered += 1
        call.place = (call.joined_at - 60.0 * priority_minutes, call.order, self._entered, call)
        lane.add(call.place)
        self._touched[lane] = None

    def leave(self, call: Call) -> None:
        """Take the caller out of line, if in line."""
        if call.place is not None and call.queue is not None:
            call.place = None
            self.lanes[call.queue, call.language].one_left()

    def settle(self, agent: Agent) -> None:
        """Put the desk among the idle, or take it out, as its state says."""
        if agent.eligible:
            entry = (agent.idle_since, agent.agent)
            if agent.idle == entry:
                return
            self._take_out(agent)
            agent.idle = entry
            insort(agent.group.idle, entry)
            self._touched.update(dict.fromkeys(agent.group.lanes))
        else:
            self._take_out(agent)

    def seat(self, group: Group, by: int) -> None:
        """Count one operator of ``group`` in (``by=1``) or out (``by=-1``)."""
        relink = False
        for queue in sorted(group.queues):
            self._seated[queue] = self._seated.get(queue, 0) + by
            for language in sorted(group.languages):
                before = self._speakers.get((queue, language), 0)
                self._speakers[queue, language] = before + by
                relink = relink or not before or not before + by
        if relink:
            self._link()

    def seated(self, queue: QueueName) -> int:
        """How many operators of the queue are logged in."""
        return self._seated.get(queue, 0)

    def match(self) -> tuple[Call, AgentId] | None:
        """The next caller over all queues for whom a desk is idle, and that desk; ``None``: no such pair.

        Only lanes that changed since the last ``None`` are looked at: in the others nothing can have met.
        """
        best: Place | None = None
        best_lane: Lane | None = None
        for lane in list(self._touched):
            head = lane.head()
            if head is None or not any(group.idle for group in lane.groups):
                del self._touched[lane]
            elif best is None or head < best:
                best, best_lane = head, lane
        if best is None or best_lane is None:
            return None
        agent = best_lane.longest_idle()
        return (best[3], agent) if agent is not None else None

    def can_serve(self, queue: QueueName, language: str) -> bool:
        """Is a desk idle now that would take such a caller?"""
        return self._lane(queue, language).longest_idle() is not None

    def clear(self) -> None:
        """Forget all lanes, groups and counts, for a new configuration. Places and entries lapse."""
        self.lanes.clear()
        self.groups.clear()
        self._speakers.clear()
        self._seated.clear()
        self._touched.clear()

    def _take_out(self, agent: Agent) -> None:
        if agent.idle is not None:
            idle = agent.group.idle
            del idle[bisect_left(idle, agent.idle)]
            agent.idle = None

    def _lane(self, queue: QueueName, language: str) -> Lane:
        lane = self.lanes.get((queue, language))
        if lane is None:
            lane = self.lanes[queue, language] = Lane(queue, language)
            self._link()
        return lane

    def _link(self) -> None:
        for group in self.groups.values():
            group.lanes = []
        for lane in self.lanes.values():
            spoken = self._speakers.get((lane.queue, lane.language), 0) > 0
            lane.groups = [
                group
                for group in self.groups.values()
                if lane.queue in group.queues and (not spoken or lane.language in group.languages)
            ]
            for group in lane.groups:
                group.lanes.append(lane)
            self._touched[lane] = None
