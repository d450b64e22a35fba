"""Our tables against a calendar that walks day by day and minute by minute, and against the library itself."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Protocol

import holidays
import pytest

from callcenter.deadlines.core.calendar import WorkingCalendar
from callcenter.deadlines.prefill import default_calendar
from callcenter.kernel.clock import VIETNAM

pytestmark = pytest.mark.contract

CALENDAR = default_calendar(2024, 2027)


class Calendar(Protocol):
    """What both can do."""

    def add_working_days(self, at: datetime, count: int) -> datetime: ...

    def add_calendar_days(self, at: datetime, count: int) -> datetime: ...

    def add_working_hours(self, at: datetime, hours: int) -> datetime: ...

    def next_working_day(self, day: date) -> date: ...


class Walker:
    """Slow and plain: looks at every day and every minute in turn."""

    def __init__(self, calendar: WorkingCalendar) -> None:
        self._working = calendar.is_working
        self._open = [time(7, 30), time(11, 30), time(13, 30), time(17)]

    def next_working_day(self, day: date) -> date:
        day += timedelta(days=1)
        while not self._working(day):
            day += timedelta(days=1)
        return day

    def add_working_days(self, at: datetime, count: int) -> datetime:
        day = at.date()
        for _ in range(count):
            day = self.next_working_day(day)
        return datetime.combine(day, time(17), VIETNAM)

    def add_calendar_days(self, at: datetime, count: int) -> datetime:
        return self.add_working_days(at + timedelta(days=count - 1), 1)

    def add_working_hours(self, at: datetime, hours: int) -> datetime:
        left = hours * 60
        while left:
            a, b, c, d = self._open
            worked = self._working(at.date()) and (a <= at.time() < b or c <= at.time() < d)
            at += timedelta(minutes=1)
            left -= worked
        return at


STARTS = [
    datetime(2024, 12, 20, 16, 45, tzinfo=VIETNAM) + timedelta(days=7 * n, hours=5 * n) for n in range(90)
]


def dates(calendar: Calendar) -> list[object]:
    return [
        (
            calendar.add_working_days(start, n % 9 + 1),
            calendar.add_calendar_days(start, n % 9 + 1),
            calendar.add_working_hours(start, n % 9 + 1),
            calendar.next_working_day(start.date()),
        )
        for n, start in enumerate(STARTS)
    ]


def test_the_tables_say_what_walking_says() -> None:
    assert dates(CALENDAR) == dates(Walker(CALENDAR))


def test_we_differ_from_the_library_only_where_people_corrected_it() -> None:
    library = holidays.country_holidays("VN", years=range(2010, 2029), language="vi")
    ours = default_calendar(2010, 2027)
    days = [date(2010, 1, 1) + timedelta(days=n) for n in range((date(2028, 1, 1) - date(2010, 1, 1)).days)]
    unlike = [day for day in days if ours.is_working(day) != library.is_working_day(day)]
    assert unlike == [date(2026, 1, 2), date(2026, 1, 10)]
