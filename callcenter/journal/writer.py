"""Appends to one node's journal without ever making its caller wait for the disk.

``append`` numbers the record and puts its line in memory; a thread of its own writes and fsyncs in batches.

What can be lost: a ``kill -9`` of the process loses the lines still in memory, at most one batch (20 ms); a
power failure also those not yet fsynced. The resync with Asterisk at the next start rebuilds the calls, so
this costs detail, never a call. When the disk is full nothing is lost: the lines wait in memory, up to
``MOST_WAITING``, and are written when there is room again; ``failing`` says so meanwhile.

Must not know what the records mean.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import structlog
from filelock import FileLock, Timeout

from callcenter.journal.files import check_node, file_name, files, whole_end
from callcenter.journal.record import BOOT, DROPPED, Kind, Record, encode
from callcenter.kernel.clock import VIETNAM, Clock
from callcenter.kernel.errors import Conflict, Unavailable

BATCH_LINES = 256
BATCH_S = 0.02
RETRY_S = 0.5
MOST_WAITING = 200_000
FILE_BYTES = 64 * 1024 * 1024

_log = structlog.get_logger()


def machine_boot_id() -> str:
    """The kernel's id of this boot: under one of them CLOCK_MONOTONIC never goes back."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


class JournalWriter:
    """The only writer of a node's journal. Construct before the event loop needs it: it reads the disk.

    Args:
        on_failing: called on the writer's thread when writing begins to fail (``True``) and works again.
        boot: the id under which this clock's monotonic seconds may be compared.

    Raises:
        Unavailable: another process writes this node's journal, or the directory cannot be written.
    """

    def __init__(
        self,
        directory: Path,
        node: str,
        *,
        clock: Clock,
        on_failing: Callable[[bool], None] | None = None,
        boot: str | None = None,
        most_waiting: int = MOST_WAITING,
        file_bytes: int = FILE_BYTES,
        retry_s: float = RETRY_S,
    ) -> None:
        self._directory = directory
        self._node = check_node(node)
        self._clock = clock
        self._on_failing = on_failing
        self._most_waiting = most_waiting
        self._retry_s = retry_s
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._hurried = 0
        self._dropped = 0
        self._fault: str | None = None
        self._lock = _lock(directory, node)
        try:
            number, self._last_seq = _recover(directory, node)
        except OSError as error:
            self._lock.release()
            raise Unavailable("journal_unwritable", node=node, fault=error.strerror) from error
        self._written_seq = self._last_seq
        self._file = _File(directory, node, number=number, clock=clock, most_bytes=file_bytes)
        self.append("note", BOOT, {"boot": machine_boot_id() if boot is None else boot, "node": node})
        self._thread = threading.Thread(target=self._run, name=f"journal-{node}", daemon=True)
        self._thread.start()

    @property
    def failing(self) -> bool:
        """Whether the last attempt to write failed: an alarm. Lines wait in memory."""
        return self._fault is not None

    @property
    def fault(self) -> str | None:
        """What the system said of the last failure, while ``failing``."""
        return self._fault

    @property
    def waiting(self) -> int:
        """Lines in memory that are not yet on disk."""
        return len(self._waiting)

    @property
    def last_seq(self) -> int:
        """Number of the last record appended."""
        return self._last_seq

    def append(self, kind: Kind, type: str, data: dict[str, Any]) -> int:
        """Number the record, keep its line for the disk, and return its ``seq`` at once.

        Returns 0 when memory is full after a long failure of the disk: that record is dropped and counted,
        and a ``dropped`` note says how many once there is room. A call is never stopped for its record.

        Raises:
            BadInput: ``data`` is not made of JSON values.
            Conflict: the journal is closed.
        """
        with self._changed:
            if self._closing:
                raise Conflict("journal_closed", node=self._node)
            if len(self._waiting) >= self._most_waiting:
                self._dropped += 1
                return 0
            if self._dropped:
                self._put("note", DROPPED, {"count": self._dropped})
                self._dropped = 0
            return self._put(kind, type, data)

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until all that was appended is on disk; whether it is. Blocks: not for the event loop."""
        with self._changed:
            wanted = self._last_seq
            self._hurried += 1
            self._changed.notify_all()
            done = self._changed.wait_for(lambda: self._written_seq >= wanted, timeout_s)
            self._hurried -= 1
            return done

    def close(self, timeout_s: float = 5.0) -> bool:
        """Write what waits and stop; whether all of it reached the disk. Closing twice is harmless."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        written = self.flush(timeout_s)
        if not written:
            _log.error("journal closed with lines unwritten", node=self._node, lines=len(self._waiting))
            with self._changed:
                self._waiting.clear()
                self._changed.notify_all()
        self._thread.join()
        self._file.close()
        self._lock.release()
        return written

    def _put(self, kind: Kind, type: str, data: dict[str, Any]) -> int:
        seq = self._last_seq + 1
        clock = self._clock
        record = Record(seq=seq, at=clock.utcnow(), mono=clock.monotonic(), kind=kind, type=type, data=data)
        self._waiting.append((seq, encode(record)))
        self._last_seq = seq
        if len(self._waiting) in (1, BATCH_LINES):
            self._changed.notify_all()
        return seq

    def _run(self) -> None:
        while batch := self._next_batch():
            try:
                self._file.append(b"".join(line for _, line in batch))
            except OSError as error:
                self._failed(error)
                with self._changed:
                    self._changed.wait_for(self._given_up, self._retry_s)
                continue
            self._succeeded(batch)

    def _next_batch(self) -> list[tuple[int, bytes]]:
        """The next lines to write, left in the queue until they are on disk; none when it is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            self._changed.wait_for(
                lambda: len(self._waiting) >= BATCH_LINES or self._hurried or self._closing, BATCH_S
            )
            return list(islice(self._waiting, BATCH_LINES))

    def _given_up(self) -> bool:
        return self._closing and not self._waiting

    def _succeeded(self, batch: list[tuple[int, bytes]]) -> None:
        with self._changed:
            for _ in range(min(len(batch), len(self._waiting))):
                self._waiting.popleft()
            self._written_seq = batch[-1][0]
            self._changed.notify_all()
        if self._fault is not None:
            self._fault = None
            _log.info("journal is written again", node=self._node)
            self._tell(False)

    def _failed(self, error: OSError) -> None:
        began = self._fault is None
        self._fault = error.strerror or type(error).__name__
        if began:
            _log.error("journal cannot be written", node=self._node, fault=self._fault)
            self._tell(True)

    def _tell(self, failing: bool) -> None:
        if self._on_failing is None:
            return
        try:
            self._on_failing(failing)
        except Exception:
            # The listener's fault must not end the thread on which the journal depends.
            _log.exception("journal alarm listener failed", node=self._node)


class _File:
    """The file being written. After any error it is opened anew and cut to what is surely on disk.

    A failed fsync may have dropped pages that a later fsync would call clean, so the lines are written again.
    """

    def __init__(self, directory: Path, node: str, *, number: int, clock: Clock, most_bytes: int) -> None:
        self._directory = directory
        self._node = node
        self._number = number
        self._clock = clock
        self._most_bytes = most_bytes
        self._path: Path | None = None
        self._day: date | None = None
        self._handle: int | None = None
        self._size = 0

    def append(self, lines: bytes) -> None:
        """Write and fsync ``lines``.

        Raises:
            OSError: nothing of it counts as written; call again with the same lines first.
        """
        try:
            handle = self._opened()
            written = 0
            while written < len(lines):
                written += os.write(handle, lines[written:])
            os.fsync(handle)
        except OSError:
            self.close()
            raise
        self._size += len(lines)

    def close(self) -> None:
        """Let go of the file."""
        if self._handle is not None:
            with contextlib.suppress(OSError):
                os.close(self._handle)
            self._handle = None

    def _opened(self) -> int:
        today = self._clock.utcnow().astimezone(VIETNAM).date()
        if self._handle is not None:
            if self._day == today and self._size < self._most_bytes:
                return self._handle
            self.close()
            self._path = None
        if self._path is None or not self._path.exists():
            self._begin(today)
        assert self._path is not None
        self._handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.ftruncate(self._handle, self._size)
        return self._handle

    def _begin(self, today: date) -> None:
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._number += 1
        start = int(self._clock.utcnow().timestamp())
        self._path = self._directory / file_name(self._node, start=start, number=self._number)
        self._day = today
        self._size = 0
        self._path.touch(mode=0o600)
        _fsync_directory(self._directory)


def _lock(directory: Path, node: str) -> FileLock:
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(directory / f"{node}.lock", timeout=0, thread_local=False)
        lock.acquire()
    except Timeout as error:
        raise Unavailable("journal_locked", node=node) from error
    except OSError as error:
        raise Unavailable("journal_unwritable", node=node, fault=error.strerror) from error
    return lock


def _recover(directory: Path, node: str) -> tuple[int, int]:
    """Cut a torn end off, and return the number of the last file and the ``seq`` of the last record."""
    known = files(directory, node)
    last_number = known[-1].number if known else 0
    for file in reversed(known):
        content = file.path.read_bytes()
        end, last = whole_end(content)
        if end < len(content):
            _log.warning("torn end of the journal cut off", file=file.path.name, bytes=len(content) - end)
            with file.path.open("r+b") as handle:
                handle.truncate(end)
                os.fsync(handle.fileno())
        if last is not None:
            return last_number, last.seq
    return last_number, 0


def _fsync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
