"""What is done after each call: keep the recording, hear it, fill the ticket, delete the legs.

Every step reads the present state from the database and the disk and may be cut off and repeated anywhere.
Alarms tell people what is missing: a call that was answered and not recorded is never silent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlmodel import Session

from callcenter.calls import outbox, repository
from callcenter.calls.alarms import HOUSE, AlarmKind
from callcenter.calls.models import CallRow, RecordingRow
from callcenter.kernel.clock import Clock
from callcenter.kernel.errors import CallcenterError, NotFound, Unavailable
from callcenter.kernel.ids import CallId, call_id
from callcenter.storage.engine import Database
from callcenter.tickets import service as tickets
from recordings.core.dialogue import Dialogue
from recordings.core.naming import RecordingKind
from recordings.processing import (
    FLOOR_BYTES,
    Problem,
    Processed,
    discard_legs,
    discard_message,
    process,
    process_message,
)
from recordings.store import RecordingStore
from recordings.transcriber.port import Transcriber
from recordings.transcriber.service import NoTranscript, transcribe_call

MOST_ATTEMPTS = 5
"""Failures of the work itself after which a person must look; parts that are away do not count."""

MOST_BACKOFF_S = 60.0
DECLINED = "recording_declined"
_SHORT_BY_S = 5.0
_SHORT_SHARE = 0.9

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Where the audio is."""

    legs: Path
    messages: Path
    work: Path
    """For unfinished files; emptied by whoever filled it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Who hears the recordings; without a transcriber every ticket says that there is no model."""

    transcriber: Transcriber | None
    engine: str | None = None
    model: str | None = None
    language: str = "vi"
    """Assumed when the citizen chose none."""


class PostCall:
    """``PostCallWork`` over the real database, recordings and speech engine. Safe for several threads."""

    def __init__(
        self,
        database: Database,
        store: RecordingStore,
        speech: Speech,
        folders: Folders,
        clock: Clock,
        *,
        floor_bytes: int = FLOOR_BYTES,
    ) -> None:
        self._database = database
        self._store = store
        self._speech = speech
        self._folders = folders
        self._clock = clock
        self._floor_bytes = floor_bytes

    def keep_recording(self, call: str) -> None:
        """Keep conversation and message, and raise alarms for what should be there and is not."""
        row = self._row(call)
        kept = self._process(row)
        now = self._clock.utcnow()
        raised: list[tuple[AlarmKind, str]] = []
        with self._database.transaction() as tx:
            noted = {one.kind for one in repository.recordings(tx, call) if one.path}
            for kind, processed in kept.items():
                if kind not in noted:  # what the first time saw counts: by now the legs may be gone
                    repository.put_recording(tx, _recording_values(call, kind, processed, now))
            for alarm, detail in _alarms(row, kept):
                if repository.raise_alarm(tx, alarm, call, detail, now):
                    raised.append((alarm, detail))
            if kept:
                repository.clear_alarm(tx, AlarmKind.DISK_FULL, HOUSE, now)
        for alarm, detail in raised:
            message = (
                "answered call not recorded"
                if alarm is AlarmKind.NOT_RECORDED
                else "recording not as it should be"
            )
            _log.error(message, call=call, alarm=alarm.value, detail=detail)

    def transcribe(self, call: str) -> None:
        """Hear what was recorded, once; a call in which nobody could have spoken has no transcript."""
        row = self._row(call)
        with self._database.reading() as tx:
            if repository.transcript(tx, call):
                return
        if row.recording_declined:
            heard: Dialogue | NoTranscript = NoTranscript(reason_code=DECLINED)
        elif row.answered_at or row.message_file:
            heard = self._hear(row)
        else:
            return
        with self._database.transaction() as tx:
            repository.put_transcript(tx, self._transcript_values(call, heard))

    def finish(self, call: str) -> None:
        """Delete legs that are kept or void, then fill the ticket and close the job in one transaction."""
        row = self._row(call)
        self._discard(row)
        now = self._clock.utcnow()
        with self._database.transaction() as tx:
            transcript = repository.transcript(tx, call)
            if transcript and tickets.find_by_call(tx, call):
                dialogue = Dialogue.from_dict(transcript.dialogue) if transcript.dialogue else None
                tickets.fill_from_transcript(tx, call, dialogue, transcript.reason, now=now)
            outbox.finish(tx, call, now)

    def failed(self, call: str, error: Exception) -> None:
        """Try again later; after ``MOST_ATTEMPTS`` failures of the work itself, leave it to a person."""
        reason = error.code if isinstance(error, CallcenterError) else type(error).__name__
        away = isinstance(error, Unavailable)
        if not away:
            _log.error("post-call job failed", call=call, reason=reason, pii_error=str(error))
        now = self._clock.utcnow()
        filled = False
        with self._database.transaction() as tx:
            attempts = outbox.job(tx, call).attempts + 1
            wait_s = min(MOST_BACKOFF_S, 2.0 ** min(attempts, 10))
            outbox.failed(tx, call, reason, again_at=now + timedelta(seconds=wait_s))
            if reason == "disk_full":
                filled = repository.raise_alarm(tx, AlarmKind.DISK_FULL, HOUSE, _room(error), now, again=True)
            if not away and attempts >= MOST_ATTEMPTS:
                _quarantine(tx, call, reason, now)
        if filled:
            _log.error("disk full: recordings wait", detail=_room(error))
        if not away and attempts >= MOST_ATTEMPTS:
            _log.error("post-call job given up", call=call, reason=reason)

    def give_up(self, call: str, reason: str) -> None:
        """Leave the call to a person: the reason is on its ticket, and an alarm is raised."""
        with self._database.transaction() as tx:
            _quarantine(tx, call, reason, self._clock.utcnow())
        _log.error("post-call job given up", call=call, reason=reason)

    def _row(self, call: str) -> CallRow:
        with self._database.reading() as tx:
            row = repository.call(tx, call_id(call))
        if row is None:
            raise NotFound("call_unknown", call=call)
        return row

    def _process(self, row: CallRow) -> dict[RecordingKind, Processed]:
        """Conversation and message, as far as this call can have them."""
        call = CallId(row.call)
        kept: dict[RecordingKind, Processed] = {}
        if not row.recording_declined and (row.recording_bases or row.answered_at):
            kept[RecordingKind.CALL] = process(
                call,
                self._folders.legs,
                self._store,
                row.started_at,
                self._folders.work,
                floor_bytes=self._floor_bytes,
            )
        if row.message_file:
            kept[RecordingKind.MESSAGE] = process_message(
                call,
                self._folders.messages,
                self._store,
                row.started_at,
                self._folders.work,
                floor_bytes=self._floor_bytes,
            )
        return kept

    def _hear(self, row: CallRow) -> Dialogue | NoTranscript:
        kept = self._process(row)
        spoken = kept.get(RecordingKind.CALL) or kept[RecordingKind.MESSAGE]
        if not (spoken.in_wav or spoken.out_wav):
            spoken = kept.get(RecordingKind.MESSAGE, spoken)
        language = row.language or self._speech.language
        return transcribe_call(self._speech.transcriber, spoken.in_wav, spoken.out_wav, language)

    def _discard(self, row: CallRow) -> None:
        with self._database.reading() as tx:
            kept = {recording.kind: recording for recording in repository.recordings(tx, row.call)}
        if row.recording_declined or _may_go(kept.get(RecordingKind.CALL)):
            discard_legs(CallId(row.call), self._folders.legs)
        if _may_go(kept.get(RecordingKind.MESSAGE)):
            discard_message(CallId(row.call), self._folders.messages)

    def _transcript_values(self, call: str, heard: Dialogue | NoTranscript) -> dict[str, Any]:
        there = isinstance(heard, Dialogue)
        return {
            "call": call,
            "status": "ready" if there else "missing",
            "reason": heard.reason_code if isinstance(heard, NoTranscript) else None,
            "engine": self._speech.engine if there else None,
            "model": self._speech.model if there else None,
            "dialogue": heard.to_dict() if isinstance(heard, Dialogue) else None,
            "made_at": self._clock.utcnow(),
        }


