"""The rows that the library proposes and people correct."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from callcenter.deadlines.core.calendar import CalendarDay, DayKind, DayStatus
from callcenter.deadlines.prefill import (
    LAST_YEAR,
    calendar_from,
    default_calendar,
    load_corrections,
    prefill,
)
from callcenter.kernel.errors import BadInput

pytestmark = pytest.mark.unit


def rows(first: int, last: int) -> dict[date, CalendarDay]:
    return {row.day: row for row in prefill(first, last, load_corrections())}


def test_the_swap_that_the_library_lacks_names_its_document() -> None:
    of_2026 = rows(2026, 2026)
    off, worked = of_2026[date(2026, 1, 2)], of_2026[date(2026, 1, 10)]
    assert (off.kind, worked.kind) == (DayKind.OFF, DayKind.WORKED)
    assert off.status is worked.status is DayStatus.OFFICIAL
    assert "12729/VPCP-KGVX" in off.source
    assert "12729/VPCP-KGVX" in worked.source


def test_the_twenty_fourth_of_november_waits_to_be_confirmed() -> None:
    found = rows(2025, 2028)
    assert date(2025, 11, 24) not in found
    assert [found[date(year, 11, 24)].status for year in (2026, 2027, 2028)] == [DayStatus.EXPECTED] * 3
    assert "80-NQ/TW" in found[date(2026, 11, 24)].source


def test_years_not_yet_announced_are_expected() -> None:
    for row in rows(2024, 2029).values():
        confirmable = (row.day.month, row.day.day) == (11, 24)
        assert (row.status is DayStatus.EXPECTED) is (row.day.year > 2026 or confirmable), row


def test_names_are_vietnamese_and_every_row_says_where_it_comes_from() -> None:
    found = rows(2026, 2026)
    assert found[date(2026, 2, 17)].name == "Tết Nguyên Đán"
    assert "Điều 112" in found[date(2026, 2, 17)].source
    assert all(row.source and row.name for row in found.values())


def test_a_swap_over_the_turn_of_the_year_is_found_from_either_side() -> None:
    assert rows(2018, 2018)[date(2018, 12, 31)].kind is DayKind.OFF
    assert rows(2019, 2019)[date(2019, 1, 5)].kind is DayKind.WORKED


def test_rows_lie_in_the_years_asked_for_and_in_order() -> None:
    days = [row.day for row in prefill(2019, 2021, load_corrections())]
    assert days == sorted(set(days))
    assert {day.year for day in days} == {2019, 2020, 2021}


def test_a_city_can_bring_its_own_corrections(tmp_path: Path) -> None:
    file = tmp_path / "calendar.toml"
    file.write_text(
        """
        official_until = 2027
        [[day]]
        date = 2027-09-03
        kind = "worked"
        status = "official"
        name = "Ngày làm việc"
        source = "Thông báo thử"
        """,
        encoding="utf-8",
    )
    found = {row.day: row for row in prefill(2027, 2027, load_corrections(file))}
    assert found[date(2027, 9, 3)].kind is DayKind.WORKED
    assert found[date(2027, 11, 24)].status is DayStatus.OFFICIAL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "official_until = ",
        "official_until = 2026\n[[day]]\ndate = 2026-01-02",
        (
            "official_until = 2026\n[[day]]\ndate = '2026-01-02'\n"
            "kind = 'off'\nstatus = 'official'\nname = 'x'\nsource = 'x'"
        ),
        (
            "official_until = 2026\n[[yearly]]\nmonth = 13\nday = 1\nfrom = 2026\n"
            "kind = 'off'\nstatus = 'official'\nname = 'x'\nsource = 'x'"
        ),
        (
            "official_until = 2026\n[[yearly]]\nmonth = 1\nday = 1\nfrom = 2026\n"
            "kind = 'half'\nstatus = 'official'\nname = 'x'\nsource = 'x'"
        ),
    ],
)
def test_a_file_that_is_wrong_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "calendar.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="calendar_file_malformed"):
        load_corrections(file)


@pytest.mark.parametrize(("first", "last"), [(2009, 2010), (2026, 2025), (2100, 2101)])
def test_years_that_the_library_does_not_know_are_refused(first: int, last: int) -> None:
    with pytest.raises(BadInput, match="calendar_years_malformed"):
        default_calendar(first, last)


def test_the_calendar_for_a_year_reaches_three_years_on_and_no_further_than_the_library() -> None:
    assert (calendar_from(2026).first_year, calendar_from(2026).last_year) == (2026, 2029)
    assert calendar_from(LAST_YEAR).last_year == LAST_YEAR
    with pytest.raises(BadInput, match="calendar_years_malformed"):
        calendar_from(LAST_YEAR + 1)
