"""The worker process: the loader's thread, the job engine, and the timers that drive both.

The loader starts first and depends on nothing else: without keys, speech or job engine the operators' tickets
still appear within a second.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TypeVar

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from callcenter.calls import outbox
from callcenter.kernel.clock import Clock
from callcenter.kernel.errors import CallcenterError, Unavailable
from callcenter.kernel.phone import HOME_AREA_CODE
from callcenter.storage.engine import Database, open_database
from callcenter.storage.migrations import migrate
from callcenter.worker.dbos_engine import DbosEngine
from callcenter.worker.jobs import JobEngine, Sweeper
from callcenter.worker.loader import Loader, LoaderRunner
from callcenter.worker.post_call import Folders, PostCall
from callcenter.worker.speech import TranscriberPool, open_speech
from recordings.crypto import load_recipient
from recordings.store import RecordingStore

SWEEP_EVERY_S = 1.0
BEAT_EVERY_S = 2.0
TIDY_EVERY_S = 3600.0
_RETRY_S = 2.0

_log = structlog.get_logger()
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerConfig:
    """Everything the worker is told."""

    database_url: str
    jobs_url: str
    """The job engine's own database."""
    journal: Path
    legs: Path
    messages: Path
    recordings: Path
    keys: Path
    models: Path
    work: Path
    """For unfinished audio."""
    run: Path
    """Where ``worker.json``, the heartbeat, is written."""
    clock: Clock
    speech_model: str = ""
    speech_slots: int = 1
    """Calls transcribed at once; one more is worked on, so that recordings do not wait for speech."""
    language: str = "vi"
    home_area_code: str = HOME_AREA_CODE
    """Area of the city, for callers whose number came without one."""
    min_free_bytes: int
    executor: str = "worker-1"
    """Name of this worker slot; fixed over restarts, different for each worker of a database."""


def run(config: WorkerConfig) -> None:
    """Work until SIGTERM or SIGINT, then stop cleanly. Call it in the main thread."""
    stop = threading.Event()

    def asked(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, asked)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, asked)
    work_until(config, stop)


def work_until(config: WorkerConfig, stop: threading.Event) -> None:
    """Work until ``stop`` is set. Raises what the loader's thread crashed with, if it did."""
    database = open_database(config.database_url)
    loading = Loader(database, config.journal, config.clock, home_area_code=config.home_area_code)
    runner = LoaderRunner(loading)
    crashes: list[Exception] = []
    loader = threading.Thread(
        target=_load, args=(database, runner, stop, crashes), name="loader", daemon=True
    )
    loader.start()
    heartbeat = Heartbeat(config, runner, database)
    heartbeat.write("starting")
    try:
        with_parts = _until_there(lambda: _Parts(config, database), stop)
        if with_parts:
            with_parts.run(stop, heartbeat)
    finally:
        stop.set()
        loader.join(timeout=10)
        database.close()
        heartbeat.write("stopped")
    if crashes:
        raise crashes[0]


class _Parts:
    """The job engine with all it needs, and the timers."""

    def __init__(self, config: WorkerConfig, database: Database) -> None:
        store = RecordingStore(config.recordings, load_recipient(config.keys))
        self._pool: TranscriberPool | None
        speech, self._pool = open_speech(
            config.models, config.speech_model, config.speech_slots, config.language
        )
        folders = Folders(legs=config.legs, messages=config.messages, work=config.work)
        work = PostCall(database, store, speech, folders, config.clock, floor_bytes=config.min_free_bytes)
        self._engine: JobEngine = DbosEngine(
            config.jobs_url, executor=config.executor, concurrency=config.speech_slots + 1
        )
        self._sweeper = Sweeper(database, self._engine, work, config.clock, executor=config.executor)
        self._engine.start(work)

    def run(self, stop: threading.Event, heartbeat: Heartbeat) -> None:
        """Run the timers until ``stop``; leave in the order in which nothing is cut off needlessly."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(2)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        scheduler.add_job(self._sweeper.sweep, "interval", seconds=SWEEP_EVERY_S)
        scheduler.add_job(self._sweeper.beat, "interval", seconds=BEAT_EVERY_S)
        scheduler.add_job(self._sweeper.tidy, "interval", seconds=TIDY_EVERY_S)
        scheduler.add_job(heartbeat.write, "interval", args=("working",), seconds=BEAT_EVERY_S)
        scheduler.start()
        heartbeat.write("working")
        _log.info("worker works")
        try:
            stop.wait()
        finally:
            scheduler.shutdown(wait=True)
            if self._pool:
                self._pool.close()
            self._engine.stop()
            _log.info("worker stopped")


class Heartbeat:
    """``worker.json``: what a supervisor and the pages may know of this worker."""

    def __init__(self, config: WorkerConfig, runner: LoaderRunner, database: Database) -> None:
        self._path = config.run / "worker.json"
        self._clock = config.clock
        self._executor = config.executor
        self._runner = runner
        self._database = database
        self._started_at: datetime = config.clock.utcnow()

    def write(self, state: str) -> None:
        """Put the file in place whole."""
        try:
            with self._database.reading() as tx:
                waiting: int | None = outbox.unfinished_count(tx)
        except CallcenterError:
            waiting = None
        content = {
            "state": state,
            "pid": os.getpid(),
            "executor": self._executor,
            "started_at": self._started_at.isoformat(),
            "beat_at": self._clock.utcnow().isoformat(),
            "loader_failing": self._runner.failing,
            "jobs_waiting": waiting,
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(".json.part")
        temporary.write_text(json.dumps(content), encoding="utf-8")
        temporary.replace(self._path)


def _load(database: Database, runner: LoaderRunner, stop: threading.Event, crashes: list[Exception]) -> None:
    """The loader's thread: first the schema, then records, until told to stop.

    An error of ours ends the whole worker, which is then started anew: half a worker would hide it.
    """

    def migrated() -> bool:
        migrate(database)
        return True

    try:
        if _until_there(migrated, stop):
            while not stop.wait(runner.step()):
                pass
    except Exception as error:
        crashes.append(error)
        stop.set()


def _until_there(build: Callable[[], _T], stop: threading.Event) -> _T | None:
    """Try until all parts are there; a failure is logged when it changes. ``None`` when told to stop."""
    said = ""
    while not stop.is_set():
        try:
            return build()
        except Unavailable as error:
            if error.code != said:
                _log.error("a part is not there yet", reason=error.code)
                said = error.code
        stop.wait(_RETRY_S)
    return None
