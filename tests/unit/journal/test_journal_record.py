"""A journal line reads back as what was written, and nothing else is accepted."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from callcenter.journal.record import Record, decode, encode
from callcenter.kernel.clock import VIETNAM
from callcenter.kernel.errors import BadInput

pytestmark = pytest.mark.unit

RECORD = Record(
    seq=7,
    at=datetime(2026, 11, 22, 3, 4, 5, 600, tzinfo=UTC),
    mono=12.5,
    kind="call",
    type="CallStarted",
    data={"caller": "Nguyễn\r\n\u2028", "n": 1, "deep": [None, {"a": 1.5}]},
)


def test_round_trip_on_one_ascii_line() -> None:
    line = encode(RECORD)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert line.isascii()
    assert decode(line) == RECORD


def test_time_is_written_in_utc() -> None:
    local = Record(
        seq=1, at=datetime(2026, 1, 1, 6, tzinfo=VIETNAM), mono=0.0, kind="note", type="x", data={}
    )
    assert b'"2025-12-31T23:00:00.000000Z"' in encode(local)


@pytest.mark.parametrize(
    "change",
    [
        {"at": datetime(2026, 1, 1)},  # noqa: DTZ001 - naive on purpose
        {"mono": float("nan")},
        {"mono": float("inf")},
        {"seq": 0},
        {"kind": "other"},
        {"type": "has space"},
        {"data": {"x": object()}},
        {"data": {"x": float("nan")}},
    ],
)
def test_refuses_to_write_what_it_could_not_read(change: dict[str, Any]) -> None:
    fields = {name: getattr(RECORD, name) for name in ("seq", "at", "mono", "kind", "type", "data")}
    with pytest.raises(BadInput, match="journal_record_malformed"):
        encode(Record(**(fields | change)))


@pytest.mark.parametrize(
    "change",
    [
        {"seq": True},
        {"seq": "1"},
        {"seq": -1},
        {"mono": 1},
        {"at": "2026-11-22T03:04:05Z"},
        {"at": "2026-13-22T03:04:05.000000Z"},
        {"at": 5},
        {"kind": "calls"},
        {"kind": []},
        {"type": ""},
        {"data": []},
        {"more": 1},
    ],
)
def test_reads_strictly(change: dict[str, Any]) -> None:
    line = json.dumps(json.loads(encode(RECORD)) | change).encode()
    with pytest.raises(BadInput, match="journal_record_malformed"):
        decode(line)


@pytest.mark.parametrize("line", [b"", b"\n", b"{", b"[]", b"null", b"\xff", b"\x00" * 20, b"[" * 100_000])
def test_garbage_is_bad_input(line: bytes) -> None:
    with pytest.raises(BadInput, match="journal_record_malformed"):
        decode(line)


def test_infinity_in_data_is_refused() -> None:
    with pytest.raises(BadInput):
        decode(encode(RECORD).replace(b"1.5", b"Infinity"))
