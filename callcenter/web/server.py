"""Runs the web process: the application on its address, with the parts that it reads from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import uvicorn

from callcenter.calls.repository import open_alarm_count
from callcenter.desks.service import list_operators
from callcenter.kernel.clock import VIETNAM
from callcenter.storage.engine import Database, open_database
from callcenter.switchboard.client import SwitchboardClient
from callcenter.tickets import service as tickets
from callcenter.web.app import build_app
from callcenter.web.hub import Hub

LATEST = 12
"""Tickets on the watch page."""

_EXCERPT = 160
_LIKE_A_PHONE_NUMBER = re.compile(r"\+?\d(?:[ .-]?\d){7,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    """What the web process needs to know."""

    host: str
    port: int
    database_url: str
    switchboard_port: int
    switchboard_token: str
    language: str


def serve(config: WebConfig) -> None:
    """Serve until SIGTERM."""
    database = open_database(config.database_url)
    hub = Hub(
        SwitchboardClient(config.switchboard_port, config.switchboard_token),
        lambda: todays_tickets(database),
    )
    uvicorn.run(
        build_app(hub, config.language),
        host=config.host,
        port=config.port,
        log_level="warning",
        access_log=False,
        limit_concurrency=400,
        timeout_graceful_shutdown=2,
    )
    database.close()


def todays_tickets(database: Database) -> dict[str, Any]:
    """How many tickets were opened today (Viet Nam), the latest of them without who reported, and open alarms.

    Raises:
        Unavailable: the database is away.
    """
    with database.reading() as tx:
        names: dict[str, str] = {operator.number: operator.name for operator in list_operators(tx)}
        today = datetime.now(UTC).astimezone(VIETNAM).date()
        return {
            "alarms": open_alarm_count(tx),
            "today": tickets.today_count(tx, today),
            "latest": [
                {
                    "code": ticket.code,
                    "opened_at": ticket.opened_at.isoformat(),
                    "alias": ticket.alias,
                    "state": ticket.state,
                    "operator": names.get(ticket.answered_by or "", ticket.answered_by),
                    "text": _excerpt(ticket.text),
                    "transcript_status": ticket.transcript_status,
                }
                for ticket in tickets.list_recent(tx, limit=LATEST)
            ],
        }


def _excerpt(text: str) -> str:
    """The first words: a watch page is read from afar. Telephone numbers that were spoken are not for it."""
    text = _LIKE_A_PHONE_NUMBER.sub("•••", text)
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 2].rsplit(" ", 1)[0] + " …"
