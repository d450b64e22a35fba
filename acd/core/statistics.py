"""Today's numbers, per queue and in all: a fold over the engine's events and commands.

Service level X/T: answered within T / (offered - short abandons - still waiting). Wait is from joining to
answer or leaving, ringing included. ASA is the mean wait of the answered; AHT the mean of talk plus
after-call work of the calls whose after-call work is over.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from acd.core.commands import AgentChanged, Command, Ignored, Overflow, OverflowReason
from acd.core.departed import Departed
from acd.core.events import CallerJoined, CallLeft, CallSeen, Configured, Event, OfferAnswered, Resynchronised
from acd.core.limits import seconds_waited
from acd.core.states import AgentState
from callcenter.kernel.ids import AgentId, CallId, QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStatistics:
    """Numbers of one queue or of all. Means and shares are ``None`` while there is nothing to divide by."""

    offered: int
    answered: int
    abandoned: int
    short_abandoned: int
    """Of the abandoned, those who waited less than the threshold."""
    overflowed: int
    waiting: int
    """Now, ringing included."""
    asa_s: float | None
    longest_wait_s: float
    """Of those waiting now."""
    service_level: float | None
    """Between 0 and 1."""
    aht_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsView:
    """All numbers at one instant; queues by name."""

    total: QueueStatistics
    queues: dict[QueueName, QueueStatistics]
    blocked: int
    """Turned away at the door because the house was full; never offered."""


@dataclass(slots=True)
class _Tally:
    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    short_abandoned: int = 0
    overflowed: int = 0
    in_time: int = 0
    wait_s: float = 0.0
    handled: int = 0
    handling_s: float = 0.0


@dataclass(slots=True)
class _Handling:
    queue: QueueName
    began: float


@dataclass(slots=True)
class _Waiting:
    queue: QueueName
    since: float
    tallies: tuple[_Tally, _Tally] = field(repr=False)


class Statistics:
    """Show it every step of the engine from the first ``Configured`` on, deadlines (``event=None``) too.

    Raises:
        ValueError: a threshold is not positive.
    """

    def __init__(self, *, service_level_s: float = 20.0, short_abandon_s: float = 5.0) -> None:
        if service_level_s <= 0 or short_abandon_s <= 0:
            raise ValueError("thresholds must be positive")
        self._service_level_s = service_level_s
        self._short_abandon_s = short_abandon_s
        self._waiting: dict[CallId, _Waiting] = {}
        self._queue_of: dict[CallId, QueueName] = {}
        self._handling: dict[AgentId, _Handling] = {}
        self._departed = Departed()
        self._queues: tuple[QueueName, ...] = ()
        self._total = _Tally()
        self._tallies: dict[QueueName, _Tally] = {}
        self._blocked = 0

    def observe(self, event: Event | None, commands: list[Command], now: float) -> None:
        """Take in one step: the event that the engine was given, and what it answered."""
        if isinstance(event, CallLeft):
            self._leave(event.call, now)
        elif not any(isinstance(command, Ignored) for command in commands):
            match event:
                case Configured():
                    self._queues = tuple(queue.name for queue in event.configuration.queues)
                case CallerJoined():
                    self._join(event.call, self._known(event.queue), now - seconds_waited(event.waited_s))
                case OfferAnswered():
                    self._answer(CallId(event.offer.rpartition("#")[0]), now)
                case Resynchronised():
                    self._resynchronise(event, now)
                case _:
                    pass
        for command in commands:
            if isinstance(command, Overflow):
                self._overflow(command)
            elif isinstance(command, AgentChanged):
                self._handle(command, now)

    def start_day(self) -> None:
        """Begin anew; who waits now counts as offered today, as nothing else of yesterday does."""
        self._total = _Tally()
        self._tallies = {}
        self._blocked = 0
        for waiting in self._waiting.values():
            waiting.tallies = self._tallies_of(waiting.queue)
            for tally in waiting.tallies:
                tally.offered += 1

    def view(self, now: float) -> StatisticsView:
        """The numbers as of ``now``."""
        waits: dict[QueueName, list[float]] = {queue: [] for queue in self._tallies}
        for waiting in self._waiting.values():
            waits[waiting.queue].append(now - waiting.since)
        every = [wait for queue in waits.values() for wait in queue]
        return StatisticsView(
            total=_statistics(self._total, every),
            queues={
                queue: _statistics(self._tallies[queue], waits[queue]) for queue in sorted(self._tallies)
            },
            blocked=self._blocked,
        )

    def _known(self, queue: QueueName | None) -> QueueName:
        """As in the engine, callers of no queue that is configured belong to the first."""
        if queue is not None and (queue in self._queues or not self._queues):
            return queue
        return self._queues[0] if self._queues else QueueName("unknown")

    def _tallies_of(self, queue: QueueName) -> tuple[_Tally, _Tally]:
        return self._total, self._tallies.setdefault(queue, _Tally())

    def _join(self, call: CallId, queue: QueueName, since: float) -> None:
        tallies = self._tallies_of(queue)
        self._waiting[call] = _Waiting(queue, since, tallies)
        self._queue_of[call] = queue
        for tally in tallies:
            tally.offered += 1

    def _answer(self, call: CallId, now: float) -> None:
        if (waiting := self._waiting.pop(call, None)) is None:
            return
        wait = now - waiting.since
        for tally in waiting.tallies:
            tally.answered += 1
            tally.wait_s += wait
            tally.in_time += wait <= self._service_level_s

    def _leave(self, call: CallId, now: float) -> None:
        self._departed.add(call)
        self._abandon(call, now)
        self._queue_of.pop(call, None)

    def _abandon(self, call: CallId, now: float) -> None:
        if (waiting := self._waiting.pop(call, None)) is None:
            return
        for tally in waiting.tallies:
            tally.abandoned += 1
            tally.short_abandoned += now - waiting.since < self._short_abandon_s

    def _overflow(self, command: Overflow) -> None:
        if command.reason is OverflowReason.FULL:
            self._blocked += 1
        elif (waiting := self._waiting.pop(command.call, None)) is not None:
            for tally in waiting.tallies:
                tally.overflowed += 1

    def _handle(self, command: AgentChanged, now: float) -> None:
        """Talk and after-call work of one agent make one handling, however often the state is told."""
        if command.state == AgentState.ACW:
            return
        if (done := self._handling.pop(command.agent, None)) is not None:
            for tally in self._tallies_of(done.queue):
                tally.handled += 1
                tally.handling_s += now - done.began
        if command.state == AgentState.ON_CALL and command.call in self._queue_of:
            self._handling[command.agent] = _Handling(self._queue_of[command.call], now)

    def _resynchronise(self, event: Resynchronised, now: float) -> None:
        seen = {entry.call: entry for entry in reversed(event.calls) if entry.call not in self._departed}
        for call in [call for call in self._queue_of if call not in seen]:
            self._abandon(call, now)
            del self._queue_of[call]
        for entry in seen.values():
            self._adopt(entry, now)

    def _adopt(self, entry: CallSeen, now: float) -> None:
        if entry.talking_to is not None:
            self._answer(entry.call, now)
        elif entry.ringing is not None or entry.waiting_in is not None:
            if entry.call not in self._waiting:
                queue = self._known(entry.waiting_in or self._queue_of.get(entry.call))
                self._join(entry.call, queue, now - seconds_waited(entry.waited_s))
        elif (waiting := self._waiting.pop(entry.call, None)) is not None:
            for tally in waiting.tallies:
                tally.overflowed += 1


def _statistics(tally: _Tally, waits: list[float]) -> QueueStatistics:
    judged = tally.offered - tally.short_abandoned - len(waits)
    return QueueStatistics(
        offered=tally.offered,
        answered=tally.answered,
        abandoned=tally.abandoned,
        short_abandoned=tally.short_abandoned,
        overflowed=tally.overflowed,
        waiting=len(waits),
        asa_s=tally.wait_s / tally.answered if tally.answered else None,
        longest_wait_s=max(waits, default=0.0),
        service_level=tally.in_time / judged if judged > 0 else None,
        aht_s=tally.handling_s / tally.handled if tally.handled else None,
    )
