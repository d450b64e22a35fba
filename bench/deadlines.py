"""Deadlines a second, one processor: by unit, and a whole one with its rule and its history; and the ratio of a
term of 200 working days to one of 2, which tables keep near 1.

``python -m bench.deadlines [SECONDS]``. The target is 50,000 a second.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from callcenter.deadlines.core.clock import fold
from callcenter.deadlines.core.events import Paused, Received, Resumed
from callcenter.deadlines.core.rules import Circumstances, Term, Unit
from callcenter.deadlines.prefill import default_calendar
from callcenter.deadlines.rules_file import load_rules
from callcenter.kernel.clock import VIETNAM

CALENDAR = default_calendar(2025, 2028)
CALENDARS = {CALENDAR.version: CALENDAR}
STARTS = [datetime(2026, 1, 1, tzinfo=VIETNAM) + timedelta(minutes=487 * n) for n in range(1_000)]
CASE = Circumstances(place="buon-ma-thuot", field="ha-tang/giao-thong", channel="zalo")


def rate(compute: Callable[[datetime], object], seconds: float, starts: Sequence[datetime] = STARTS) -> float:
    """Computations a second over receipts spread over a year."""
    done, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        for start in starts:
            compute(start)
        done += len(starts)
    return done / spent


def by_rule(at: datetime) -> object:
    """A receipt: the rule is looked up and the first date promised."""
    rule = load_rules().find(CASE, at.date())
    return fold([Received(at=at, term=rule.term, calendar=CALENDAR.version, source=rule.source)], CALENDARS)


def with_history(at: datetime) -> object:
    """The same with one pause, folded anew."""
    rule = load_rules().find(CASE, at.date())
    asked = at + timedelta(hours=5)
    events = (
        Received(at=at, term=rule.term, calendar=CALENDAR.version, source=rule.source),
        Paused(at=asked, awaited="x"),
        Resumed(at=asked + timedelta(days=1)),
    )
    return fold(events, CALENDARS)


def main() -> None:
    """Print the figures."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    for unit, amount in (
        (Unit.MINUTES, 5),
        (Unit.WORKING_HOURS, 8),
        (Unit.WORKING_DAYS, 2),
        (Unit.WORKING_DAYS, 200),
        (Unit.CALENDAR_DAYS, 7),
    ):
        term = Term(amount=amount, unit=unit)
        print(
            f"{amount:>4} {unit.value:<14} {rate(lambda at, t=term: t.due(at, CALENDAR), seconds):>11,.0f}/s"
        )
    print(f"rule and first date {rate(by_rule, seconds):>11,.0f}/s")
    print(f"... and one pause   {rate(with_history, seconds):>11,.0f}/s")
    near, far = (Term(amount=n, unit=Unit.WORKING_DAYS) for n in (2, 200))
    ratio = rate(lambda at: far.due(at, CALENDAR), seconds) / rate(lambda at: near.due(at, CALENDAR), seconds)
    print(f"200 against 2 working days: {ratio:.2f}")


if __name__ == "__main__":
    main()
