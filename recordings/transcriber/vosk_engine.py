"""Vosk (Kaldi). Lives inside the speech child only: Kaldi aborts the whole process on odd audio."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import vosk

from recordings.core.dialogue import Word
from recordings.transcriber.audio import RATE, Samples

_CHUNK_BYTES = 8_000  # a quarter of a second: the size Vosk's own examples feed


class VoskEngine:
    """A Vosk model. The language is the model's own; what is asked for is not looked at."""

    name = "vosk"

    def __init__(self, path: Path) -> None:
        """Load the model in directory ``path``. Raises an exception when it is none."""
        vosk.SetLogLevel(-1)
        self._model = vosk.Model(str(path))

    def begin(self, language: str) -> VoskRecognition:
        """Start a new leg: its own recogniser, at 16 kHz, since small models refuse 8 kHz."""
        return VoskRecognition(vosk.KaldiRecognizer(self._model, RATE))


class VoskRecognition:
    """One recogniser for one leg; its caches are dropped with it."""

    def __init__(self, recogniser: vosk.KaldiRecognizer) -> None:
        recogniser.SetWords(True)
        self._recogniser = recogniser
        self._fed_s = 0.0

    def words(self, samples: Samples) -> list[Word]:
        """Hear one clip. Vosk counts time over the whole leg, so what was fed before is taken off."""
        pcm = (np.clip(samples, -1.0, 1.0) * 32_767).astype("<i2").tobytes()
        heard: list[Word] = []
        for start in range(0, len(pcm), _CHUNK_BYTES):
            if self._recogniser.AcceptWaveform(pcm[start : start + _CHUNK_BYTES]):
                heard += self._read(self._recogniser.Result())
        heard += self._read(self._recogniser.FinalResult())
        self._fed_s += len(samples) / RATE
        return heard

    def _read(self, result: str) -> list[Word]:
        return [
            Word(
                text=word["word"],
                start_s=max(0.0, word["start"] - self._fed_s),
                end_s=max(0.0, word["end"] - self._fed_s),
                confidence=word["conf"],
            )
            for word in json.loads(result).get("result", ())
        ]
