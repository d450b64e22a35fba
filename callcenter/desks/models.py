"""Tables of operators, their queues and the hotline numbers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlmodel import Field

from callcenter.storage.models import JsonValue, Table, UtcDateTime


class QueueRow(Table, table=True):
    """One queue; its settings are those of ``acd.core.config.QueueSettings``."""

    __tablename__ = "queue"

    name: str = Field(primary_key=True, max_length=32)
    title: str = Field(max_length=200)
    ring_timeout_s: float
    wrap_up_s: float
    max_wait_s: float | None = None
    max_waiting: int | None = None
    overflow_when_empty: bool
    priority_minutes: float


class OperatorRow(Table, table=True):
    """One operator. The SIP secret is never here: only the digest Asterisk needs to check it."""

    __tablename__ = "operator"

    number: str = Field(primary_key=True, max_length=6)
    name: str = Field(max_length=200)
    sip_username: str = Field(max_length=40, unique=True)
    sip_ha1: str = Field(max_length=32)
    languages: Any = Field(sa_type=JsonValue, nullable=False)
    active: bool
    created_at: datetime = Field(sa_type=UtcDateTime)


class OperatorQueueRow(Table, table=True):
    """An operator serves a queue."""

    __tablename__ = "operator_queue"

    operator: str = Field(primary_key=True, foreign_key="operator.number", ondelete="CASCADE", max_length=6)
    queue: str = Field(primary_key=True, foreign_key="queue.name", ondelete="RESTRICT", max_length=32)


class AliasRow(Table, table=True):
    """A number of the hotline: who owns it, what it greets with and where its calls wait."""

    __tablename__ = "hotline_alias"

    number: str = Field(primary_key=True, max_length=20)
    name: str = Field(max_length=200)
    owner: str = Field(max_length=200)
    greeting: str = Field(max_length=64)
    queue: str = Field(foreign_key="queue.name", ondelete="RESTRICT", max_length=32)
    active_from: date | None = None
    active_to: date | None = None
