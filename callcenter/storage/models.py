"""What every table shares: one metadata with named constraints, and the column types of both databases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Dialect, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Constraint names are fixed, so that a migration can name what it changes on both databases."""

PII: dict[str, Any] = {"info": {"pii": True}}
"""``sa_column_kwargs`` of a column that holds personal data."""


class Table(SQLModel):
    """Base of every table model. A model lives beside its repository and never leaves its package."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant. SQLite stores no zone, so it goes in as UTC and comes out marked as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive datetime: nobody could know later which clock it was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Mark what SQLite returns; PostgreSQL returns it marked."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


JsonValue = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""A JSON document; ``None`` is SQL NULL."""


def fitted(model: type[Table], values: Mapping[str, Any]) -> dict[str, Any]:
    """Cut text to its column and drop NUL: what a trunk sends must never stop a loader on PostgreSQL."""
    columns = Table.metadata.tables[str(model.__tablename__)].columns
    fitting = {}
    for name, value in values.items():
        longest = getattr(columns[name].type, "length", None)
        value = _without_nul(value)
        fitting[name] = value[:longest] if isinstance(value, str) else value
    return fitting


def _without_nul(value: Any) -> Any:
    match value:
        case str():
            return value.replace("\x00", "")
        case list():
            return [_without_nul(one) for one in value]
        case dict():
            return {key: _without_nul(one) for key, one in value.items()}
        case _:
            return value
