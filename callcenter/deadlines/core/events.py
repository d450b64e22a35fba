"""What happens to a deadline, as facts that are stored and folded again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from callcenter.deadlines.core.rules import Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The matter came in, and its time runs."""

    at: datetime
    term: Term
    calendar: str
    """Version of the calendar by which the first date was promised."""
    source: str = ""
    """The rule's source, for the sentence; empty when a person chose the term."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """We asked the citizen for something, and cannot go on without it. For nothing else does the clock stop."""

    at: datetime
    awaited: str
    """What the citizen owes, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """The citizen answered, or will not answer any more."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended:
    """Somebody entitled granted more time, counted from the end of what there was."""

    at: datetime
    by: Term
    reason: str
    approver: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The duty was done: the clock stops for good, unless the matter is reopened."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """The citizen was not satisfied: a new time runs from here, and the first promise stays on record."""

    at: datetime
    term: Term


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarChanged:
    """The calendar was corrected while the time ran: from here on its new version counts for all of it."""

    at: datetime
    calendar: str


Event = Received | Paused | Resumed | Extended | Settled | Reopened | CalendarChanged
