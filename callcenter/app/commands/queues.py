"""``callcenter queue``: the queues and their rules."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Any

import typer

from acd.core.config import QueueSettings
from callcenter.app import bootstrap
from callcenter.app.console import print_json, print_table, say, settings
from callcenter.desks import service
from callcenter.kernel.ids import queue_name
from callcenter.storage.engine import open_database

app = typer.Typer(no_args_is_help=True, help="Hàng đợi / queues.")
_COLUMNS = (
    "name",
    "title",
    "ring_timeout_s",
    "wrap_up_s",
    "max_wait_s",
    "max_waiting",
    "overflow_when_empty",
)


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Danh sách hàng đợi / all queues."""
    with open_database(settings().database_url).reading() as tx:
        rows = [{"title": queue.title, **asdict(queue.settings)} for queue in service.list_queues(tx)]
    if as_json:
        print_json(rows)
    else:
        print_table(_COLUMNS, rows)


@app.command("set")
def set_(
    name: str,
    title: Annotated[str | None, typer.Option(help="Tên hiển thị / for people")] = None,
    ring_timeout: Annotated[float | None, typer.Option(help="s")] = None,
    wrap_up: Annotated[float | None, typer.Option(help="s")] = None,
    max_wait: Annotated[float | None, typer.Option(help="s; 0: không giới hạn / no limit")] = None,
    max_waiting: Annotated[int | None, typer.Option(help="0: không giới hạn / no limit")] = None,
    overflow_when_empty: Annotated[
        bool | None, typer.Option("--overflow-when-empty/--wait-when-empty")
    ] = None,
    priority_minutes: Annotated[float | None, typer.Option()] = None,
) -> None:
    """Tạo hoặc sửa một hàng đợi / add a queue or change it; takes effect at once, calls go on."""
    chosen = settings()
    database = open_database(chosen.database_url)
    with database.transaction() as tx:
        known = {queue.settings.name: queue for queue in service.list_queues(tx)}
        now = known.get(queue_name(name))
        current = now.settings if now else QueueSettings(name=queue_name(name))
        given = {
            "ring_timeout_s": ring_timeout,
            "wrap_up_s": wrap_up,
            "max_wait_s": max_wait,
            "max_waiting": max_waiting,
            "overflow_when_empty": overflow_when_empty,
            "priority_minutes": priority_minutes,
        }
        limits = ("max_wait_s", "max_waiting")
        changes: dict[str, Any] = {
            field: None if field in limits and value == 0 else value
            for field, value in given.items()
            if value is not None
        }
        service.put_queue(tx, replace(current, **changes), title=title or (now.title if now else name))
    bootstrap.publish(chosen, database)
    say("queue.saved", name=name)
