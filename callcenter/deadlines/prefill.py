"""Makes the rows of the calendar: the library ``holidays`` proposes, corrections of people win.

The library is a good guess, not an authority: it lacks an official swap of 2026, and from the first year that
the Government has not announced, its Tết and National Day choices are its own. So every row has a status.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import holidays

from callcenter.deadlines.core.calendar import CalendarDay, DayKind, DayStatus, WorkingCalendar
from callcenter.deadlines.core.office import OfficeHours
from callcenter.kernel.errors import BadInput

FIRST_YEAR = 2010
"""From here on the library knows the swaps of working days."""
LAST_YEAR = 2100
"""Its lunar calendar ends here."""

_SOURCE = f"Bộ luật Lao động 2019, Điều 112 (holidays {version('holidays')})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Yearly:
    """A day that returns every year from ``since`` on."""

    month: int
    day: int
    since: int
    row: CalendarDay
    """Of the year ``since``; the other years are made from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """What people say of the calendar."""

    official_until: int
    days: tuple[CalendarDay, ...]
    yearly: tuple[Yearly, ...]


def load_corrections(path: Path | None = None) -> Corrections:
    """Read the corrections of ``path``, or those that come with us.

    Raises:
        BadInput: the file is no such TOML.
    """
    here = path or files("callcenter.deadlines") / "data" / "calendar.toml"
    try:
        content = tomllib.loads(here.read_text(encoding="utf-8"))
        return Corrections(
            official_until=int(content["official_until"]),
            days=tuple(_day(entry, entry["date"]) for entry in content.get("day", ())),
            yearly=tuple(_yearly(entry) for entry in content.get("yearly", ())),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput("calendar_file_malformed", detail=str(error)) from error


def _day(entry: dict[str, Any], day: object) -> CalendarDay:
    if type(day) is not date:
        raise ValueError(f"not a date: {day}")
    return CalendarDay(
        day=day,
        kind=DayKind(entry["kind"]),
        status=DayStatus(entry["status"]),
        name=str(entry["name"]),
        source=str(entry["source"]),
    )


def _yearly(entry: dict[str, Any]) -> Yearly:
    month, day, since = int(entry["month"]), int(entry["day"]), int(entry["from"])
    return Yearly(month=month, day=day, since=since, row=_day(entry, date(since, month, day)))


def prefill(first_year: int, last_year: int, corrections: Corrections) -> tuple[CalendarDay, ...]:
    """The rows from ``first_year`` to ``last_year``, in order.

    Raises:
        BadInput: years that the library does not know.
    """
    if not FIRST_YEAR <= first_year <= last_year <= LAST_YEAR:
        raise BadInput("calendar_years_malformed", first=first_year, last=last_year)
    rows = {row.day: row for row in _proposed(first_year, last_year, corrections.official_until)}
    for yearly in corrections.yearly:
        for year in range(max(first_year, yearly.since), last_year + 1):
            day = date(year, yearly.month, yearly.day)
            rows[day] = replace(yearly.row, day=day)
    rows |= {row.day: row for row in corrections.days if first_year <= row.day.year <= last_year}
    return tuple(rows[day] for day in sorted(rows))


def _proposed(first_year: int, last_year: int, official_until: int) -> Iterable[CalendarDay]:
    library = holidays.country_holidays("VN", years=range(first_year, last_year + 1), language="vi")
    found = [(day, DayKind.OFF, name) for day, name in library.items()]
    found += [(day, DayKind.WORKED, "Ngày làm việc bù") for day in library.weekend_workdays]
    # The library lists worked days of other years, too.
    for day, kind, name in found:
        if first_year <= day.year <= last_year:
            official = day.year <= official_until
            status = DayStatus.OFFICIAL if official else DayStatus.EXPECTED
            yield CalendarDay(day=day, kind=kind, status=status, name=name, source=_SOURCE)


@cache
def default_calendar(
    first_year: int, last_year: int, office_hours: OfficeHours | None = None
) -> WorkingCalendar:
    """The calendar of a city that has corrected nothing yet.

    Raises:
        BadInput: years that the library does not know.
    """
    corrections = load_corrections()
    return WorkingCalendar(
        version=f"prefilled-{first_year}-{last_year}",
        first_year=first_year,
        last_year=last_year,
        official_until=corrections.official_until,
        rows=prefill(first_year, last_year, corrections),
        office_hours=office_hours or OfficeHours(),
    )


def calendar_from(year: int) -> WorkingCalendar:
    """The default calendar of ``year`` and the three after it: enough for every term of ours.

    Raises:
        BadInput: a year that the library does not know.
    """
    return default_calendar(year, min(year + 3, max(year, LAST_YEAR)))
