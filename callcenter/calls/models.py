"""Tables of call records, recordings, transcripts, alarms, the loader's place and the jobs that calls owe."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Text
from sqlmodel import Field

from callcenter.storage.models import PII, JsonValue, Table, UtcDateTime


class CallRow(Table, table=True):
    """One call: the columns of ``callcenter.ledger.record.CallRecord``."""

    __tablename__ = "call"

    call: str = Field(primary_key=True, max_length=64)
    alias: str = Field(max_length=32)
    caller: str = Field(max_length=40, sa_column_kwargs=PII)
    trunk: str = Field(max_length=80)
    language: str | None = Field(default=None, max_length=8)
    started_at: datetime = Field(sa_type=UtcDateTime, index=True)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    duration_s: float | None = None
    queue: str | None = Field(default=None, max_length=32)
    joined_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    wait_s: float | None = None
    rings: int
    offers: Any = Field(sa_type=JsonValue, nullable=False)
    agent: str | None = Field(default=None, max_length=6)
    talk_s: float
    wrap_up_s: float
    outcome: str | None = Field(default=None, max_length=32, index=True)
    overflow_reason: str | None = Field(default=None, max_length=32)
    menu_path: Any = Field(sa_type=JsonValue, nullable=False)
    bulletins: Any = Field(sa_type=JsonValue, nullable=False)
    codes_asked: Any = Field(sa_type=JsonValue, nullable=False, sa_column_kwargs=PII)
    recording_notice: str | None = Field(default=None, max_length=120)
    recording_declined: bool
    recording_bases: Any = Field(sa_type=JsonValue, nullable=False)
    message_file: str | None = Field(default=None, max_length=120)
    message_s: float
    fallback: str | None = Field(default=None, max_length=80)
    hangup_cause: int
    ended_by_caller: bool | None = None
    lost_why: str | None = Field(default=None, max_length=120)
    notes: Any = Field(sa_type=JsonValue, nullable=False)


class RecordingRow(Table, table=True):
    """One kept recording, or why there is none: the conversation and the message of a call are two."""

    __tablename__ = "recording"

    call: str = Field(primary_key=True, foreign_key="call.call", ondelete="CASCADE", max_length=64)
    kind: str = Field(primary_key=True, max_length=16)
    path: str | None = Field(default=None, max_length=200)
    sha256: str | None = Field(default=None, max_length=64)
    stored_sha256: str | None = Field(default=None, max_length=64)
    duration_s: float
    bytes: int | None = Field(default=None, sa_type=BigInteger)
    chain_seq: int | None = Field(default=None, sa_type=BigInteger)
    chain_hash: str | None = Field(default=None, max_length=64)
    problem: str | None = Field(default=None, max_length=32)
    kept_at: datetime = Field(sa_type=UtcDateTime)


class TranscriptRow(Table, table=True):
    """What was heard in a call, or the reason why nothing is known."""

    __tablename__ = "transcript"

    call: str = Field(primary_key=True, foreign_key="call.call", ondelete="CASCADE", max_length=64)
    status: str = Field(max_length=16)
    reason: str | None = Field(default=None, max_length=64)
    engine: str | None = Field(default=None, max_length=64)
    model: str | None = Field(default=None, max_length=120)
    dialogue: Any = Field(default=None, sa_type=JsonValue, nullable=True, sa_column_kwargs=PII)
    made_at: datetime = Field(sa_type=UtcDateTime)


class AlarmRow(Table, table=True):
    """Something that a supervisor must look into. One per kind and call."""

    __tablename__ = "alarm"

    kind: str = Field(primary_key=True, max_length=48)
    call: str = Field(primary_key=True, max_length=64)
    detail: str = Field(max_length=400)
    raised_at: datetime = Field(sa_type=UtcDateTime, index=True)
    cleared_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class JournalPositionRow(Table, table=True):
    """How far a node's journal is loaded, and where to begin so that the open calls are known again."""

    __tablename__ = "journal_position"

    node: str = Field(primary_key=True, max_length=32)
    seq: int = Field(sa_type=BigInteger)
    resume_after_seq: int = Field(sa_type=BigInteger)
    resume_boot: str = Field(max_length=64)


class PostCallJobRow(Table, table=True):
    """The outbox: work that a call owes, wanted in the transaction that stored the call's end."""

    __tablename__ = "post_call_job"

    call: str = Field(primary_key=True, foreign_key="call.call", ondelete="CASCADE", max_length=64)
    wanted_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    quarantined: bool
    attempts: int
    """Attempts that failed."""
    not_before: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When to try again after a failure."""
    last_error: str | None = Field(default=None, sa_type=Text)


class WorkerHeartbeatRow(Table, table=True):
    """When each worker slot was last alive: the jobs of a dead one are resumed by another."""

    __tablename__ = "worker_heartbeat"

    executor: str = Field(primary_key=True, max_length=64)
    beat_at: datetime = Field(sa_type=UtcDateTime)
