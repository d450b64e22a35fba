from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.core.integrity import (
    GENESIS,
    Anchor,
    BrokenLink,
    ChainCheck,
    Entry,
    Event,
    Verified,
    linked,
    parse,
    render,
)

pytestmark = pytest.mark.property


def made(number: int) -> Entry:
    return Entry(
        seq=0,
        event=Event.STORED,
        call=f"node1-1763782800.{number}",
        kind="call",
        path=f"2026/11/22/node1-1763782800.{number}.flac.age",
        sha256_plain=f"{number:064x}",
        sha256_stored=f"{number + 1:064x}",
        bytes=1000 + number,
        duration_s=number / 10,
        created_at="2026-11-22T03:00:00+00:00",
        prev="",
        hash="",
    )


def chain(length: int) -> list[bytes]:
    lines: list[bytes] = []
    prev = GENESIS
    for number in range(1, length + 1):
        entry = linked(made(number), seq=number, prev=prev)
        prev = entry.hash
        lines.append(render(entry))
    return lines


def check(content: list[bytes], anchor: Anchor | None = None) -> Verified | BrokenLink:
    walk = ChainCheck(anchor)
    for number, line in enumerate(content, start=1):
        found = walk.step(line, content[number:])
        if isinstance(found, BrokenLink):
            return found
    return walk.end()


@given(length=st.integers(1, 6), data=st.data())
def test_one_flipped_byte_anywhere_is_found_at_its_entry(length: int, data: st.DataObject) -> None:
    content = chain(length)
    hurt = data.draw(st.integers(0, length - 1))
    position = data.draw(st.integers(0, len(content[hurt]) - 1))
    mask = data.draw(st.integers(1, 255))
    line = bytearray(content[hurt])
    line[position] ^= mask
    content[hurt] = bytes(line)

    verdict = check(content)

    assert isinstance(verdict, BrokenLink)
    assert verdict.seq == hurt + 1


@given(order=st.permutations(range(5)), keep=st.integers(1, 5))
def test_any_other_order_or_selection_is_found(order: list[int], keep: int) -> None:
    content = chain(5)
    head = parse(content[-1])
    assert head
    chosen = order[:keep]

    verdict = check([content[index] for index in chosen], Anchor(seq=5, hash=head.hash))

    if chosen == list(range(5)):
        assert isinstance(verdict, Verified)
    else:
        assert isinstance(verdict, BrokenLink)
        agreeing = next((i for i, index in enumerate(chosen) if i != index), len(chosen))
        assert verdict.seq == agreeing + 1


@given(line=st.binary(max_size=300))
def test_no_line_makes_it_raise(line: bytes) -> None:
    assert isinstance(ChainCheck().step(line, []), BrokenLink)