def _quarantine(tx: Session, call: str, reason: str, now: datetime) -> None:
    if tickets.find_by_call(tx, call):
        tickets.set_problem(tx, call, reason, now=now)
    repository.raise_alarm(tx, AlarmKind.GIVEN_UP, call, reason, now)
    outbox.finish(tx, call, now, quarantined=True)


def _room(error: Exception) -> str:
    """How much room there is and was asked for, as far as ``error`` knows."""
    fields = error.fields if isinstance(error, CallcenterError) else {}
    if "free_bytes" not in fields:
        return "no room"
    return f"{fields['free_bytes']} B free, {fields['floor_bytes']} B needed"


def _alarms(row: CallRow, kept: dict[RecordingKind, Processed]) -> list[tuple[AlarmKind, str]]:
    """What a person must look into; kind and detail."""
    found: list[tuple[AlarmKind, str]] = []
    talk = kept.get(RecordingKind.CALL)
    if row.answered_at and not row.recording_declined:
        if not row.recording_bases:
            found.append((AlarmKind.NOT_RECORDED, "never_started"))
        elif talk is None or talk.recording is None:
            found.append((AlarmKind.NOT_RECORDED, talk.problem.value if talk and talk.problem else "unknown"))
        elif talk.problem is Problem.ONE_LEG:
            found.append((AlarmKind.ONE_LEG, talk.problem.value))
        elif talk.duration_s + _SHORT_BY_S < row.talk_s * _SHORT_SHARE:
            found.append((AlarmKind.SHORT, f"{talk.duration_s:.0f} s of {row.talk_s:.0f} s"))
    if row.recording_declined and row.recording_bases:
        found.append((AlarmKind.THOUGH_DECLINED, "legs deleted"))
    message = kept.get(RecordingKind.MESSAGE)
    if message and message.recording is None:
        found.append((AlarmKind.MESSAGE_LOST, message.problem.value if message.problem else "unknown"))
    return found


def _may_go(recording: RecordingRow | None) -> bool:
    """Files go when they are kept, or hold nothing; what could not be read stays for a person to look at."""
    if recording is None:
        return False
    return recording.path is not None or recording.problem in (Problem.EMPTY, Problem.NO_LEGS)


def _recording_values(call: str, kind: RecordingKind, processed: Processed, now: datetime) -> dict[str, Any]:
    stored = processed.recording
    return {
        "call": call,
        "kind": kind.value,
        "path": stored.path if stored else None,
        "sha256": stored.sha256 if stored else None,
        "stored_sha256": stored.stored_sha256 if stored else None,
        "duration_s": processed.duration_s,
        "bytes": stored.bytes if stored else None,
        "chain_seq": stored.seq if stored else None,
        "chain_hash": stored.chain_hash if stored else None,
        "problem": processed.problem.value if processed.problem else None,
        "kept_at": now,
    }
