from __future__ import annotations

import numpy as np
import pytest

from recordings.core.dialogue import Word
from recordings.transcriber.audio import RATE
from recordings.transcriber.engine import JOIN_S, pack
from recordings.transcriber.vad import LONGEST_SPAN_S, Span

pytestmark = pytest.mark.unit


def span(start_s: float, seconds: float) -> Span:
    return Span(start_s=start_s, samples=np.ones(int(seconds * RATE), dtype=np.float32))


def word(start_s: float, end_s: float) -> Word:
    return Word(text="w", start_s=start_s, end_s=end_s, confidence=1.0)


def test_short_spans_share_a_clip_and_words_go_back_to_their_places() -> None:
    (clip,) = pack([span(10.0, 2.0), span(100.0, 3.0)])
    second = 2.0 + JOIN_S
    assert len(clip.samples) == int((5.0 + JOIN_S) * RATE)
    assert clip.in_leg(word(0.5, 1.0)).start_s == pytest.approx(10.5)
    assert clip.in_leg(word(second + 0.5, second + 1.0)).start_s == pytest.approx(100.5)
    assert clip.in_leg(word(second - 0.1, second + 0.3)).end_s == pytest.approx(100.3)


def test_no_clip_is_longer_than_whisper_hears() -> None:
    spans = [span(20.0 * n, 10.0) for n in range(7)]
    clips = list(pack(spans))
    assert [len(clip.pieces) for clip in clips] == [2, 2, 2, 1]
    assert all(len(clip.samples) <= LONGEST_SPAN_S * RATE for clip in clips)
    assert sum(int(clip.samples.sum()) for clip in clips) == 7 * 10 * RATE


def test_nothing_spoken_makes_no_clip() -> None:
    assert list(pack([])) == []
