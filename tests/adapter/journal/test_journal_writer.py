"""The writer on a real disk: numbering over restarts, torn ends, rotation, a full disk, a kill."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callcenter.journal.files import files
from callcenter.journal.reader import read
from callcenter.journal.record import Record
from callcenter.journal.writer import JournalWriter
from callcenter.kernel.errors import BadInput, Conflict, Unavailable

pytestmark = pytest.mark.adapter


class SetClock:
    """A clock that stands where the test puts it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
        self.mono = 100.0

    def monotonic(self) -> float:
        return self.mono

    def utcnow(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


def calls(directory: Path) -> list[Record]:
    return [record for record in read(directory, "node1") if record.kind == "call"]


def test_what_is_appended_is_read_in_order(tmp_path: Path, clock: SetClock) -> None:
    writer = JournalWriter(tmp_path, "node1", clock=clock, boot="b1")
    numbers = [writer.append("call", "X", {"i": i}) for i in range(1000)]
    assert writer.flush()
    records = list(read(tmp_path, "node1"))
    assert [record.seq for record in records] == [1, *numbers] == list(range(1, 1002))
    assert (records[0].type, records[0].data) == ("boot", {"boot": "b1", "node": "node1"})
    assert [record.data["i"] for record in records[1:]] == list(range(1000))
    assert (records[1].at, records[1].mono) == (clock.now, clock.mono)
    assert writer.close()


def test_files_are_for_us_alone(tmp_path: Path, clock: SetClock) -> None:
    JournalWriter(tmp_path / "journal", "node1", clock=clock).close()
    (file,) = files(tmp_path / "journal", "node1")
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert file.path.parent.stat().st_mode & 0o777 == 0o700


def test_numbers_go_on_after_a_restart(tmp_path: Path, clock: SetClock) -> None:
    for start in range(3):
        writer = JournalWriter(tmp_path, "node1", clock=clock)
        assert writer.append("call", "X", {}) == 2 * start + 2
        writer.close()
    assert [record.seq for record in read(tmp_path, "node1")] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("tail", [b'{"seq":3,"at":"20', b"\0" * 300, b"garbage\n", b'{"seq":3}\n\0\0\n'])
def test_torn_end_is_cut_off(tmp_path: Path, clock: SetClock, tail: bytes) -> None:
    writer = JournalWriter(tmp_path, "node1", clock=clock)
    writer.append("call", "X", {"i": 1})
    writer.close()
    (file,) = files(tmp_path, "node1")
    with file.path.open("ab") as handle:
        handle.write(tail)
    writer = JournalWriter(tmp_path, "node1", clock=clock)
    assert writer.append("call", "X", {"i": 2}) == 4
    writer.close()
    assert [record.data["i"] for record in calls(tmp_path)] == [1, 2]


def test_a_crash_before_the_first_line_of_a_file_loses_no_number(tmp_path: Path, clock: SetClock) -> None:
    JournalWriter(tmp_path, "node1", clock=clock).close()
    (tmp_path / "node1-1763782800-000002.jsonl").write_bytes(b'{"se')
    writer = JournalWriter(tmp_path, "node1", clock=clock)
    assert writer.append("call", "X", {}) == 3
    writer.close()
    assert [record.seq for record in read(tmp_path, "node1")] == [1, 2, 3]


def test_a_new_file_each_day_of_viet_nam_and_by_size(tmp_path: Path, clock: SetClock) -> None:
    writer = JournalWriter(tmp_path, "node1", clock=clock, file_bytes=500)
    writer.flush()
    clock.now = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)  # midnight in Viet Nam
    writer.append("call", "X", {})
    writer.flush()
    assert len(files(tmp_path, "node1")) == 2
    for _ in range(10):
        writer.append("call", "X", {"text": "x" * 100})
        writer.flush()
    writer.close()
    assert len(files(tmp_path, "node1")) >= 4
    assert [record.seq for record in read(tmp_path, "node1")] == list(range(1, 13))


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=-400)])
def test_order_is_by_number_when_the_clock_jumps(tmp_path: Path, clock: SetClock, jump: timedelta) -> None:
    writer = JournalWriter(tmp_path, "node1", clock=clock)
    writer.append("call", "X", {"i": 1})
    writer.flush()
    clock.now += jump
    writer.append("call", "X", {"i": 2})
    writer.close()
    assert [record.data["i"] for record in calls(tmp_path)] == [1, 2]


