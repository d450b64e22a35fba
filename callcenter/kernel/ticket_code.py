"""Ticket codes that citizens read aloud on the phone: digits only, with a check digit. Pure.

``1022-YYMMDD-NNNNN-C``: the hotline's number, the day in Viet Nam on which the ticket was made, a running
number of that day, and Damm's check digit over all digits before it. Damm's code catches every single wrong
digit and every swap of two neighbours, which are nine in ten of the mistakes people make.

A code proves nothing: it is guessable, so a lookup also asks for the last digits of the caller's number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from stdnum import damm

from callcenter.kernel.errors import BadInput

PREFIX = "1022"
"""The hotline's number; a city with another one passes its own."""

_PREFIX = re.compile(r"[0-9]{1,8}")
_SEPARATORS = re.compile(r"[\s.,\-_/\u00ad\u2010-\u2015\u2212]+")
_DATED_DIGITS = 12
"""Digits after the prefix: six of the date, five of the number, one to check."""
_LONGEST = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketCode:
    """A code whose check digit holds. ``str()`` is the form to print; ``digits`` the one to key in."""

    prefix: str
    date: date
    sequence: int
    check: str

    @property
    def digits(self) -> str:
        """All digits without dashes."""
        return f"{self.prefix}{self.date:%y%m%d}{self.sequence:05d}{self.check}"

    def __str__(self) -> str:
        return f"{self.prefix}-{self.date:%y%m%d}-{self.sequence:05d}-{self.check}"


def make(date: date, sequence: int, *, prefix: str = PREFIX) -> TicketCode:
    """The code of ticket number ``sequence`` (1 to 99999) of the day ``date`` (2000 to 2099).

    Raises:
        BadInput: a part is out of range.
    """
    _check_prefix(prefix)
    if not 1 <= sequence <= 99_999 or not 2000 <= date.year <= 2099:
        raise BadInput("ticket_code_out_of_range", date=date.isoformat(), sequence=sequence)
    check = damm.calc_check_digit(f"{prefix}{date:%y%m%d}{sequence:05d}")
    return TicketCode(prefix=prefix, date=date, sequence=sequence, check=check)


def parse(text: str, *, prefix: str = PREFIX) -> TicketCode:
    """Read a code as printed, as keyed in, or as spoken: dashes and spaces anywhere, prefix or none.

    Raises:
        BadInput: ``ticket_code_malformed`` (not a code of this hotline), ``ticket_code_check`` (a digit is
            wrong or two are swapped), ``ticket_code_date`` (there is no such day).
    """
    _check_prefix(prefix)
    digits = _SEPARATORS.sub("", text[:_LONGEST])
    if len(text) > _LONGEST or not digits.isascii() or not digits.isdigit():
        raise BadInput("ticket_code_malformed", value=text[:_LONGEST])
    if len(digits) == _DATED_DIGITS:
        digits = prefix + digits
    if len(digits) != len(prefix) + _DATED_DIGITS:
        raise BadInput("ticket_code_malformed", value=digits)
    if not damm.is_valid(digits):
        raise BadInput("ticket_code_check", value=digits)
    if not digits.startswith(prefix):
        raise BadInput("ticket_code_malformed", value=digits)
    dated = digits[len(prefix) :]
    return TicketCode(prefix=prefix, date=_day(dated[:6]), sequence=_sequence(dated), check=dated[-1])


def _check_prefix(prefix: str) -> None:
    if not _PREFIX.fullmatch(prefix):
        raise BadInput("ticket_code_prefix", value=prefix[:_LONGEST])


def _day(digits: str) -> date:
    try:
        return date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError as error:
        raise BadInput("ticket_code_date", value=digits) from error


def _sequence(dated: str) -> int:
    sequence = int(dated[6:11])
    if sequence == 0:
        raise BadInput("ticket_code_malformed", value=dated)
    return sequence
