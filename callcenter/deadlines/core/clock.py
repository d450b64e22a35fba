"""One deadline, folded from its events: when it is due, when it first was, what moved it. Pure.

The same events and calendars always give the same deadline. An event that cannot follow the ones before it is
refused, so that it never gets into the history; a history that was accepted folds without error.

A pause gives back what it took, in the unit of the term: minutes, office time, or the working days after the day
of the question up to the day of the answer. One that begins when the time is already over gives nothing back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from callcenter.deadlines.core.calendar import WorkingCalendar, vietnam_day
from callcenter.deadlines.core.events import (
    CalendarChanged,
    Event,
    Extended,
    Paused,
    Received,
    Reopened,
    Resumed,
    Settled,
)
from callcenter.deadlines.core.rules import Term, Unit
from callcenter.kernel.errors import BadInput, Conflict, NotFound

Calendars = Mapping[str, WorkingCalendar]
"""By version; every version that a history names must stay."""


class ClockState(StrEnum):
    """Whether the time runs."""

    RUNNING = "running"
    PAUSED = "paused"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """One wait for the citizen."""

    start: datetime
    awaited: str
    counts: bool
    """False when the time was over before it began: then it gives nothing back."""
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One change of the date, with both dates."""

    at: datetime
    cause: str
    """The event, in lower case: ``extended``."""
    before: datetime
    after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """Where the clock of one duty stands."""

    received: datetime
    began: datetime
    """Of the present term: the receipt, or the last reopening."""
    term: Term
    source: str
    calendar: str
    original_due: datetime
    """What was promised at the receipt. Nothing ever changes it."""
    due: datetime
    """What counts now. During a pause it stands still, and moves on when the citizen has answered."""
    state: ClockState = ClockState.RUNNING
    pauses: tuple[Pause, ...] = ()
    extensions: tuple[Extended, ...] = ()
    moves: tuple[Move, ...] = ()
    settled_at: datetime | None = None
    last_at: datetime

    def stopped_at(self) -> datetime | None:
        """Since when the clock stands still; None while it runs."""
        if self.state is ClockState.SETTLED:
            return self.settled_at
        if self.state is ClockState.PAUSED and self.pauses[-1].counts:
            return self.pauses[-1].start
        return None

    def is_overdue(self, now: datetime) -> bool:
        """Whether the date has passed. A settled duty is judged by when it was done, a paused one by its pause."""
        return (self.stopped_at() or now) > self.due

    def remaining(self, now: datetime, calendar: WorkingCalendar) -> timedelta:
        """How much is left, negative if overdue: office time for terms in working time, else by the wall clock.

        Raises:
            BadInput: ``now`` has no zone.
            NotFound: a year is not in the calendar.
        """
        at = self.stopped_at() or now
        if self.term.unit in (Unit.WORKING_HOURS, Unit.WORKING_DAYS):
            return calendar.working_time_between(at, self.due)
        return self.due - at


def fold(events: Iterable[Event], calendars: Calendars) -> Deadline:
    """The deadline after ``events``, oldest first.

    Raises:
        BadInput: there are none, or a time has no zone.
        Conflict: they cannot have happened in this order.
        NotFound: a calendar is unknown, or does not reach far enough.
    """
    deadline = None
    for event in events:
        deadline = apply(deadline, event, calendars)
    if deadline is None:
        raise BadInput("deadline_without_events")
    return deadline


def apply(deadline: Deadline | None, event: Event, calendars: Calendars) -> Deadline:
    """``deadline`` after one more event; for checking a wish before it is stored, too.

    Raises:
        BadInput: a time has no zone, or an extension names no reason or approver.
        Conflict: ``event`` cannot follow.
        NotFound: a calendar is unknown, or does not reach far enough.
    """
    if event.at.tzinfo is None:
        raise BadInput("datetime_without_zone", value=event.at.isoformat())
    if deadline is None:
        if not isinstance(event, Received):
            raise Conflict("deadline_not_received", event=_word(event))
        return _received(event, calendars)
    if event.at < deadline.last_at:
        raise Conflict("deadline_event_out_of_order", event=_word(event), at=str(event.at))
    if isinstance(event, CalendarChanged):
        _calendar(calendars, event.calendar)
    after = _after(deadline, event)
    # A pause moves the date when it ends. What was done in time stays done in time, whatever is found out later.
    unmoved = isinstance(event, Paused) or deadline.state is after.state is ClockState.SETTLED
    due = deadline.due if unmoved else _due(after, calendars)
    if due != deadline.due:
        move = Move(at=event.at, cause=_word(event), before=deadline.due, after=due)
        after = replace(after, due=due, moves=(*after.moves, move))
    return after