def test_only_one_writer_of_a_node(tmp_path: Path, clock: SetClock) -> None:
    writer = JournalWriter(tmp_path, "node1", clock=clock)
    with pytest.raises(Unavailable, match="journal_locked"):
        JournalWriter(tmp_path, "node1", clock=clock)
    JournalWriter(tmp_path, "node2", clock=clock).close()
    writer.close()
    JournalWriter(tmp_path, "node1", clock=clock).close()


def test_refusals(tmp_path: Path, clock: SetClock) -> None:
    with pytest.raises(BadInput, match="node_malformed"):
        JournalWriter(tmp_path, "../x", clock=clock)
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="journal_unwritable"):
        JournalWriter(tmp_path / "file", "node1", clock=clock)
    writer = JournalWriter(tmp_path, "node1", clock=clock)
    with pytest.raises(BadInput):
        writer.append("call", "X", {"x": object()})
    assert writer.append("call", "X", {}) == 2
    writer.close()
    writer.close()
    with pytest.raises(Conflict, match="journal_closed"):
        writer.append("call", "X", {})


class FullDisk:
    """Lets ``os.write`` write a few bytes, then says that the disk is full, until there is room again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        self._write = os.write
        monkeypatch.setattr("callcenter.journal.writer.os.write", self.write)

    def write(self, handle: int, data: bytes) -> int:
        if not self.full:
            return self._write(handle, data)
        if len(data) > 10:
            return self._write(handle, data[: len(data) - 10])
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[FullDisk]:
    disk = FullDisk(monkeypatch)
    yield disk
    disk.full = False


def test_a_full_disk_loses_nothing(tmp_path: Path, clock: SetClock, disk: FullDisk) -> None:
    alarms: list[bool] = []
    alarmed = threading.Event()

    def on_failing(failing: bool) -> None:
        alarms.append(failing)
        alarmed.set()
        raise RuntimeError("a listener's fault")

    writer = JournalWriter(tmp_path, "node1", clock=clock, on_failing=on_failing, retry_s=0.01)
    writer.append("call", "X", {"i": 0})
    assert writer.flush()
    disk.full = True
    for i in range(1, 600):
        writer.append("call", "X", {"i": i})
    assert alarmed.wait(5)
    assert writer.failing
    assert writer.fault == "No space left on device"
    assert not writer.flush(0.05)
    # What a reader sees meanwhile is a part of the truth, in order, and never a torn line.
    seen = [record.data["i"] for record in calls(tmp_path)]
    assert seen == list(range(len(seen)))
    disk.full = False
    assert writer.flush()
    assert not writer.failing
    assert writer.waiting == 0
    assert [record.data["i"] for record in calls(tmp_path)] == list(range(600))
    assert alarms == [True, False]
    assert writer.close()


def test_a_failed_fsync_writes_the_lines_again_once(
    tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = JournalWriter(tmp_path, "node1", clock=clock, retry_s=0.01)
    assert writer.flush()
    fsync, faults = os.fsync, [1, 1]

    def failing(handle: int) -> None:
        if faults:
            faults.pop()
            raise OSError(errno.EIO, "Input/output error")
        fsync(handle)

    monkeypatch.setattr("callcenter.journal.writer.os.fsync", failing)
    for i in range(5):
        writer.append("call", "X", {"i": i})
    assert writer.close()
    assert not faults
    assert [record.data["i"] for record in calls(tmp_path)] == [0, 1, 2, 3, 4]


def test_when_memory_is_full_records_are_counted_not_raised(
    tmp_path: Path, clock: SetClock, disk: FullDisk
) -> None:
    writer = JournalWriter(tmp_path, "node1", clock=clock, most_waiting=10, retry_s=0.01)
    assert writer.flush()
    disk.full = True
    numbers = [writer.append("call", "X", {"i": i}) for i in range(15)]
    assert numbers == [*range(2, 12), 0, 0, 0, 0, 0]
    disk.full = False
    assert writer.flush()
    writer.append("call", "X", {"i": 15})
    assert writer.close()
    records = list(read(tmp_path, "node1"))
    assert [record.seq for record in records] == list(range(1, 14))
    assert (records[-2].kind, records[-2].type, records[-2].data) == ("note", "dropped", {"count": 5})


def test_closing_on_a_full_disk_says_so(tmp_path: Path, clock: SetClock, disk: FullDisk) -> None:
    writer = JournalWriter(tmp_path, "node1", clock=clock, retry_s=0.01)
    assert writer.flush()
    disk.full = True
    writer.append("call", "X", {})
    assert writer.close(0.05) is False


def test_append_does_not_wait_for_a_slow_disk(
    tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = JournalWriter(tmp_path, "node1", clock=clock)
    assert writer.flush()
    go, fsync = threading.Event(), os.fsync

    def stuck(handle: int) -> None:
        go.wait(30)
        fsync(handle)

    monkeypatch.setattr("callcenter.journal.writer.os.fsync", stuck)
    numbers = [writer.append("call", "X", {"i": i}) for i in range(2000)]
    # Reached at all while every fsync hangs: append waited for none.
    assert numbers[-1] == 2001
    assert writer.waiting == 2000
    go.set()
    assert writer.close()
    assert len(calls(tmp_path)) == 2000


VICTIM = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from callcenter.journal.writer import JournalWriter
class Clock:
    monotonic = staticmethod(time.monotonic)
    utcnow = staticmethod(lambda: datetime.now(UTC))
writer = JournalWriter(Path(sys.argv[1]), "node1", clock=Clock())
i = 0
while True:
    seq = writer.append("call", "X", {"i": i})
    i += 1
    if i % 50 == 0 and writer.flush():
        print(seq, flush=True)
"""


