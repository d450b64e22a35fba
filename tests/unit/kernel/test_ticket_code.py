"""Ticket codes: every way people say them, and every mistake of one digit or one swap is caught."""

from __future__ import annotations

from datetime import date

import pytest

from callcenter.kernel.errors import BadInput
from callcenter.kernel.ticket_code import make, parse

pytestmark = pytest.mark.unit

DAY = date(2026, 11, 22)
SAMPLES = [
    make(DAY, 417),
    make(DAY, 1),
    make(date(2000, 1, 1), 99_999),
    make(date(2099, 12, 31), 12_345),
    make(date(2027, 2, 28), 90_909),
]


def test_printed_form() -> None:
    code = make(DAY, 417)
    assert str(code) == f"1022-261122-00417-{code.check}"
    assert code.digits == f"102226112200417{code.check}"


@pytest.mark.parametrize("code", SAMPLES, ids=str)
def test_all_ways_of_saying_it(code: object) -> None:
    printed = str(code)
    bare = printed.replace("-", "")
    for said in (
        printed,
        bare,
        bare[4:],
        printed[5:],
        f"  {printed}\n",
        " ".join(bare),
        printed.replace("-", " "),
        printed.replace("-", "–"),
        printed.replace("-", " . "),
        f"{bare[4:10]} {bare[10:]}",
    ):
        assert parse(said) == code


@pytest.mark.parametrize("code", SAMPLES, ids=str)
@pytest.mark.parametrize("start", [0, 4], ids=["with prefix", "without"])
def test_every_wrong_digit_is_caught(code: object, start: int) -> None:
    digits = str(code).replace("-", "")[start:]
    for place, right in enumerate(digits):
        for wrong in "0123456789".replace(right, ""):
            with pytest.raises(BadInput, match="ticket_code_check"):
                parse(digits[:place] + wrong + digits[place + 1 :])


@pytest.mark.parametrize("code", SAMPLES, ids=str)
@pytest.mark.parametrize("start", [0, 4], ids=["with prefix", "without"])
def test_every_swap_of_neighbours_is_caught(code: object, start: int) -> None:
    digits = str(code).replace("-", "")[start:]
    for place in range(len(digits) - 1):
        one, two = digits[place], digits[place + 1]
        if one != two:
            with pytest.raises(BadInput, match="ticket_code_check"):
                parse(digits[:place] + two + one + digits[place + 2 :])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1022",
        "abc",
        "1022-261122-00417",
        "1022-261122-004170-33",
        "١٠٢٢261122004173",
        "²" * 12,
        "1" * 10_000,
    ],
)
def test_what_is_no_code_is_malformed(text: str) -> None:
    with pytest.raises(BadInput, match="ticket_code_malformed"):
        parse(text)


def test_a_valid_check_digit_does_not_make_a_day_or_a_number() -> None:
    from stdnum import damm

    def checked(digits: str) -> str:
        return digits + damm.calc_check_digit(digits)

    with pytest.raises(BadInput, match="ticket_code_date"):
        parse(checked("102226023000001"))
    with pytest.raises(BadInput, match="ticket_code_malformed"):
        parse(checked("102226022800000"))
    with pytest.raises(BadInput, match="ticket_code_malformed"):
        parse(checked("999926022800001"))


def test_another_citys_number() -> None:
    code = make(DAY, 5, prefix="0236")
    assert str(code).startswith("0236-261122-00005-")
    assert parse(code.digits[4:], prefix="0236") == code
    with pytest.raises(BadInput):
        parse(code.digits)


@pytest.mark.parametrize(
    ("day", "sequence", "prefix"),
    [(DAY, 0, "1022"), (DAY, 100_000, "1022"), (date(1999, 1, 1), 1, "1022"), (DAY, 1, ""), (DAY, 1, "10-2")],
)
def test_parts_out_of_range(day: date, sequence: int, prefix: str) -> None:
    with pytest.raises(BadInput):
        make(day, sequence, prefix=prefix)
