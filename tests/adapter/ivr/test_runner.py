"""Whole callers led by the runner, over real sockets, against a peer that plays and presses as Asterisk would."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from callcenter.kernel.ids import CallId
from ivr.core import session as core
from ivr.core.flow import Flow
from ivr.fastagi import FastAgiServer
from ivr.loader import FLOWS, load_flow
from ivr.prompts.manifest import load_manifest
from ivr.runner import Admission, IvrRunner

pytestmark = pytest.mark.adapter

CALL = CallId("hub-1700000000.1")
CODE = "1022261122004173"
FLOW = load_flow(FLOWS / "main.toml", load_manifest().names())
PROMPTS = Path("/prompts")
HEADERS = "agi_network_script: ivr\nagi_channel: PJSIP/trunk-1\nagi_uniqueid: hub-1700000000.1\n\n"

LookUp = Callable[[str], Awaitable[core.CodeAnswer]]


async def known(code: str) -> core.CodeAnswer:
    if code == CODE:
        return core.CodeAnswer(prompts=("code_state_received",), found=True)
    return core.CodeAnswer(prompts=(), found=False)


async def hanging(code: str) -> core.CodeAnswer:
    await asyncio.Event().wait()
    raise AssertionError


async def broken(code: str) -> core.CodeAnswer:
    raise RuntimeError("the database has other plans")


@dataclass
class House:
    """A small house: it remembers what it was told."""

    flow: Flow = FLOW
    greeting: str = "greeting"
    admitted: bool = True
    finds: LookUp = known
    arrivals: list[tuple[CallId, str, str, str]] = field(default_factory=list)
    notes: list[core.Note] = field(default_factory=list)

    def arrived(self, call: CallId, channel: str, alias: str, caller: str) -> Admission:
        self.arrivals.append((call, channel, alias, caller))
        return Admission(flow=self.flow, greeting=self.greeting, admitted=self.admitted)

    def note(self, call: CallId, note: core.Note) -> None:
        assert call == CALL
        self.notes.append(note)

    async def look_up(self, code: str) -> core.CodeAnswer:
        return await self.finds(code)


@dataclass
class Told:
    """What Asterisk was told during one call, in order."""

    played: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    answers: dict[str, list[str]] = field(default_factory=dict)
    hangs_up_at: str = ""

    def reply(self, command: str) -> str | None:
        """Asterisk's reply; None hangs up. A citizen presses the keys laid down for what is heard last."""
        if variable := re.fullmatch(r"GET VARIABLE (\w+)", command):
            values = {"CC_CALL": CALL, "CC_ALIAS": "1022", "CC_CALLER": "0905123456"}
            return f"200 result=1 ({values[variable[1]]})"
        if variable := re.fullmatch(r'SET VARIABLE (\w+) "(.*)"', command):
            self.variables[variable[1]] = variable[2]
            return "200 result=1"
        if heard := re.fullmatch(r'STREAM FILE "(.*)" "(.*)"', command):
            self.played.append(heard[1].removeprefix("/prompts/"))
            if self.played[-1] == self.hangs_up_at:
                return None
            return f"200 result={self._key(heard[2])} endpos=8000"
        assert re.fullmatch(r"WAIT FOR DIGIT \d+", command), command
        return f"200 result={self._key('0123456789*#')}"

    def _key(self, allowed: str) -> int:
        """The next key pressed at this prompt; a space waits for the prompt's end."""
        pending = self.answers.get(self.played[-1], [])
        if not pending:
            return 0
        key = pending.pop(0)
        if key == " ":
            return 0
        assert key in allowed, f"{key} cannot be pressed now"
        return ord(key)


async def call(house: House, keys: dict[str, str], *, hangs_up_at: str = "") -> Told:
    """One call to its end. ``keys`` are those pressed at each prompt, in order."""
    told = Told(answers={name: list(pressed) for name, pressed in keys.items()}, hangs_up_at=hangs_up_at)
    server = FastAgiServer("127.0.0.1", 0, {"ivr": IvrRunner(house, PROMPTS)})
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        writer.write(HEADERS.encode())
        async with asyncio.timeout(10):
            while command := (await reader.readline()).decode().rstrip("\n"):
                reply = told.reply(command)
                if reply is None:
                    break
                writer.write(f"{reply}\n".encode())
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        await server.close()
    return told


def kinds(notes: Iterable[core.Note]) -> list[str]:
    return [type(note).__name__ for note in notes]


@pytest.mark.seed("S0-02")
async def test_by_keys_to_an_operator() -> None:
    house = House()
    told = await call(house, {"vi/menu": " 1"})
    assert told.played == ["vi/greeting", "vi/no_extra_fee", "vi/notice", "vi/menu", "vi/to_operator"]
    assert told.variables == {
        "CC_ROUTE": "queue", "CC_QUEUE": "general", "CC_PRIORITY": "0", "CC_LANGUAGE": "vi",
        "CC_RECORD": "yes", "IVR_OK": "1",
    }  # fmt: skip
    assert list(told.variables)[-1] == "IVR_OK"  # without it the dialplan helps itself, so it is the last
    assert house.arrivals == [(CALL, "PJSIP/trunk-1", "1022", "0905123456")]
    assert house.notes == [core.NoticePlayed(prompt="notice"), core.MenuChosen(menu="menu", key="1")]


