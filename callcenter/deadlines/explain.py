"""Says in one sentence why a deadline falls where it falls, from the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from callcenter.deadlines.core.calendar import CalendarDay, DayKind, WorkingCalendar, vietnam_day
from callcenter.deadlines.core.clock import ClockState, Deadline
from callcenter.deadlines.core.rules import Term, Unit
from callcenter.i18n import t
from callcenter.kernel.clock import VIETNAM


def explain(deadline: Deadline, calendar: WorkingCalendar, lang: str = "vi") -> str:
    """One sentence: receipt, term, rule, what did not count, what moved the date, and the date.

    Raises:
        NotFound: ``calendar`` does not hold the days between.
    """
    return f"{', '.join(_clauses(deadline, calendar, lang))}."


def is_provisional(deadline: Deadline, calendar: WorkingCalendar) -> bool:
    """Whether the date hangs on days that are only expected to be as the calendar says."""
    first, last = vietnam_day(deadline.received), vietnam_day(deadline.due)
    return deadline.term.unit is not Unit.MINUTES and calendar.is_provisional(first, last)


def _clauses(deadline: Deadline, calendar: WorkingCalendar, lang: str) -> Iterator[str]:
    yield t("deadline.received", lang, at=_moment(deadline.received, lang))
    if deadline.began != deadline.received:
        yield t("deadline.reopened", lang, at=_moment(deadline.began, lang))
    yield t("deadline.term", lang, term=_term(deadline.term, lang))
    if deadline.source:
        yield t("deadline.source", lang, source=_flat(deadline.source))
    yield from _days(deadline, calendar, lang)
    yield from _moved(deadline, lang)
    if deadline.due != deadline.original_due:
        yield t("deadline.original", lang, at=_moment(deadline.original_due, lang))
    yield t("deadline.due", lang, at=_moment(deadline.due, lang))
    if deadline.state is ClockState.PAUSED:
        yield t("deadline.paused_now", lang, awaited=_flat(deadline.pauses[-1].awaited))
    if is_provisional(deadline, calendar):
        yield t("deadline.provisional", lang)


def _days(deadline: Deadline, calendar: WorkingCalendar, lang: str) -> Iterator[str]:
    """Holidays that took a working day away, and days worked in exchange."""
    if deadline.term.unit is Unit.MINUTES:
        return
    rows = calendar.rows_between(vietnam_day(deadline.began), vietnam_day(deadline.due))
    off = [row for row in rows if row.kind is DayKind.OFF and calendar.office_hours.usual(row.day.weekday())]
    if off:
        yield t("deadline.off", lang, days="; ".join(_run(run) for run in _runs(off)))
    if worked := [row for row in rows if row.kind is DayKind.WORKED]:
        yield t("deadline.worked", lang, days="; ".join(_run([row]) for row in worked))


def _moved(deadline: Deadline, lang: str) -> Iterator[str]:
    if waits := sum(pause.counts and pause.end is not None for pause in deadline.pauses):
        yield t("deadline.waited", lang, count=waits)
    for extension in deadline.extensions:
        yield t(
            "deadline.extended",
            lang,
            term=_amount(extension.by, lang),
            reason=_flat(extension.reason),
            approver=_flat(extension.approver),
        )
    if any(move.cause == "calendarchanged" for move in deadline.moves):
        yield t("deadline.calendar_changed", lang)


def _runs(rows: list[CalendarDay]) -> Iterator[list[CalendarDay]]:
    """Days one after the other, together."""
    run: list[CalendarDay] = []
    for row in rows:
        if run and row.day - run[-1].day > timedelta(days=1):
            yield run
            run = []
        run.append(row)
    yield run


def _run(rows: list[CalendarDay]) -> str:
    first, last = rows[0], rows[-1]
    if first is last:
        return f"{first.day:%d/%m/%Y} ({first.name})"
    return f"{first.day:%d/%m}-{last.day:%d/%m/%Y} ({first.name} … {last.name})"


def _term(term: Term, lang: str) -> str:
    return t(f"deadline.term.{term.unit.value}", lang, amount=term.amount)


def _amount(term: Term, lang: str) -> str:
    return t(f"deadline.amount.{term.unit.value}", lang, amount=term.amount)


def _moment(at: datetime, lang: str) -> str:
    local = at.astimezone(VIETNAM)
    weekday = t(f"weekday.{local.weekday()}", lang)
    return t("deadline.moment", lang, time=f"{local:%H:%M}", weekday=weekday, day=f"{local:%d/%m/%Y}")


def _flat(text: str) -> str:
    """What somebody wrote, as part of one sentence on one line."""
    return " ".join(text.split()).rstrip(".;, ")
