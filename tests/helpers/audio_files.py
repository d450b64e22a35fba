"""Small WAV files as Asterisk leaves them."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

RATE = 8000


def write_tone(path: Path, seconds: float, hertz: float = 440.0) -> Path:
    """A sine of 8 kHz, 16 bit, mono."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(seconds * RATE)) / RATE
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((9000 * np.sin(2 * np.pi * hertz * time)).astype("<i2").tobytes())
    return path


def write_legs(legs: Path, call: str, seconds: float = 5.0) -> None:
    """Both legs of a call."""
    write_tone(legs / f"{call}-in.wav", seconds)
    write_tone(legs / f"{call}-out.wav", seconds, 600.0)
