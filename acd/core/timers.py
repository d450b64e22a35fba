"""Deadlines of the engine: one heap, cancelled lazily, rebuilt when most of it is dead."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acd.core.records import Agent, Call

_SMALL = 64


class TimerKind(StrEnum):
    """What is due."""

    OFFER = "offer"
    """The offer's next sign of life is overdue."""
    RETRY = "retry"
    """A caller whose last offer did not land may be offered again."""
    MAX_WAIT = "max_wait"
    WRAP_UP = "wrap_up"


@dataclass(slots=True, eq=False)
class Timer:
    """One deadline. ``live`` is false once it fired or was cancelled."""

    when: float
    kind: TimerKind
    subject: Call | Agent
    live: bool = True


class Timers:
    """Deadlines in order of time, then of setting."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timer]] = []
        self._set = 0
        self._dead = 0

    def set(self, when: float, kind: TimerKind, subject: Call | Agent) -> Timer:
        """Arm a deadline; keep what is returned to cancel it."""
        timer = Timer(when, kind, subject)
        self._set += 1
        heappush(self._heap, (when, self._set, timer))
        return timer

    def cancel(self, timer: Timer | None) -> None:
        """Disarm. Cancelling nothing, or what fired already, does nothing."""
        if timer is None or not timer.live:
            return
        timer.live = False
        self._dead += 1
        if self._dead > _SMALL and self._dead * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].live]
            heapify(self._heap)
            self._dead = 0

    def next(self) -> float | None:
        """The earliest deadline."""
        heap = self._heap
        while heap and not heap[0][2].live:
            heappop(heap)
            self._dead -= 1
        return heap[0][0] if heap else None

    def due(self, now: float) -> Timer | None:
        """Take the earliest timer that is due at ``now``."""
        when = self.next()
        if when is None or when > now:
            return None
        timer = heappop(self._heap)[2]
        timer.live = False
        return timer

    def __len__(self) -> int:
        return len(self._heap) - self._dead
