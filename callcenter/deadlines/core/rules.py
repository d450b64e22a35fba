"""Which time a duty has: rules as data, the most specific one wins. Pure and deterministic.

A condition that a rule leaves open holds for everything. Of the rules in force that hold, one of the place's own
wins over a general one; then the one with the most conditions; then the one whose conditions come first in
``PRECEDENCE``; then the deeper field; then the newer; then by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from callcenter.deadlines.core.calendar import MOST, WorkingCalendar
from callcenter.kernel.errors import BadInput, NotFound


class Unit(StrEnum):
    """What an amount counts."""

    MINUTES = "minutes"
    """Day and night."""
    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """How long somebody has: an amount from 1 to a million, and its unit.

    Raises:
        BadInput: the amount is not in that range.
    """

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if not 1 <= self.amount <= MOST:
            raise BadInput("deadline_amount_malformed", amount=self.amount)

    def due(self, at: datetime, calendar: WorkingCalendar) -> datetime:
        """When the term that begins at ``at`` ends.

        Raises:
            BadInput: ``at`` has no zone.
            NotFound: the calendar does not reach that far.
        """
        match self.unit:
            case Unit.MINUTES:
                return calendar.add_minutes(at, self.amount)
            case Unit.WORKING_HOURS:
                return calendar.add_working_time(at, timedelta(hours=self.amount))
            case Unit.WORKING_DAYS:
                return calendar.add_working_days(at, self.amount)
            case Unit.CALENDAR_DAYS:
                return calendar.add_calendar_days(at, self.amount)


class Duty(StrEnum):
    """What has to be done in time."""

    FORWARD = "forward"
    """The operator classifies and forwards."""
    GUIDE = "guide"
    """The coordinator says who is competent when it is unclear."""
    ACCEPT = "accept"
    """The unit takes the matter on, or returns it with a reason."""
    RESEND = "resend"
    """The centre sends on again what leaders had directed and is late."""
    RESOLVE = "resolve"
    """The matter is handled and answered."""


class Urgency(StrEnum):
    """The three grades (mức độ)."""

    URGENT = "urgent"
    NORMAL = "normal"
    COMPLEX = "complex"


class Congestion(StrEnum):
    """Which side was overrun when the contact came."""

    NONE = "none"
    CENTRE = "centre"
    """Our own lines or desks."""
    AGENCY = "agency"
    """The agency's line, so that the operator could not connect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known of a matter. An unknown thing meets no condition on it."""

    duty: Duty = Duty.RESOLVE
    place: str | None = None
    """Whose regulation holds: a slug such as ``da-nang``."""
    field: str | None = None
    """A path in the tree of fields, such as ``ha-tang/giao-thong``; a rule on ``ha-tang`` holds for it."""
    urgency: Urgency | None = None
    channel: str | None = None
    congestion: Congestion = Congestion.NONE
    several_agencies: bool = False


PRECEDENCE = ("place", "field", "urgency", "congestion", "several_agencies", "channels")
"""The conditions, the weightiest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of a regulation."""

    name: str
    duty: Duty
    term: Term
    source: str
    """The document and article that a person can look up."""
    valid_from: date
    valid_until: date | None = None
    """The last day on which it holds; None for no end."""
    place: str | None = None
    field: str | None = None
    urgency: Urgency | None = None
    congestion: Congestion | None = None
    several_agencies: bool | None = None
    channels: frozenset[str] | None = None

    def holds(self, case: Circumstances, on: date) -> bool:
        """Whether it is in force on ``on`` and all its conditions are met."""
        return (
            self.duty is case.duty
            and self.valid_from <= on
            and (self.valid_until is None or on <= self.valid_until)
            and self.place in (None, case.place)
            and (self.field is None or _within(case.field, self.field))
            and self.urgency in (None, case.urgency)
            and self.congestion in (None, case.congestion)
            and self.several_agencies in (None, case.several_agencies)
            and (self.channels is None or case.channel in self.channels)
        )


def _within(path: str | None, branch: str) -> bool:
    return path is not None and (path == branch or path.startswith(f"{branch}/"))


def _weight(rule: Rule) -> tuple[object, ...]:
    """Sorts the rule that wins to the front."""
    held = tuple(getattr(rule, condition) is not None for condition in PRECEDENCE)
    depth = rule.field.count("/") if rule.field else 0
    ties = (-depth, -rule.valid_from.toordinal(), rule.name)
    return (not held[0], -sum(held), tuple(not one for one in held), *ties)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """All rules of a city, of whatever time.

    Raises:
        BadInput: two rules have one name, or a rule ends before it begins.
    """

    rules: tuple[Rule, ...]
    _ordered: dict[Duty, Sequence[Rule]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, count in Counter(rule.name for rule in self.rules).items():
            if count > 1:
                raise BadInput("deadline_rule_twice", rule=name)
        for rule in self.rules:
            if rule.valid_until is not None and rule.valid_until < rule.valid_from:
                raise BadInput("deadline_rule_ends_early", rule=rule.name)
        ordered = sorted(self.rules, key=_weight)
        by_duty = {duty: [rule for rule in ordered if rule.duty is duty] for duty in Duty}
        object.__setattr__(self, "_ordered", by_duty)

    def find(self, case: Circumstances, on: date) -> Rule:
        """The rule for ``case`` on the day ``on`` (of the receipt: later rules do not reach back).

        Raises:
            NotFound: no rule holds.
        """
        for rule in self._ordered[case.duty]:
            if rule.holds(case, on):
                return rule
        raise NotFound("deadline_rule_missing", duty=case.duty.value, day=str(on))
