"""Makes the default music on hold: a quiet melody of our own, so that nothing has to be licensed."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

_RATE = 8000
_BEAT_S = 0.6
_MELODY = (0, 4, 7, 9, 7, 4, 2, 4, 0, -3, 0, 2, 4, 7, 4, 2)
"""Semitones over A3; a pentatonic line, soft enough for a wait."""


def ensure_music(folder: Path) -> None:
    """Write the melody into an empty folder; files that somebody put there are left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        return
    draft = folder.parent / "melody.new"
    with wave.open(str(draft), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(_RATE)
        for semitone in _MELODY:
            out.writeframes(_note(220.0 * 2 ** (semitone / 12)))
    draft.rename(folder / "melody.wav")


def _note(frequency: float) -> bytes:
    samples = int(_RATE * _BEAT_S)
    values = []
    for index in range(samples):
        seconds = index / _RATE
        envelope = min(1.0, seconds / 0.03) * math.exp(-3.0 * seconds)
        tone = math.sin(2 * math.pi * frequency * seconds) + 0.3 * math.sin(4 * math.pi * frequency * seconds)
        values.append(int(5000 * envelope * tone))
    return struct.pack(f"<{samples}h", *values)
