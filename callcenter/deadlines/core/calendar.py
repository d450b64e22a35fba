"""The calendar of working days and office hours, and how far an amount of either reaches. Pure.

Periods follow the Civil Code 2015, Art. 147-148: one in days begins on the day after the receipt, and one that
ends on a rest day ends with the next working day; one in hours or minutes runs at once. The last day ends when
the office closes, not at midnight: nobody can answer for a citizen later than that.

All sums are looked up in tables made once per calendar, so a due time costs the same for 2 days and 200.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache

from callcenter.deadlines.core.office import OfficeHours, Shift, microseconds
from callcenter.kernel.clock import VIETNAM
from callcenter.kernel.errors import BadInput, NotFound

MOST = 1_000_000
"""No term is longer, in whatever unit; beyond it only mistakes lie."""

_MICROSECOND = timedelta(microseconds=1)
_MIDNIGHT = time()
_Span = tuple[int, int]


class DayKind(StrEnum):
    """How a day differs from what its weekday says."""

    OFF = "off"
    """A holiday, a compensatory day, or a working day swapped away."""
    WORKED = "worked"
    """Worked although its weekday rests: the other half of a swap."""


class DayStatus(StrEnum):
    """How sure a row is."""

    OFFICIAL = "official"
    EXPECTED = "expected"
    """Computed or announced, not yet decided (dự kiến). It counts, and whoever reads the date is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """One row of the calendar: a day that is not what its weekday says."""

    day: date
    kind: DayKind
    status: DayStatus
    name: str
    """As people read it, in Vietnamese: ``Tết Nguyên Đán``."""
    source: str
    """The document or the library that says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingCalendar:
    """Which days and hours are worked, over whole years. A value: a correction makes another one.

    Raises:
        BadInput: years in the wrong order, a row outside them, or two rows for one day.
    """

    version: str
    """Names this state of the calendar; deadlines keep it, so that they can be recomputed and compared."""
    first_year: int
    last_year: int
    official_until: int
    """The last year whose holidays and swaps the Government has announced."""
    rows: tuple[CalendarDay, ...] = ()
    office_hours: OfficeHours = field(default_factory=OfficeHours)
    _by_day: dict[int, CalendarDay] = field(init=False, repr=False, compare=False)
    _first: int = field(init=False, repr=False, compare=False)
    _rank: list[int] = field(init=False, repr=False, compare=False)
    """By day: working days up to it, itself included. One entry more stands before the first day."""
    _days: list[int] = field(init=False, repr=False, compare=False)
    """Ordinals of the working days, in order."""
    _closings: list[datetime] = field(init=False, repr=False, compare=False)
    """By working day: when its office closes."""
    _spans: list[tuple[_Span, ...]] = field(init=False, repr=False, compare=False)
    """By working day: its shifts in microseconds since midnight."""
    _worked: list[int] = field(init=False, repr=False, compare=False)
    """By working day: microseconds of office time before it. One entry more stands after the last."""

    def __post_init__(self) -> None:
        if self.first_year > self.last_year:
            raise BadInput("calendar_years_malformed", first=self.first_year, last=self.last_year)
        by_day: dict[int, CalendarDay] = {}
        for row in self.rows:
            if not self.first_year <= row.day.year <= self.last_year:
                raise BadInput("calendar_day_outside", day=str(row.day))
            if by_day.setdefault(row.day.toordinal(), row) is not row:
                raise BadInput("calendar_day_twice", day=str(row.day))
        object.__setattr__(self, "_by_day", by_day)
        object.__setattr__(self, "_first", date(self.first_year, 1, 1).toordinal())
        self._tabulate(range(self._first, date(self.last_year, 12, 31).toordinal() + 1))

    def _tabulate(self, ordinals: range) -> None:
        rank, days, closings, worked = [0], list[int](), list[datetime](), [0]
        spans = list[tuple[_Span, ...]]()
        for ordinal in ordinals:
            if shifts := self._shifts(ordinal):
                day = date.fromordinal(ordinal)
                days.append(ordinal)
                closings.append(datetime.combine(day, shifts[-1].closes, VIETNAM))
                spans.append(_in_microseconds(shifts))
                worked.append(worked[-1] + sum(closes - opens for opens, closes in spans[-1]))
            rank.append(len(days))
        tables = {"_rank": rank, "_days": days, "_closings": closings, "_spans": spans, "_worked": worked}
        for name, table in tables.items():
            object.__setattr__(self, name, table)

    def _shifts(self, ordinal: int) -> tuple[Shift, ...]:
        weekday = (ordinal + 6) % 7
        row = self._by_day.get(ordinal)
        if row is None:
            return self.office_hours.usual(weekday)
        return () if row.kind is DayKind.OFF else self.office_hours.worked(weekday)

    def shifts_on(self, day: date) -> tuple[Shift, ...]:
        """When the office is open on ``day``; empty on a rest day.

        Raises:
            NotFound: the year is not in the calendar.
        """
        self._place(day.toordinal())
        return self._shifts(day.toordinal())

    def is_working(self, day: date) -> bool:
        """Whether ``day`` counts as a working day.

        Raises:
            NotFound: the year is not in the calendar.
        """
        return bool(self.shifts_on(day))

    def is_open(self, at: datetime) -> bool:
        """Whether ``at`` lies within office hours, the moment of closing included.

        Raises:
            BadInput: ``at`` has no zone.
            NotFound: the year is not in the calendar.
        """
        local = _local(at)
        now = local.time()
        return any(shift.opens <= now <= shift.closes for shift in self.shifts_on(local.date()))

    def next_working_day(self, day: date) -> date:
        """The first working day after ``day``.

        Raises:
            NotFound: it, or ``day``, lies in a year that is not in the calendar.
        """
        place = self._rank[self._place(day.toordinal()) + 1]
        return self._closing(place).date()

    def add_working_days(self, at: datetime, count: int) -> datetime:
        """When the ``count``-th working day after the day of ``at`` closes; the day of ``at`` is not counted.

        Raises:
            BadInput: ``count`` is below 1 or senseless, or ``at`` has no zone.
            NotFound: the calendar does not reach that far.
        """
        _positive(count)
        return self._closing(self._rank[self._place(_local(at).toordinal()) + 1] + count - 1)

    def add_calendar_days(self, at: datetime, count: int) -> datetime:
        """When the ``count``-th day after the day of ``at`` closes or, if it rests, the next working day.

        Raises:
            BadInput: ``count`` is below 1 or senseless, or ``at`` has no zone.
            NotFound: the calendar does not reach that far.
        """
        _positive(count)
        ordinal = _local(at).toordinal()
        self._place(ordinal)
        return self._closing(self._rank[self._place(ordinal + count)])

    def add_working_hours(self, at: datetime, hours: int) -> datetime:
        """When the office has been open for ``hours`` after ``at``.

        Raises:
            BadInput: ``hours`` is below 1 or senseless, or ``at`` has no zone.
            NotFound: the calendar does not reach that far.
        """
        _positive(hours)
        return self.add_working_time(at, timedelta(hours=hours))

    def add_working_time(self, at: datetime, amount: timedelta) -> datetime:
        """When the office has been open for ``amount`` after ``at``. A due time that falls on a closing stays there.

        Raises:
            BadInput: ``amount`` is not above zero, or ``at`` has no zone.
            NotFound: the calendar does not reach that far.
        """
        if amount <= timedelta():
            raise BadInput("deadline_amount_malformed", amount=str(amount))
        target = self._reached(_local(at)) + amount // _MICROSECOND
        place = bisect_left(self._worked, target) - 1
        if place >= len(self._days):
            raise NotFound("calendar_year_missing", year=self.last_year + 1)
        rest = target - self._worked[place]
        for opens, closes in self._spans[place]:
            if rest <= closes - opens:
                break
            rest -= closes - opens
        midnight = datetime.combine(date.fromordinal(self._days[place]), _MIDNIGHT, VIETNAM)
        return midnight + timedelta(microseconds=opens + rest)

    def add_minutes(self, at: datetime, minutes: int) -> datetime:
        """``minutes`` later by the clock on the wall, day and night: for operators, who are always there.

        Raises:
            BadInput: ``minutes`` is below 1 or senseless, or ``at`` has no zone.
        """
        _positive(minutes)
        return _local(at) + timedelta(minutes=minutes)

    def working_days_between(self, after: date, until: date) -> int:
        """Working days after ``after`` up to and including ``until``; negative if ``until`` is earlier.

        Raises:
            NotFound: a year is not in the calendar.
        """
        return self._rank[self._place(until.toordinal()) + 1] - self._rank[self._place(after.toordinal()) + 1]

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """How long the office is open from ``start`` to ``end``; negative if ``end`` is earlier.

        Raises:
            BadInput: one of them has no zone.
            NotFound: a year is not in the calendar.
        """
        return timedelta(microseconds=self._reached(_local(end)) - self._reached(_local(start)))

    def rows_between(self, first: date, last: date) -> tuple[CalendarDay, ...]:
        """The rows from ``first`` to ``last``, both included, in order."""
        found = (self._by_day.get(o) for o in range(first.toordinal(), last.toordinal() + 1))
        return tuple(row for row in found if row is not None)

    def is_provisional(self, first: date, last: date) -> bool:
        """Whether what lies from ``first`` to ``last`` may still change: an expected row, an unannounced year."""
        rows = self.rows_between(first, last)
        return last.year > self.official_until or any(row.status is DayStatus.EXPECTED for row in rows)

    def _place(self, ordinal: int) -> int:
        place = ordinal - self._first
        if not 0 <= place < len(self._rank) - 1:
            raise NotFound("calendar_year_missing", year=_year(ordinal))
        return place

    def _closing(self, place: int) -> datetime:
        if place >= len(self._closings):
            raise NotFound("calendar_year_missing", year=self.last_year + 1)
        return self._closings[place]

    def _reached(self, local: datetime) -> int:
        """Microseconds of office time from the calendar's beginning to ``local``."""
        ordinal = local.toordinal()
        before = self._rank[self._place(ordinal)]
        total = self._worked[before]
        if before < len(self._days) and self._days[before] == ordinal:
            now = microseconds(local.time())
            for opens, closes in self._spans[before]:
                if now > opens:
                    total += min(now, closes) - opens
        return total


def vietnam_day(at: datetime) -> date:
    """The day of ``at`` in Viet Nam.

    Raises:
        BadInput: ``at`` has no zone.
    """
    return _local(at).date()


@cache
def _in_microseconds(shifts: tuple[Shift, ...]) -> tuple[_Span, ...]:
    return tuple((microseconds(shift.opens), microseconds(shift.closes)) for shift in shifts)


def _local(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise BadInput("datetime_without_zone", value=at.isoformat())
    return at.astimezone(VIETNAM)


def _positive(amount: int) -> None:
    if not 1 <= amount <= MOST:
        raise BadInput("deadline_amount_malformed", amount=amount)


def _year(ordinal: int) -> int:
    """Of a day that may lie beyond what dates can say."""
    return date.fromordinal(min(max(ordinal, 1), date.max.toordinal())).year
