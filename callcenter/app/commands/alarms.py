"""``callcenter alarms``: what somebody must look into."""

from __future__ import annotations

from typing import Annotated

import typer

from callcenter.app import bootstrap
from callcenter.app.console import language, local_time, print_json, print_table, say, settings
from callcenter.calls import repository
from callcenter.i18n import t
from callcenter.kernel.errors import NotFound
from callcenter.storage.engine import open_database


def register(app: typer.Typer) -> None:
    """Add the command to the top level."""
    app.command()(alarms)


def alarms(
    as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
    clear: Annotated[
        tuple[str, str] | None, typer.Option("--clear", metavar="KIND CALL", help="Đã xử lý / dealt with")
    ] = None,
) -> None:
    """Cảnh báo chưa xử lý / open alarms, newest first: an answered call without a recording, a full disk."""
    database = open_database(settings().database_url)
    if clear:
        kind, call = clear
        with database.transaction() as tx:
            if not repository.clear_alarm(tx, kind, call, bootstrap.now()):
                raise NotFound("alarm_unknown", kind=kind[:48], call=call[:64])
        say("alarm.cleared", kind=kind, call=call)
        return
    with database.reading() as tx:
        rows = [row.model_dump(exclude={"cleared_at"}) for row in repository.open_alarms(tx)]
    if as_json:
        print_json(rows)
    elif not rows:
        say("alarm.none")
    else:
        shown = [
            {
                **row,
                "raised_at": local_time(row["raised_at"]),
                "alarm": t(f"alarm.{row['kind']}", lang=language()),
            }
            for row in rows
        ]
        print_table(("raised_at", "call", "kind", "alarm", "detail"), shown)
