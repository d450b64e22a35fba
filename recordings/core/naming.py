"""Names of audio files. Pure; every name comes from a checked call id, never from what a caller sent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath

from callcenter.kernel.clock import VIETNAM
from callcenter.kernel.errors import BadInput
from callcenter.kernel.ids import CallId, call_id


class RecordingKind(StrEnum):
    """What a recording holds; one call has at most one of each."""

    CALL = "call"
    """Conversation of citizen and operator: stereo, citizen left."""
    MESSAGE = "message"
    """Message that the citizen left: mono."""


def in_leg_name(call: CallId) -> str:
    """File name of what was heard from the citizen.

    Raises:
        BadInput: ``call`` is not a call id.
    """
    return f"{call_id(call)}-in.wav"


def out_leg_name(call: CallId) -> str:
    """File name of what the citizen heard: the operator.

    Raises:
        BadInput: ``call`` is not a call id.
    """
    return f"{call_id(call)}-out.wav"


def message_name(call: CallId) -> str:
    """File name of the message that the citizen left.

    Raises:
        BadInput: ``call`` is not a call id.
    """
    return f"{call_id(call)}.wav"


def stored_path(
    call: CallId, started_at: datetime, kind: RecordingKind = RecordingKind.CALL
) -> PurePosixPath:
    """Where a recording lies below the recordings root: ``yyyy/mm/dd/<call>.flac.age``.

    The day is Viet Nam's at the call's start, so that a day's folder is the day people mean.

    Raises:
        BadInput: ``call`` is not a call id, or ``started_at`` has no time zone.
    """
    if started_at.tzinfo is None:
        raise BadInput("time_without_zone", value=started_at.isoformat())
    day = started_at.astimezone(VIETNAM)
    suffix = "" if kind is RecordingKind.CALL else f"-{kind}"
    return PurePosixPath(f"{day:%Y}/{day:%m}/{day:%d}/{call_id(call)}{suffix}.flac.age")