def _received(event: Received, calendars: Calendars) -> Deadline:
    due = event.term.due(event.at, _calendar(calendars, event.calendar))
    return Deadline(
        received=event.at,
        began=event.at,
        term=event.term,
        source=event.source,
        calendar=event.calendar,
        original_due=due,
        due=due,
        last_at=event.at,
    )


def _after(deadline: Deadline, event: Event) -> Deadline:
    """All that ``event`` changes, but for the due date."""
    state, at = deadline.state, event.at
    match event:
        case Paused() if state is ClockState.RUNNING:
            pause = Pause(start=at, awaited=event.awaited, counts=at <= deadline.due)
            return replace(deadline, last_at=at, state=ClockState.PAUSED, pauses=(*deadline.pauses, pause))
        case Resumed() if state is ClockState.PAUSED:
            return replace(deadline, last_at=at, state=ClockState.RUNNING, pauses=_ended(deadline.pauses, at))
        case Extended() if state is not ClockState.SETTLED:
            if not event.reason.strip() or not event.approver.strip():
                raise BadInput("deadline_extension_unfounded")
            return replace(deadline, last_at=at, extensions=(*deadline.extensions, event))
        case Settled() if state is not ClockState.SETTLED:
            return replace(
                deadline,
                last_at=at,
                state=ClockState.SETTLED,
                settled_at=at,
                pauses=_ended(deadline.pauses, at),
            )
        case Reopened() if state is ClockState.SETTLED:
            return replace(
                deadline,
                last_at=at,
                state=ClockState.RUNNING,
                began=at,
                term=event.term,
                settled_at=None,
                pauses=(),
                extensions=(),
            )
        case CalendarChanged():
            return replace(deadline, last_at=at, calendar=event.calendar)
        case Received() | Paused() | Resumed() | Extended() | Settled() | Reopened():
            raise Conflict("deadline_event_impossible", event=_word(event), state=state.value)
        case _:
            assert_never(event)


def _ended(pauses: tuple[Pause, ...], at: datetime) -> tuple[Pause, ...]:
    if pauses and pauses[-1].end is None:
        return (*pauses[:-1], replace(pauses[-1], end=at))
    return pauses


def _due(deadline: Deadline, calendars: Calendars) -> datetime:
    calendar = _calendar(calendars, deadline.calendar)
    due = _with_pauses(deadline, calendar)
    for extension in deadline.extensions:
        due = extension.by.due(due, calendar)
    return due


def _with_pauses(deadline: Deadline, calendar: WorkingCalendar) -> datetime:
    """The end of the term, lengthened by what the pauses took."""
    term, began = deadline.term, deadline.began
    waits = [(p.start, p.end) for p in deadline.pauses if p.counts and p.end is not None]
    if not waits:
        return term.due(began, calendar)
    match term.unit:
        case Unit.MINUTES:
            return term.due(began, calendar) + sum((end - start for start, end in waits), timedelta())
        case Unit.WORKING_HOURS:
            waited = sum((calendar.working_time_between(start, end) for start, end in waits), timedelta())
            return calendar.add_working_time(began, timedelta(hours=term.amount) + waited)
        case Unit.WORKING_DAYS:
            days = sum(
                calendar.working_days_between(vietnam_day(start), vietnam_day(end)) for start, end in waits
            )
            return calendar.add_working_days(began, term.amount + days)
        case Unit.CALENDAR_DAYS:
            days = sum((vietnam_day(end) - vietnam_day(start)).days for start, end in waits)
            return calendar.add_calendar_days(began, term.amount + days)


def _calendar(calendars: Calendars, version: str) -> WorkingCalendar:
    if (calendar := calendars.get(version)) is None:
        raise NotFound("calendar_unknown", version=version)
    return calendar


def _word(event: Event) -> str:
    return type(event).__name__.lower()
