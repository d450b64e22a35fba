"""Queries over tickets, contacts and reporters. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Insert, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from callcenter.kernel.clock import VIETNAM
from callcenter.tickets.models import ContactRow, ReporterRow, TicketEventRow, TicketRow, TicketSequenceRow


def next_sequence(tx: Session, day: date) -> int:
    """The next number of ``day``, from 1; the day's row is held until the transaction ends."""
    dialect = tx.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement: Insert = (
        insert(TicketSequenceRow)
        .values(day=day, last=1)
        .on_conflict_do_update(index_elements=["day"], set_={"last": col(TicketSequenceRow.last) + 1})
        .returning(col(TicketSequenceRow.last))
    )
    return int(tx.connection().execute(statement).scalar_one())


def by_call(tx: Session, call: str) -> TicketRow | None:
    """The ticket of that call."""
    return tx.exec(select(TicketRow).where(col(TicketRow.call) == call)).first()


def by_code(tx: Session, code: str) -> TicketRow | None:
    """The ticket of that code, in the spelling that is stored."""
    return tx.exec(select(TicketRow).where(col(TicketRow.code) == code)).first()


def newest(tx: Session, limit: int) -> Sequence[TicketRow]:
    """The latest tickets, newest first."""
    statement = select(TicketRow).order_by(col(TicketRow.opened_at).desc(), col(TicketRow.id).desc())
    return tx.exec(statement.limit(limit)).all()


def count_on(tx: Session, day: date) -> int:
    """Tickets opened on ``day`` of Viet Nam."""
    begin = datetime(day.year, day.month, day.day, tzinfo=VIETNAM)
    statement = (
        select(func.count())
        .select_from(TicketRow)
        .where(col(TicketRow.opened_at) >= begin, col(TicketRow.opened_at) < begin + timedelta(days=1))
    )
    return tx.exec(statement).one()


def history(tx: Session, ticket_id: int) -> Sequence[TicketEventRow]:
    """The ticket's events, oldest first."""
    statement = select(TicketEventRow).where(col(TicketEventRow.ticket_id) == ticket_id)
    return tx.exec(statement.order_by(col(TicketEventRow.id))).all()


def contacts(tx: Session, ticket_id: int) -> Sequence[ContactRow]:
    """The ticket's contacts, oldest first."""
    statement = select(ContactRow).where(col(ContactRow.ticket_id) == ticket_id)
    return tx.exec(statement.order_by(col(ContactRow.id))).all()


def reporter_id(tx: Session, *, key: str, e164: str | None, display: str) -> int:
    """The reporter with that number, made when new; two transactions at once get the same one."""
    dialect = tx.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(ReporterRow).values(phone_key=key, phone_e164=e164, phone_display=display)
    tx.connection().execute(statement.on_conflict_do_nothing(index_elements=["phone_key"]))
    found = tx.exec(select(ReporterRow.id).where(col(ReporterRow.phone_key) == key)).one()
    assert found is not None
    return found


def reporter(tx: Session, call: str) -> ReporterRow | None:
    """Who made the call; ``None`` when the number was withheld."""
    statement = (
        select(ReporterRow)
        .join(ContactRow, col(ContactRow.reporter_id) == col(ReporterRow.id))
        .where(col(ContactRow.call) == call)
    )
    return tx.exec(statement).first()
