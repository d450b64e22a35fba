"""The one sentence that a citizen, an operator and a head of unit read."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from callcenter.deadlines.core.clock import fold
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
from callcenter.deadlines.explain import explain, is_provisional
from callcenter.deadlines.prefill import calendar_from
from callcenter.kernel.clock import VIETNAM

pytestmark = pytest.mark.unit

CALENDAR = calendar_from(2026)
OTHER = calendar_from(2025)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=VIETNAM)


def received(text: str, amount: int = 3, unit: Unit = Unit.WORKING_DAYS, source: str = "") -> Received:
    term = Term(amount=amount, unit=unit)
    return Received(at=at(text), term=term, calendar=CALENDAR.version, source=source)


def said(*events: Event, lang: str = "vi") -> str:
    calendars = {CALENDAR.version: CALENDAR, OTHER.version: OTHER}
    sentence = explain(fold(events, calendars), CALENDAR, lang)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert not re.search(r"[{}]", sentence)
    return sentence


def test_tet_is_named() -> None:
    assert said(received("02-13T09:00", source="S3-10: không quá 3 ngày làm việc.")) == (
        "Tiếp nhận lúc 09:00 thứ Sáu 13/02/2026, thời hạn 3 ngày làm việc không tính ngày tiếp nhận, "
        "theo quy định “S3-10: không quá 3 ngày làm việc”, "
        "nghỉ 16/02-20/02/2026 (Giao thừa Tết Nguyên Đán … Mùng bốn Tết Nguyên Đán), "
        "hạn là 17:00 thứ Tư 25/02/2026."
    )


def test_the_same_in_english() -> None:
    assert said(received("03-02T09:00"), lang="en") == (
        "Received at 09:00 on Monday 02/03/2026, to be done within 3 working day(s), the day of receipt not "
        "counted, due at 17:00 on Thursday 05/03/2026."
    )


def test_a_worked_saturday_is_named_and_a_rest_day_off_is_not() -> None:
    sentence = said(received("01-08T09:00", 2))
    assert "làm bù 10/01/2026 (Làm bù cho thứ Sáu 02/01/2026), hạn là 17:00 thứ Bảy 10/01/2026" in sentence
    # Hùng Kings on Sunday took no working day; the Monday off for it did.
    hung_kings = said(received("04-24T09:00", 1))
    assert "nghỉ 27/04/2026 (Ngày Giỗ Tổ Hùng Vương (nghỉ bù)), hạn là" in hung_kings
    assert "26/04" not in hung_kings


def test_minutes_name_no_holiday() -> None:
    assert said(received("02-17T03:00", 5, Unit.MINUTES)) == (
        "Tiếp nhận lúc 03:00 thứ Ba 17/02/2026, thời hạn 5 phút tính cả ngoài giờ, "
        "hạn là 03:05 thứ Ba 17/02/2026."
    )


def test_days_that_may_still_change_are_told() -> None:
    assert said(received("11-23T09:00", 1)).endswith("lịch nghỉ liên quan còn là dự kiến.")
    deadline = fold([received("11-24T09:00", 5, Unit.MINUTES)], {CALENDAR.version: CALENDAR})
    assert not is_provisional(deadline, CALENDAR)


def test_all_that_moved_the_date_is_told_with_both_dates() -> None:
    sentence = said(
        received("03-02T09:00"),
        Paused(at=at("03-03T09:00"), awaited="ảnh"),
        Resumed(at=at("03-04T09:00")),
        Extended(
            at=at("03-05T09:00"), by=Term(amount=2, unit=Unit.WORKING_DAYS),
            reason="Mưa lớn.\nPhải chờ", approver="Trần Văn A",
        ),
        Paused(at=at("03-06T09:00"), awaited="số nhà."),
    )  # fmt: skip
    assert "đã dừng 1 lần chờ người dân bổ sung" in sentence
    assert "gia hạn thêm 2 ngày làm việc (lý do: Mưa lớn. Phải chờ; người duyệt: Trần Văn A)" in sentence
    assert "hạn ban đầu 17:00 thứ Năm 05/03/2026, hạn là 17:00 thứ Ba 10/03/2026" in sentence
    assert sentence.endswith("đang dừng chờ người dân: số nhà.")


def test_reopening_and_a_corrected_calendar_are_told() -> None:
    reopened = said(
        received("03-02T09:00"),
        Settled(at=at("03-03T09:00")),
        Reopened(at=at("03-10T08:00"), term=Term(amount=1, unit=Unit.WORKING_DAYS)),
    )
    assert "mở lại lúc 08:00 thứ Ba 10/03/2026" in reopened
    same_days = said(received("03-02T09:00"), CalendarChanged(at=at("03-03T09:00"), calendar=OTHER.version))
    assert "lịch làm việc thay đổi" not in same_days


@pytest.mark.parametrize("unit", list(Unit))
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_unit_has_its_words(unit: Unit, lang: str) -> None:
    assert "deadline." not in said(received("03-02T09:00", 4, unit), lang=lang)
