"""Reading a journal from disk: places, gaps, torn ends."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.journal.reader import JournalDamaged, follow, nodes, read
from callcenter.journal.record import Record, encode

pytestmark = pytest.mark.adapter


def line(seq: int) -> bytes:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    return encode(Record(seq=seq, at=at, mono=1.0, kind="call", type="X", data={}))


def put(directory: Path, number: int, *seqs: int, start: int = 1, tail: bytes = b"") -> Path:
    path = directory / f"node1-{start}-{number:06d}.jsonl"
    path.write_bytes(b"".join(line(seq) for seq in seqs) + tail)
    return path


def seqs(directory: Path, after_seq: int = 0) -> list[int]:
    return [record.seq for record in read(directory, "node1", after_seq)]


def test_nothing_is_nothing(tmp_path: Path) -> None:
    assert seqs(tmp_path) == []
    assert seqs(tmp_path / "absent") == []
    assert nodes(tmp_path / "absent") == ()


def test_files_are_read_in_order_of_their_number_not_of_the_clock(tmp_path: Path) -> None:
    put(tmp_path, 9, 1, 2, start=500)
    put(tmp_path, 10, 3, start=100)
    put(tmp_path, 11, start=50)
    put(tmp_path, 12, 4, 5, start=40)
    assert seqs(tmp_path) == [1, 2, 3, 4, 5]
    for after in range(6):
        assert seqs(tmp_path, after) == list(range(after + 1, 6))


def test_old_files_may_be_gone(tmp_path: Path) -> None:
    put(tmp_path, 2, 3, 4)
    put(tmp_path, 3, 5)
    assert seqs(tmp_path, 2) == [3, 4, 5]
    assert seqs(tmp_path, 4) == [5]


def test_nodes_are_told_apart(tmp_path: Path) -> None:
    put(tmp_path, 1, 1)
    (tmp_path / "node1-1-1-000001.jsonl").write_bytes(line(1) + line(2))
    (tmp_path / "node1.lock").touch()
    assert nodes(tmp_path) == ("node1", "node1-1")
    assert seqs(tmp_path) == [1]
    assert [record.seq for record in read(tmp_path, "node1-1")] == [1, 2]


def test_stops_before_a_torn_end_and_goes_on_when_it_is_whole(tmp_path: Path) -> None:
    path = put(tmp_path, 1, 1, 2, tail=line(3)[:20])
    follower = follow(tmp_path, "node1")
    assert [record.seq for record in follower] == [1, 2]
    assert [record.seq for record in follower] == []
    path.write_bytes(line(1) + line(2) + line(3))
    assert [record.seq for record in follower] == [3]
    put(tmp_path, 2, 4)
    assert [record.seq for record in follower] == [4]
    assert follower.after_seq == 4


def test_a_follower_may_be_left_half_way(tmp_path: Path) -> None:
    put(tmp_path, 1, 1, 2, 3)
    follower = follow(tmp_path, "node1")
    assert next(iter(follower)).seq == 1
    assert [record.seq for record in follower] == [2, 3]


@pytest.mark.parametrize(
    ("code", "first", "second", "after", "place"),
    [
        ("journal_gap", [1, 2], [4], 0, ("node1-1-000002.jsonl", 1)),
        ("journal_gap", [1, 3], [4], 0, ("node1-1-000001.jsonl", 2)),
        ("journal_gap", [5], [6], 3, ("node1-1-000001.jsonl", 1)),
        ("journal_disorder", [1, 2, 2], [3], 0, ("node1-1-000001.jsonl", 3)),
        ("journal_disorder", [1, 2, 3], [2], 0, ("node1-1-000002.jsonl", 1)),
    ],
)
def test_gap_and_disorder_are_named_with_their_place(
    tmp_path: Path, code: str, first: list[int], second: list[int], after: int, place: tuple[str, int]
) -> None:
    put(tmp_path, 1, *first)
    put(tmp_path, 2, *second)
    with pytest.raises(JournalDamaged) as caught:
        seqs(tmp_path, after)
    assert caught.value.code == code
    assert (caught.value.fields["file"], caught.value.fields["line"]) == place


def test_damage_inside_is_named_with_its_place(tmp_path: Path) -> None:
    path = put(tmp_path, 1, 1, 2, 3)
    path.write_bytes(path.read_bytes().replace(b'"seq":2', b'"seq":x'))
    follower = follow(tmp_path, "node1")
    for _ in range(2):
        with pytest.raises(JournalDamaged, match="journal_malformed") as caught:
            list(follower)
        assert caught.value.fields == {"file": path.name, "line": 2}


def test_a_torn_line_before_the_last_file_is_damage(tmp_path: Path) -> None:
    put(tmp_path, 1, 1, tail=b'{"seq":2')
    put(tmp_path, 2, 2)
    with pytest.raises(JournalDamaged, match="journal_malformed"):
        seqs(tmp_path)
