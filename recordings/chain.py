"""The chain file: appended under a lock between processes, durable, mended after a crash, read back.

``chain.jsonl`` only ever grows. An entry is written after its recording is durable, so a line that was
torn by a crash speaks of a recording that will be put again: it is cut off.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from filelock import FileLock, Timeout

from callcenter.kernel.errors import Unavailable
from recordings.core.integrity import GENESIS, Entry, linked, parse, render
from recordings.files import io_errors, make_folders, sync_folder

CHAIN_FILE = "chain.jsonl"
LOCK_FILE = ".chain.lock"
LOCK_TIMEOUT_S = 60.0

Key = tuple[str, str]
"""Call and kind: what an entry speaks of."""

log = structlog.get_logger()


class Chain:
    """The chain of one recordings root, for any number of threads and processes.

    A child made by ``fork`` needs an object of its own: the lock does not pass on.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._path = root / CHAIN_FILE
        self._lock = FileLock(root / LOCK_FILE, timeout=LOCK_TIMEOUT_S, mode=0o600)
        self._reading = threading.RLock()
        self._read_to = 0
        self._last: Entry | None = None
        self._newest: dict[Key, Entry] = {}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the chain for ourselves; may be nested.

        Raises:
            Unavailable: ``chain_locked`` when another process keeps it too long.
        """
        with io_errors("lock_chain"):
            make_folders(self._root)
            try:
                self._lock.acquire()
            except Timeout:
                raise Unavailable("chain_locked", waited_s=LOCK_TIMEOUT_S) from None
        try:
            yield
        finally:
            self._lock.release()

    def newest(self, key: Key) -> Entry | None:
        """The last entry about ``key``.

        Raises:
            Unavailable: ``chain_damaged`` when a line cannot be read; ``recording_io``.
        """
        with self._reading, io_errors("read_chain"):
            self._refresh()
            return self._newest.get(key)

    def append(self, entry: Entry) -> Entry:
        """Add ``entry``, numbered and linked; on the disk when this returns.

        Raises:
            Unavailable: as ``newest``; ``disk_full``; ``chain_locked``.
        """
        with self.locked(), self._reading, io_errors("append_chain"):
            self._cut_torn_line()
            self._refresh()
            last = self._last
            added = linked(entry, seq=last.seq + 1 if last else 1, prev=last.hash if last else GENESIS)
            created = not self._path.exists()
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with open(descriptor, "ab") as file:
                file.write(render(added) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            if created:
                sync_folder(self._root)
            self._refresh()
            return added

    def lines(self) -> Iterator[bytes]:
        """Whole lines, from the first; a line still being written is not one."""
        return _whole_lines(self._path, 0)

    def lines_after(self, number: int) -> Iterator[bytes]:
        """Whole lines after the first ``number``."""
        return (line for index, line in enumerate(self.lines()) if index >= number)

    def _refresh(self) -> None:
        """Read what was added since the last look, by us or by another process."""
        size = self._path.stat().st_size if self._path.exists() else 0
        if size < self._read_to:
            self._read_to, self._last, self._newest = 0, None, {}
        for line in _whole_lines(self._path, self._read_to):
            entry = parse(line)
            if entry is None:
                raise Unavailable("chain_damaged", after_seq=self._last.seq if self._last else 0)
            self._read_to += len(line) + 1
            self._last = entry
            self._newest[entry.call, entry.kind] = entry

    def _cut_torn_line(self) -> None:
        if not self._path.exists():
            return
        with self._path.open("r+b") as file:
            content_end = file.seek(0, os.SEEK_END)
            whole_end = _end_of_last_line(file.fileno(), content_end)
            if whole_end < content_end:
                file.truncate(whole_end)
                os.fsync(file.fileno())
                log.warning("recording.chain_torn_line_cut", cut_bytes=content_end - whole_end)


def _whole_lines(path: Path, offset: int) -> Iterator[bytes]:
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n"):
                return
            yield line[:-1]


def _end_of_last_line(descriptor: int, size: int) -> int:
    """Offset just after the last line end of a file of ``size`` bytes."""
    step = 4096
    while size > 0:
        start = max(0, size - step)
        found = os.pread(descriptor, size - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        size = start
    return 0
