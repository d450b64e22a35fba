"""A call's two legs to one dialogue. A leg that fails costs its own words, never the other's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recordings.core.dialogue import Dialogue, LegTranscript, MissingLeg, Speaker, merge
from recordings.transcriber.port import FailureCode, Transcriber, TranscriptionFailed

NO_RECORDING = "no_recording"
"""Reason of a call of which neither leg was recorded."""

LEG_MISSING = "leg_missing"
"""Reason of a leg that was never recorded, beside those of ``FailureCode``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoTranscript:
    """Nothing was heard of this call. ``reason_code`` is a ``FailureCode`` or ``no_recording``."""

    reason_code: str


def transcribe_call(
    transcriber: Transcriber | None, in_wav: Path | None, out_wav: Path | None, language: str
) -> Dialogue | NoTranscript:
    """Hear ``in_wav`` (the citizen) and ``out_wav`` (the operator) and merge them. Blocks.

    Nothing in the audio makes it raise. With one leg heard, the dialogue names the other in ``missing`` with
    its reason.

    Raises:
        Unavailable: ``transcriber_closed``: we are being stopped; the call can be heard later.
    """
    if transcriber is None:
        return NoTranscript(reason_code=FailureCode.NO_MODEL.value)
    if in_wav is None and out_wav is None:
        return NoTranscript(reason_code=NO_RECORDING)
    citizen = _hear(transcriber, in_wav, Speaker.CITIZEN, language)
    operator = _hear(transcriber, out_wav, Speaker.OPERATOR, language)
    missing = tuple(leg for leg in (citizen, operator) if isinstance(leg, MissingLeg))
    if len(missing) == 2:
        # A leg that was there says more than one that was not.
        return NoTranscript(reason_code=min(missing, key=lambda leg: leg.reason == LEG_MISSING).reason)
    merged = merge(
        citizen if isinstance(citizen, LegTranscript) else None,
        operator if isinstance(operator, LegTranscript) else None,
    )
    return Dialogue(turns=merged.turns, missing=missing)


def _hear(
    transcriber: Transcriber, wav: Path | None, speaker: Speaker, language: str
) -> LegTranscript | MissingLeg:
    if wav is None:
        return MissingLeg(speaker=speaker, reason=LEG_MISSING)
    try:
        return transcriber.transcribe(wav, speaker, language)
    except TranscriptionFailed as failure:
        return MissingLeg(speaker=speaker, reason=failure.code)
