"""What an engine must do inside the speech child, and the packing of short spans into clips."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from recordings.core.dialogue import Word
from recordings.transcriber.audio import RATE, Samples
from recordings.transcriber.vad import LONGEST_SPAN_S, Span

JOIN_S = 0.4
"""Silence put between two spans in one clip, so that the engine hears a pause and not one run of words."""


class Recognition(Protocol):
    """One leg being heard. Made afresh for every leg."""

    def words(self, samples: Samples) -> list[Word]:
        """Hear one clip of 16 kHz speech; times count from the start of this clip."""


class Engine(Protocol):
    """A loaded model."""

    name: str

    def begin(self, language: str) -> Recognition:
        """Start a new leg spoken in ``language``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clip:
    """Some spans glued together. ``pieces`` maps times back: (start in clip, start in leg), in seconds."""

    samples: Samples
    pieces: tuple[tuple[float, float], ...]

    def in_leg(self, word: Word) -> Word:
        """Give ``word`` with the times it has in the leg."""
        middle = (word.start_s + word.end_s) / 2
        in_clip, in_leg = self.pieces[0]
        for piece in self.pieces:
            # A word heard a little early belongs to the span that it runs into.
            if piece[0] - JOIN_S / 2 <= middle:
                in_clip, in_leg = piece
        shift = in_leg - in_clip
        start = max(0.0, word.start_s + shift)
        return replace(word, start_s=round(start, 3), end_s=round(max(start, word.end_s + shift), 3))


def pack(spans: Iterable[Span]) -> Iterator[Clip]:
    """Glue consecutive spans into clips of at most ``LONGEST_SPAN_S``.

    Whisper works on 30 s at a time whatever it is given: twenty utterances of 2 s would cost as much as ten
    minutes of speech.
    """
    silence: Samples = np.zeros(int(JOIN_S * RATE), dtype=np.float32)
    parts: list[Samples] = []
    pieces: list[tuple[float, float]] = []
    length = 0
    for span in spans:
        if parts and (length + len(silence) + len(span.samples)) > LONGEST_SPAN_S * RATE:
            yield Clip(samples=np.concatenate(parts), pieces=tuple(pieces))
            parts, pieces, length = [], [], 0
        if parts:
            parts.append(silence)
            length += len(silence)
        pieces.append((length / RATE, span.start_s))
        parts.append(span.samples)
        length += len(span.samples)
    if parts:
        yield Clip(samples=np.concatenate(parts), pieces=tuple(pieces))
