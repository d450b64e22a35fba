from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.core.dialogue import Dialogue, LegTranscript, Speaker, Word, merge

pytestmark = pytest.mark.property

times = st.floats(min_value=0.0, max_value=100.0)


@st.composite
def legs(draw: st.DrawFn, speaker: Speaker) -> LegTranscript | None:
    if draw(st.integers(0, 9)) == 0:
        return None
    spans = draw(st.lists(st.tuples(times, st.floats(min_value=0.0, max_value=2.0)), max_size=30))
    words = tuple(
        Word(text=f"{speaker.value}{n}", start_s=start, end_s=start + length, confidence=0.5)
        for n, (start, length) in enumerate(spans)
    )
    return LegTranscript(speaker=speaker, words=words, engine="e", model="m", seconds_of_speech=1.0)


calls = st.tuples(legs(Speaker.CITIZEN), legs(Speaker.OPERATOR))
gaps = st.floats(min_value=0.0, max_value=5.0)


@given(call=calls, gap_s=gaps)
def test_no_word_is_lost_and_each_leg_keeps_its_order(
    call: tuple[LegTranscript | None, LegTranscript | None], gap_s: float
) -> None:
    dialogue = merge(*call, gap_s=gap_s)
    for speaker, leg in zip(Speaker, call, strict=True):
        spoken = [word.text for word in leg.words] if leg else []
        assert dialogue.said_by(speaker).split() == spoken


@given(call=calls, gap_s=gaps)
def test_turns_are_sorted_and_none_is_empty(
    call: tuple[LegTranscript | None, LegTranscript | None], gap_s: float
) -> None:
    turns = merge(*call, gap_s=gap_s).turns
    assert [turn.start_s for turn in turns] == sorted(turn.start_s for turn in turns)
    assert all(turn.text and turn.start_s <= turn.end_s for turn in turns)


@given(call=calls)
def test_the_kept_form_loses_nothing(call: tuple[LegTranscript | None, LegTranscript | None]) -> None:
    dialogue = merge(*call)
    assert Dialogue.from_dict(json.loads(json.dumps(dialogue.to_dict()))) == dialogue
