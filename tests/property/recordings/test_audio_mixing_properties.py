from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.core.mixing import RATE, Source, mixed_frames, plan

pytestmark = pytest.mark.property

sources = st.builds(
    Source, frames=st.integers(0, 40_000_000), rate=st.sampled_from([8000, 16_000, 44_100, 48_000])
)


@given(left=sources, right=sources)
def test_every_frame_of_both_legs_is_read_once_in_order(left: Source, right: Source) -> None:
    blocks = list(plan(left, right))

    assert sum(block.frames for block in blocks) == mixed_frames(left, right)
    for source, spans in (
        (left, [block.left for block in blocks]),
        (right, [block.right for block in blocks]),
    ):
        read_to = 0
        for span in spans:
            assert span.start == read_to
            assert span.count >= 0
            read_to += span.count
        assert read_to == source.frames


@given(left=sources, right=sources)
def test_what_is_read_fits_into_what_comes_out(left: Source, right: Source) -> None:
    for block in plan(left, right):
        assert block.frames > 0
        assert block.left.count * RATE <= block.frames * left.rate
        assert block.right.count * RATE <= block.frames * right.rate
