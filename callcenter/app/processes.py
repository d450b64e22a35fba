"""Wiring of the long-lived processes: from the settings to what each is told.

Apart from ``bootstrap`` because it loads all their code, which a short command should not wait for.
"""

from __future__ import annotations

from collections.abc import Callable

from callcenter.app.clock import SystemClock
from callcenter.app.secrets import ensure_ami_accounts, ensure_token
from callcenter.app.settings import Settings
from callcenter.asterisk.bridge import AmiEndpoint
from callcenter.storage.engine import open_database
from callcenter.switchboard.service import SwitchboardConfig
from callcenter.tickets import service as tickets
from callcenter.web.server import WebConfig
from callcenter.worker.main import WorkerConfig


def switchboard_config(settings: Settings) -> SwitchboardConfig:
    """Where the switchboard finds what it works with."""
    accounts = ensure_ami_accounts(settings.run / "ami.json")
    return SwitchboardConfig(
        node=settings.node,
        ami=AmiEndpoint(
            host="127.0.0.1",
            port=settings.ami_port,
            events_user=accounts.events_user,
            events_secret=accounts.events_secret,
            actions_user=accounts.actions_user,
            actions_secret=accounts.actions_secret,
        ),
        journal=settings.journal,
        snapshot=settings.snapshot,
        checkpoint=settings.run / f"checkpoint-{settings.node}.json",
    )


def ticket_lookup(settings: Settings) -> Callable[[str], str | None]:
    """Finds the state of a report by its code; raises Unavailable when the database is away."""
    database = open_database(settings.database_url)

    def look_up(code: str) -> str | None:
        with database.reading() as tx:
            found = tickets.find_by_code(tx, code)
        return str(found.state) if found else None

    return look_up


def web_config(settings: Settings) -> WebConfig:
    """What the web process needs to know."""
    return WebConfig(
        host=settings.web_host,
        port=settings.web_port,
        database_url=settings.database_url,
        switchboard_port=settings.switchboard_port,
        switchboard_token=ensure_token(settings.run / "switchboard.token"),
        language=settings.language,
    )


def worker_config(settings: Settings) -> WorkerConfig:
    """Everything the worker is told."""
    return WorkerConfig(
        database_url=settings.database_url,
        jobs_url=settings.jobs_database_url,
        journal=settings.journal,
        legs=settings.legs,
        messages=settings.messages,
        recordings=settings.recordings,
        keys=settings.keys,
        models=settings.models,
        work=settings.var / "work",
        run=settings.run,
        clock=SystemClock(),
        speech_model=settings.speech_model,
        speech_slots=settings.speech_slots,
        home_area_code=settings.home_area_code,
        min_free_bytes=settings.min_free_mb * 2**20,
    )
