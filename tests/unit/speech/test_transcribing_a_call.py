from __future__ import annotations

from pathlib import Path

import pytest

from recordings.core.dialogue import Dialogue, LegTranscript, Speaker, Word
from recordings.transcriber.port import FailureCode, TranscriptionFailed
from recordings.transcriber.service import NoTranscript, transcribe_call

pytestmark = pytest.mark.unit


class Scripted:
    """A transcriber that says the file's name, or fails with the code that the name begins with."""

    def transcribe(self, wav: Path, speaker: Speaker, language: str) -> LegTranscript:
        if wav.suffix == ".bad":
            raise TranscriptionFailed(FailureCode(wav.stem))
        at = 1.0 if speaker is Speaker.CITIZEN else 0.0
        words = (Word(text=wav.stem, start_s=at, end_s=at + 0.5, confidence=1.0),)
        return LegTranscript(speaker=speaker, words=words, engine="e", model="m", seconds_of_speech=0.5)


def missing(result: Dialogue | NoTranscript) -> list[tuple[str, str]]:
    assert isinstance(result, Dialogue)
    return [(leg.speaker.value, leg.reason) for leg in result.missing]


def test_in_is_the_citizen_and_out_the_operator() -> None:
    result = transcribe_call(Scripted(), Path("hỏi.wav"), Path("đáp.wav"), "vi")
    assert isinstance(result, Dialogue)
    assert [(turn.speaker.value, turn.text) for turn in result.turns] == [
        ("operator", "đáp"),
        ("citizen", "hỏi"),
    ]
    assert result.missing == ()


def test_a_leg_that_fails_costs_only_its_own_words() -> None:
    result = transcribe_call(Scripted(), Path("timed_out.bad"), Path("đáp.wav"), "vi")
    assert isinstance(result, Dialogue)
    assert [turn.text for turn in result.turns] == ["đáp"]
    assert missing(result) == [("citizen", "timed_out")]


def test_a_leg_never_recorded_is_named() -> None:
    assert missing(transcribe_call(Scripted(), Path("hỏi.wav"), None, "vi")) == [("operator", "leg_missing")]


@pytest.mark.parametrize(
    ("citizen", "operator", "reason"),
    [
        (None, None, "no_recording"),
        (Path("engine_crashed.bad"), Path("audio_empty.bad"), "engine_crashed"),
        (None, Path("audio_empty.bad"), "audio_empty"),
        (Path("out_of_memory.bad"), None, "out_of_memory"),
    ],
)
def test_nothing_heard_gives_the_reason(citizen: Path | None, operator: Path | None, reason: str) -> None:
    assert transcribe_call(Scripted(), citizen, operator, "vi") == NoTranscript(reason_code=reason)


def test_without_a_model_nothing_is_tried() -> None:
    assert transcribe_call(None, Path("hỏi.wav"), None, "vi") == NoTranscript(reason_code="no_model")