@pytest.mark.parametrize("lines_before_the_kill", [1, 4, 9])
def test_kill_9_keeps_all_that_was_flushed(
    tmp_path: Path, clock: SetClock, lines_before_the_kill: int
) -> None:
    victim = subprocess.Popen([sys.executable, "-c", VICTIM, str(tmp_path)], stdout=subprocess.PIPE)
    assert victim.stdout is not None
    with victim:
        promised = [int(victim.stdout.readline()) for _ in range(lines_before_the_kill)][-1]
        victim.send_signal(signal.SIGKILL)
    writer = JournalWriter(tmp_path, "node1", clock=clock)
    next_seq = writer.append("call", "X", {"i": -1})
    writer.close()
    records = list(read(tmp_path, "node1"))
    assert [record.seq for record in records] == list(range(1, next_seq + 1))
    assert next_seq > promised
    survived = [record.data["i"] for record in records if record.kind == "call"][:-1]
    assert survived == list(range(len(survived)))


def test_a_reader_beside_the_writer_sees_every_record_once(tmp_path: Path, clock: SetClock) -> None:
    from callcenter.journal.reader import follow

    writer = JournalWriter(tmp_path, "node1", clock=clock, file_bytes=4000)
    follower = follow(tmp_path, "node1")
    seen: list[int] = []

    def write() -> None:
        for i in range(3000):
            writer.append("call", "X", {"i": i})
            if i % 300 == 0:
                writer.flush()
        writer.close()

    thread = threading.Thread(target=write)
    thread.start()
    deadline = time.monotonic() + 30
    while len(seen) < 3001 and time.monotonic() < deadline:
        seen.extend(record.seq for record in follower)
    thread.join()
    assert seen == list(range(1, 3002))
    assert len(files(tmp_path, "node1")) > 5
