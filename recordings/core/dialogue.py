"""What was said in a call: words per leg with their times, merged into one dialogue. Pure.

A leg is one direction of the call, recorded alone, so who speaks is certain and never guessed. Nothing here
knows which engine heard the words. Times are seconds from the start of the recording.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from callcenter.kernel.errors import BadInput


class Speaker(StrEnum):
    """Whose leg it is."""

    CITIZEN = "citizen"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word as the engine wrote it. ``confidence`` is 0 to 1, the engine's own opinion."""

    text: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LegTranscript:
    """Every word heard on one leg, in the order spoken. No words means that nobody spoke."""

    speaker: Speaker
    words: tuple[Word, ...]
    engine: str
    model: str
    seconds_of_speech: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one side said without a pause and without the other side answering in between."""

    speaker: Speaker
    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingLeg:
    """A leg without a transcript, and the code of the reason."""

    speaker: Speaker
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """Turns sorted by their start; ``missing`` names the legs of which nothing is known."""

    turns: tuple[Turn, ...]
    missing: tuple[MissingLeg, ...] = ()

    def text(self, labels: Mapping[Speaker, str]) -> str:
        """Render one turn per line as ``[m:ss] label: words``. ``labels`` are for people: translate them."""
        return "\n".join(
            f"[{_clock(turn.start_s)}] {labels[turn.speaker]}: {turn.text}" for turn in self.turns
        )

    def said_by(self, speaker: Speaker) -> str:
        """Give all that one side said, in order, as one text."""
        return " ".join(turn.text for turn in self.turns if turn.speaker is speaker)

    def to_dict(self) -> dict[str, Any]:
        """Give the form that is kept as JSON; ``from_dict`` reads it back equal."""
        return {
            "turns": [
                {"speaker": t.speaker.value, "start_s": t.start_s, "end_s": t.end_s, "text": t.text}
                for t in self.turns
            ],
            "missing": [{"speaker": m.speaker.value, "reason": m.reason} for m in self.missing],
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Dialogue:
        """Read what ``to_dict`` gave.

        Raises:
            BadInput: it is something else.
        """
        try:
            return cls(
                turns=tuple(
                    Turn(
                        speaker=Speaker(t["speaker"]),
                        start_s=float(t["start_s"]),
                        end_s=float(t["end_s"]),
                        text=str(t["text"]),
                    )
                    for t in kept["turns"]
                ),
                missing=tuple(
                    MissingLeg(speaker=Speaker(m["speaker"]), reason=str(m["reason"]))
                    for m in kept["missing"]
                ),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput("dialogue_malformed") from error


def word_to_dict(word: Word) -> dict[str, Any]:
    """Give a word the form in which it travels as JSON."""
    return {"text": word.text, "start_s": word.start_s, "end_s": word.end_s, "confidence": word.confidence}


def word_from_dict(kept: Mapping[str, Any]) -> Word:
    """Read what ``word_to_dict`` gave.

    Raises:
        BadInput: it is something else.
    """
    try:
        return Word(
            text=str(kept["text"]),
            start_s=float(kept["start_s"]),
            end_s=float(kept["end_s"]),
            confidence=float(kept["confidence"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput("word_malformed") from error


def merge(citizen: LegTranscript | None, operator: LegTranscript | None, gap_s: float = 0.8) -> Dialogue:
    """Merge the words of both legs by time into turns.

    A turn ends at a pause longer than ``gap_s``, or at a shorter one in which the other side began a word:
    so an answer never stands before its question, while "dạ" spoken over a sentence does not chop it up.
    No word is lost, and the words of one leg keep their order.
    """
    heard = {
        Speaker.CITIZEN: _in_order(citizen.words) if citizen else [],
        Speaker.OPERATOR: _in_order(operator.words) if operator else [],
    }
    turns: list[Turn] = []
    for speaker, other in ((Speaker.CITIZEN, Speaker.OPERATOR), (Speaker.OPERATOR, Speaker.CITIZEN)):
        starts_of_other = [word.start_s for word in heard[other]]
        turns.extend(_turns(speaker, heard[speaker], starts_of_other, gap_s))
    return Dialogue(turns=tuple(sorted(turns, key=lambda turn: turn.start_s)))


def _in_order(words: Sequence[Word]) -> list[Word]:
    """Lift a start that lies before its predecessor's: engines stumble by some hundredths of a second."""
    ordered: list[Word] = []
    reached = 0.0
    for word in words:
        reached = max(reached, word.start_s)
        ordered.append(
            Word(text=word.text, start_s=reached, end_s=max(reached, word.end_s), confidence=word.confidence)
        )
    return ordered


def _turns(
    speaker: Speaker, words: Sequence[Word], starts_of_other: Sequence[float], gap_s: float
) -> list[Turn]:
    turns: list[Turn] = []
    current: list[Word] = []
    for word in words:
        if current and _breaks(current[-1], word, starts_of_other, gap_s):
            turns.append(_turn(speaker, current))
            current = []
        current.append(word)
    if current:
        turns.append(_turn(speaker, current))
    return turns


def _breaks(before: Word, after: Word, starts_of_other: Sequence[float], gap_s: float) -> bool:
    if after.start_s - before.end_s > gap_s:
        return True
    position = bisect_left(starts_of_other, before.end_s)
    return position < len(starts_of_other) and starts_of_other[position] < after.start_s


def _turn(speaker: Speaker, words: Sequence[Word]) -> Turn:
    return Turn(
        speaker=speaker,
        start_s=words[0].start_s,
        end_s=max(word.end_s for word in words),
        text=re.sub(r"\s+", " ", " ".join(word.text for word in words)).strip(),
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
