from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from callcenter.kernel.errors import BadInput
from recordings.core.integrity import (
    GENESIS,
    Anchor,
    BrokenLink,
    ChainCheck,
    Damage,
    Entry,
    Event,
    Verified,
    linked,
    parse,
    parse_anchor,
    render,
)

pytestmark = pytest.mark.unit


def entry(number: int) -> Entry:
    return Entry(
        seq=0,
        event=Event.STORED,
        call=f"node1-1763782800.{number}",
        kind="call",
        path=f"2026/11/22/node1-1763782800.{number}.flac.age",
        sha256_plain="a" * 64,
        sha256_stored="b" * 64,
        bytes=1000 + number,
        duration_s=1.5,
        created_at="2026-11-22T03:00:00+00:00",
        prev="",
        hash="",
    )


def chain(entries: Sequence[Entry]) -> list[Entry]:
    made: list[Entry] = []
    for number, one in enumerate(entries, start=1):
        made.append(linked(one, seq=number, prev=made[-1].hash if made else GENESIS))
    return made


def lines(entries: Sequence[Entry]) -> list[bytes]:
    return [render(one) for one in entries]


def check(content: list[bytes], anchor: Anchor | None = None) -> Verified | BrokenLink:
    walk = ChainCheck(anchor)
    for number, line in enumerate(content, start=1):
        found = walk.step(line, content[number:])
        if isinstance(found, BrokenLink):
            return found
    return walk.end()


FIVE = chain([entry(number) for number in range(1, 6)])


def test_a_sound_chain_is_verified_with_its_head() -> None:
    assert check(lines(FIVE)) == Verified(count=5, head=FIVE[-1].hash)


def test_an_empty_chain_is_sound() -> None:
    assert check([]) == Verified(count=0, head=GENESIS)


def test_a_changed_field_names_its_entry() -> None:
    content = lines(FIVE)
    content[2] = content[2].replace(b'"duration_s":1.5', b'"duration_s":9.5')

    assert check(content) == BrokenLink(seq=3, call=FIVE[2].call, why=Damage.ENTRY_CHANGED)


def test_a_changed_entry_with_its_own_hash_made_anew_is_still_named() -> None:
    forged = linked(entry(99), seq=3, prev=FIVE[1].hash)
    content = [*lines(FIVE[:2]), render(forged), *lines(FIVE[3:])]

    assert check(content) == BrokenLink(seq=3, call=forged.call, why=Damage.ENTRY_CHANGED)


def test_a_removed_entry_is_named_by_its_number() -> None:
    assert check(lines(FIVE[:2] + FIVE[3:])) == BrokenLink(seq=3, call=None, why=Damage.ENTRY_REMOVED)


def test_two_exchanged_entries_are_named_as_order() -> None:
    content = lines([FIVE[0], FIVE[2], FIVE[1], *FIVE[3:]])

    assert check(content) == BrokenLink(seq=2, call=FIVE[1].call, why=Damage.ORDER_CHANGED)


def test_a_repeated_entry_is_named_as_order() -> None:
    content = lines([FIVE[0], FIVE[1], FIVE[1], *FIVE[2:]])

    assert check(content) == BrokenLink(seq=3, call=FIVE[1].call, why=Damage.ORDER_CHANGED)


def test_a_whole_rebuilt_chain_is_sound_until_an_anchor_is_held_against_it() -> None:
    anchor = Anchor(seq=4, hash=FIVE[3].hash)
    rebuilt = chain([entry(number) for number in (1, 2, 99, 4, 5)])

    assert isinstance(check(lines(rebuilt)), Verified)
    assert check(lines(rebuilt), anchor) == BrokenLink(seq=4, call=rebuilt[3].call, why=Damage.REBUILT)
    assert isinstance(check(lines(FIVE), anchor), Verified)


def test_a_cut_end_is_caught_by_an_anchor() -> None:
    anchor = Anchor(seq=5, hash=FIVE[4].hash)

    assert isinstance(check(lines(FIVE[:3])), Verified)
    assert check(lines(FIVE[:3]), anchor) == BrokenLink(seq=4, call=None, why=Damage.ENTRY_REMOVED)


@pytest.mark.parametrize("line", [b"", b"{}", b"null", b"[]", b"\xff\xfe", b"\0" * 40, b'{"seq":1}'])
def test_a_line_that_is_no_entry_is_a_changed_one(line: bytes) -> None:
    assert check([lines(FIVE)[0], line]) == BrokenLink(seq=2, call=None, why=Damage.ENTRY_CHANGED)


def test_a_line_that_says_the_same_in_other_bytes_is_a_changed_one() -> None:
    content = lines(FIVE)
    content[1] = json.dumps(json.loads(content[1])).encode()

    assert check(content) == BrokenLink(seq=2, call=FIVE[1].call, why=Damage.ENTRY_CHANGED)


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "2026/11/22/../../../x.flac.age"])
def test_no_entry_leads_out_of_the_root(path: str) -> None:
    fields = json.loads(render(FIVE[0])) | {"path": path}

    assert parse(json.dumps(fields).encode()) is None


def test_an_anchor_is_read_from_text() -> None:
    assert parse_anchor(f"{'0a' * 32}@17") == Anchor(seq=17, hash="0a" * 32)


@pytest.mark.parametrize("text", ["", "abc@1", f"{'0a' * 32}@0", f"{'0A' * 32}@1", f"{'0a' * 32}@1\n"])
def test_a_malformed_anchor_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="anchor_malformed"):
        parse_anchor(text)
