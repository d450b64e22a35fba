"""``callcenter operator``: desks and their seats."""

from __future__ import annotations

import csv
from dataclasses import asdict
from typing import Annotated

import typer
from sqlmodel import Session

from callcenter.app import bootstrap
from callcenter.app.console import print_json, print_table, say, settings
from callcenter.app.secrets import ensure_token
from callcenter.desks import service
from callcenter.storage.engine import open_database
from callcenter.switchboard.client import SwitchboardClient
from callcenter.switchboard.seats import SeatAction

app = typer.Typer(no_args_is_help=True, help="Tổng đài viên và bàn trực / operators and their desks.")

Json = Annotated[bool, typer.Option("--json", help="JSON")]
Number = Annotated[str, typer.Argument(help="Danh số / operator number, such as 1010")]


@app.command()
def add(
    number: Number,
    name: Annotated[str, typer.Option("--name", help="Họ tên / name")],
    queue: Annotated[list[str] | None, typer.Option("--queue", help="Hàng đợi / queue, repeatable")] = None,
    language: Annotated[list[str] | None, typer.Option("--language", help="vi, en; repeatable")] = None,
    as_json: Json = False,
) -> None:
    """Tạo bàn trực và in thông tin đăng nhập SIP / create a desk and print its SIP credentials."""
    chosen = settings()
    database = open_database(chosen.database_url)
    with database.transaction() as tx:
        made = service.add_operator(
            tx,
            number,
            name,
            now=bootstrap.now(),
            queues=tuple(queue or [service.DEFAULT_QUEUE]),
            languages=tuple(language or ["vi"]),
        )
    bootstrap.publish(chosen, database)
    _print_credentials(made, as_json)


@app.command("import")
def import_(
    file: Annotated[
        typer.FileText,
        # utf-8-sig: spreadsheets begin their files with a byte order mark
        typer.Argument(
            encoding="utf-8-sig", help="CSV: number,name[,queues][,languages] (; between several)"
        ),
    ],
    as_json: Json = False,
) -> None:
    """Tạo nhiều bàn trực từ tệp CSV / create many desks, all or none."""
    chosen = settings()
    database = open_database(chosen.database_url)
    with database.transaction() as tx:
        made = [_added(tx, row) for row in csv.DictReader(file)]
    bootstrap.publish(chosen, database)
    if as_json:
        print_json([_with_server(one) for one in made])
        return
    for one in made:
        _print_credentials(one, as_json=False)


def _added(tx: Session, row: dict[str, str | None]) -> service.NewOperator:
    return service.add_operator(
        tx,
        row.get("number") or "",
        row.get("name") or "",
        now=bootstrap.now(),
        queues=tuple((row.get("queues") or service.DEFAULT_QUEUE).split(";")),
        languages=tuple((row.get("languages") or "vi").split(";")),
    )


@app.command()
def secret(number: Number, as_json: Json = False) -> None:
    """Cấp mật khẩu SIP mới / make a new SIP secret; the old one stops working."""
    chosen = settings()
    database = open_database(chosen.database_url)
    with database.transaction() as tx:
        made = service.set_secret(tx, number)
    bootstrap.publish(chosen, database)
    _print_credentials(made, as_json)


def _print_credentials(made: service.NewOperator, as_json: bool) -> None:
    chosen = settings()
    if as_json:
        print_json(_with_server(made))
        return
    say("operator.added", number=made.number, name=made.name)
    say(
        "operator.credentials",
        username=made.sip_username,
        secret=made.sip_secret,
        server=f"{chosen.sip_server}:{chosen.sip_port}",
    )


def _with_server(made: service.NewOperator) -> dict[str, object]:
    chosen = settings()
    server = {"sip_server": chosen.sip_server, "sip_port": chosen.sip_port, "sip_realm": service.SIP_REALM}
    return {**asdict(made), **server}


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Danh sách tổng đài viên / all operators."""
    with open_database(settings().database_url).reading() as tx:
        rows = [asdict(operator) for operator in service.list_operators(tx)]
    if as_json:
        print_json(rows)
    else:
        print_table(("number", "name", "sip_username", "queues", "languages", "active"), rows)


@app.command()
def deactivate(number: Number) -> None:
    """Đóng tài khoản / close the account; its calls and tickets keep the number."""
    chosen = settings()
    database = open_database(chosen.database_url)
    with database.transaction() as tx:
        service.deactivate(tx, number)
    bootstrap.publish(chosen, database)
    say("operator.deactivated", number=number)


def _seat(number: str, action: SeatAction, reason: str = "break") -> None:
    chosen = settings()
    token = ensure_token(chosen.run / "switchboard.token")
    SwitchboardClient(chosen.switchboard_port, token).seat(number, action, reason)
    say(f"operator.{action}", number=number)


@app.command()
def login(number: Number) -> None:
    """Vào ca / take the seat; not yet ready."""
    _seat(number, "login")


@app.command()
def ready(number: Number) -> None:
    """Sẵn sàng nhận cuộc gọi / ready for calls; ends a pause or wrap-up."""
    _seat(number, "ready")


@app.command()
def pause(
    number: Number, reason: Annotated[str, typer.Option("--reason", help="Lý do / reason")] = "break"
) -> None:
    """Tạm nghỉ / pause."""
    _seat(number, "pause", reason)


@app.command()
def logout(number: Number) -> None:
    """Hết ca / leave the seat."""
    _seat(number, "logout")
