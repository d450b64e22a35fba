"""The latest live picture, shared by everybody who watches: the switchboard's state and today's tickets.

One reader of the switchboard and one of the database, whatever the number of watchers. A slow watcher misses
pictures in between, never the latest, and holds nobody up.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, Protocol

import structlog

from callcenter.kernel.errors import Unavailable

log = structlog.get_logger()

RETRY_S = 0.5
TICKETS_EVERY_S = 1.0


class States(Protocol):
    """Where the switchboard's states come from."""

    def states(self) -> AsyncGenerator[str, None]:
        """Every new state as JSON text; raises Unavailable when there is no switchboard."""


class Hub:
    """Keeps the picture current while ``run`` runs."""

    def __init__(
        self,
        switchboard: States,
        tickets: Callable[[], dict[str, Any]],
        *,
        retry_s: float = RETRY_S,
        tickets_every_s: float = TICKETS_EVERY_S,
    ) -> None:
        """``tickets`` reads today's tickets from the database; it is called in a thread."""
        self._switchboard = switchboard
        self._tickets = tickets
        self._retry_s = retry_s
        self._tickets_every_s = tickets_every_s
        self._picture: dict[str, Any] = {"switchboard": None, "tickets": None}
        self._text = json.dumps(self._picture)
        self._version = 0
        self._changed = asyncio.Condition()

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
                while self._version == seen:
                    await self._changed.wait()
                seen, text = self._version, self._text
            yield text

    async def _follow_switchboard(self) -> None:
        while True:
            why = "stream_ended"
            try:
                async with aclosing(self._switchboard.states()) as states:
                    async for text in states:
                        await self._put("switchboard", json.loads(text))
            except Unavailable as error:
                why = error.code
            except ValueError:
                why = "not_json"
            if self._picture["switchboard"] is not None:
                log.warning("switchboard away", code=why)
            await self._put("switchboard", None)
            await asyncio.sleep(self._retry_s)

    async def _follow_tickets(self) -> None:
        while True:
            await self._put("tickets", await self._read_tickets())
            await asyncio.sleep(self._tickets_every_s)

    async def _read_tickets(self) -> dict[str, Any] | None:
        try:
            return await asyncio.to_thread(self._tickets)
        except Exception as error:
            # Whatever it is (a database away, or not migrated yet), the live half of the page goes on.
            if self._picture["tickets"] is not None or not isinstance(error, Unavailable):
                log.warning("tickets cannot be read", error=type(error).__name__)
            return None

    async def _put(self, part: str, value: dict[str, Any] | None) -> None:
        if self._picture[part] == value:
            return
        async with self._changed:
            self._picture = {**self._picture, part: value}
            self._text = json.dumps(self._picture)  # ASCII: no reader takes U+2028 for a line's end
            self._version += 1
            self._changed.notify_all()
