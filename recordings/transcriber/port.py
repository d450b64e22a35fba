"""What the rest asks of a speech engine, and the only ways in which it may fail."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Protocol

from callcenter.kernel.errors import CallcenterError
from recordings.core.dialogue import LegTranscript, Speaker


class FailureCode(StrEnum):
    """Why a leg has no transcript. Silence is no failure: it is a transcript of zero words."""

    NO_MODEL = "no_model"
    ENGINE_CRASHED = "engine_crashed"
    TIMED_OUT = "timed_out"
    AUDIO_UNREADABLE = "audio_unreadable"
    AUDIO_EMPTY = "audio_empty"
    OUT_OF_MEMORY = "out_of_memory"


class TranscriptionFailed(CallcenterError):
    """The leg is given up, with the reason; trying again is of no use before something changes."""

    def __init__(self, code: FailureCode, **fields: object) -> None:
        super().__init__(code.value, **fields)
        self.reason = code


class Transcriber(Protocol):
    """Turns one recorded leg into words."""

    def transcribe(self, wav: Path, speaker: Speaker, language: str) -> LegTranscript:
        """Hear ``wav``, spoken by ``speaker`` in ``language`` (ISO 639-1, such as ``vi``). Blocks.

        Raises:
            TranscriptionFailed: with one of the codes above.
        """
