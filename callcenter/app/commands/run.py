"""``callcenter up`` and the four processes that it keeps alive.

Each process's code is loaded by its own command only: the others start the quicker.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Annotated

import httpx
import structlog
import typer

from callcenter.app import bootstrap, logs
from callcenter.app.children import die_with_parent
from callcenter.app.clock import SystemClock
from callcenter.app.console import language, print_json, print_table, say, settings
from callcenter.app.doctor import examine
from callcenter.app.secrets import ensure_token
from callcenter.app.settings import Settings
from callcenter.app.supervisor import Supervisor, role, stop_on_signals
from callcenter.asterisk import process

log = structlog.get_logger()

ROLES = ("asterisk", "switchboard", "web", "worker")
Supervised = Annotated[bool, typer.Option("--supervised", hidden=True)]


def register(app: typer.Typer) -> None:
    """Add the commands to the top level."""
    for command in (up, asterisk, switchboard, web, worker, doctor):
        app.command()(command)


def up() -> None:
    """Chạy toàn bộ tổng đài / run the whole call centre; Ctrl-C ends it cleanly."""
    chosen = settings()
    bootstrap.prepare(chosen)
    process.find(chosen.tools)
    asyncio.run(_up(chosen))


async def _up(chosen: Settings) -> None:
    folder = chosen.var / "log"
    folder.mkdir(parents=True, exist_ok=True)
    supervisor = Supervisor(
        [role(name, folder) for name in ROLES], say=lambda key, fields: say(key, **fields)
    )
    stop_on_signals(supervisor)
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(_say_when_ready(chosen))
        await supervisor.run()
        watching.cancel()
    say("supervisor.ended")


async def _say_when_ready(chosen: Settings) -> None:
    async with httpx.AsyncClient(timeout=1.0, trust_env=False) as client:
        while True:
            await asyncio.sleep(0.2)
            try:
                answer = await client.get(f"http://{chosen.web_host}:{chosen.web_port}/readyz")
            except httpx.HTTPError:
                continue
            if answer.status_code == 200:
                say("supervisor.ready", url=f"http://{chosen.web_host}:{chosen.web_port}/")
                return


def asterisk(supervised: Supervised = False) -> None:
    """Chạy Asterisk / render the configuration and run Asterisk as an ordinary user."""
    chosen = settings()
    bootstrap.ensure_prepared(chosen)
    found, rendered = bootstrap.render_asterisk(chosen)
    writable = [chosen.var / "asterisk", chosen.legs, chosen.messages]
    if not process.drop_root(writable, [chosen.tools, chosen.prompts]):
        say("asterisk.stays_root", folder=str(chosen.var))
    if supervised:
        die_with_parent()
    command = process.arguments(found, rendered.run.etc)
    os.execv(command[0], command)


def switchboard(supervised: Supervised = False) -> None:
    """Chạy bộ chuyển mạch / run the switchboard: AMI, IVR and ACD."""
    from callcenter.app import processes
    from callcenter.switchboard import server

    _set_up_logs("switchboard", supervised)
    chosen = settings()
    bootstrap.ensure_prepared(chosen)
    asyncio.run(
        server.serve(
            processes.switchboard_config(chosen),
            agi_port=chosen.agi_port,
            api_port=chosen.switchboard_port,
            token=ensure_token(chosen.run / "switchboard.token"),
            prompts=chosen.prompts,
            look_up=processes.ticket_lookup(chosen),
            clock=SystemClock(),
        )
    )


def web(supervised: Supervised = False) -> None:
    """Chạy trang web / run the pages."""
    from callcenter.app import processes
    from callcenter.web import server

    _set_up_logs("web", supervised)
    chosen = settings()
    bootstrap.ensure_prepared(chosen)
    server.serve(processes.web_config(chosen))


def worker(supervised: Supervised = False) -> None:
    """Chạy xử lý sau cuộc gọi / run the post-call jobs."""
    from callcenter.app import processes
    from callcenter.worker import main

    _set_up_logs("worker", supervised)
    chosen = settings()
    bootstrap.ensure_prepared(chosen)
    main.run(processes.worker_config(chosen))


def doctor(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Kiểm tra máy này có gì / say what is there and what is missing."""
    findings = examine(settings(), language())
    if as_json:
        print_json([finding.to_dict() for finding in findings])
    else:
        print_table(("part", "state", "detail"), [finding.to_dict() for finding in findings])
    if any(finding.state == "missing" for finding in findings):
        raise typer.Exit(1)


def _set_up_logs(name: str, supervised: bool) -> None:
    logs.configure(name, readable=not supervised)
    if supervised:
        # Ctrl-C at the terminal reaches the whole group; only the supervisor decides when we end.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
