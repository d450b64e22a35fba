"""Office hours by weekday. Pure. A day's hours are whole shifts of that day; none runs over midnight."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from itertools import pairwise

from callcenter.kernel.errors import BadInput

SATURDAY = 5
FRIDAY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One stretch of work in a day, from ``opens`` up to ``closes``, both Viet Nam's wall time.

    Raises:
        BadInput: it closes before it opens, or a time carries a zone.
    """

    opens: time
    closes: time

    def __post_init__(self) -> None:
        if self.opens.tzinfo or self.closes.tzinfo or self.opens >= self.closes:
            raise BadInput("office_shift_malformed", opens=str(self.opens), closes=str(self.closes))


ORDINARY_DAY = (
    Shift(opens=time(7, 30), closes=time(11, 30)),
    Shift(opens=time(13, 30), closes=time(17, 0)),
)
"""What most offices of the state keep: 7 h 30 min a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHours:
    """The shifts of each weekday, Monday first; a day without any is a rest day.

    Raises:
        BadInput: not seven days, shifts that overlap or stand out of order, or nothing on Friday (worked
            Saturdays borrow Friday's hours).
    """

    week: tuple[tuple[Shift, ...], ...] = field(default=(ORDINARY_DAY,) * 5 + ((), ()))

    def __post_init__(self) -> None:
        if len(self.week) != 7 or not self.week[FRIDAY]:
            raise BadInput("office_week_malformed")
        for shifts in self.week:
            if any(a.closes > b.opens for a, b in pairwise(shifts)):
                raise BadInput("office_week_malformed")

    def usual(self, weekday: int) -> tuple[Shift, ...]:
        """The shifts of ``weekday`` (Monday is 0) in a week without holidays."""
        return self.week[weekday]

    def worked(self, weekday: int) -> tuple[Shift, ...]:
        """The shifts of a day that was ordered to be worked: at a weekend those of Friday."""
        return self.week[FRIDAY] if weekday >= SATURDAY else self.week[weekday] or self.week[FRIDAY]


def microseconds(at: time) -> int:
    """Since midnight."""
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond
