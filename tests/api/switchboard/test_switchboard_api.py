"""The switchboard's loopback API, and the client that the other processes ask it with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from callcenter.kernel.errors import BadInput, Conflict, NotFound, Unavailable
from callcenter.switchboard.api import build_api
from callcenter.switchboard.client import SwitchboardClient
from tests.helpers.watching import TOKEN, PlayedSeats, free_port, served

pytestmark = pytest.mark.api

KNOWN = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def seats() -> PlayedSeats:
    return PlayedSeats()


@pytest.fixture
async def api(seats: PlayedSeats) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(build_api(seats, TOKEN))
    async with httpx.AsyncClient(transport=transport, base_url="http://switchboard") as client:
        yield client


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}, {"Authorization": f"Bearer {TOKEN}x"}],
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/state"), ("GET", "/events"), ("POST", "/agents/1001/login")]
)
async def test_nothing_is_told_without_the_token(
    api: httpx.AsyncClient, seats: PlayedSeats, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = await api.request(method, path, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_wrong"
    assert TOKEN not in answer.text
    assert seats.asked == []


async def test_health_needs_no_token(api: httpx.AsyncClient) -> None:
    assert (await api.get("/healthz")).json() == {"status": "ok"}


async def test_the_state(api: httpx.AsyncClient, seats: PlayedSeats) -> None:
    assert (await api.get("/state", headers=KNOWN)).json() == seats.state()


@pytest.mark.parametrize("action", ["login", "ready", "pause", "logout"])
async def test_every_wish_of_an_operator_arrives(
    api: httpx.AsyncClient, seats: PlayedSeats, action: str
) -> None:
    answer = await api.post(f"/agents/1001/{action}", headers=KNOWN)
    assert (answer.status_code, answer.json()) == (200, {"agent": "1001", "action": action})
    assert seats.asked == [("1001", action, "break")]


async def test_a_pause_has_its_reason(api: httpx.AsyncClient, seats: PlayedSeats) -> None:
    await api.post("/agents/1001/pause", headers=KNOWN, json={"reason": "họp giao ban"})
    assert seats.asked == [("1001", "pause", "họp giao ban")]


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/agents/9999/login", None, 404, "operator_unknown"),
        ("/agents/1002/ready", None, 409, "operator_not_logged_in"),
        ("/agents/12x4/ready", None, 422, "agent_id_malformed"),
        ("/agents/1001/pause", {"reason": ""}, 422, "pause_reason_malformed"),
        ("/agents/1001/pause", {"reason": "x" * 41}, 422, "pause_reason_malformed"),
        ("/agents/1001/pause", {"reason": "two\nlines"}, 422, "pause_reason_malformed"),
        ("/agents/1001/pause", {"reason": 5}, 422, "request_malformed"),
        ("/agents/1001/dance", None, 422, "request_malformed"),
    ],
)
async def test_refusals_say_why_in_both_languages(
    api: httpx.AsyncClient, seats: PlayedSeats, path: str, body: object, status: int, code: str
) -> None:
    answer = await api.post(path, headers=KNOWN, json=body)
    error = answer.json()
    assert (answer.status_code, error["code"]) == (status, code)
    assert error["vi"] != error["en"]
    assert code not in error["vi"] + error["en"], "a text of the catalogue, not the bare code"
    assert "{" not in error["vi"] + error["en"], "every field is filled"
    assert seats.asked == []


async def test_the_stream_brings_the_state_at_once_and_after_each_change(seats: PlayedSeats) -> None:
    port = free_port()
    async with asyncio.timeout(10), served(build_api(seats, TOKEN, stream_every_s=0.01), port):
        states = SwitchboardClient(port, TOKEN).states()
        assert json.loads(await anext(states)) == seats.state()
        seats.show(node="máy-2")
        assert json.loads(await anext(states))["node"] == "máy-2"
        seats.show(link="down")
        assert json.loads(await anext(states))["link"] == "down"
        await states.aclose()


async def test_changes_in_between_are_left_out_and_the_last_is_not(seats: PlayedSeats) -> None:
    port = free_port()
    async with asyncio.timeout(10), served(build_api(seats, TOKEN, stream_every_s=0.2), port):
        states = SwitchboardClient(port, TOKEN).states()
        await anext(states)
        for number in range(50):
            seats.show(node=f"n{number}")
        assert json.loads(await anext(states))["node"] == "n49"
        await states.aclose()


async def test_the_client_raises_what_the_switchboard_said(seats: PlayedSeats) -> None:
    port = free_port()
    async with served(build_api(seats, TOKEN), port):
        client = SwitchboardClient(port, TOKEN)
        assert await asyncio.to_thread(client.state) == seats.state()
        await asyncio.to_thread(client.seat, "1001", "pause", "ăn trưa")
        assert seats.asked == [("1001", "pause", "ăn trưa")]
        with pytest.raises(NotFound, match="operator_unknown") as unknown:
            await asyncio.to_thread(client.seat, "9999", "login", "break")
        assert unknown.value.fields == {"number": "9999"}
        with pytest.raises(Conflict, match="operator_not_logged_in"):
            await asyncio.to_thread(client.seat, "1002", "ready", "break")
        with pytest.raises(BadInput, match="pause_reason_malformed"):
            await asyncio.to_thread(client.seat, "1001", "pause", "")
        with pytest.raises(Unavailable, match="switchboard_refused"):
            await asyncio.to_thread(client.seat, "../state", "login", "break")


async def test_a_client_of_the_wrong_token_is_refused_and_not_fed_with_nothing(seats: PlayedSeats) -> None:
    port = free_port()
    async with asyncio.timeout(10), served(build_api(seats, TOKEN), port):
        stranger = SwitchboardClient(port, "wrong")
        with pytest.raises(Unavailable, match="switchboard_refused"):
            await asyncio.to_thread(stranger.state)
        with pytest.raises(Unavailable, match="switchboard_refused"):
            await anext(stranger.states())


async def test_a_switchboard_that_does_not_run() -> None:
    client = SwitchboardClient(free_port(), TOKEN)
    with pytest.raises(Unavailable, match="switchboard_away"):
        await asyncio.to_thread(client.state)
    with pytest.raises(Unavailable, match="switchboard_away"):
        await anext(client.states())
