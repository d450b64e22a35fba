"""The port to a durable job engine, and the sweeper that keeps it in step with the outbox.

The engine promises at least once, so every step may run again. The outbox in our own database is the truth
about what is owed: an engine that forgot everything would be told everything again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from callcenter.calls import outbox
from callcenter.kernel.clock import Clock
from callcenter.kernel.errors import Unavailable
from callcenter.storage.engine import Database

SWEEP_LIMIT = 200
"""Jobs looked at in one sweep; the rest wait for the next."""

KEPT = timedelta(days=2)
"""How long the engine remembers work that ended; the outbox remembers it for good."""

SILENT_AFTER_S = 20.0
"""A worker slot without a beat for so long is dead, and its jobs are taken over."""

_log = structlog.get_logger()


class PostCallWork(Protocol):
    """What is done after a call, in steps that may each be done again."""

    def keep_recording(self, call: str) -> None:
        """Check, mix, encrypt and chain what was recorded."""

    def transcribe(self, call: str) -> None:
        """Hear it, or note why not."""

    def finish(self, call: str) -> None:
        """Fill the ticket, delete the legs, and mark the job as done."""

    def failed(self, call: str, error: Exception) -> None:
        """Note a failed attempt; give up after too many."""

    def give_up(self, call: str, reason: str) -> None:
        """Leave the call to a person."""


class JobEngine(Protocol):
    """Runs the work of submitted calls in the background, through any crash of ours."""

    def start(self, work: PostCallWork) -> None:
        """Take up what an earlier process left. Raises ``Unavailable`` when its store is away."""

    def submit(self, calls: Sequence[str]) -> Sequence[str]:
        """Make sure that each call's work is queued or running; returns calls that killed us too often."""

    def resume_from(self, executors: Sequence[str]) -> int:
        """Take over the work of dead worker slots; how much that was."""

    def forget(self, ended_before: datetime) -> int:
        """Delete what is kept of work that ended before then, some at a time; how much that was."""

    def stop(self) -> None:
        """Stop after the steps that run now; the rest goes on at the next start."""


class Sweeper:
    """Submits what the outbox says is due, and takes over from workers that fell silent."""

    def __init__(
        self, database: Database, engine: JobEngine, work: PostCallWork, clock: Clock, *, executor: str
    ) -> None:
        self._database = database
        self._engine = engine
        self._work = work
        self._clock = clock
        self._executor = executor
        self._failing: str | None = None

    def sweep(self) -> int:
        """Submit what is due; how many calls that was. A failure is logged once and tried again next time."""
        try:
            with self._database.reading() as tx:
                due = [call for call, _ in outbox.due(tx, self._clock.utcnow(), SWEEP_LIMIT)]
            for call in self._engine.submit(due) if due else ():
                self._work.give_up(call, "worker_died")
        except Unavailable as error:
            if self._failing != error.code:
                _log.error("submitting post-call jobs fails", reason=error.code)
            self._failing = error.code
            return 0
        if self._failing:
            _log.info("submitting post-call jobs works again", after=self._failing)
            self._failing = None
        return len(due)

    def tidy(self) -> None:
        """Keep the engine's database small."""
        try:
            while self._engine.forget(self._clock.utcnow() - KEPT):
                pass
        except Unavailable as error:
            _log.warning("job engine not tidied", reason=error.code)

    def beat(self) -> None:
        """Say that this worker lives, and take over from those who did not for a while."""
        now = self._clock.utcnow()
        try:
            with self._database.transaction() as tx:
                outbox.beat(tx, self._executor, now)
                silent = outbox.silent_since(tx, now - timedelta(seconds=SILENT_AFTER_S))
                outbox.forget_beats(tx, silent)
            if silent and (count := self._engine.resume_from(silent)):
                _log.warning("took over jobs of silent workers", workers=list(silent), jobs=count)
        except Unavailable:
            # The sweeper and the loader say so; a beat missed by an absent database proves nothing.
            return
