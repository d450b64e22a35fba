"""Finds where somebody speaks, so that engines hear speech only.

Half of a leg is silence, and Whisper writes sentences into silence that nobody said. Silero's detector comes
inside the faster-whisper package and runs offline. Stretches quieter than any voice on a telephone line are
left out before it: an hour of nothing then costs about a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from faster_whisper.vad import VadOptions, get_speech_timestamps

from recordings.transcriber.audio import RATE, Samples

WINDOW_S = 300.0
"""How much of a leg is in memory at once: 5 minutes are 19 MB of samples."""

LONGEST_SPAN_S = 28.0
"""No span is longer: Whisper hears 30 s at a time."""

_QUIET_PEAK = 0.002  # -54 dBFS: line noise of a digital trunk, below any voice
_PAD_S = 0.2
_OPTIONS = VadOptions(
    threshold=0.5,
    min_speech_duration_ms=120,  # "dạ" takes about 150 ms
    max_speech_duration_s=LONGEST_SPAN_S,
    min_silence_duration_ms=400,
    speech_pad_ms=int(_PAD_S * 1000),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Span:
    """One stretch of speech. ``start_s`` counts from the start of the leg."""

    start_s: float
    samples: Samples

    @property
    def end_s(self) -> float:
        """Where it ends, in seconds from the start of the leg."""
        return self.start_s + len(self.samples) / RATE


def spans(windows: Iterable[Samples]) -> Iterator[Span]:
    """Give the speech in consecutive ``windows`` of one leg, in order.

    A span that touches the end of a window is heard again together with the next window, so that no word is
    cut in two; what is carried over is at most one span long.
    """
    carried: Samples = np.zeros(0, dtype=np.float32)
    offset = 0  # samples from the start of the leg to the start of `joined`
    for window in windows:
        joined = np.concatenate([carried, window]) if len(carried) else window
        found = _speech(joined)
        carried = np.zeros(0, dtype=np.float32)
        if found and found[-1][1] >= len(joined) - int(_PAD_S * RATE):
            start, _ = found[-1]
            if len(joined) - start < LONGEST_SPAN_S * RATE and len(window) >= LONGEST_SPAN_S * RATE:
                carried = joined[start:].copy()
                found.pop()
        for start, end in found:
            yield Span(start_s=(offset + start) / RATE, samples=joined[start:end])
        offset += len(joined) - len(carried)
    if len(carried):
        yield Span(start_s=offset / RATE, samples=carried)


def _speech(samples: Samples) -> list[tuple[int, int]]:
    """Give (start, end) of speech in samples; the loud stretches are found first, cheaply."""
    found: list[tuple[int, int]] = []
    for start, end in _loud(samples):
        for stamp in get_speech_timestamps(samples[start:end], _OPTIONS, sampling_rate=RATE):
            first, last = start + int(stamp["start"]), min(start + int(stamp["end"]), end)
            if last > first:
                found.append((first, last))
    return found


def _loud(samples: Samples) -> list[tuple[int, int]]:
    """Give the runs of seconds that are not quiet, each with the second before and the one after it."""
    seconds = -(-len(samples) // RATE)
    loud = np.zeros(seconds, dtype=bool)
    for second in range(seconds):
        piece = samples[second * RATE : (second + 1) * RATE]
        loud[second] = float(np.max(np.abs(piece))) > _QUIET_PEAK
    widened = loud.copy()
    widened[:-1] |= loud[1:]
    widened[1:] |= loud[:-1]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], widened, [False]]).astype(np.int8)))
    return [
        (int(first) * RATE, min(int(last) * RATE, len(samples)))
        for first, last in zip(edges[::2], edges[1::2], strict=True)
    ]
