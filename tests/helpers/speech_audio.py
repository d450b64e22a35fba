"""Audio for speech tests, made by arithmetic: something the voice detector takes for a voice, and poison."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

Samples = NDArray[np.float32]


_VOWELS = ((730, 1_090, 2_440), (270, 2_290, 3_010), (570, 840, 2_410), (530, 1_840, 2_480))


def voice(seconds: float, rate: int = 8_000, pitch_hz: float = 120.0) -> Samples:
    """Give syllables: a breath of noise, then one of four vowels with a falling pitch. Counts as speech."""
    noise = np.random.default_rng(1)
    at = np.arange(int(0.28 * rate)) / rate
    pieces: list[Samples] = []
    for number in range(int(seconds / 0.28) + 1):
        phase = np.cumsum(pitch_hz * (1.15 - 0.3 * at / at[-1])) / rate
        sound = np.zeros_like(at)
        for harmonic in range(1, int(3_400 / pitch_hz)):
            formants = _VOWELS[number % len(_VOWELS)]
            strength = 0.02 + sum(np.exp(-(((harmonic * pitch_hz - f) / 130) ** 2)) for f in formants)
            sound += strength * np.sin(2 * np.pi * harmonic * phase)
        sound = sound / np.max(np.abs(sound)) * np.clip(np.sin(np.pi * at / at[-1]), 0, 1) ** 0.5
        sound += noise.normal(0, 0.15, len(at)) * (at < 0.05)
        pieces.append((0.3 * sound).astype(np.float32))
    return np.concatenate(pieces)[: int(seconds * rate)]


def silence(seconds: float, rate: int = 8_000) -> Samples:
    """Give digital silence."""
    return np.zeros(int(seconds * rate), dtype=np.float32)


def write(path: Path, *pieces: Samples, rate: int = 8_000, subtype: str = "PCM_16") -> Path:
    """Write ``pieces`` one after the other as a WAV file."""
    soundfile.write(str(path), np.concatenate(pieces), rate, subtype=subtype, format="WAV")
    return path


def poison(folder: Path) -> dict[str, Path]:
    """Make the files that have killed speech engines, by name."""
    noise = np.random.default_rng(1022)
    spoken = voice(2.0)
    files = {name: folder / f"{name}.wav" for name in ("zero_bytes", "cut_header", "random", "unfinished")}
    files["zero_bytes"].write_bytes(b"")
    whole = write(folder / "whole.wav", spoken).read_bytes()
    files["cut_header"].write_bytes(whole[:30])
    files["random"].write_bytes(noise.bytes(100_000))
    # What a killed Asterisk leaves: the lengths are written at the close.
    files["unfinished"].write_bytes(whole[:4] + b"\x24\0\0\0" + whole[8:40] + b"\0\0\0\0" + whole[44:])
    files["cut_data"] = folder / "cut_data.wav"
    files["cut_data"].write_bytes(whole[: len(whole) // 2 + 1])
    files["header_only"] = write(folder / "header_only.wav", silence(0))
    files["one_sample"] = write(folder / "one_sample.wav", np.full(1, 0.5, dtype=np.float32))
    files["nan"] = write(folder / "nan.wav", np.full(16_000, np.nan, dtype=np.float32), subtype="FLOAT")
    endless = np.full(16_000, np.inf, dtype=np.float32)
    endless[::3] = -np.inf
    files["infinite"] = write(folder / "infinite.wav", endless, subtype="FLOAT")
    files["clipped_square"] = write(folder / "clipped_square.wav", np.sign(spoken).astype(np.float32))
    files["white_noise"] = write(folder / "white_noise.wav", noise.normal(0, 0.1, 240_000).astype(np.float32))
    stereo = np.stack([voice(2.0, 44_100), silence(2.0, 44_100)], axis=1)
    files["cd_stereo"] = write(folder / "cd_stereo.wav", stereo, rate=44_100)
    files["absurd_rate"] = write(folder / "absurd_rate.wav", spoken, rate=1)
    files["not_there"] = folder / "not_there.wav"
    files["a_folder"] = folder / "a_folder.wav"
    files["a_folder"].mkdir()
    return files
