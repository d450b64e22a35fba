"""Laws that hold for every receipt, amount, calendar and history."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.deadlines.core.calendar import CalendarDay, DayKind, DayStatus, WorkingCalendar
from callcenter.deadlines.core.clock import apply, fold
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
from callcenter.deadlines.prefill import default_calendar
from callcenter.kernel.clock import VIETNAM
from callcenter.kernel.errors import Conflict

pytestmark = pytest.mark.property

OFFICIAL = default_calendar(2024, 2028)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 6, 30)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=VIETNAM)
)
amounts = st.integers(1, 60)
working_units = st.sampled_from([Unit.WORKING_HOURS, Unit.WORKING_DAYS, Unit.CALENDAR_DAYS])
terms = st.builds(lambda amount, unit: Term(amount=amount, unit=unit), amounts, st.sampled_from(list(Unit)))
few = settings(max_examples=60, deadline=None)


@st.composite
def calendars(draw: st.DrawFn) -> WorkingCalendar:
    """Any holidays and worked days, half of the time; else those of Viet Nam."""
    if draw(st.booleans()):
        return OFFICIAL
    days = draw(st.lists(st.dates(date(2024, 1, 1), date(2027, 12, 31)), max_size=30, unique=True))
    kinds = draw(st.lists(st.sampled_from(DayKind), min_size=len(days), max_size=len(days)))
    rows = tuple(
        CalendarDay(day=day, kind=kind, status=DayStatus.OFFICIAL, name="x", source="x")
        for day, kind in zip(days, kinds, strict=True)
    )
    return WorkingCalendar(version="drawn", first_year=2024, last_year=2028, official_until=2028, rows=rows)


@few
@given(calendars(), moments, amounts, working_units)
def test_never_due_outside_working_time(
    calendar: WorkingCalendar, at: datetime, amount: int, unit: Unit
) -> None:
    due = Term(amount=amount, unit=unit).due(at, calendar)
    assert calendar.is_open(due)
    assert due > at


@few
@given(calendars(), moments, moments, terms)
def test_who_comes_later_is_never_due_earlier(
    calendar: WorkingCalendar, one: datetime, other: datetime, term: Term
) -> None:
    first, second = sorted((one, other))
    assert term.due(first, calendar) <= term.due(second, calendar)


@few
@given(
    calendars(),
    moments,
    amounts,
    amounts,
    st.sampled_from([Unit.MINUTES, Unit.WORKING_HOURS, Unit.WORKING_DAYS]),
)
def test_n_and_then_m_is_n_plus_m(
    calendar: WorkingCalendar, at: datetime, n: int, m: int, unit: Unit
) -> None:
    step = Term(amount=n, unit=unit).due(at, calendar)
    assert Term(amount=m, unit=unit).due(step, calendar) == Term(amount=n + m, unit=unit).due(at, calendar)


@few
@given(calendars(), moments, amounts, st.sampled_from(list(Unit)))
def test_more_is_never_less(calendar: WorkingCalendar, at: datetime, amount: int, unit: Unit) -> None:
    less = Term(amount=amount, unit=unit).due(at, calendar)
    assert less <= Term(amount=amount + 1, unit=unit).due(at, calendar)


@few
@given(calendars(), moments, amounts)
def test_what_lies_between_is_what_was_added(calendar: WorkingCalendar, at: datetime, amount: int) -> None:
    by_hours = calendar.add_working_hours(at, amount)
    assert calendar.working_time_between(at, by_hours) == timedelta(hours=amount)
    by_days = calendar.add_working_days(at, amount)
    assert calendar.working_days_between(at.date(), by_days.date()) == amount


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Anything that can happen to a deadline, in any order; what cannot follow is left out."""
    at = draw(moments)
    events: list[Event] = [Received(at=at, term=draw(terms), calendar="a")]
    deadline = fold(events, CALENDARS)
    for _ in range(draw(st.integers(0, 8))):
        at += draw(st.timedeltas(timedelta(), timedelta(days=6)))
        event = draw(
            st.sampled_from(
                [
                    Paused(at=at, awaited="ảnh"),
                    Resumed(at=at),
                    Extended(at=at, by=draw(terms), reason="mưa", approver="Trưởng phòng"),
                    Settled(at=at),
                    Reopened(at=at, term=draw(terms)),
                    CalendarChanged(at=at, calendar=draw(st.sampled_from("ab"))),
                ]
            )
        )
        try:
            deadline = apply(deadline, event, CALENDARS)
        except Conflict:
            continue
        events.append(event)
    return events


CALENDARS = {"a": OFFICIAL, "b": default_calendar(2023, 2029)}


@few
@given(histories())
def test_a_history_replays_to_the_same_deadline(events: list[Event]) -> None:
    deadline = fold(events, CALENDARS)
    assert fold(events, CALENDARS) == deadline
    first = events[0]
    assert isinstance(first, Received)
    assert deadline.original_due == first.term.due(first.at, OFFICIAL)
    assert deadline.due == (deadline.moves[-1].after if deadline.moves else deadline.original_due)
    for before, after in zip(deadline.moves, deadline.moves[1:], strict=False):
        assert before.after == after.before


@few
@given(moments, terms, st.lists(st.timedeltas(timedelta(), timedelta(days=9)), max_size=6))
def test_a_pause_never_shortens(at: datetime, term: Term, steps: list[timedelta]) -> None:
    deadline = apply(None, Received(at=at, term=term, calendar="a"), CALENDARS)
    for number, step in enumerate(steps):
        at += step
        event = Resumed(at=at) if number % 2 else Paused(at=at, awaited="ảnh")
        after = apply(deadline, event, CALENDARS)
        assert after.due >= deadline.due
        deadline = after


@few
@given(histories())
def test_nothing_but_a_new_calendar_or_a_new_term_brings_a_date_forward(events: list[Event]) -> None:
    for move in fold(events, CALENDARS).moves:
        assert move.after > move.before or move.cause in {"reopened", "calendarchanged"}
