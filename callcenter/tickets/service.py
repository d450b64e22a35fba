"""From a call to a ticket: opened when an operator answers or a message is left, filled when it was heard.

Everything here may be done again with the same outcome: the loader and the worker's jobs repeat themselves
after a crash.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from callcenter.kernel import ticket_code
from callcenter.kernel.clock import VIETNAM
from callcenter.kernel.errors import BadInput, NotFound
from callcenter.kernel.phone import HOME_AREA_CODE, PhoneKind, normalise
from callcenter.storage.models import fitted
from callcenter.tickets import repository
from callcenter.tickets.models import ContactRow, TicketEventRow, TicketRow
from callcenter.tickets.states import TicketState, TranscriptStatus, check
from recordings.core.dialogue import Dialogue, Speaker

PHONE = "phone"
"""Channel of everything that came by a call."""

SYSTEM = "system"
"""Actor of what no person did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """What a ticket needs to know of its call when it is opened."""

    call: str
    alias: str
    caller: str = field(repr=False)
    """As the trunk sent it; ``""`` when withheld."""
    opened_at: datetime
    language: str | None = None
    answered_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One ticket as lists and pages show it; never who reported it."""

    code: str
    opened_at: datetime
    state: TicketState
    text: str = field(repr=False)
    channel: str
    alias: str
    language: str | None
    call: str | None
    transcript_status: TranscriptStatus
    transcript_reason: str | None
    recording_declined: bool
    answered_by: str | None
    outcome: str | None
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One thing that happened to a ticket."""

    at: datetime
    kind: str
    actor: str
    before: str | None
    after: str | None
    detail: Any


def open_for_call(tx: Session, facts: CallFacts, *, home_area_code: str = HOME_AREA_CODE) -> Ticket:
    """Open the call's ticket, or return the one it has; the code's day is Viet Nam's at the opening.

    ``home_area_code`` is the landline area, without 0, of a caller whose number came without one.
    """
    if found := repository.by_call(tx, facts.call):
        return _note_operator(tx, found, facts)
    try:
        with tx.begin_nested():
            return _value(_opened(tx, facts, home_area_code))
    except IntegrityError:
        # Another transaction opened it since we looked; the savepoint gave our number back.
        found = repository.by_call(tx, facts.call)
        if found is None:
            raise
        return _note_operator(tx, found, facts)


def fill_from_transcript(
    tx: Session, call: str, dialogue: Dialogue | None, reason: str | None, *, now: datetime
) -> Ticket:
    """Put what the citizen said into the ticket, or why that is not known, and receive it.

    A text that somebody wrote meanwhile stays.

    Raises:
        NotFound: the call has no ticket.
    """
    row = _of_call(tx, call)
    status = TranscriptStatus.READY if dialogue else TranscriptStatus.MISSING
    if row.transcript_status == TranscriptStatus.READY and dialogue is None:
        return _value(row)
    if dialogue and not row.text:
        row.text = dialogue.said_by(Speaker.CITIZEN)
    if row.transcript_status != status or row.transcript_reason != reason:
        row.transcript_status, row.transcript_reason = status, reason
        _event(tx, row, "transcript", now, detail={"status": status.value, "reason": reason})
    _move(tx, row, TicketState.RECEIVED, now)
    return _saved(tx, row)


def set_recording_declined(tx: Session, call: str, *, now: datetime) -> Ticket:
    """Note that the citizen declined the recording, so that nobody looks for one. Raises ``NotFound``."""
    row = _of_call(tx, call)
    if not row.recording_declined:
        row.recording_declined = True
        _event(tx, row, "recording_declined", now)
    return _saved(tx, row)


def set_outcome(tx: Session, call: str, outcome: str) -> Ticket:
    """Note how the call ended. Raises ``NotFound``."""
    row = _of_call(tx, call)
    row.outcome = outcome
    return _saved(tx, row)


def set_problem(tx: Session, call: str, problem: str, *, now: datetime) -> Ticket:
    """Note the code of what went wrong with the work after the call, for a person to see, and receive it.

    Raises:
        NotFound: the call has no ticket.
    """
    row = _of_call(tx, call)
    if row.problem != problem:
        row.problem = problem
        _event(tx, row, "problem", now, detail={"problem": problem})
    _move(tx, row, TicketState.RECEIVED, now)
    return _saved(tx, row)


def find_by_call(tx: Session, call: str) -> Ticket | None:
    """The call's ticket."""
    row = repository.by_call(tx, call)
    return _value(row) if row else None


