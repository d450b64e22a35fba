"""DBOS behind our port: submitted once, tried again after a failure, taken over from a dead worker."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callcenter.calls import outbox, repository
from callcenter.kernel.errors import Unavailable
from callcenter.storage.engine import Database
from callcenter.worker.dbos_engine import DbosEngine
from callcenter.worker.jobs import Sweeper
from tests.helpers.databases import KINDS, database, database_url, new_postgres_url

pytestmark = pytest.mark.adapter
__all__ = ["database", "database_url"]


class Counting:
    """``PostCallWork`` that counts, and fails when told to."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.failures: list[str] = []
        self.fail_in: str | None = None
        self.given_up: list[tuple[str, str]] = []
        self._changed = threading.Condition()

    def keep_recording(self, call: str) -> None:
        self._count("keep_recording", call)

    def transcribe(self, call: str) -> None:
        self._count("transcribe", call)

    def finish(self, call: str) -> None:
        self._count("finish", call)

    def failed(self, call: str, error: Exception) -> None:
        with self._changed:
            self.failures.append(f"{call}:{error}")
            self._changed.notify_all()

    def give_up(self, call: str, reason: str) -> None:
        self.given_up.append((call, reason))

    def wait(self, for_: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(for_, timeout=20), (self.done, self.failures)

    def _count(self, step: str, call: str) -> None:
        with self._changed:
            if self.fail_in == step:
                raise RuntimeError(step)
            self.done[f"{step}:{call}"] += 1
            self._changed.notify_all()


@pytest.fixture(params=KINDS)
def jobs_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'jobs.sqlite3'}" if request.param == "sqlite" else new_postgres_url()


@pytest.fixture
def started(jobs_url: str) -> Iterator[tuple[DbosEngine, Counting]]:
    engine, work = DbosEngine(jobs_url, executor="worker-1", concurrency=2), Counting()
    engine.start(work)
    yield engine, work
    engine.stop()


def test_a_call_is_worked_on_once_however_often_it_is_submitted(
    started: tuple[DbosEngine, Counting],
) -> None:
    engine, work = started
    calls = [f"n-1.{number}" for number in range(5)]
    for _ in range(3):
        assert engine.submit(calls) == []
    work.wait(lambda: sum(work.done.values()) >= 15)
    assert set(work.done.values()) == {1}
    assert work.failures == []


def test_a_failed_one_is_told_and_worked_on_anew_when_submitted_again(
    started: tuple[DbosEngine, Counting],
) -> None:
    engine, work = started
    work.fail_in = "transcribe"
    engine.submit(["n-1.1"])
    work.wait(lambda: bool(work.failures))
    assert work.failures == ["n-1.1:transcribe"]
    work.fail_in = None

    def resubmitted() -> bool:
        engine.submit(["n-1.1"])
        return work.done["finish:n-1.1"] > 0

    deadline = datetime.now(UTC) + timedelta(seconds=20)
    while not resubmitted() and datetime.now(UTC) < deadline:
        threading.Event().wait(0.1)
    assert work.done["keep_recording:n-1.1"] >= 2
    assert work.done["finish:n-1.1"] >= 1


def test_an_engine_whose_database_is_away_says_so_and_can_be_started_later(jobs_url: str) -> None:
    for _ in range(2):
        with pytest.raises(Unavailable) as caught:
            DbosEngine("postgresql://nobody@127.0.0.1:9/none", executor="worker-1").start(Counting())
        assert caught.value.code == "jobs_unavailable"
    engine, work = DbosEngine(jobs_url, executor="worker-1"), Counting()
    engine.start(work)
    try:
        engine.submit(["n-1.1"])
        work.wait(lambda: work.done["finish:n-1.1"] == 1)
    finally:
        engine.stop()


def test_work_that_ended_long_ago_is_forgotten(started: tuple[DbosEngine, Counting]) -> None:
    engine, work = started
    engine.submit(["n-1.1", "n-1.2"])
    work.wait(lambda: work.done["finish:n-1.1"] == work.done["finish:n-1.2"] == 1)
    assert engine.forget(datetime.now(UTC) - timedelta(hours=1)) == 0
    forgotten, deadline = 0, datetime.now(UTC) + timedelta(seconds=20)
    while forgotten < 2 and datetime.now(UTC) < deadline:
        forgotten += engine.forget(datetime.now(UTC) + timedelta(seconds=1))
        threading.Event().wait(0.1)
    assert forgotten == 2


