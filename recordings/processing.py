"""From the files that Asterisk left to a kept recording: check, mend, mix, compress, encrypt, chain.

Runs in the worker, at least once per call, and gives the same answer again. It deletes no leg: the
transcript still needs them; ``discard_legs`` and ``discard_message`` are for afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from callcenter.kernel.ids import CallId
from recordings.audio import compress_message, mix_to_flac
from recordings.core.mixing import RATE
from recordings.core.naming import RecordingKind, in_leg_name, message_name, out_leg_name
from recordings.files import io_errors, make_folders, require_space, sync_folder
from recordings.legs import Leg, Legs, LegState, check_leg, check_legs
from recordings.store import RecordingStore, StoredRecording

FLOOR_BYTES = 512 << 20
"""Free space below which nothing is begun: mending and mixing need room for a few hours of audio."""


class Problem(StrEnum):
    """Why a recording is not there, or not whole; the caller raises the alarm."""

    NO_LEGS = "no_legs"
    """No file at all."""
    EMPTY = "empty"
    """Files without a single sample."""
    UNREADABLE = "unreadable"
    """Something that is not a WAV file, and nothing to hear beside it."""
    ONE_LEG = "one_leg"
    """Kept, but one side of the conversation is missing and silent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed:
    """What came of it. ``in_wav`` and ``out_wav`` are legs that can be transcribed."""

    recording: StoredRecording | None
    problem: Problem | None
    in_wav: Path | None
    out_wav: Path | None
    duration_s: float
    """Of the audio kept; to be compared with the talk time that the ledger knows."""
    repaired: bool
    """This run mended a header: Asterisk was killed, up to two seconds are lost."""


def process(
    call: CallId,
    legs_dir: Path,
    store: RecordingStore,
    started_at: datetime,
    workdir: Path,
    *,
    floor_bytes: int = FLOOR_BYTES,
) -> Processed:
    """Keep the conversation of ``call``.

    Raises:
        BadInput: ``call`` is not a call id or ``started_at`` has no time zone.
        Conflict: ``recording_erased``.
        Unavailable: ``disk_full``, ``recording_io``, ``audio_write_failed``, ``chain_locked``,
            ``chain_damaged``: try again later, the legs are still there.
    """
    in_path, out_path = legs_dir / in_leg_name(call), legs_dir / out_leg_name(call)
    _prepare(store, workdir, floor_bytes)
    legs = check_legs(in_path, out_path)
    recording = store.find(call)
    problem = _problem(legs.in_, legs.out)
    if recording and problem is not Problem.ONE_LEG:
        problem = None  # Kept by an earlier run; the legs may be discarded by now.
    elif recording is None and problem in (None, Problem.ONE_LEG):
        recording = _keep_legs(call, legs, store, started_at, workdir)
    return Processed(
        recording=recording,
        problem=problem,
        in_wav=in_path if legs.in_.usable else None,
        out_wav=out_path if legs.out.usable else None,
        duration_s=recording.duration_s if recording else legs.duration_s,
        repaired=legs.repaired,
    )


def process_message(
    call: CallId,
    messages_dir: Path,
    store: RecordingStore,
    started_at: datetime,
    workdir: Path,
    *,
    floor_bytes: int = FLOOR_BYTES,
) -> Processed:
    """Keep the message that ``call`` left, in mono; ``in_wav`` is the message. Raises as ``process``."""
    path = messages_dir / message_name(call)
    _prepare(store, workdir, floor_bytes)
    leg = check_leg(path)
    recording = store.find(call, kind=RecordingKind.MESSAGE)
    problem = None if recording else _problem(leg)
    if recording is None and problem is None:
        recording = _keep_message(call, leg, store, started_at, workdir)
    return Processed(
        recording=recording,
        problem=problem,
        in_wav=path if leg.usable else None,
        out_wav=None,
        duration_s=recording.duration_s if recording else leg.duration_s,
        repaired=leg.repaired,
    )


def discard_legs(call: CallId, legs_dir: Path) -> None:
    """Delete both legs; to be called when recording and transcript are kept. Again is harmless.

    Raises:
        BadInput: ``call`` is not a call id.
        Unavailable: ``recording_io``.
    """
    _discard(legs_dir, in_leg_name(call), out_leg_name(call))


def discard_message(call: CallId, messages_dir: Path) -> None:
    """Delete the message's file; as ``discard_legs``."""
    _discard(messages_dir, message_name(call))


def _discard(folder: Path, *names: str) -> None:
    with io_errors("discard"):
        for name in names:
            (folder / name).unlink(missing_ok=True)
        if folder.exists():
            sync_folder(folder)


def _prepare(store: RecordingStore, workdir: Path, floor_bytes: int) -> None:
    with io_errors("prepare"):
        make_folders(workdir)
        make_folders(store.root)
    require_space(workdir, floor_bytes)
    require_space(store.root, floor_bytes)


def _problem(*legs: Leg) -> Problem | None:
    """The problem of the legs taken together."""
    usable = sum(leg.usable for leg in legs)
    if usable:
        return None if usable == len(legs) else Problem.ONE_LEG
    if any(leg.state is LegState.NOT_WAV for leg in legs):
        return Problem.UNREADABLE
    if all(leg.state is LegState.MISSING for leg in legs):
        return Problem.NO_LEGS
    return Problem.EMPTY


def _keep_legs(
    call: CallId, legs: Legs, store: RecordingStore, started_at: datetime, workdir: Path
) -> StoredRecording:
    flac = workdir / f"{call}.flac"
    try:
        frames = mix_to_flac(legs, flac)
        return store.put(call, flac, started_at, frames / RATE)
    finally:
        flac.unlink(missing_ok=True)


def _keep_message(
    call: CallId, leg: Leg, store: RecordingStore, started_at: datetime, workdir: Path
) -> StoredRecording:
    flac = workdir / f"{call}-message.flac"
    try:
        frames = compress_message(leg, flac)
        return store.put(call, flac, started_at, frames / RATE, kind=RecordingKind.MESSAGE)
    finally:
        flac.unlink(missing_ok=True)
