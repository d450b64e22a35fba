"""Operators' accounts, queues and hotline numbers.

Whoever changes them saves a new snapshot afterwards (``callcenter.desks.snapshot``): the switchboard and
Asterisk read only that. An operator is never deleted, since calls and tickets keep naming the number.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import Session

from acd.core.config import Configuration, QueueSettings
from callcenter.desks import repository
from callcenter.desks.models import AliasRow, OperatorRow, QueueRow
from callcenter.kernel.errors import BadInput, Conflict, NotFound
from callcenter.kernel.ids import AgentId, QueueName, agent_id, queue_name

DEFAULT_QUEUE = QueueName("general")
"""Made by the first migration; an operator serves it when nothing else is said."""

SIP_REALM = "asterisk"
"""Realm that Asterisk puts in its challenges unless told otherwise; part of the digest."""

_SECRET_LENGTH = 20
_SECRET_LETTERS = string.ascii_letters + string.digits
_LANGUAGE = re.compile(r"[a-z]{2}")
_ALIAS_NUMBER = re.compile(r"\+?\d{3,15}")
_PROMPT = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One operator as lists and pages show it."""

    number: AgentId
    name: str
    sip_username: str
    queues: tuple[QueueName, ...]
    languages: tuple[str, ...]
    active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOperator:
    """What must be told to the operator, once: the secret is stored nowhere."""

    number: AgentId
    name: str
    sip_username: str
    sip_secret: str = field(repr=False)
    queues: tuple[QueueName, ...]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One queue with its rules."""

    title: str
    settings: QueueSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """One number of the hotline."""

    number: str
    name: str
    owner: str
    greeting: str
    """Name of the greeting prompt."""
    queue: QueueName
    active_from: date | None = None
    active_to: date | None = None
    """Last day in force."""


def add_operator(
    tx: Session,
    number: str,
    name: str,
    *,
    now: datetime,
    queues: tuple[str, ...] = (DEFAULT_QUEUE,),
    languages: tuple[str, ...] = ("vi",),
) -> NewOperator:
    """Open an account with a SIP secret of its own.

    Raises:
        BadInput: number, name, a language or the queues are malformed.
        NotFound: a queue does not exist.
        Conflict: the number was given before, to an active operator or a former one.
    """
    agent = agent_id(number)
    served = _existing_queues(tx, queues)
    spoken = _checked_languages(languages)
    name = _checked_name(name)
    if repository.operator(tx, agent):
        raise Conflict("operator_exists", number=agent)
    username, secret = f"desk{agent}", _new_secret()
    tx.add(
        OperatorRow(
            number=agent,
            name=name,
            sip_username=username,
            sip_ha1=sip_ha1(username, secret),
            languages=list(spoken),
            active=True,
            created_at=now,
        )
    )
    tx.flush()
    repository.serve(tx, agent, served)
    return NewOperator(
        number=agent, name=name, sip_username=username, sip_secret=secret, queues=served, languages=spoken
    )


def list_operators(tx: Session) -> tuple[Operator, ...]:
    """All operators by number, former ones too."""
    served = repository.queues_of_operators(tx)
    return tuple(
        Operator(
            number=AgentId(row.number),
            name=row.name,
            sip_username=row.sip_username,
            queues=tuple(served.get(row.number, ())),
            languages=tuple(row.languages),
            active=row.active,
            created_at=row.created_at,
        )
        for row in repository.operators(tx)
    )


def deactivate(tx: Session, number: str) -> None:
    """Close the account: the desk leaves the next snapshot. Again is harmless.

    Raises:
        NotFound: there is no such operator.
    """
    row = _operator(tx, number)
    row.active = False
    tx.add(row)


def activate(tx: Session, number: str) -> None:
    """Open a closed account again, with the secret it had. Raises as ``deactivate``."""
    row = _operator(tx, number)
    row.active = True
    tx.add(row)


def set_secret(tx: Session, number: str) -> NewOperator:
    """Replace the SIP secret; the old one is worth nothing once the new snapshot is loaded.

    Raises:
        NotFound: there is no such operator.
    """
    row = _operator(tx, number)
    secret = _new_secret()
    row.sip_ha1 = sip_ha1(row.sip_username, secret)
    tx.add(row)
    return NewOperator(
        number=AgentId(row.number),
        name=row.name,
        sip_username=row.sip_username,
        sip_secret=secret,
        queues=tuple(repository.queues_of_operators(tx).get(row.number, ())),
        languages=tuple(row.languages),
    )


def set_queues(tx: Session, number: str, queues: tuple[str, ...]) -> None:
    """Say which queues the operator serves from now on.

    Raises:
        NotFound: the operator or a queue does not exist.
        BadInput: no queue at all, or a malformed name.
    """
    repository.serve(tx, AgentId(_operator(tx, number).number), _existing_queues(tx, queues))


def put_queue(tx: Session, settings: QueueSettings, *, title: str) -> None:
    """Add the queue, or change the one of that name.

    Raises:
        BadInput: ``queue_out_of_range``: the engine would refuse it, so it is never stored.
    """
    Configuration(queues=(settings,), agents=())
    tx.merge(
        QueueRow(
            name=queue_name(settings.name),
            title=_checked_name(title),
            ring_timeout_s=settings.ring_timeout_s,
            wrap_up_s=settings.wrap_up_s,
            max_wait_s=settings.max_wait_s,
            max_waiting=settings.max_waiting,
            overflow_when_empty=settings.overflow_when_empty,
            priority_minutes=settings.priority_minutes,
        )
    )
    tx.flush()


def list_queues(tx: Session) -> tuple[Queue, ...]:
    """All queues by name."""
    return tuple(
        Queue(
            title=row.title,
            settings=QueueSettings(
                name=QueueName(row.name),
                ring_timeout_s=row.ring_timeout_s,
                wrap_up_s=row.wrap_up_s,
                max_wait_s=row.max_wait_s,
                max_waiting=row.max_waiting,
                overflow_when_empty=row.overflow_when_empty,
                priority_minutes=row.priority_minutes,
            ),
        )
        for row in repository.queues(tx)
    )


def put_alias(tx: Session, alias: Alias) -> None:
    """Add the hotline number, or change it.

    Raises:
        BadInput: the number or the prompt is malformed, nobody owns it, or it ends before it begins.
        NotFound: its queue does not exist.
    """
    if not _ALIAS_NUMBER.fullmatch(alias.number) or not _PROMPT.fullmatch(alias.greeting):
        raise BadInput("alias_malformed", number=alias.number[:20])
    owner = " ".join(alias.owner.split())
    if not owner:
        raise BadInput("alias_without_owner", number=alias.number)
    if alias.active_from and alias.active_to and alias.active_to < alias.active_from:
        raise BadInput("alias_ends_before_it_begins", number=alias.number)
    (queue,) = _existing_queues(tx, (alias.queue,))
    tx.merge(
        AliasRow(
            number=alias.number,
            name=_checked_name(alias.name),
            owner=owner,
            greeting=alias.greeting,
            queue=queue,
            active_from=alias.active_from,
            active_to=alias.active_to,
        )
    )
    tx.flush()


def list_aliases(tx: Session) -> tuple[Alias, ...]:
    """All hotline numbers, in force or not."""
    return tuple(
        Alias(
            number=row.number,
            name=row.name,
            owner=row.owner,
            greeting=row.greeting,
            queue=QueueName(row.queue),
            active_from=row.active_from,
            active_to=row.active_to,
        )
        for row in repository.aliases(tx)
    )


def sip_ha1(username: str, secret: str) -> str:
    """Digest that Asterisk checks a registration against (RFC 2617 HA1; MD5 is what SIP phones speak)."""
    return hashlib.md5(f"{username}:{SIP_REALM}:{secret}".encode(), usedforsecurity=False).hexdigest()


def _new_secret() -> str:
    return "".join(secrets.choice(_SECRET_LETTERS) for _ in range(_SECRET_LENGTH))


def _operator(tx: Session, number: str) -> OperatorRow:
    row = repository.operator(tx, agent_id(number))
    if row is None:
        raise NotFound("operator_unknown", number=number)
    return row


def _existing_queues(tx: Session, names: tuple[str, ...]) -> tuple[QueueName, ...]:
    wanted = tuple(sorted({queue_name(name) for name in names}))
    if not wanted:
        raise BadInput("operator_without_queue")
    for name in wanted:
        if repository.queue(tx, name) is None:
            raise NotFound("queue_unknown", queue=name)
    return wanted


def _checked_languages(languages: tuple[str, ...]) -> tuple[str, ...]:
    if not languages or not all(_LANGUAGE.fullmatch(language) for language in languages):
        raise BadInput("languages_malformed", languages=languages)
    return tuple(dict.fromkeys(languages))


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 200 or not name.isprintable():
        raise BadInput("name_malformed")
    return name
