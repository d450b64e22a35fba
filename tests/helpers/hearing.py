"""Whether one sound is in another."""

from __future__ import annotations

import audioop
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 8000
Sound = NDArray[np.float64]


def from_ulaw(sound: bytes) -> Sound:
    """What a telephone heard."""
    return np.frombuffer(audioop.ulaw2lin(sound, 2), "<i2").astype(np.float64)


def from_wav(path: Path) -> list[Sound]:
    """The channels of a 16-bit wav at 8 kHz."""
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getsampwidth()) == (RATE, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)
        return [samples[channel :: file.getnchannels()] for channel in range(file.getnchannels())]


def likeness(sound: Sound, pattern: Sound) -> float:
    """1.0 when ``pattern`` is somewhere in ``sound`` as it is, about 0 when it is not."""
    if len(sound) < len(pattern) or not sound.any():
        return 0.0
    size = 1 << (len(sound) + len(pattern)).bit_length()
    spectrum = np.fft.rfft(sound, size) * np.conj(np.fft.rfft(pattern, size))
    places = len(sound) - len(pattern) + 1
    products = np.fft.irfft(spectrum, size)[:places]
    squares = np.concatenate(([0.0], np.cumsum(sound**2)))
    energy = squares[len(pattern) :] - squares[: len(squares) - len(pattern)]
    scale = np.sqrt(np.maximum(energy, 1.0) * float((pattern**2).sum()))
    return float(np.max(np.abs(products / scale)))
