"""One numbered entry of the journal and its form as one line of JSON. Pure.

A line is ASCII only, so that it never holds a line end of its own and a torn one never splits a letter.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from callcenter.kernel.errors import BadInput

Kind = Literal["engine", "call", "note"]
"""``engine``: an event the ACD engine was given; ``call``: a call fact; ``note``: of the journal itself."""

BOOT = "boot"
"""Type of the note that a writer leaves first: ``{"boot": <boot id>}``. Monotonic seconds of records under
one boot id may be compared, under different ones never."""

DROPPED = "dropped"
"""Type of the note that follows records which no longer found room in memory: ``{"count": n}``."""

_KINDS = get_args(Kind)
_KEYS = {"seq", "at", "mono", "kind", "type", "data"}
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One entry. ``seq`` rises by one per node for ever, over restarts of ours and of the machine."""

    seq: int
    at: datetime
    """UTC wall time: for people, not for durations (the clock may be set while calls are up)."""
    mono: float
    """Monotonic seconds of the machine's boot: for durations and order."""
    kind: Kind
    type: str
    """Class name of the fact or event in ``data``."""
    data: dict[str, Any]
    """JSON values only."""


def encode(record: Record) -> bytes:
    """Return the record as one line, its line end included.

    Raises:
        BadInput: a part is not representable: naive time, infinite number, an object JSON does not know.
    """
    if record.at.tzinfo is None or not math.isfinite(record.mono) or record.seq < 1:
        raise BadInput("journal_record_malformed", reason="stamp")
    if record.kind not in _KINDS or not _TYPE.fullmatch(record.type):
        raise BadInput("journal_record_malformed", reason="type")
    at = record.at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    line = {
        "seq": record.seq,
        "at": at,
        "mono": float(record.mono),
        "kind": record.kind,
        "type": record.type,
        "data": record.data,
    }
    try:
        text = json.dumps(line, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput("journal_record_malformed", reason="data") from error
    return text.encode("ascii") + b"\n"


def decode(line: bytes) -> Record:
    """Read one line back, with or without its line end.

    Raises:
        BadInput: it is not exactly what ``encode`` writes: a key missing or more, a value of another type.
    """
    try:
        read = json.loads(line.decode("ascii"), parse_constant=_no_constant)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BadInput("journal_record_malformed", reason="json") from error
    if not isinstance(read, dict) or set(read) != _KEYS:
        raise BadInput("journal_record_malformed", reason="keys")
    seq, at, mono, kind, type_, data = (read[key] for key in ("seq", "at", "mono", "kind", "type", "data"))
    if type(seq) is not int or seq < 1 or type(mono) is not float or not math.isfinite(mono):
        raise BadInput("journal_record_malformed", reason="stamp")
    if kind not in _KINDS or not isinstance(type_, str) or not _TYPE.fullmatch(type_):
        raise BadInput("journal_record_malformed", reason="type")
    if not isinstance(data, dict):
        raise BadInput("journal_record_malformed", reason="data")
    return Record(seq=seq, at=_time(at), mono=mono, kind=kind, type=type_, data=data)


def _time(text: object) -> datetime:
    if not isinstance(text, str) or not _AT.fullmatch(text):
        raise BadInput("journal_record_malformed", reason="at")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput("journal_record_malformed", reason="at") from error


def _no_constant(name: str) -> float:
    raise ValueError(name)