def find_by_code(tx: Session, code: str) -> Ticket | None:
    """The ticket of that code; ``None`` when there is none or the code cannot be right."""
    try:
        spelled = ticket_code.parse(code)
    except BadInput:
        return None
    row = repository.by_code(tx, str(spelled))
    return _value(row) if row else None


def list_recent(tx: Session, limit: int = 50) -> tuple[Ticket, ...]:
    """The latest tickets, newest first."""
    return tuple(_value(row) for row in repository.newest(tx, limit))


def today_count(tx: Session, today: date) -> int:
    """Tickets opened on the day ``today`` of Viet Nam."""
    return repository.count_on(tx, today)


def history(tx: Session, code: str) -> tuple[HistoryEntry, ...]:
    """What happened to the ticket, oldest first. Raises ``NotFound``."""
    ticket = find_by_code(tx, code)
    row = repository.by_code(tx, ticket.code) if ticket else None
    if row is None or row.id is None:
        raise NotFound("ticket_unknown", ticket=code)
    return tuple(
        HistoryEntry(
            at=event.at,
            kind=event.kind,
            actor=event.actor,
            before=event.from_state,
            after=event.to_state,
            detail=event.detail,
        )
        for event in repository.history(tx, row.id)
    )


def _opened(tx: Session, facts: CallFacts, home_area_code: str) -> TicketRow:
    day = facts.opened_at.astimezone(VIETNAM).date()
    values = {
        "code": str(ticket_code.make(day, repository.next_sequence(tx, day))),
        "opened_at": facts.opened_at,
        "state": TicketState.DRAFT.value,
        "text": "",
        "channel": PHONE,
        "alias": facts.alias,
        "language": facts.language,
        "call": facts.call,
        "transcript_status": TranscriptStatus.PENDING.value,
        "recording_declined": False,
        "answered_by": facts.answered_by,
    }
    row = TicketRow(**fitted(TicketRow, values))
    tx.add(row)
    tx.flush()
    assert row.id is not None
    tx.add(
        ContactRow(
            ticket_id=row.id,
            reporter_id=_reporter(tx, facts.caller, home_area_code),
            channel=PHONE,
            call=facts.call,
            received_at=facts.opened_at,
            text="",
        )
    )
    _event(tx, row, "opened", facts.opened_at, after=TicketState.DRAFT, actor=facts.answered_by or SYSTEM)
    tx.flush()
    return row


def _reporter(tx: Session, caller: str, home_area_code: str) -> int | None:
    phone = normalise(caller, home_area_code=home_area_code)
    if phone.kind is PhoneKind.WITHHELD:
        return None
    return repository.reporter_id(tx, key=phone.key, e164=phone.e164, display=phone.national)


def _note_operator(tx: Session, row: TicketRow, facts: CallFacts) -> Ticket:
    """After a transfer the last operator answers for the ticket."""
    if facts.answered_by and row.answered_by != facts.answered_by:
        row.answered_by = facts.answered_by
        _event(tx, row, "answered", facts.opened_at, actor=facts.answered_by)
        return _saved(tx, row)
    return _value(row)


def _move(tx: Session, row: TicketRow, state: TicketState, now: datetime) -> None:
    before = TicketState(row.state)
    if before is state:
        return
    check(before, state)
    row.state = state.value
    _event(tx, row, "state", now, before=before, after=state)


def _event(
    tx: Session,
    row: TicketRow,
    kind: str,
    at: datetime,
    *,
    actor: str = SYSTEM,
    before: TicketState | None = None,
    after: TicketState | None = None,
    detail: Any = None,
) -> None:
    assert row.id is not None
    tx.add(
        TicketEventRow(
            ticket_id=row.id,
            at=at,
            kind=kind,
            actor=actor,
            from_state=before.value if before else None,
            to_state=after.value if after else None,
            detail=detail,
        )
    )


def _of_call(tx: Session, call: str) -> TicketRow:
    row = repository.by_call(tx, call)
    if row is None:
        raise NotFound("ticket_unknown", call=call)
    return row


def _saved(tx: Session, row: TicketRow) -> Ticket:
    tx.add(row)
    tx.flush()
    return _value(row)


def _value(row: TicketRow) -> Ticket:
    return Ticket(
        code=row.code,
        opened_at=row.opened_at,
        state=TicketState(row.state),
        text=row.text,
        channel=row.channel,
        alias=row.alias,
        language=row.language,
        call=row.call,
        transcript_status=TranscriptStatus(row.transcript_status),
        transcript_reason=row.transcript_reason,
        recording_declined=row.recording_declined,
        answered_by=row.answered_by,
        outcome=row.outcome,
        problem=row.problem,
    )
