"""Reads a node's journal in order, also while its writer appends.

A record counts once its line is whole: the reader stops before a torn end and finds the rest next time.
After a power failure the database may know records that the journal lost before they were fsynced; their
numbers are then given again. The window is one batch, and the calls of that moment are gone anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from callcenter.journal.files import JournalFile, check_node, files
from callcenter.journal.files import nodes as nodes
from callcenter.journal.record import Record, decode
from callcenter.kernel.errors import BadInput, CallcenterError


class JournalDamaged(CallcenterError):
    """The journal is not what a writer leaves: ``file`` and ``line`` say where. Nothing after it was read."""


class Follower:
    """Iterate to get the records not yet seen; iterate again for those written since.

    It remembers its place in the file, so that asking often costs little.
    """

    def __init__(self, directory: Path, node: str, after_seq: int = 0) -> None:
        self._directory = directory
        self._node = check_node(node)
        self._seq = after_seq
        self._file: JournalFile | None = None
        self._offset = 0
        self._line = 0
        self._previous: int | None = None

    @property
    def after_seq(self) -> int:
        """Number of the last record handed out."""
        return self._seq

    def __iter__(self) -> Iterator[Record]:
        """The records after the last one handed out; ends when there are no more for now.

        Raises:
            JournalDamaged: a number is missing or out of order, or a line is not a record.
        """
        known = files(self._directory, self._node)
        if self._file is None or self._file not in known:
            self._start_in(known)
        while self._file is not None:
            current = self._file
            later = [file for file in known if file.number > current.number]
            yield from self._rest(current, last=not later)
            if not later:
                return
            self._file, self._offset, self._line = later[0], 0, 0

    def _start_in(self, known: list[JournalFile]) -> None:
        """Begin in the last file whose first record is not after the one wanted next."""
        self._file, self._offset, self._line = (known[0] if known else None), 0, 0
        self._previous = None
        for file in known:
            first = _first_seq(file)
            if first is not None and first <= self._seq + 1:
                self._file = file

    def _rest(self, file: JournalFile, *, last: bool) -> Iterator[Record]:
        with file.path.open("rb") as handle:
            handle.seek(self._offset)
            for raw in handle:
                if not raw.endswith(b"\n"):
                    if last:
                        return
                    raise JournalDamaged("journal_malformed", file=file.path.name, line=self._line + 1)
                record = self._checked(file, raw)
                self._offset += len(raw)
                self._line += 1
                self._previous = record.seq
                if record.seq > self._seq:
                    self._seq = record.seq
                    yield record

    def _checked(self, file: JournalFile, raw: bytes) -> Record:
        place = {"file": file.path.name, "line": self._line + 1}
        try:
            record = decode(raw)
        except BadInput as error:
            raise JournalDamaged("journal_malformed", **place) from error
        expected = self._seq + 1 if self._previous is None else self._previous + 1
        if record.seq > expected:
            raise JournalDamaged("journal_gap", **place, expected=expected, found=record.seq)
        if record.seq < expected and self._previous is not None:
            raise JournalDamaged("journal_disorder", **place, expected=expected, found=record.seq)
        return record


def read(directory: Path, node: str, after_seq: int = 0) -> Iterator[Record]:
    """The node's records after ``after_seq`` in order, to the end as it is now.

    Raises:
        JournalDamaged: a number is missing or out of order, or a line is not a record.
    """
    return iter(Follower(directory, node, after_seq))


def follow(directory: Path, node: str, after_seq: int = 0) -> Follower:
    """Like ``read``, to be asked again and again."""
    return Follower(directory, node, after_seq)


def _first_seq(file: JournalFile) -> int | None:
    """Number of the file's first record; ``None`` while it has none whole."""
    with file.path.open("rb") as handle:
        raw = handle.readline()
    try:
        return decode(raw).seq if raw.endswith(b"\n") else None
    except BadInput:
        return None
