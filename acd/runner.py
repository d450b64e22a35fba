"""Runs one engine in an asyncio loop: one owner, one timer, no locks, no hop between event and command."""

from __future__ import annotations

import asyncio
from collections import deque

import structlog

from acd.core.commands import Command
from acd.core.engine import Engine
from acd.core.events import Configured, Event
from acd.ports import Execute, Journal, MonotonicClock

_log = structlog.get_logger()


class Runner:
    """Feeds the engine, journals each step before it is carried out, and wakes the engine at its deadlines.

    The journal begins with ``Configured``, so that it can be replayed alone. To be used inside the
    loop's thread. A port that raises costs its own step only: it is logged, and the calls go on.
    """

    def __init__(
        self, engine: Engine, clock_monotonic: MonotonicClock, execute: Execute, journal: Journal
    ) -> None:
        self._engine = engine
        self._clock = clock_monotonic
        self._execute = execute
        self._journal = journal
        self._pending: deque[Event | None] = deque()
        self._draining = False
        self._closed = False
        self._now = clock_monotonic()
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for = 0.0
        self.post(Configured(configuration=engine.configuration))

    @property
    def engine(self) -> Engine:
        """The engine, to look at."""
        return self._engine

    def post(self, event: Event) -> None:
        """Hand over an event. It is dealt with before this returns, except inside a command's execution:
        then it follows, in order, when that command returns. After ``close`` it is dropped.
        """
        self._take(event)

    def close(self) -> None:
        """Stop: no timer fires and no event is taken any more."""
        self._closed = True
        self._pending.clear()
        self._disarm()

    def _take(self, event: Event | None) -> None:
        if self._closed:
            return
        self._pending.append(event)
        if self._draining:
            return
        self._draining = True
        try:
            while self._pending:
                self._step(self._pending.popleft())
        finally:
            self._draining = False
            self._arm()

    def _step(self, event: Event | None) -> None:
        self._now = now = max(self._now, self._clock())
        commands = self._engine.tick(now) if event is None else self._engine.handle(event, now)
        self._note(now, event, commands)
        for command in commands:
            try:
                self._execute(command)
            except Exception:
                _log.exception("acd_command_failed", command=type(command).__name__)

    def _note(self, now: float, event: Event | None, commands: list[Command]) -> None:
        try:
            self._journal(now, event, commands)
        except Exception:
            _log.exception("acd_journal_failed", acd_event=type(event).__name__)

    def _wake(self, deadline: float) -> None:
        # The loop may fire a little early by its own clock; for the engine the deadline has come.
        self._timer = None
        self._now = max(self._now, deadline)
        self._take(None)

    def _arm(self) -> None:
        deadline = self._engine.next_deadline()
        if self._closed or deadline is None:
            self._disarm()
            return
        if self._timer is not None:
            if self._armed_for == deadline:
                return
            self._timer.cancel()
        delay = max(0.0, deadline - self._clock())
        self._armed_for = deadline
        loop = asyncio.get_running_loop()
        self._timer = loop.call_at(loop.time() + delay, self._wake, deadline)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
