from __future__ import annotations

import json

import pytest

from callcenter.kernel.errors import BadInput
from recordings.core.dialogue import Dialogue, LegTranscript, MissingLeg, Speaker, Word, merge

pytestmark = pytest.mark.unit


def leg(speaker: Speaker, *words: tuple[str, float, float]) -> LegTranscript:
    return LegTranscript(
        speaker=speaker,
        words=tuple(Word(text=text, start_s=start, end_s=end, confidence=0.9) for text, start, end in words),
        engine="test",
        model="test",
        seconds_of_speech=1.0,
    )


def citizen(*words: tuple[str, float, float]) -> LegTranscript:
    return leg(Speaker.CITIZEN, *words)


def operator(*words: tuple[str, float, float]) -> LegTranscript:
    return leg(Speaker.OPERATOR, *words)


def said(dialogue: Dialogue) -> list[tuple[str, str]]:
    return [(turn.speaker.value, turn.text) for turn in dialogue.turns]


def test_turns_follow_one_another_by_time() -> None:
    merged = merge(
        citizen(("mất", 3.0, 3.2), ("nước", 3.2, 3.5)),
        operator(("xin", 0.5, 0.7), ("nghe", 0.7, 1.0), ("ở", 4.0, 4.1), ("đâu", 4.1, 4.4)),
    )
    assert said(merged) == [("operator", "xin nghe"), ("citizen", "mất nước"), ("operator", "ở đâu")]


def test_a_question_put_into_a_short_pause_stands_before_its_answer() -> None:
    merged = merge(
        citizen(("nhà", 1.0, 1.2), ("tôi", 1.2, 1.4), ("mười", 2.0, 2.2), ("hai", 2.2, 2.4)),
        operator(("số", 1.5, 1.6), ("mấy", 1.6, 1.8)),
    )
    assert said(merged) == [("citizen", "nhà tôi"), ("operator", "số mấy"), ("citizen", "mười hai")]


def test_a_yes_spoken_over_a_sentence_does_not_chop_it() -> None:
    merged = merge(
        citizen(("đường", 1.0, 1.4), ("này", 1.4, 1.8), ("ngập", 1.8, 2.2)),
        operator(("dạ", 1.5, 1.7)),
    )
    assert said(merged) == [("citizen", "đường này ngập"), ("operator", "dạ")]


@pytest.mark.parametrize(("pause_s", "turns"), [(0.79, 1), (0.81, 2)])
def test_a_pause_longer_than_the_gap_ends_a_turn(pause_s: float, turns: int) -> None:
    merged = merge(citizen(("một", 0.0, 1.0), ("hai", 1.0 + pause_s, 3.0)), None)
    assert len(merged.turns) == turns


def test_times_that_run_back_keep_the_order_of_words() -> None:
    merged = merge(citizen(("một", 1.0, 1.5), ("hai", 0.9, 1.2), ("ba", 1.6, 1.8)), None)
    assert said(merged) == [("citizen", "một hai ba")]
    assert merged.turns[0].start_s == 1.0


def test_text_of_a_long_call() -> None:
    merged = merge(citizen(("alo", 61.4, 61.9)), operator(("dạ", 3.0, 3.2)))
    labels = {Speaker.CITIZEN: "Người dân", Speaker.OPERATOR: "Tổng đài"}
    assert merged.text(labels) == "[0:03] Tổng đài: dạ\n[1:01] Người dân: alo"
    assert merged.said_by(Speaker.CITIZEN) == "alo"


def test_kept_form_is_read_back_equal() -> None:
    merged = merge(citizen(("alo", 1.0, 1.5)), None)
    partial = Dialogue(
        turns=merged.turns, missing=(MissingLeg(speaker=Speaker.OPERATOR, reason="timed_out"),)
    )
    assert Dialogue.from_dict(json.loads(json.dumps(partial.to_dict()))) == partial


@pytest.mark.parametrize("kept", [{}, {"turns": [{}], "missing": []}, {"turns": 3, "missing": []}])
def test_other_things_are_refused(kept: dict[str, object]) -> None:
    with pytest.raises(BadInput, match="dialogue_malformed"):
        Dialogue.from_dict(kept)
