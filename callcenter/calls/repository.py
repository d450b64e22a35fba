"""Queries over call records, recordings, transcripts and alarms. Decides nothing.

Every write here may be repeated: a row is found by its call and written over with the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from callcenter.calls.models import AlarmRow, CallRow, RecordingRow, TranscriptRow
from callcenter.kernel.clock import VIETNAM
from callcenter.storage.models import fitted


def put_call(tx: Session, values: Mapping[str, Any]) -> None:
    """Write the call's row; ``values`` are the columns of ``CallRow``."""
    tx.merge(CallRow(**fitted(CallRow, values)))
    tx.flush()


def call(tx: Session, call_id: str) -> CallRow | None:
    """The call's row."""
    return tx.get(CallRow, call_id)


def newest_calls(tx: Session, limit: int) -> Sequence[CallRow]:
    """The latest ended calls, newest first."""
    return tx.exec(select(CallRow).order_by(col(CallRow.started_at).desc()).limit(limit)).all()


def outcomes_on(tx: Session, day: date) -> dict[str, int]:
    """How many calls that began on ``day`` of Viet Nam ended in each way."""
    begin = datetime(day.year, day.month, day.day, tzinfo=VIETNAM)
    statement = (
        select(CallRow.outcome, func.count())
        .where(col(CallRow.started_at) >= begin, col(CallRow.started_at) < begin + timedelta(days=1))
        .group_by(col(CallRow.outcome))
    )
    return {outcome: count for outcome, count in tx.exec(statement) if outcome is not None}


def put_recording(tx: Session, values: Mapping[str, Any]) -> None:
    """Write the row of one recording; ``values`` are the columns of ``RecordingRow``."""
    tx.merge(RecordingRow(**fitted(RecordingRow, values)))
    tx.flush()


def recordings(tx: Session, call_id: str) -> Sequence[RecordingRow]:
    """The call's recordings, kept or missing, conversation first."""
    statement = select(RecordingRow).where(col(RecordingRow.call) == call_id)
    return tx.exec(statement.order_by(col(RecordingRow.kind))).all()


def put_transcript(tx: Session, values: Mapping[str, Any]) -> None:
    """Write the call's transcript; ``values`` are the columns of ``TranscriptRow``."""
    tx.merge(TranscriptRow(**fitted(TranscriptRow, values)))
    tx.flush()


def transcript(tx: Session, call_id: str) -> TranscriptRow | None:
    """The call's transcript; ``None`` when nobody tried yet."""
    return tx.get(TranscriptRow, call_id)


def raise_alarm(
    tx: Session, kind: str, call_id: str, detail: str, now: datetime, *, again: bool = False
) -> bool:
    """Raise the alarm; whether it was news.

    One that was cleared is not raised again, unless ``again`` says that it is of something that comes and goes.
    """
    row = tx.get(AlarmRow, (kind, call_id))
    if row and not (again and row.cleared_at):
        return False
    tx.merge(
        AlarmRow(**fitted(AlarmRow, {"kind": kind, "call": call_id, "detail": detail, "raised_at": now}))
    )
    tx.flush()
    return True


def clear_alarm(tx: Session, kind: str, call_id: str, now: datetime) -> bool:
    """Clear the alarm if it is raised; whether it was."""
    row = tx.get(AlarmRow, (kind, call_id))
    if row is None or row.cleared_at:
        return False
    row.cleared_at = now
    tx.add(row)
    return True


def open_alarm_count(tx: Session) -> int:
    """How many alarms nobody cleared."""
    statement = select(func.count()).select_from(AlarmRow)
    return tx.exec(statement.where(col(AlarmRow.cleared_at).is_(None))).one()


def open_alarms(tx: Session) -> Sequence[AlarmRow]:
    """Alarms that nobody cleared, newest first."""
    statement = select(AlarmRow).where(col(AlarmRow.cleared_at).is_(None))
    return tx.exec(statement.order_by(col(AlarmRow.raised_at).desc())).all()
