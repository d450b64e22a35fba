"""Tables of contacts, reporters and tickets.

Who reported lies apart from what was reported: a ticket has no column of the reporter, and the only way from
one to the other is the contact.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Text
from sqlmodel import Field

from callcenter.storage.models import PII, JsonValue, Table, UtcDateTime


class ReporterRow(Table, table=True):
    """A citizen who contacted us; every column but the key is personal data."""

    __tablename__ = "reporter"

    id: int | None = Field(default=None, primary_key=True)
    phone_key: str = Field(max_length=64, unique=True, sa_column_kwargs=PII)
    phone_e164: str | None = Field(default=None, max_length=32, sa_column_kwargs=PII)
    phone_display: str = Field(max_length=64, sa_column_kwargs=PII)
    name: str | None = Field(default=None, max_length=200, sa_column_kwargs=PII)


class TicketRow(Table, table=True):
    """One matter. ``call`` is not a foreign key: the ticket outlives the call's record."""

    __tablename__ = "ticket"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=32, unique=True)
    opened_at: datetime = Field(sa_type=UtcDateTime, index=True)
    state: str = Field(max_length=24, index=True)
    text: str = Field(sa_type=Text, sa_column_kwargs=PII)
    channel: str = Field(max_length=16)
    alias: str = Field(max_length=32)
    language: str | None = Field(default=None, max_length=8)
    call: str | None = Field(default=None, max_length=64, unique=True)
    transcript_status: str = Field(max_length=16)
    transcript_reason: str | None = Field(default=None, max_length=64)
    recording_declined: bool
    answered_by: str | None = Field(default=None, max_length=6)
    outcome: str | None = Field(default=None, max_length=32)
    problem: str | None = Field(default=None, max_length=64)


class ContactRow(Table, table=True):
    """One call, message, mail or form."""

    __tablename__ = "contact"

    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id", ondelete="CASCADE", index=True)
    reporter_id: int | None = Field(default=None, foreign_key="reporter.id", ondelete="SET NULL", index=True)
    channel: str = Field(max_length=16)
    call: str | None = Field(default=None, max_length=64, unique=True)
    received_at: datetime = Field(sa_type=UtcDateTime)
    text: str = Field(sa_type=Text, sa_column_kwargs=PII)


class TicketEventRow(Table, table=True):
    """The ticket's history; rows are only ever added."""

    __tablename__ = "ticket_event"

    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id", ondelete="CASCADE", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    kind: str = Field(max_length=32)
    actor: str = Field(max_length=64)
    from_state: str | None = Field(default=None, max_length=24)
    to_state: str | None = Field(default=None, max_length=24)
    detail: Any = Field(default=None, sa_type=JsonValue, nullable=True)


class TicketSequenceRow(Table, table=True):
    """The last number given on a day of Viet Nam."""

    __tablename__ = "ticket_sequence"

    day: date = Field(primary_key=True)
    last: int