@pytest.mark.seed("S0-33")
async def test_every_caller_hears_that_there_is_no_extra_fee() -> None:
    assert "vi/no_extra_fee" in (await call(House(), {"vi/menu": "0"})).played


@pytest.mark.seed("S4-02")
async def test_a_merged_number_keeps_its_greeting() -> None:
    told = await call(House(greeting="greeting_0888247247"), {"vi/menu": "0"})
    assert told.played[0] == "vi/greeting_0888247247"


@pytest.mark.parametrize("pressed", ["9", " 9"])
async def test_declining_in_the_notice_or_after_it_leaves_the_call_unrecorded(pressed: str) -> None:
    house = House()
    told = await call(house, {"vi/notice": pressed, "vi/menu": "1"})
    assert told.played[2:4] == ["vi/notice", "vi/notice_declined"]
    assert (told.variables["CC_RECORD"], told.variables["IVR_OK"]) == ("no", "1")
    assert kinds(house.notes) == ["NoticePlayed", "RecordingDeclined", "MenuChosen"]


async def test_english_notice_menu_and_operator() -> None:
    house = House()
    told = await call(house, {"vi/menu": "*", "en/menu": "2"})
    assert told.played[3:] == ["vi/menu", "en/notice", "en/menu", "en/procedures", "en/to_operator"]
    assert told.variables["CC_LANGUAGE"] == "en"
    assert house.notes[1] == core.LanguageChosen(language="en")


async def test_whoever_presses_nothing_gets_an_operator() -> None:
    told = await call(House(), {})
    assert told.played.count("vi/menu") == 3
    assert told.played.count("vi/menu_timeout") == 2
    assert told.variables["CC_ROUTE"] == "queue"


async def test_wrong_keys_get_an_operator() -> None:
    told = await call(House(), {"vi/menu": "778"})
    assert told.played.count("vi/menu_wrong_key") == 2
    assert told.variables["CC_ROUTE"] == "queue"


@pytest.mark.seed("S0-26")
async def test_the_bulletin_and_back_to_the_menu() -> None:
    house = House()
    told = await call(house, {"vi/menu": "40"})
    assert told.played[3:] == ["vi/menu", "vi/bulletin", "vi/menu", "vi/to_operator"]
    assert core.BulletinHeard(prompt="bulletin") in house.notes


@pytest.mark.parametrize("typed", [CODE, CODE + "#", " " + CODE])
async def test_the_state_of_a_report(typed: str) -> None:
    house = House()
    told = await call(house, {"vi/menu": "30", "vi/ask_code": typed})
    assert told.played[3:] == [
        "vi/menu", "vi/ask_code", "vi/code_state_received", "vi/menu", "vi/to_operator"
    ]  # fmt: skip
    assert core.CodeAsked(code=CODE, found=True) in house.notes


async def test_a_short_code_ended_by_hash_is_not_found() -> None:
    house = House()
    told = await call(house, {"vi/menu": "30", "vi/ask_code": "12#34#"})
    assert told.played.count("vi/code_not_found") == 2
    assert [note.code for note in house.notes if isinstance(note, core.CodeAsked)] == ["12", "34"]


@pytest.mark.parametrize(("finds", "level"), [(hanging, "warning"), (broken, "error")])
async def test_without_an_answer_in_time_the_caller_goes_to_an_operator(finds: LookUp, level: str) -> None:
    clock = asyncio.get_running_loop().time
    began = clock()
    with capture_logs() as logs:
        told = await call(House(finds=finds), {"vi/menu": "3", "vi/ask_code": CODE})
    assert told.played[-2:] == ["vi/code_unavailable", "vi/to_operator"]
    assert (told.variables["CC_ROUTE"], told.variables["IVR_OK"]) == ("queue", "1")
    assert clock() - began < 5
    assert [line["log_level"] for line in logs] == [level]
    assert CODE not in str(logs)


@pytest.mark.seed("S0-05")
async def test_a_full_house_takes_a_message() -> None:
    told = await call(House(admitted=False), {})
    assert told.played == ["vi/greeting", "vi/full"]
    assert told.variables == {
        "CC_ROUTE": "message", "CC_REASON": "full", "CC_LANGUAGE": "vi", "CC_RECORD": "no", "IVR_OK": "1",
    }  # fmt: skip


@pytest.mark.parametrize("where", ["vi/greeting", "vi/notice", "vi/menu", "vi/ask_code", "vi/to_operator"])
async def test_a_hang_up_anywhere_ends_the_script_and_claims_nothing(where: str) -> None:
    with capture_logs() as logs:
        told = await call(House(), {"vi/menu": "3" if where == "vi/ask_code" else "1"}, hangs_up_at=where)
    assert told.played[-1] == where
    assert told.variables == {}
    assert [line for line in logs if line["log_level"] == "error"] == []
