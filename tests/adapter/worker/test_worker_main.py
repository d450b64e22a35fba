"""The worker's parts together, in this process: quick tickets, missing parts, crashes that are not hidden."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from callcenter.kernel.errors import CallcenterError
from callcenter.storage.engine import open_database
from callcenter.tickets import service as tickets
from callcenter.worker.loader import Loader
from callcenter.worker.main import work_until
from recordings.crypto import create_keys
from tests.helpers.audio_files import write_legs
from tests.helpers.journals import answered_call, write_facts
from tests.helpers.worker_program import configuration

pytestmark = pytest.mark.adapter

CALL = "node1-1763782800.1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    settings = {
        "database_url": f"sqlite:///{tmp_path / 'd.sqlite3'}",
        "jobs_url": f"sqlite:///{tmp_path / 'jobs.sqlite3'}",
    }
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    return tmp_path


def state_of_ticket(folder: Path) -> str | None:
    database = open_database(f"sqlite:///{folder / 'd.sqlite3'}")
    try:
        with database.reading() as tx:
            found = tickets.find_by_call(tx, CALL)
        return found.state.value if found else None
    except CallcenterError:
        return None
    finally:
        database.close()


def until(what: Callable[[], bool], within_s: float = 30.0) -> float:
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < within_s
        time.sleep(0.02)
    return time.monotonic() - began


def test_tickets_come_at_once_without_keys_and_the_rest_when_they_are_there(folder: Path) -> None:
    stop = threading.Event()
    worker = threading.Thread(target=work_until, args=(configuration(folder), stop))
    worker.start()
    try:
        heartbeat = folder / "run" / "worker-1" / "worker.json"
        until(heartbeat.exists)
        until(lambda: (folder / "d.sqlite3").exists())
        write_legs(folder / "legs", CALL, 2.0)
        write_facts(folder / "journal", answered_call(1)[:4])
        assert until(lambda: state_of_ticket(folder) == "draft") < 5.0
        assert json.loads(heartbeat.read_text())["state"] == "starting"
        create_keys(folder / "keys")
        write_facts(folder / "journal", answered_call(1)[4:])
        until(lambda: state_of_ticket(folder) == "received")
    finally:
        stop.set()
        worker.join(30)
    assert not worker.is_alive()
    assert json.loads(heartbeat.read_text())["state"] == "stopped"


def test_a_crash_of_the_loader_ends_the_worker(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(self: Loader) -> int:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(Loader, "load_once", crash)
    with pytest.raises(RuntimeError, match="a fault of ours"):
        work_until(configuration(folder), threading.Event())
