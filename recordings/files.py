"""Files that survive a crash: synced writes, atomic replacement, one place that turns OSError into ours."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callcenter.kernel.errors import Unavailable

BLOCK_BYTES = 1 << 20
"""How much of a file is held in memory at once."""

_FULL = {errno.ENOSPC, errno.EDQUOT}


class FileBytes:
    """A file read like ``bytes``: only the slices asked for are in memory."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._length = os.fstat(self._file.fileno()).st_size

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self._length)
        return os.pread(self._file.fileno(), max(0, stop - start), start)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def __enter__(self) -> FileBytes:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def io_errors(operation: str) -> Iterator[None]:
    """Turn an ``OSError`` within into ``Unavailable``: ``disk_full`` or ``recording_io``."""
    try:
        yield
    except OSError as error:
        code = "disk_full" if error.errno in _FULL else "recording_io"
        name = errno.errorcode.get(error.errno or 0, "unknown")
        raise Unavailable(code, operation=operation, errno=name) from error


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_private(path: Path) -> int:
    """Create or empty ``path`` so that only we can read it; a descriptor for writing."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)
    return descriptor


def sync_file(path: Path) -> None:
    """Wait until the content of ``path`` is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


sync_folder = sync_file
"""Wait until the names in a folder are on the disk: the same call, on a folder."""


def make_folders(folder: Path) -> None:
    """Make ``folder`` and what is missing above it, readable by us alone, each name on the disk."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(mode=0o700, exist_ok=True)
        sync_folder(new.parent)


def publish(temporary: Path, final: Path) -> None:
    """Give a finished file its name, at once and for good: sync, rename, sync the folder."""
    sync_file(temporary)
    os.replace(temporary, final)
    sync_folder(final.parent)


def require_space(folder: Path, floor_bytes: int) -> None:
    """Refuse to begin when less than ``floor_bytes`` are free on the disk of ``folder``.

    Raises:
        Unavailable: ``disk_full``, or ``recording_io`` when the folder cannot be asked.
    """
    with io_errors("disk_usage"):
        free = shutil.disk_usage(folder).free
    if free < floor_bytes:
        raise Unavailable("disk_full", operation="reserve", free_bytes=free, floor_bytes=floor_bytes)
