"""kill -9 of the worker at random moments: each call has exactly one recording and one ticket in the end."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from callcenter.calls.models import AlarmRow, CallRow, PostCallJobRow, RecordingRow, TranscriptRow
from callcenter.kernel.errors import CallcenterError
from callcenter.storage.engine import Database, open_database
from callcenter.storage.migrations import is_current
from callcenter.tickets import service as tickets
from recordings.core.integrity import Verified
from recordings.crypto import create_keys, load_recipient
from recordings.store import RecordingStore
from tests.helpers.audio_files import write_legs
from tests.helpers.databases import KINDS, new_postgres_url, new_url
from tests.helpers.journals import answered_call, write_facts

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

ROOT = Path(__file__).parents[3]
CALLS = 30


class Workers:
    """Starts real workers over one folder, and kills those that are left."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._all: list[subprocess.Popen[bytes]] = []

    def start(self, executor: str = "worker-1") -> subprocess.Popen[bytes]:
        with (self._folder / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.helpers.worker_program", str(self._folder), executor],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._all.append(process)
        return process

    def log(self) -> str:
        return (self._folder / "worker.log").read_text(encoding="utf-8", errors="replace")

    def end(self) -> None:
        for process in self._all:
            if process.poll() is None:
                process.kill()
            process.wait(10)


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    made = Workers(tmp_path)
    yield made
    made.end()


@pytest.fixture(params=KINDS)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Thirty finished calls with their legs, and nothing of it in the database yet."""
    url = new_url(request.param, tmp_path)
    jobs = f"sqlite:///{tmp_path / 'jobs.sqlite3'}" if request.param == "sqlite" else new_postgres_url()
    (tmp_path / "settings.json").write_text(json.dumps({"database_url": url, "jobs_url": jobs}))
    create_keys(tmp_path / "keys")
    for number in range(1, CALLS + 1):
        write_legs(tmp_path / "legs", f"node1-1763782800.{number}")
        write_facts(tmp_path / "journal", answered_call(number))
    opened = open_database(url)
    yield opened
    opened.close()


def unfinished(database: Database) -> int:
    """Jobs still owed; all of them while the worker has not even migrated."""
    try:
        if not is_current(database):
            return CALLS
        with database.reading() as tx:
            rows = tx.exec(select(PostCallJobRow)).all()
    except CallcenterError:
        return CALLS
    return CALLS - sum(row.finished_at is not None for row in rows)


def wait_until_done(database: Database, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while unfinished(database) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert unfinished(database) == 0


def check_everything(database: Database, folder: Path) -> None:
    expected = sorted(f"node1-1763782800.{number}" for number in range(1, CALLS + 1))
    with database.reading() as tx:
        assert sorted(row.call for row in tx.exec(select(CallRow)).all()) == expected
        recordings = tx.exec(select(RecordingRow)).all()
        assert sorted(row.call for row in recordings) == expected
        assert {(row.problem, row.path is not None) for row in recordings} == {(None, True)}
        assert sorted(row.call for row in tx.exec(select(TranscriptRow)).all()) == expected
        assert tx.exec(select(AlarmRow)).all() == []
        assert not any(row.quarantined for row in tx.exec(select(PostCallJobRow)).all())
        found = tickets.list_recent(tx, 1000)
        histories = [[entry.kind for entry in tickets.history(tx, ticket.code)] for ticket in found]
    assert sorted(ticket.call or "" for ticket in found) == expected
    assert sorted(int(ticket.code.split("-")[2]) for ticket in found) == list(range(1, CALLS + 1))
    assert {(ticket.state, ticket.transcript_reason) for ticket in found} == {("received", "no_model")}
    assert Counter(map(tuple, histories)) == Counter({("opened", "transcript", "state"): CALLS})
    assert list((folder / "legs").iterdir()) == []
    stored = sorted(path.name for path in (folder / "recordings").rglob("*.flac.age"))
    assert stored == [f"{call}.flac.age" for call in expected]
    store = RecordingStore(folder / "recordings", load_recipient(folder / "keys"))
    verified = store.verify()
    assert isinstance(verified, Verified)
    assert verified.count == CALLS


def test_random_kills_lose_nothing_and_double_nothing(
    house: Database, tmp_path: Path, workers: Workers
) -> None:
    chance = random.Random(1022)
    kills = 0
    while unfinished(house) and kills < 4:
        process = workers.start()
        before = unfinished(house)
        deadline = time.monotonic() + 15
        while unfinished(house) == before and time.monotonic() < deadline:
            time.sleep(0.02)
            assert process.poll() is None, workers.log()
        time.sleep(chance.uniform(0.0, 0.25))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        kills += 1
    assert kills >= 2, workers.log()
    last = workers.start()
    wait_until_done(house, 60)
    last.send_signal(signal.SIGTERM)
    assert last.wait(20) == 0, workers.log()
    check_everything(house, tmp_path)
    assert json.loads((tmp_path / "run" / "worker-1" / "worker.json").read_text())["state"] == "stopped"
