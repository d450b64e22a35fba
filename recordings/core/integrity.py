"""The hash chain over recordings: canonical entries, links, and the first link that is broken. Pure.

Every entry holds the hash of the one before, so changing, removing or moving one breaks a link. What no
chain can show by itself is a chain rebuilt as a whole, or cut at its end: for that, ``Anchor`` is a hash
kept elsewhere (a second host, a printed report, a time stamp).
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum

from callcenter.kernel.errors import BadInput

GENESIS = "0" * 64
"""``prev`` of the first entry."""

_PATH = re.compile(r"\d{4}/\d\d/\d\d/[A-Za-z0-9][A-Za-z0-9_.-]*\.flac\.age")
"""A forged entry must not lead an erasure out of the recordings root."""

_ANCHOR = re.compile(r"([0-9a-f]{64})@([1-9]\d{0,11})")


class Event(StrEnum):
    """What an entry says."""

    STORED = "stored"
    ERASED = "erased"
    """The recording was deleted lawfully: retention, or a person's right to erasure."""


class Damage(StrEnum):
    """Why a link is broken."""

    ENTRY_CHANGED = "entry_changed"
    ENTRY_REMOVED = "entry_removed"
    ORDER_CHANGED = "order_changed"
    FILE_MISSING = "file_missing"
    FILE_CHANGED = "file_changed"
    REBUILT = "rebuilt"
    """The chain is sound in itself and is not the one that was anchored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the chain."""

    seq: int
    event: Event
    call: str
    kind: str
    path: str
    """Below the recordings root."""
    sha256_plain: str
    """Of the FLAC file, before encryption."""
    sha256_stored: str
    """Of the encrypted file."""
    bytes: int
    """Of the encrypted file."""
    duration_s: float
    created_at: str
    """Start of the call, ISO 8601 in UTC; of an erasure, when it was done."""
    prev: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What somebody noted elsewhere: the hash of entry ``seq``."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """Every link holds. ``head`` is worth anchoring, as ``HEAD@COUNT``."""

    count: int
    head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenLink:
    """The first thing that is wrong; ``call`` is unknown when its entry is gone or unreadable."""

    seq: int
    call: str | None
    why: Damage


def linked(entry: Entry, *, seq: int, prev: str) -> Entry:
    """``entry`` as number ``seq`` after the entry whose hash is ``prev``."""
    fields = asdict(entry) | {"seq": seq, "prev": prev}
    return Entry(**fields | {"hash": _hash(fields)})


def render(entry: Entry) -> bytes:
    """Canonical line of ``entry``, without the line end."""
    return _canonical(asdict(entry))


def parse(line: bytes) -> Entry | None:
    """The entry of a line, or ``None`` when it is not one."""
    try:
        fields = json.loads(line)
        entry = Entry(**fields | {"event": Event(fields["event"])})
        return entry if _well_typed(entry) else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def parse_anchor(text: str) -> Anchor:
    """An anchor from ``HASH@SEQ``.

    Raises:
        BadInput: it is not of that form.
    """
    match = _ANCHOR.fullmatch(text)
    if not match:
        raise BadInput("anchor_malformed", value=text[:96])
    return Anchor(hash=match[1], seq=int(match[2]))


class ChainCheck:
    """Walks a chain once, line by line; memory does not grow with its length."""

    def __init__(self, anchor: Anchor | None = None) -> None:
        self._anchor = anchor
        self._last: Entry | None = None

    @property
    def count(self) -> int:
        """Entries found sound so far."""
        return self._last.seq if self._last else 0

    @property
    def head(self) -> str:
        """Hash of the last sound entry."""
        return self._last.hash if self._last else GENESIS

    def step(self, line: bytes, rest: Iterable[bytes]) -> Entry | BrokenLink:
        """Check the next line; ``rest``, the lines after it, is read only when a number is missing."""
        entry = parse(line)
        expected = self.count + 1
        if entry is None or render(entry) != line or _hash(asdict(entry)) != entry.hash:
            return BrokenLink(seq=expected, call=entry.call if entry else None, why=Damage.ENTRY_CHANGED)
        if entry.seq > expected:
            return _misplaced(expected, rest)
        if entry.seq < expected:
            return BrokenLink(seq=expected, call=entry.call, why=Damage.ORDER_CHANGED)
        if entry.prev != self.head:
            # This entry is sound and remembers another hash: the one before was rewritten.
            changed = self._last or entry
            return BrokenLink(seq=changed.seq, call=changed.call, why=Damage.ENTRY_CHANGED)
        if self._anchor and self._anchor.seq == entry.seq and self._anchor.hash != entry.hash:
            return BrokenLink(seq=entry.seq, call=entry.call, why=Damage.REBUILT)
        self._last = entry
        return entry

    def end(self) -> Verified | BrokenLink:
        """The verdict after the last line: an anchored entry must have come."""
        if self._anchor and self._anchor.seq > self.count:
            return BrokenLink(seq=self.count + 1, call=None, why=Damage.ENTRY_REMOVED)
        return Verified(count=self.count, head=self.head)


def _misplaced(expected: int, rest: Iterable[bytes]) -> BrokenLink:
    """Entry ``expected`` is not where it belongs: further down, or nowhere."""
    for line in rest:
        entry = parse(line)
        if entry and entry.seq == expected:
            return BrokenLink(seq=expected, call=entry.call, why=Damage.ORDER_CHANGED)
    return BrokenLink(seq=expected, call=None, why=Damage.ENTRY_REMOVED)


def _hash(fields: dict[str, object]) -> str:
    covered = {name: value for name, value in fields.items() if name != "hash"}
    return hashlib.sha256(_canonical(covered)).hexdigest()


def _canonical(fields: dict[str, object]) -> bytes:
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.encode("ascii")


def _well_typed(entry: Entry) -> bool:
    texts = (
        entry.call,
        entry.kind,
        entry.path,
        entry.sha256_plain,
        entry.sha256_stored,
        entry.created_at,
        entry.prev,
        entry.hash,
    )
    numbers = type(entry.seq) is int and type(entry.bytes) is int
    if not (numbers and type(entry.duration_s) is float and all(type(text) is str for text in texts)):
        return False
    return math.isfinite(entry.duration_s) and _PATH.fullmatch(entry.path) is not None
