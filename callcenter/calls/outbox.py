"""The outbox of work that calls owe, the loader's place in each journal, and the workers' heartbeats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, delete, select

from callcenter.calls.models import JournalPositionRow, PostCallJobRow, WorkerHeartbeatRow
from callcenter.kernel.errors import NotFound


def want(tx: Session, call: str, now: datetime) -> None:
    """Note that the call owes its work; once, however often it is said."""
    insert = postgresql.insert if tx.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(PostCallJobRow).values(
        call=call, wanted_at=now, quarantined=False, attempts=0, finished_at=None, last_error=None
    )
    tx.connection().execute(statement.on_conflict_do_nothing(index_elements=["call"]))


def due(tx: Session, now: datetime, limit: int) -> Sequence[tuple[str, int]]:
    """Calls whose work is not done and may be tried now, oldest first, each with its failed attempts."""
    again = col(PostCallJobRow.not_before)
    statement = (
        select(PostCallJobRow.call, PostCallJobRow.attempts)
        .where(col(PostCallJobRow.finished_at).is_(None), again.is_(None) | (again <= now))
        .order_by(col(PostCallJobRow.wanted_at))
        .limit(limit)
    )
    return tx.exec(statement).all()


def unfinished_count(tx: Session) -> int:
    """How many calls still owe their work; for metrics and screens."""
    statement = select(func.count()).select_from(PostCallJobRow)
    return tx.exec(statement.where(col(PostCallJobRow.finished_at).is_(None))).one()


def job(tx: Session, call: str) -> PostCallJobRow:
    """The call's job.

    Raises:
        NotFound: the call owes nothing.
    """
    row = tx.get(PostCallJobRow, call)
    if row is None:
        raise NotFound("job_unknown", call=call)
    return row


def failed(tx: Session, call: str, error: str, *, again_at: datetime) -> None:
    """Count an attempt that failed. ``error`` is a code and kinds, never personal data."""
    row = job(tx, call)
    row.attempts += 1
    row.not_before = again_at
    row.last_error = error
    tx.add(row)


def finish(tx: Session, call: str, now: datetime, *, quarantined: bool = False) -> None:
    """The work is done, or given up for a person to look at; the first time stays."""
    row = job(tx, call)
    if row.finished_at is None:
        row.finished_at = now
        row.quarantined = quarantined
        tx.add(row)


def position(tx: Session, node: str) -> JournalPositionRow | None:
    """How far the node's journal is loaded; ``None`` when nothing was."""
    return tx.get(JournalPositionRow, node)


def put_position(tx: Session, node: str, *, seq: int, resume_after_seq: int, resume_boot: str) -> None:
    """Note how far the node's journal is loaded."""
    tx.merge(
        JournalPositionRow(node=node, seq=seq, resume_after_seq=resume_after_seq, resume_boot=resume_boot)
    )
    tx.flush()


def beat(tx: Session, executor: str, now: datetime) -> None:
    """The worker slot is alive."""
    tx.merge(WorkerHeartbeatRow(executor=executor, beat_at=now))
    tx.flush()


def silent_since(tx: Session, before: datetime) -> Sequence[str]:
    """Worker slots whose last beat is older than ``before``."""
    statement = select(WorkerHeartbeatRow.executor).where(col(WorkerHeartbeatRow.beat_at) < before)
    return tx.exec(statement.order_by(col(WorkerHeartbeatRow.executor))).all()


def forget_beats(tx: Session, executors: Sequence[str]) -> None:
    """Forget worker slots that were taken over; one that lives after all beats again."""
    if executors:
        tx.exec(delete(WorkerHeartbeatRow).where(col(WorkerHeartbeatRow.executor).in_(executors)))
