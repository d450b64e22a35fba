"""The calendar against due dates worked out by hand on paper calendars of 2025 to 2027."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from callcenter.deadlines.core.calendar import CalendarDay, DayKind, DayStatus, WorkingCalendar
from callcenter.deadlines.core.office import ORDINARY_DAY, OfficeHours, Shift
from callcenter.deadlines.prefill import default_calendar
from callcenter.kernel.clock import VIETNAM
from callcenter.kernel.errors import BadInput, NotFound

pytestmark = pytest.mark.unit

CALENDAR = default_calendar(2025, 2028)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def row(day: str, kind: DayKind) -> CalendarDay:
    return CalendarDay(
        day=date.fromisoformat(day), kind=kind, status=DayStatus.OFFICIAL, name="thử", source="thử"
    )


def bare(*rows: CalendarDay, office_hours: OfficeHours | None = None) -> WorkingCalendar:
    return WorkingCalendar(
        version="bare",
        first_year=2026,
        last_year=2026,
        official_until=2026,
        rows=rows,
        office_hours=office_hours or OfficeHours(),
    )


@pytest.mark.parametrize(
    ("received", "count", "due"),
    [
        # The three of the domain reference: Tết, National Day with its swap, the swap the library lacks.
        ("2026-02-13T09:00", 3, "2026-02-25"),
        ("2026-08-28T09:00", 3, "2026-09-07"),
        ("2025-12-31T09:00", 2, "2026-01-06"),
        # An ordinary week.
        ("2026-03-02T09:00", 1, "2026-03-03"),
        ("2026-03-02T00:00", 1, "2026-03-03"),
        ("2026-03-02T23:59:59.999999", 1, "2026-03-03"),
        ("2026-03-02T09:00", 7, "2026-03-11"),
        ("2026-03-02T09:00", 10, "2026-03-16"),
        # Over and from a weekend.
        ("2026-03-06T09:00", 1, "2026-03-09"),
        ("2026-03-07T09:00", 1, "2026-03-09"),
        ("2026-03-08T09:00", 2, "2026-03-10"),
        # 2 January 2026 off, Saturday 10 January worked for it.
        ("2026-01-01T09:00", 1, "2026-01-05"),
        ("2026-01-02T09:00", 1, "2026-01-05"),
        ("2026-01-09T09:00", 1, "2026-01-10"),
        ("2026-01-09T09:00", 2, "2026-01-12"),
        ("2026-01-10T09:00", 1, "2026-01-12"),
        # Hùng Kings on Sunday 26 April 2026: Monday off instead; then 30 April and 1 May.
        ("2026-04-24T09:00", 1, "2026-04-28"),
        ("2026-04-24T09:00", 3, "2026-05-04"),
        ("2026-04-29T09:00", 1, "2026-05-04"),
        # Saturday 22 August 2026 worked for Monday 31 August.
        ("2026-08-21T09:00", 1, "2026-08-22"),
        ("2026-08-21T09:00", 2, "2026-08-24"),
        ("2026-08-31T09:00", 1, "2026-09-03"),
        # 24 November 2026, expected.
        ("2026-11-23T09:00", 1, "2026-11-25"),
        # 2025: Tết 25 January to 2 February, Hùng Kings 7 April, 26 April worked for 2 May, 1-2 September.
        ("2025-01-24T09:00", 1, "2025-02-03"),
        ("2025-01-24T09:00", 7, "2025-02-11"),
        ("2025-04-04T09:00", 1, "2025-04-08"),
        ("2025-04-24T09:00", 2, "2025-04-26"),
        ("2025-04-29T09:00", 1, "2025-05-05"),
        ("2025-08-29T09:00", 2, "2025-09-04"),
        # Over the turn of a year.
        ("2026-12-31T09:00", 1, "2027-01-04"),
    ],
)
def test_working_days_do_not_count_the_receipt_and_end_when_the_office_closes(
    received: str, count: int, due: str
) -> None:
    assert CALENDAR.add_working_days(at(received), count) == at(f"{due}T17:00")


@pytest.mark.parametrize(
    ("received", "hours", "due"),
    [
        ("2026-03-02T09:00", 2, "2026-03-02T11:00"),
        ("2026-03-02T09:00", 4, "2026-03-02T15:00"),
        ("2026-03-02T09:00", 8, "2026-03-03T09:30"),
        ("2026-03-02T07:30", 4, "2026-03-02T11:30"),
        ("2026-03-02T07:30", 15, "2026-03-03T17:00"),
        ("2026-03-02T05:00", 1, "2026-03-02T08:30"),
        ("2026-03-02T11:30", 1, "2026-03-02T14:30"),
        ("2026-03-02T12:00", 1, "2026-03-02T14:30"),
        ("2026-03-02T16:00", 1, "2026-03-02T17:00"),
        ("2026-03-02T16:00", 4, "2026-03-03T10:30"),
        ("2026-03-02T20:00", 8, "2026-03-04T08:00"),
        ("2026-03-06T16:00", 4, "2026-03-09T10:30"),
        ("2026-03-07T10:00", 4, "2026-03-09T11:30"),
        ("2026-02-13T16:30", 4, "2026-02-23T11:00"),
        ("2026-04-29T15:00", 4, "2026-05-04T09:30"),
        ("2026-08-21T16:00", 2, "2026-08-22T08:30"),
        ("2026-11-23T16:00", 2, "2026-11-25T08:30"),
    ],
)
def test_working_hours_run_at_once_and_only_while_the_office_is_open(
    received: str, hours: int, due: str
) -> None:
    assert CALENDAR.add_working_hours(at(received), hours) == at(due)


@pytest.mark.parametrize(
    ("received", "count", "due"),
    [
        ("2026-03-06T09:00", 7, "2026-03-13"),
        ("2026-03-07T09:00", 7, "2026-03-16"),
        ("2026-03-08T09:00", 7, "2026-03-16"),
        ("2026-02-09T09:00", 7, "2026-02-23"),
        ("2026-08-28T09:00", 3, "2026-09-03"),
        ("2026-08-21T09:00", 1, "2026-08-22"),
        ("2026-03-02T09:00", 10, "2026-03-12"),
        ("2026-03-02T09:00", 15, "2026-03-17"),
    ],
)
def test_calendar_days_that_end_on_a_rest_day_end_with_the_next_working_day(
    received: str, count: int, due: str
) -> None:
    assert CALENDAR.add_calendar_days(at(received), count) == at(f"{due}T17:00")


@pytest.mark.parametrize(
    ("received", "minutes", "due"),
    [
        ("2026-03-07T23:58", 5, "2026-03-08T00:03"),
        ("2026-12-31T23:30", 60, "2027-01-01T00:30"),
        ("2026-02-17T03:00", 5, "2026-02-17T03:05"),
    ],
)
def test_minutes_run_day_and_night(received: str, minutes: int, due: str) -> None:
    assert CALENDAR.add_minutes(at(received), minutes) == at(due)


def test_a_receipt_in_another_zone_counts_by_the_day_in_viet_nam() -> None:
    late_on_sunday_in_utc = datetime(2026, 3, 1, 18, 0, tzinfo=UTC)  # Monday, 01:00, in Viet Nam
    due = CALENDAR.add_working_days(late_on_sunday_in_utc, 1)
    assert (due, due.utcoffset()) == (at("2026-03-03T17:00"), timedelta(hours=7))


@pytest.mark.parametrize(
    ("day", "working"),
    [
        ("2026-01-02", False),
        ("2026-01-10", True),
        ("2026-02-16", False),
        ("2026-02-23", True),
        ("2026-08-22", True),
        ("2026-08-29", False),
        ("2026-11-24", False),
    ],
)
def test_working_days_of_2026(day: str, *, working: bool) -> None:
    assert CALENDAR.is_working(date.fromisoformat(day)) is working


def test_the_next_working_day() -> None:
    assert CALENDAR.next_working_day(date(2026, 2, 13)) == date(2026, 2, 23)
    assert CALENDAR.next_working_day(date(2026, 1, 9)) == date(2026, 1, 10)


def test_a_worked_saturday_keeps_fridays_hours() -> None:
    friday = (Shift(opens=time(8), closes=time(12)),)
    saturday = (Shift(opens=time(7), closes=time(9)),)
    hours = OfficeHours(week=((ORDINARY_DAY,) * 4) + (friday, saturday, ()))
    calendar = bare(row("2026-03-07", DayKind.WORKED), office_hours=hours)
    assert calendar.shifts_on(date(2026, 3, 7)) == friday
    assert calendar.shifts_on(date(2026, 3, 14)) == saturday
    assert calendar.add_working_hours(at("2026-03-06T11:00"), 2) == at("2026-03-07T09:00")


def test_office_hours_of_a_desk_that_works_all_week() -> None:
    long_day = (Shift(opens=time(6), closes=time(22)),)
    calendar = bare(office_hours=OfficeHours(week=(long_day,) * 7))
    assert calendar.add_working_hours(at("2026-03-07T21:00"), 2) == at("2026-03-08T07:00")
    assert calendar.add_working_days(at("2026-03-06T21:00"), 1) == at("2026-03-07T22:00")


def test_a_weekday_ordered_to_be_worked_keeps_its_own_hours() -> None:
    calendar = bare(row("2026-03-02", DayKind.WORKED))
    assert calendar.shifts_on(date(2026, 3, 2)) == ORDINARY_DAY


def test_time_and_days_between() -> None:
    assert CALENDAR.working_time_between(at("2026-02-13T16:00"), at("2026-02-23T08:30")) == timedelta(hours=2)
    assert CALENDAR.working_time_between(at("2026-03-03T08:00"), at("2026-03-02T16:00")) == -timedelta(
        hours=1, minutes=30
    )
    assert CALENDAR.working_days_between(date(2026, 2, 13), date(2026, 2, 25)) == 3
    assert CALENDAR.working_days_between(date(2026, 2, 25), date(2026, 2, 13)) == -3


def test_what_is_not_yet_decided_is_told() -> None:
    assert not CALENDAR.is_provisional(date(2026, 2, 13), date(2026, 2, 25))
    assert CALENDAR.is_provisional(date(2026, 11, 20), date(2026, 11, 25))
    assert CALENDAR.is_provisional(date(2026, 12, 30), date(2027, 1, 4))


def test_years_that_are_not_covered_are_an_error_and_never_a_guess() -> None:
    for attempt in (
        lambda: CALENDAR.add_working_days(at("2024-12-31T09:00"), 1),
        lambda: CALENDAR.add_working_hours(at("2029-01-01T09:00"), 1),
        lambda: CALENDAR.is_working(date(2029, 1, 1)),
        lambda: CALENDAR.next_working_day(date(2028, 12, 31)),
        lambda: CALENDAR.add_working_days(at("2028-12-29T09:00"), 1),
        lambda: CALENDAR.add_working_hours(at("2028-12-29T16:00"), 2),
        lambda: CALENDAR.add_calendar_days(at("2028-12-30T09:00"), 1),
        lambda: CALENDAR.add_calendar_days(at("2028-12-31T09:00"), 1_000_000),
        lambda: CALENDAR.working_days_between(date(2024, 12, 31), date(2025, 1, 2)),
    ):
        with pytest.raises(NotFound, match="calendar_year_missing"):
            attempt()


def test_the_last_covered_hours_can_still_be_reached() -> None:
    assert CALENDAR.add_working_hours(at("2028-12-29T16:00"), 1) == at("2028-12-29T17:00")
    assert CALENDAR.add_working_days(at("2028-12-28T09:00"), 1) == at("2028-12-29T17:00")


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001
    for attempt in (
        lambda: CALENDAR.add_working_days(naive, 1),
        lambda: CALENDAR.add_working_hours(naive, 1),
        lambda: CALENDAR.add_calendar_days(naive, 1),
        lambda: CALENDAR.add_minutes(naive, 1),
        lambda: CALENDAR.is_open(naive),
    ):
        with pytest.raises(BadInput, match="datetime_without_zone"):
            attempt()


@pytest.mark.parametrize("amount", [0, -1, 1_000_001])
def test_senseless_amounts_are_refused(amount: int) -> None:
    for add in (
        CALENDAR.add_working_days,
        CALENDAR.add_calendar_days,
        CALENDAR.add_working_hours,
        CALENDAR.add_minutes,
    ):
        with pytest.raises(BadInput, match="deadline_amount_malformed"):
            add(at("2026-03-02T09:00"), amount)


def test_rows_that_contradict_one_another_make_no_calendar() -> None:
    with pytest.raises(BadInput, match="calendar_day_twice"):
        bare(row("2026-03-02", DayKind.OFF), row("2026-03-02", DayKind.WORKED))
    with pytest.raises(BadInput, match="calendar_day_outside"):
        bare(row("2027-03-02", DayKind.OFF))
    with pytest.raises(BadInput, match="calendar_years_malformed"):
        WorkingCalendar(version="x", first_year=2027, last_year=2026, official_until=2026)


def test_office_hours_that_make_no_sense_are_refused() -> None:
    with pytest.raises(BadInput, match="office_shift_malformed"):
        Shift(opens=time(11), closes=time(11))
    with pytest.raises(BadInput, match="office_week_malformed"):
        OfficeHours(week=((ORDINARY_DAY[1], ORDINARY_DAY[0]),) * 7)
    with pytest.raises(BadInput, match="office_week_malformed"):
        OfficeHours(week=(ORDINARY_DAY,) * 4 + ((), (), ()))
    with pytest.raises(BadInput, match="office_week_malformed"):
        OfficeHours(week=(ORDINARY_DAY,) * 6)
