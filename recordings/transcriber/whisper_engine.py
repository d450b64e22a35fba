"""Whisper by faster-whisper (CTranslate2, int8 on CPU). Lives inside the speech child only."""

from __future__ import annotations

from pathlib import Path

from faster_whisper import WhisperModel

from recordings.core.dialogue import Word
from recordings.transcriber.audio import Samples

_BEAM = 3
_TEMPERATURES = [0.0, 0.4]
"""One second chance when a clip comes out as a loop; the default of six tries would take minutes."""

_INVENTED = ("subscribe cho kênh", "ghiền mì gõ", "đăng ký kênh để", "cảm ơn các bạn đã theo dõi")
"""Closing words of the videos Whisper was trained on, which it writes into noise and music
(Purfview/whisper-standalone-win#365). Nobody says them to a city hotline."""


class WhisperEngine:
    """A Whisper model in CTranslate2 form, from a local directory: never from a hub."""

    name = "whisper"

    def __init__(self, path: Path, cpu_threads: int) -> None:
        """Load the model in directory ``path``. Raises an exception when it is none."""
        self._model = WhisperModel(
            str(path), device="cpu", compute_type="int8", cpu_threads=cpu_threads, local_files_only=True
        )

    def begin(self, language: str) -> WhisperRecognition:
        """Start a new leg. The language is fixed: guessing it from 8 kHz audio goes wrong too often."""
        return WhisperRecognition(self._model, language)


class WhisperRecognition:
    """Hears the clips of one leg, each by itself, so that one bad clip does not colour the next."""

    def __init__(self, model: WhisperModel, language: str) -> None:
        self._model = model
        self._language = language

    def words(self, samples: Samples) -> list[Word]:
        """Hear one clip; invented closing words are left out."""
        segments, _ = self._model.transcribe(
            samples,
            language=self._language,
            beam_size=_BEAM,
            temperature=_TEMPERATURES,
            word_timestamps=True,
            condition_on_previous_text=False,
        )
        return [
            Word(
                text=text,
                start_s=float(word.start),
                end_s=float(word.end),
                confidence=float(word.probability),
            )
            for segment in segments
            if not any(invented in segment.text.lower() for invented in _INVENTED)
            for word in segment.words or ()
            if (text := word.word.strip())
        ]
