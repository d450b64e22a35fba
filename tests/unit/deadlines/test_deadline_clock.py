"""Deadlines folded from what happened, each date worked out by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from callcenter.deadlines.core.calendar import CalendarDay, DayKind, DayStatus, WorkingCalendar
from callcenter.deadlines.core.clock import ClockState, Deadline, Move, apply, fold
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
from callcenter.kernel.clock import VIETNAM
from callcenter.kernel.errors import BadInput, Conflict, NotFound

pytestmark = pytest.mark.unit


def at(text: str) -> datetime:
    """A moment of March 2026, which has no holiday: ``02T09:00`` is a Monday."""
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=VIETNAM)


def calendar(version: str, *off: int) -> WorkingCalendar:
    return WorkingCalendar(
        version=version,
        first_year=2026,
        last_year=2026,
        official_until=2026,
        rows=tuple(
            CalendarDay(
                day=at(f"{day:02}T00:00").date(),
                kind=DayKind.OFF,
                status=DayStatus.OFFICIAL,
                name="Nghỉ",
                source="thử",
            )
            for day in off
        ),
    )


PLAIN, WITHOUT_THE_FOURTH = calendar("plain"), calendar("later", 4)
CALENDARS = {one.version: one for one in (PLAIN, WITHOUT_THE_FOURTH)}


def term(amount: int, unit: Unit = Unit.WORKING_DAYS) -> Term:
    return Term(amount=amount, unit=unit)


def received(text: str = "02T09:00", of: Term | None = None) -> Received:
    return Received(at=at(text), term=of or term(3), calendar="plain")


def paused(text: str) -> Paused:
    return Paused(at=at(text), awaited="ảnh hiện trường")


def resumed(text: str) -> Resumed:
    return Resumed(at=at(text))


def extended(text: str, by: Term, reason: str = "Phải đào đường", approver: str = "Phó Giám đốc") -> Extended:
    return Extended(at=at(text), by=by, reason=reason, approver=approver)


def folded(*events: Event) -> Deadline:
    return fold(events, CALENDARS)


def test_a_receipt_promises_a_date() -> None:
    deadline = folded(received())
    assert deadline.due == deadline.original_due == at("05T17:00")
    assert (deadline.state, deadline.moves) == (ClockState.RUNNING, ())


@pytest.mark.parametrize(
    ("of", "start", "end", "due"),
    [
        # Asked on Tuesday, answered on Thursday: Wednesday and Thursday do not count.
        (term(3), "03T10:00", "05T10:00", "09T17:00"),
        (term(3), "03T10:00", "03T16:00", "05T17:00"),
        (term(3), "06T10:00", "08T10:00", "05T17:00"),
        (term(7), "06T10:00", "08T10:00", "11T17:00"),
        # 1 h was used before we asked; the other 7 begin on Tuesday morning.
        (term(8, Unit.WORKING_HOURS), "02T10:00", "02T20:00", "03T16:30"),
        (term(8, Unit.WORKING_HOURS), "02T18:00", "03T06:00", "03T09:30"),
        (term(60, Unit.MINUTES), "02T09:30", "02T09:45", "02T10:15"),
        # Monday + 7 days is Monday 9; two days more are Wednesday 11.
        (term(7, Unit.CALENDAR_DAYS), "04T09:00", "06T09:00", "11T17:00"),
        # Monday + 5 days is Saturday 7, so Monday 9; one day more is Sunday, so Monday as well.
        (term(5, Unit.CALENDAR_DAYS), "04T09:00", "05T09:00", "09T17:00"),
    ],
)
def test_a_pause_gives_back_what_it_took(of: Term, start: str, end: str, due: str) -> None:
    deadline = folded(received(of=of), paused(start), resumed(end))
    assert deadline.due == at(due)
    assert deadline.original_due == of.due(at("02T09:00"), PLAIN)


def test_two_pauses_add_up() -> None:
    deadline = folded(
        received(), paused("03T08:00"), resumed("04T08:00"), paused("04T09:00"), resumed("05T08:00")
    )
    assert deadline.due == at("09T17:00")


def test_during_a_pause_the_clock_stands_still() -> None:
    deadline = folded(received(), paused("04T15:00"))
    assert (deadline.state, deadline.due) == (ClockState.PAUSED, at("05T17:00"))
    assert not deadline.is_overdue(at("20T09:00"))
    left = deadline.remaining(at("20T09:00"), PLAIN)
    assert left == timedelta(hours=2 + 7, minutes=30)


def test_a_pause_after_the_date_gives_nothing_back() -> None:
    deadline = folded(received(), paused("06T09:00"), resumed("12T09:00"))
    assert deadline.due == at("05T17:00")
    assert folded(received(), paused("06T09:00")).is_overdue(at("06T09:00"))


def test_what_is_settled_during_a_pause_was_not_late() -> None:
    deadline = folded(received(), paused("05T16:00"), Settled(at=at("10T09:00")))
    assert deadline.due == at("10T17:00")
    assert not deadline.is_overdue(at("31T09:00"))


def test_an_extension_keeps_the_original_date_its_reason_and_who_approved() -> None:
    deadline = folded(received(), extended("04T09:00", term(2)))
    assert (deadline.original_due, deadline.due) == (at("05T17:00"), at("09T17:00"))
    assert deadline.extensions[0].approver == "Phó Giám đốc"
    assert deadline.moves == (
        Move(at=at("04T09:00"), cause="extended", before=at("05T17:00"), after=at("09T17:00")),
    )


def test_extensions_add_up_and_may_use_another_unit() -> None:
    twice = folded(received(), extended("04T09:00", term(2)), extended("09T09:00", term(1)))
    assert twice.due == at("10T17:00")
    hours = folded(received(), extended("04T09:00", term(4, Unit.WORKING_HOURS)))
    assert hours.due == at("06T11:30")


def test_a_pause_after_an_extension_still_counts() -> None:
    deadline = folded(received(), extended("04T09:00", term(2)), paused("06T09:00"), resumed("09T09:00"))
    assert deadline.due == at("10T17:00")


@pytest.mark.parametrize(("reason", "approver"), [("", "Giám đốc"), ("Mưa", " ")])
def test_an_extension_without_reason_or_approver_is_refused(reason: str, approver: str) -> None:
    with pytest.raises(BadInput, match="deadline_extension_unfounded"):
        folded(received(), extended("03T09:00", term(1), reason, approver))


def test_reopening_starts_a_new_time_and_keeps_the_first_promise() -> None:
    deadline = folded(
        received(),
        extended("04T09:00", term(2)),
        Settled(at=at("09T10:00")),
        Reopened(at=at("12T10:00"), term=term(1)),
    )
    assert (deadline.original_due, deadline.due) == (at("05T17:00"), at("13T17:00"))
    assert (deadline.received, deadline.began) == (at("02T09:00"), at("12T10:00"))
    assert deadline.extensions == ()
    assert [move.cause for move in deadline.moves] == ["extended", "reopened"]


def test_a_corrected_calendar_moves_the_date_and_both_dates_are_kept() -> None:
    deadline = folded(received(), CalendarChanged(at=at("03T09:00"), calendar="later"))
    assert (deadline.original_due, deadline.due) == (at("05T17:00"), at("06T17:00"))
    assert deadline.moves[0].cause == "calendarchanged"
    back = folded(
        received(),
        CalendarChanged(at=at("03T09:00"), calendar="later"),
        CalendarChanged(at=at("03T10:00"), calendar="plain"),
    )
    assert back.due == at("05T17:00")
    assert len(back.moves) == 2


def test_a_corrected_calendar_counts_for_earlier_pauses_too() -> None:
    waited = (received(), paused("03T10:00"), resumed("05T10:00"))
    assert folded(*waited).due == at("09T17:00")
    # With Wednesday off only Thursday was taken; and 3 working days end on Friday instead of Thursday.
    assert folded(*waited, CalendarChanged(at=at("05T11:00"), calendar="later")).due == at("09T17:00")


def test_a_corrected_calendar_does_not_judge_again_what_is_settled() -> None:
    deadline = folded(
        received(), Settled(at=at("05T16:00")), CalendarChanged(at=at("06T09:00"), calendar="later")
    )
    assert (deadline.due, deadline.moves) == (at("05T17:00"), ())
    again = apply(deadline, Reopened(at=at("06T10:00"), term=term(1)), CALENDARS)
    assert again.calendar == "later"


def test_overdue_begins_after_the_due_time() -> None:
    deadline = folded(received())
    assert not deadline.is_overdue(at("05T17:00"))
    assert deadline.is_overdue(at("05T17:01"))
    assert folded(received(), Settled(at=at("05T17:01"))).is_overdue(at("05T16:00"))


def test_what_remains_is_office_time_or_time_on_the_wall() -> None:
    assert folded(received()).remaining(at("05T16:00"), PLAIN) == timedelta(hours=1)
    assert folded(received()).remaining(at("06T08:00"), PLAIN) == -timedelta(minutes=30)
    assert folded(received(of=term(60, Unit.MINUTES))).remaining(at("02T09:50"), PLAIN) == timedelta(
        minutes=10
    )
    week = folded(received(of=term(7, Unit.CALENDAR_DAYS)))
    assert week.remaining(at("08T17:00"), PLAIN) == timedelta(days=1)


@pytest.mark.parametrize(
    "events",
    [
        (paused("02T09:00"),),
        (received(), received("03T09:00")),
        (received(), resumed("03T09:00")),
        (received(), paused("03T09:00"), paused("03T10:00")),
        (received(), Reopened(at=at("03T09:00"), term=term(1))),
        (received(), Settled(at=at("03T09:00")), paused("03T10:00")),
        (received(), Settled(at=at("03T09:00")), Settled(at=at("03T10:00"))),
        (received(), Settled(at=at("03T09:00")), extended("03T10:00", term(1))),
        (received(), paused("03T09:00"), resumed("03T08:59")),
    ],
)
def test_what_cannot_have_happened_is_refused(events: tuple[Event, ...]) -> None:
    with pytest.raises(Conflict):
        folded(*events)


def test_no_events_no_zone_and_no_calendar_are_refused() -> None:
    with pytest.raises(BadInput, match="deadline_without_events"):
        folded()
    with pytest.raises(BadInput, match="datetime_without_zone"):
        folded(received(), Resumed(at=datetime(2026, 3, 3)))  # noqa: DTZ001
    for before in ((received(),), (received(), Settled(at=at("03T08:00")))):
        with pytest.raises(NotFound, match="calendar_unknown"):
            folded(*before, CalendarChanged(at=at("03T09:00"), calendar="lost"))


def test_a_wish_that_is_refused_leaves_the_deadline_as_it_was() -> None:
    deadline = folded(received())
    with pytest.raises(Conflict):
        apply(deadline, resumed("03T09:00"), CALENDARS)
    assert deadline == folded(received())
