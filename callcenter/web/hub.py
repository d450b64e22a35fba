"""The latest live picture, shared by everybody who watches: the switchboard's state and today's tickets.

One reader of the switchboard and one of the database, whatever the number of watchers. A slow watcher misses
pictures in between, never the latest, and holds nobody up.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

import structlog

from callcenter.kernel.errors import CallcenterError, Unavailable

log = structlog.get_logger()

RETRY_S = 0.5
TICKETS_EVERY_S = 1.0


class States(Protocol):
    """Where the switchboard's states come from."""

    def states(self) -> AsyncIterator[str]:
        """Every new state as JSON text; raises Unavailable when there is no switchboard."""


class Hub:
    """Keeps the picture current while ``run`` runs."""

    def __init__(self, switchboard: States, tickets: Callable[[], dict[str, Any]]) -> None:
        """``tickets`` reads today's tickets from the database; it is called in a thread."""
        self._switchboard = switchboard
        self._tickets = tickets
        self._picture: dict[str, Any] = {"switchboard": None, "tickets": None}
        self._version = 0
        self._changed = asyncio.Condition()
        self.linked = False

    @property
    def picture(self) -> dict[str, Any]:
        """What there is now; ``None`` for a part that is away."""
        return self._picture

    async def run(self) -> None:
        """Follow the switchboard and the database until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_switchboard())
            group.create_task(self._follow_tickets())

    async def watch(self) -> AsyncIterator[str]:
        """The picture now, then each newer one, as JSON."""
        seen = -1
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._version != seen)
                seen = self._version
                picture = json.dumps(self._picture, ensure_ascii=False)
            yield picture

    async def _follow_switchboard(self) -> None:
        while True:
            try:
                async for text in self._switchboard.states():
                    self.linked = True
                    await self._put("switchboard", json.loads(text))
            except Unavailable:
                pass
            if self.linked:
                log.warning("switchboard away")
            self.linked = False
            await self._put("switchboard", None)
            await asyncio.sleep(RETRY_S)

    async def _follow_tickets(self) -> None:
        while True:
            try:
                found: dict[str, Any] | None = await asyncio.to_thread(self._tickets)
            except CallcenterError:
                found = None
            await self._put("tickets", found)
            await asyncio.sleep(TICKETS_EVERY_S)

    async def _put(self, part: str, value: dict[str, Any] | None) -> None:
        if self._picture[part] == value:
            return
        async with self._changed:
            self._picture = {**self._picture, part: value}
            self._version += 1
            self._changed.notify_all()
