"""What the pages and the loopback API need of a switchboard, played; and a real server around them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

from callcenter.kernel.errors import Conflict, NotFound
from callcenter.kernel.ids import AgentId
from callcenter.switchboard.seats import SeatAction

TOKEN = "a-token-of-the-test"


def desk(agent: str, state: str = "available", **changed: object) -> dict[str, Any]:
    """One desk as the switchboard shows it."""
    shown: dict[str, Any] = {
        "agent": agent, "state": state, "reason": None, "since_s": 5.0, "call": None, "reachable": True,
        "in_use": False, "name": f"Nguyễn Thị {agent}",
    }  # fmt: skip
    return shown | changed


def call(name: str, state: str = "waiting", **changed: object) -> dict[str, Any]:
    """One call as the switchboard shows it."""
    shown: dict[str, Any] = {
        "call": name, "state": state, "queue": "general", "language": "vi", "waited_s": 3.0, "position": 1,
        "offer": None, "agent": None,
    }  # fmt: skip
    return shown | changed


def live_state(*, link: str = "up", **changed: object) -> dict[str, Any]:
    """The switchboard's whole state: one desk and nobody waiting, unless ``changed``."""
    total = {
        "offered": 0, "answered": 0, "abandoned": 0, "short_abandoned": 0, "overflowed": 0, "waiting": 0,
        "asa_s": None, "longest_wait_s": 0.0, "service_level": None, "aht_s": None,
    }  # fmt: skip
    state: dict[str, Any] = {
        "at": "2026-11-22T03:00:00+00:00", "node": "n1", "link": link, "max_calls": 90, "calls": [],
        "desks": [desk("1001")], "statistics": {"total": total, "queues": {}, "blocked": 0},
    }  # fmt: skip
    return state | changed


class PlayedSeats:
    """A switchboard of two operators: 1001 is logged in, 1002 is not."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self._state = live_state()
        self._changed = asyncio.Event()

    def show(self, **changed: object) -> None:
        """Change the state."""
        self._state = live_state(**changed)  # type: ignore[arg-type]
        self._changed.set()

    def state(self) -> dict[str, Any]:
        return self._state

    def seat(self, agent: AgentId, action: SeatAction, reason: str) -> None:
        if agent not in {"1001", "1002"}:
            raise NotFound("operator_unknown", number=agent)
        if agent == "1002" and action != "login":
            raise Conflict("operator_not_logged_in", number=agent)
        self.asked.append((agent, action, reason))

    async def changed(self) -> None:
        await self._changed.wait()
        self._changed.clear()


class _Server(uvicorn.Server):
    """Says when it serves; leaves signals to pytest."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def served(app: Any, port: int) -> AsyncIterator[str]:
    """``app`` behind a real server of this loop; its address."""
    server = _Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            log_level="critical",
            ws="none",
            timeout_graceful_shutdown=0,
        )
    )
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        await server.ready.wait()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving
