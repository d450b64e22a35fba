"""Makes the default music on hold and the beep: sounds of our own, so that nothing has to be licensed."""

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
    _write(folder / "melody.wav", [_note(220.0 * 2 ** (semitone / 12)) for semitone in _MELODY])


def ensure_beep(folder: Path) -> None:
    """Write ``beep.wav``, after which a caller's message begins (1 kHz, a fifth of a second)."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "beep.wav").exists():
        samples = [int(8000 * math.sin(2 * math.pi * 1000 * n / _RATE)) for n in range(_RATE // 5)]
        _write(folder / "beep.wav", [struct.pack(f"<{len(samples)}h", *samples)])


def _write(path: Path, parts: list[bytes]) -> None:
    draft = path.with_suffix(".new")
    with wave.open(str(draft), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(_RATE)
        for part in parts:
            out.writeframes(part)
    draft.rename(path)


def _note(frequency: float) -> bytes:
    samples = int(_RATE * _BEAT_S)
    values = []
    for index in range(samples):
        seconds = index / _RATE
        envelope = min(1.0, seconds / 0.03) * math.exp(-3.0 * seconds)
        tone = math.sin(2 * math.pi * frequency * seconds) + 0.3 * math.sin(4 * math.pi * frequency * seconds)
        values.append(int(5000 * envelope * tone))
    return struct.pack(f"<{samples}h", *values)
