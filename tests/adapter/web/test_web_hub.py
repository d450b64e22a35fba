"""The hub over the switchboard's real API and client on loopback: away, back, slow watchers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from callcenter.kernel.errors import Unavailable
from callcenter.switchboard.api import build_api
from callcenter.switchboard.client import SwitchboardClient
from callcenter.web.hub import Hub
from tests.helpers.watching import TOKEN, PlayedSeats, free_port, live_state, served

pytestmark = pytest.mark.adapter

TICKETS: dict[str, Any] = {"today": 1, "latest": []}


@asynccontextmanager
async def running(hub: Hub) -> AsyncIterator[None]:
    task = asyncio.create_task(hub.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(watching: AsyncIterator[str], wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first picture of that kind."""
    async with asyncio.timeout(10):
        async for text in watching:
            picture: dict[str, Any] = json.loads(text)
            if wanted(picture):
                return picture
    raise AssertionError("the hub stopped")


def hub_of(source: Any, tickets: Callable[[], dict[str, Any]] = lambda: TICKETS) -> Hub:
    return Hub(source, tickets, retry_s=0.02, tickets_every_s=0.02)


async def test_the_switchboard_goes_away_and_comes_back() -> None:
    port = free_port()
    seats = PlayedSeats()
    hub = hub_of(SwitchboardClient(port, TOKEN))
    async with running(hub):
        watching = hub.watch()
        assert json.loads(await anext(watching)) == {"switchboard": None, "tickets": None}
        await until(watching, lambda picture: picture["tickets"] == TICKETS)
        for round_ in range(3):
            async with served(build_api(seats, TOKEN, stream_every_s=0.01), port):
                here = await until(watching, lambda picture: picture["switchboard"] is not None)
                assert here["switchboard"] == seats.state()
                seats.show(node=f"round-{round_}")
                newer = await until(
                    watching, lambda picture, node=f"round-{round_}": picture["switchboard"]["node"] == node
                )
                assert newer["switchboard"] == seats.state()
            away = await until(watching, lambda picture: picture["switchboard"] is None)
            assert away["tickets"] == TICKETS


async def test_a_refused_token_is_a_switchboard_that_is_away() -> None:
    port = free_port()
    hub = hub_of(SwitchboardClient(port, "wrong"))
    async with served(build_api(PlayedSeats(), TOKEN), port), running(hub):
        picture = await until(hub.watch(), lambda picture: picture["tickets"] == TICKETS)
        assert picture["switchboard"] is None


class Told:
    """States as the test tells them, text by text."""

    def __init__(self) -> None:
        self.texts: asyncio.Queue[str] = asyncio.Queue()
        self.opened = 0

    async def states(self) -> AsyncGenerator[str, None]:
        self.opened += 1
        while True:
            yield await self.texts.get()

    def show(self, node: str) -> None:
        self.texts.put_nowait(json.dumps(live_state(node=node)))


async def test_a_slow_watcher_misses_pictures_in_between_but_never_the_latest() -> None:
    told = Told()
    hub = hub_of(told)
    async with running(hub):
        slow, quick = hub.watch(), hub.watch()
        await anext(slow)
        for number in range(30):
            told.show(f"n{number}")
            picture = await until(quick, lambda picture: picture["switchboard"] is not None)
            while picture["switchboard"]["node"] != f"n{number}":
                picture = json.loads(await anext(quick))
        assert json.loads(await anext(slow))["switchboard"]["node"] == "n29"
        waiting = asyncio.ensure_future(anext(slow))
        await asyncio.sleep(0)
        assert not waiting.done(), "what was shown is not shown again"
        told.show("n30")
        async with asyncio.timeout(10):
            assert json.loads(await waiting)["switchboard"]["node"] == "n30"


async def test_a_watcher_that_leaves_holds_nobody_up() -> None:
    told = Told()
    hub = hub_of(told)
    async with running(hub):
        staying, leaving = hub.watch(), hub.watch()
        await until(leaving, lambda picture: picture["tickets"] == TICKETS)
        gone = asyncio.ensure_future(anext(leaving))
        await asyncio.sleep(0)
        gone.cancel()
        with suppress(asyncio.CancelledError):
            await gone
        told.show("after")
        picture = await until(staying, lambda picture: picture["switchboard"] is not None)
        assert picture["switchboard"]["node"] == "after"


async def test_nonsense_from_the_switchboard_is_left_and_it_is_asked_again() -> None:
    told = Told()
    hub = hub_of(told)
    async with running(hub):
        watching = hub.watch()
        told.show("before")
        await until(watching, lambda picture: picture["switchboard"] is not None)
        told.texts.put_nowait("{half a pict")
        await until(watching, lambda picture: picture["switchboard"] is None)
        told.show("after")
        picture = await until(watching, lambda picture: picture["switchboard"] is not None)
        assert picture["switchboard"]["node"] == "after"
        assert told.opened == 2


@pytest.mark.parametrize("failure", [Unavailable("database_unavailable"), RuntimeError("no such table")])
async def test_a_database_away_takes_only_the_tickets(failure: Exception) -> None:
    answers: list[Exception | None] = [None]

    def tickets() -> dict[str, Any]:
        if answers[0] is not None:
            raise answers[0]
        return TICKETS

    told = Told()
    hub = hub_of(told, tickets)
    async with running(hub):
        watching = hub.watch()
        told.show("n1")
        await until(watching, lambda picture: None not in picture.values())
        answers[0] = failure
        away = await until(watching, lambda picture: picture["tickets"] is None)
        assert away["switchboard"]["node"] == "n1"
        told.show("n2")
        await until(watching, lambda picture: picture["switchboard"]["node"] == "n2")
        answers[0] = None
        await until(watching, lambda picture: picture["tickets"] == TICKETS)
