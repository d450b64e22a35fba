from __future__ import annotations

import pytest

from recordings.core.mixing import BLOCK_S, RATE, Source, mixed_frames, plan

pytestmark = pytest.mark.unit


def test_two_missing_legs_make_nothing() -> None:
    assert list(plan(Source(frames=0), Source(frames=0))) == []


def test_the_shorter_leg_ends_and_the_mix_goes_on() -> None:
    blocks = list(plan(Source(frames=10), Source(frames=BLOCK_S * RATE + 5)))

    assert [block.frames for block in blocks] == [BLOCK_S * RATE, 5]
    assert [block.left.count for block in blocks] == [10, 0]
    assert [block.right.count for block in blocks] == [BLOCK_S * RATE, 5]


def test_a_leg_of_another_rate_takes_the_same_time() -> None:
    assert mixed_frames(Source(frames=16_000, rate=16_000), Source(frames=0)) == RATE
