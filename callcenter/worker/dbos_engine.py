"""DBOS Transact as the job engine: SQLite file by default, PostgreSQL in production, same code.

One workflow per call, ``post:<call>``; one DBOS per process, which is how the library is made.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import structlog
from dbos import DBOS, SetWorkflowID
from sqlalchemy.exc import DBAPIError

from callcenter.kernel.errors import Unavailable
from callcenter.worker.jobs import PostCallWork

QUEUE: Final = "post_call"
POLL_S: Final = 0.1
MOST_RECOVERIES: Final = 20
"""A call whose work was cut off so often probably kills the worker itself."""

_APPLICATION_VERSION: Final = "1"
"""Fixed: DBOS leaves work of another version alone, and our steps stand being repeated by newer code."""

_RUNNING: Final = ("ENQUEUED", "PENDING", "DELAYED")
_STOP_WITHIN_S: Final = 10
_FORGET_AT_ONCE: Final = 500

_log = structlog.get_logger()


class DbosEngine:
    """``JobEngine`` on DBOS. ``url``: ``sqlite:///path`` or ``postgresql://...``, not the business database.

    Args:
        executor: name of this worker slot, fixed over restarts: DBOS takes up what it left.
        concurrency: calls worked on at the same time.
    """

    def __init__(self, url: str, *, executor: str, concurrency: int = 1) -> None:
        self._url = url
        self._executor = executor
        self._concurrency = concurrency

    def start(self, work: PostCallWork) -> None:
        """Launch DBOS with ``work``; it recovers the unfinished work of this executor at once.

        Raises:
            Unavailable: the engine's database is away.
        """
        _quieten()
        DBOS(
            config={
                "name": "callcenter",
                "system_database_url": self._url,
                "executor_id": self._executor,
                "application_version": _APPLICATION_VERSION,
                "log_level": "WARNING",
                "enable_otlp": False,
                "max_executor_threads": self._concurrency + 2,
                "use_listen_notify": False,
            }
        )
        keep = _step("keep_recording", work.keep_recording)
        transcribe = _step("transcribe", work.transcribe)
        finish = _step("finish", work.finish)

        def post_call(call: str) -> None:
            try:
                keep(call)
                transcribe(call)
                finish(call)
            except Exception as error:
                # Recorded in our own database, so that the sweeper decides when to try again.
                work.failed(call, error)

        self._workflow = DBOS.workflow(name=QUEUE, max_recovery_attempts=MOST_RECOVERIES)(post_call)
        try:
            DBOS.launch()
            DBOS.register_queue(
                QUEUE,
                worker_concurrency=self._concurrency,
                polling_interval_sec=POLL_S,
                on_conflict="always_update",
            )
        except DBAPIError as error:
            DBOS.destroy(destroy_registry=True)
            raise Unavailable("jobs_unavailable", reason=type(error.orig).__name__) from error

    def submit(self, calls: Sequence[str]) -> Sequence[str]:
        """Queue what is neither queued nor running. What ended and is still owed is run anew.

        Raises:
            Unavailable: the engine's database is away.
        """
        poisonous: list[str] = []
        try:
            known = self._states(calls)
            for call in calls:
                match known.get(call):
                    case None:
                        self._enqueue(call)
                    case "MAX_RECOVERY_ATTEMPTS_EXCEEDED":
                        poisonous.append(call)
                    case state if state not in _RUNNING:
                        DBOS.delete_workflow(_id(call))
                        self._enqueue(call)
        except DBAPIError as error:
            raise Unavailable("jobs_unavailable", reason=type(error.orig).__name__) from error
        return poisonous

    def resume_from(self, executors: Sequence[str]) -> int:
        """Queue again what dead executors left in the middle; how much that was.

        Raises:
            Unavailable: the engine's database is away.
        """
        others = [executor for executor in executors if executor != self._executor]
        if not others:
            return 0
        try:
            left = DBOS.list_workflows(
                status="PENDING", executor_id=others, load_input=False, load_output=False
            )
            if left:
                DBOS.resume_workflows([one.workflow_id for one in left], queue_name=QUEUE)
        except DBAPIError as error:
            raise Unavailable("jobs_unavailable", reason=type(error.orig).__name__) from error
        return len(left)

    def forget(self, ended_before: datetime) -> int:
        """Delete what the engine keeps of work that ended before then, some at a time; how much that was.

        Raises:
            Unavailable: the engine's database is away.
        """
        try:
            old = DBOS.list_workflows(
                status=["SUCCESS", "ERROR", "CANCELLED"],
                completed_before=ended_before.isoformat(),
                limit=_FORGET_AT_ONCE,
                load_input=False,
                load_output=False,
            )
            if old:
                DBOS.delete_workflows([one.workflow_id for one in old])
        except DBAPIError as error:
            raise Unavailable("jobs_unavailable", reason=type(error.orig).__name__) from error
        return len(old)

    def stop(self) -> None:
        """Let the steps that run now end, for ``_STOP_WITHIN_S`` at most, and close."""
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=_STOP_WITHIN_S)

    def _states(self, calls: Sequence[str]) -> dict[str, str]:
        found = DBOS.list_workflows(
            workflow_ids=[_id(call) for call in calls], load_input=False, load_output=False
        )
        return {one.workflow_id.removeprefix("post:"): one.status for one in found}

    def _enqueue(self, call: str) -> None:
        with SetWorkflowID(_id(call)):
            DBOS.enqueue_workflow(QUEUE, self._workflow, call)


def _step(name: str, work: Callable[[str], None]) -> Callable[[str], None]:
    """A step of DBOS; it marks the function it is given, which a bound method does not allow."""

    def step(call: str) -> None:
        work(call)

    return DBOS.step(name=name)(step)


def _id(call: str) -> str:
    return f"post:{call}"


class _ToOurLog(logging.Handler):
    """DBOS writes to stderr in its own form unless its logger has a handler before it starts."""

    def emit(self, record: logging.LogRecord) -> None:
        # Its messages quote errors of steps, which may quote anything.
        _log.log(record.levelno, "job engine", pii_message=record.getMessage())


def _quieten() -> None:
    logger = logging.getLogger("dbos")
    logger.propagate = False
    if not any(isinstance(handler, _ToOurLog) for handler in logger.handlers):
        logger.handlers = [_ToOurLog(logging.WARNING)]