DYING = """
import os, sys
from callcenter.worker.dbos_engine import DbosEngine

class Dies:
    def keep_recording(self, call): pass
    def transcribe(self, call): os._exit(9)
    def finish(self, call): pass
    def failed(self, call, error): pass
    def give_up(self, call, reason): pass

engine = DbosEngine(sys.argv[1], executor="worker-2")
engine.start(Dies())
engine.submit(["n-1.7"])
import time; time.sleep(30)
"""


def test_the_work_of_a_dead_worker_is_taken_over(jobs_url: str) -> None:
    dead = subprocess.run(
        [sys.executable, "-c", DYING, jobs_url], capture_output=True, timeout=50, check=False
    )
    assert dead.returncode == 9, dead.stderr.decode()
    engine, work = DbosEngine(jobs_url, executor="worker-1"), Counting()
    engine.start(work)
    try:
        assert engine.resume_from(["worker-1"]) == 0
        assert engine.resume_from(["worker-2"]) == 1
        work.wait(lambda: work.done["finish:n-1.7"] == 1)
        assert work.done["transcribe:n-1.7"] == 1
        assert work.done["keep_recording:n-1.7"] == 0  # the dead one had done it
    finally:
        engine.stop()


class FixedClock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def monotonic(self) -> float:
        return 0.0

    def utcnow(self) -> datetime:
        return self.now


class Notes:
    """A ``JobEngine`` that only notes what it is asked."""

    def __init__(self) -> None:
        self.submitted: list[list[str]] = []
        self.resumed: list[list[str]] = []
        self.poisonous: list[str] = []

    def start(self, work: object) -> None:
        raise AssertionError("the sweeper does not start engines")

    def submit(self, calls: Sequence[str]) -> Sequence[str]:
        self.submitted.append(list(calls))
        return self.poisonous

    def resume_from(self, executors: Sequence[str]) -> int:
        self.resumed.append(list(executors))
        return len(executors)

    def forget(self, ended_before: datetime) -> int:
        raise AssertionError("not in a sweep")

    def stop(self) -> None:
        raise AssertionError("the sweeper does not stop engines")


NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def owed(database: Database, *calls: str) -> None:
    with database.transaction() as tx:
        for call in calls:
            repository.put_call(
                tx,
                {
                    "call": call,
                    "alias": "1022",
                    "caller": "",
                    "trunk": "t",
                    "started_at": NOW,
                    "rings": 0,
                    "offers": [],
                    "talk_s": 0.0,
                    "wrap_up_s": 0.0,
                    "menu_path": [],
                    "bulletins": [],
                    "codes_asked": [],
                    "recording_declined": False,
                    "recording_bases": [],
                    "message_s": 0.0,
                    "hangup_cause": 16,
                    "notes": [],
                },
            )
            outbox.want(tx, call, NOW)


def test_the_sweeper_submits_what_is_due_and_gives_up_what_kills(database: Database) -> None:
    owed(database, "n-1.1", "n-1.2", "n-1.3", "n-1.4")
    with database.transaction() as tx:
        outbox.finish(tx, "n-1.1", NOW)
        outbox.failed(tx, "n-1.2", "disk_full", again_at=NOW + timedelta(seconds=30))
    clock, engine, work = FixedClock(NOW), Notes(), Counting()
    engine.poisonous = ["n-1.4"]
    sweeper = Sweeper(database, engine, work, clock, executor="worker-1")
    assert sweeper.sweep() == 2
    clock.now = NOW + timedelta(seconds=30)
    assert sweeper.sweep() == 3
    assert [sorted(calls) for calls in engine.submitted] == [["n-1.3", "n-1.4"], ["n-1.2", "n-1.3", "n-1.4"]]
    assert work.given_up == [("n-1.4", "worker_died")] * 2


def test_a_worker_that_falls_silent_is_taken_over_once(database: Database) -> None:
    clock, engine, work = FixedClock(NOW), Notes(), Counting()
    first = Sweeper(database, engine, work, clock, executor="worker-1")
    second = Sweeper(database, engine, work, clock, executor="worker-2")
    first.beat()
    second.beat()
    for seconds in (10, 19, 21, 23):
        clock.now = NOW + timedelta(seconds=seconds)
        first.beat()
    assert engine.resumed == [["worker-2"]]
