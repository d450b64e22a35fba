"""Hears one leg with a loaded engine: read, find speech, pack, recognise. Runs inside the speech child."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from recordings.core.dialogue import Word
from recordings.transcriber.audio import Leg
from recordings.transcriber.engine import Engine, pack
from recordings.transcriber.vad import WINDOW_S, Span, spans


def hear(
    engine: Engine, wav: Path, language: str, opened: Callable[[float], None]
) -> tuple[list[Word], float]:
    """Give the words of ``wav`` and the seconds of speech in it. ``opened`` is told its length in seconds.

    Raises:
        TranscriptionFailed: ``audio_unreadable`` or ``audio_empty``.
    """
    leg = Leg(wav)
    opened(leg.seconds)
    recognition = engine.begin(language)
    spoken_s = 0.0

    def counted() -> Iterator[Span]:
        nonlocal spoken_s
        for span in spans(leg.windows(WINDOW_S)):
            spoken_s += span.end_s - span.start_s
            yield span

    words: list[Word] = []
    for clip in pack(counted()):
        words += (clip.in_leg(word) for word in recognition.words(clip.samples))
    return words, round(spoken_s, 3)
