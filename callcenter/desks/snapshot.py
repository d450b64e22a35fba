"""What the switchboard and Asterisk know of operators, queues and hotline numbers: one validated file.

The switchboard never asks a database. It loads this file and swaps the whole when the file changes, so the
last good one serves while the database is away. The file holds SIP digests, hence mode 0600.
"""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlmodel import Session

from acd.core.config import AgentSettings, Configuration, QueueSettings
from callcenter.desks import repository
from callcenter.desks.service import Alias, list_aliases
from callcenter.kernel.errors import BadInput, CallcenterError, NotFound
from callcenter.kernel.ids import AgentId, QueueName

DEFAULT_MAX_CALLS = 90
"""Calls in the house at once (S0-29)."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SnapshotOperator(_Part):
    """One active operator."""

    number: Annotated[str, Field(pattern=r"^\d{3,6}$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    sip_username: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    sip_ha1: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", repr=False)]
    queues: tuple[str, ...]
    languages: tuple[str, ...]


class SnapshotQueue(_Part):
    """One queue; the fields of ``acd.core.config.QueueSettings`` and a title for people."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
    title: str
    ring_timeout_s: float
    wrap_up_s: float
    max_wait_s: float | None
    max_waiting: int | None
    overflow_when_empty: bool
    priority_minutes: float


class SnapshotAlias(_Part):
    """One hotline number."""

    number: Annotated[str, Field(pattern=r"^\+?\d{3,15}$")]
    name: str
    owner: str
    greeting: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    queue: str
    active_from: date | None = None
    active_to: date | None = None

    def in_force(self, day: date) -> bool:
        """Whether the number is in service on ``day`` (Viet Nam)."""
        after_start = self.active_from is None or self.active_from <= day
        return after_start and (self.active_to is None or day <= self.active_to)


class Snapshot(_Part):
    """The whole. Broken ones are never constructed: see ``load``."""

    version: Literal[1] = 1
    max_calls: Annotated[int, Field(ge=1)] = DEFAULT_MAX_CALLS
    queues: tuple[SnapshotQueue, ...]
    operators: tuple[SnapshotOperator, ...]
    aliases: tuple[SnapshotAlias, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Let the engine's own rules speak, so that a file we accept is one the engine accepts."""
        try:
            to_configuration(self)
        except CallcenterError as error:
            raise ValueError(str(error)) from error
        names = {queue.name for queue in self.queues}
        if unknown := sorted(alias.number for alias in self.aliases if alias.queue not in names):
            raise ValueError(f"alias of unknown queue: {', '.join(unknown)}")
        numbers = [alias.number for alias in self.aliases]
        if len(set(numbers)) != len(numbers):
            raise ValueError("alias given twice")
        return self


def build(tx: Session, *, max_calls: int = DEFAULT_MAX_CALLS) -> Snapshot:
    """Read the snapshot from the database: active operators, all queues, all hotline numbers.

    Raises:
        BadInput: what is stored does not make a consistent whole.
    """
    served = repository.queues_of_operators(tx)
    try:
        return Snapshot(
            max_calls=max_calls,
            queues=tuple(SnapshotQueue.model_validate(row.model_dump()) for row in repository.queues(tx)),
            operators=tuple(
                SnapshotOperator(
                    number=row.number,
                    name=row.name,
                    sip_username=row.sip_username,
                    sip_ha1=row.sip_ha1,
                    queues=tuple(served.get(row.number, ())),
                    languages=tuple(row.languages),
                )
                for row in repository.operators(tx)
                if row.active
            ),
            aliases=tuple(_alias(alias) for alias in list_aliases(tx)),
        )
    except ValidationError as error:
        raise BadInput("snapshot_malformed", where=_where(error)) from error


def save(path: Path, snapshot: Snapshot) -> None:
    """Put the file in place whole or not at all, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(snapshot.model_dump_json(indent=1))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def load(path: Path) -> Snapshot:
    """Read and validate the file.

    Raises:
        NotFound: there is none.
        BadInput: it is not a snapshot; ``where`` names the parts that are wrong, without their values.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound("snapshot_missing", file=path.name) from error
    try:
        return Snapshot.model_validate_json(content)
    except ValidationError as error:
        raise BadInput("snapshot_malformed", file=path.name, where=_where(error)) from error


def to_configuration(snapshot: Snapshot) -> Configuration:
    """The part that the engine needs."""
    return Configuration(
        queues=tuple(
            QueueSettings(
                name=QueueName(queue.name),
                ring_timeout_s=queue.ring_timeout_s,
                wrap_up_s=queue.wrap_up_s,
                max_wait_s=queue.max_wait_s,
                max_waiting=queue.max_waiting,
                overflow_when_empty=queue.overflow_when_empty,
                priority_minutes=queue.priority_minutes,
            )
            for queue in snapshot.queues
        ),
        agents=tuple(
            AgentSettings(
                agent=AgentId(operator.number),
                queues=frozenset(QueueName(name) for name in operator.queues),
                languages=frozenset(operator.languages),
            )
            for operator in snapshot.operators
        ),
        max_calls=snapshot.max_calls,
    )


def _alias(alias: Alias) -> SnapshotAlias:
    return SnapshotAlias(
        number=alias.number,
        name=alias.name,
        owner=alias.owner,
        greeting=alias.greeting,
        queue=alias.queue,
        active_from=alias.active_from,
        active_to=alias.active_to,
    )


def _where(error: ValidationError) -> list[str]:
    """Place and kind of each fault; never the value, which may be a digest."""
    return [f"{'.'.join(map(str, fault['loc'])) or 'snapshot'}: {fault['msg']}" for fault in error.errors()]
