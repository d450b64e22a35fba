"""``callcenter alias``: the numbers of the hotline, whose they are and how they greet."""

from __future__ import annotations

import csv
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from callcenter.app import bootstrap
from callcenter.app.console import print_json, print_table, say, settings
from callcenter.desks import service
from callcenter.desks.service import Alias
from callcenter.kernel.errors import BadInput
from callcenter.kernel.ids import queue_name
from callcenter.storage.engine import open_database
from ivr.core.session import DEFAULT_GREETING
from ivr.prompts.manifest import load_manifest

app = typer.Typer(no_args_is_help=True, help="Đầu số đường dây nóng / hotline numbers.")

_COLUMNS = ("number", "title", "owner", "greeting", "queue", "active_from", "active_to")


@app.command()
def add(
    number: Annotated[str, typer.Argument(help="Đầu số / number as it is dialled, such as 0888247247")],
    name: Annotated[str, typer.Option("--name", help="Tên hiển thị / for people")],
    owner: Annotated[str, typer.Option("--owner", help="Đơn vị / whose number it is")],
    greeting: Annotated[str, typer.Option("--greeting", help="Lời chào / prompt's name")] = DEFAULT_GREETING,
    queue: Annotated[str, typer.Option("--queue", help="Hàng đợi / queue")] = service.DEFAULT_QUEUE,
    first: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="Ngày đầu / first day")] = "",
    last: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="Ngày cuối / last day")] = "",
) -> None:
    """Thêm hoặc sửa một đầu số / add a hotline number or change it; takes effect at once."""
    _put([_alias(number, name, owner, greeting, queue, first, last)])
    say("alias.saved", number=number)


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="CSV: number,name,owner[,greeting][,queue][,from][,to]; YYYY-MM-DD",
        ),
    ],
) -> None:
    """Thêm hoặc sửa nhiều đầu số từ tệp CSV / add or change many, all or none."""
    with file.open(encoding="utf-8-sig", newline="") as rows:
        aliases = [
            _alias(
                row.get("number") or "",
                row.get("name") or "",
                row.get("owner") or "",
                row.get("greeting") or DEFAULT_GREETING,
                row.get("queue") or service.DEFAULT_QUEUE,
                row.get("from") or "",
                row.get("to") or "",
            )
            for row in csv.DictReader(rows)
        ]
    _put(aliases)
    say("alias.imported", count=len(aliases))


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False) -> None:
    """Danh sách đầu số / all hotline numbers, in force or not."""
    with open_database(settings().database_url).reading() as tx:
        rows = [asdict(alias) for alias in service.list_aliases(tx)]
    if as_json:
        print_json(rows)
    else:
        print_table(_COLUMNS, [{**row, "title": row["name"]} for row in rows])


def _alias(number: str, name: str, owner: str, greeting: str, queue: str, first: str, last: str) -> Alias:
    """Refuses a greeting that no manifest knows: its callers would hear nothing."""
    load_manifest().version(greeting.strip())
    return Alias(
        number=number.strip(),
        name=name,
        owner=owner,
        greeting=greeting.strip(),
        queue=queue_name(queue.strip()),
        active_from=_day(first),
        active_to=_day(last),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError as error:
        raise BadInput("date_malformed", value=text[:32]) from error


def _put(aliases: list[Alias]) -> None:
    chosen = settings()
    database = open_database(chosen.database_url)
    with database.transaction() as tx:
        for alias in aliases:
            service.put_alias(tx, alias)
    bootstrap.publish(chosen, database)
