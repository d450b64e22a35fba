"""``callcenter deadlines``: when something is due, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from callcenter.app.console import language, print_json, say
from callcenter.deadlines.core.clock import Deadline, fold
from callcenter.deadlines.core.events import Received
from callcenter.deadlines.core.rules import Circumstances, Congestion, Duty, Term, Unit, Urgency
from callcenter.deadlines.explain import explain as sentence
from callcenter.deadlines.explain import is_provisional
from callcenter.deadlines.prefill import calendar_from
from callcenter.deadlines.rules_file import load_rules
from callcenter.i18n import languages
from callcenter.kernel.clock import VIETNAM
from callcenter.kernel.errors import BadInput

app = typer.Typer(no_args_is_help=True, help="Thời hạn / deadlines")


@app.callback()
def _group() -> None:
    """Keeps ``explain`` a subcommand while it is the only one."""


@app.command()
def explain(
    received: Annotated[str, typer.Option(help="2026-02-13T09:00, giờ Việt Nam / Viet Nam time")],
    working_days: Annotated[int | None, typer.Option(help="Ngày làm việc / working days")] = None,
    working_hours: Annotated[int | None, typer.Option(help="Giờ làm việc / working hours")] = None,
    days: Annotated[int | None, typer.Option(help="Ngày liên tục / calendar days")] = None,
    minutes: Annotated[int | None, typer.Option(help="Phút / minutes, day and night")] = None,
    duty: Annotated[Duty, typer.Option(help="Việc phải làm / what is due")] = Duty.RESOLVE,
    place: Annotated[str | None, typer.Option(help="da-nang, tp-hcm …")] = None,
    field: Annotated[str | None, typer.Option(help="Lĩnh vực / field: ha-tang/giao-thong …")] = None,
    urgency: Annotated[Urgency | None, typer.Option(help="Mức độ / grade")] = None,
    channel: Annotated[str | None, typer.Option(help="Kênh / channel: phone, zalo …")] = None,
    congestion: Annotated[Congestion, typer.Option(help="Nghẽn / congestion")] = Congestion.NONE,
    several_agencies: Annotated[
        bool, typer.Option("--several-agencies", help="Nhiều cơ quan / several agencies")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """Hạn và lý do trong một câu / the due date and its reasons, from an amount or from the rules."""
    at = _moment(received)
    amounts = {
        Unit.WORKING_DAYS: working_days,
        Unit.WORKING_HOURS: working_hours,
        Unit.CALENDAR_DAYS: days,
        Unit.MINUTES: minutes,
    }
    given = [Term(amount=amount, unit=unit) for unit, amount in amounts.items() if amount is not None]
    if len(given) > 1:
        raise BadInput("deadline_term_twice")
    if given:
        term, source = given[0], ""
    else:
        case = Circumstances(
            duty=duty,
            place=place,
            field=field,
            urgency=urgency,
            channel=channel,
            congestion=congestion,
            several_agencies=several_agencies,
        )
        rule = load_rules().find(case, at.date())
        term, source = rule.term, rule.source
    _print(at, term, source, as_json=as_json)


def _print(at: datetime, term: Term, source: str, *, as_json: bool) -> None:
    calendar = calendar_from(at.year)
    deadline = fold(
        [Received(at=at, term=term, calendar=calendar.version, source=source)], {calendar.version: calendar}
    )
    if as_json:
        sentences = {lang: sentence(deadline, calendar, lang) for lang in languages}
        print_json(_as_json(deadline, sentences, provisional=is_provisional(deadline, calendar)))
    else:
        say("deadline.due_line", due=deadline.due.strftime("%d/%m/%Y %H:%M"))
        say("deadline.sentence", sentence=sentence(deadline, calendar, language()))


def _as_json(deadline: Deadline, sentences: dict[str, str], *, provisional: bool) -> dict[str, object]:
    return {
        "received": deadline.received.isoformat(),
        "amount": deadline.term.amount,
        "unit": deadline.term.unit.value,
        "source": deadline.source or None,
        "due": deadline.due.isoformat(),
        "provisional": provisional,
        "calendar": deadline.calendar,
        "sentence": sentences,
    }


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=VIETNAM) if at.tzinfo is None else at.astimezone(VIETNAM)
    except (ValueError, OverflowError) as error:
        raise BadInput("datetime_malformed", value=text[:64]) from error
