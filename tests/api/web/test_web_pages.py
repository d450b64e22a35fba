"""The watch page, its headers and the probes, over HTTP."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

import callcenter.web
from acd.core.records import NOT_READY, PHONE_LOST, RONA
from callcenter.i18n import t
from callcenter.i18n.catalogue import catalogue
from callcenter.kernel.errors import Unavailable
from callcenter.web import app as web_app
from callcenter.web.hub import Hub
from tests.helpers.watching import desk, free_port, live_state, served

pytestmark = pytest.mark.api

TICKETS: dict[str, Any] = {"today": 0, "latest": []}
SCRIPT = (Path(callcenter.web.__file__).parent / "static" / "watch.js").read_text(encoding="utf-8")


class PlayedSource:
    """States and tickets as the test sets them; both away until it does."""

    def __init__(self) -> None:
        self.tickets: dict[str, Any] | None = None
        self._states: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

    def show(self, state: dict[str, Any] | None) -> None:
        """The switchboard's next state; ``None`` when it goes away."""
        self._states.put_nowait(state)

    async def states(self) -> AsyncGenerator[str, None]:
        while (state := await self._states.get()) is not None:
            yield json.dumps(state)
        raise Unavailable("switchboard_away")

    def read(self) -> dict[str, Any]:
        if self.tickets is None:
            raise Unavailable("database_unavailable")
        return self.tickets


@pytest.fixture
def source() -> PlayedSource:
    return PlayedSource()


@pytest.fixture
def hub(source: PlayedSource) -> Hub:
    return Hub(source, source.read, retry_s=0.01, tickets_every_s=0.01)


@pytest.fixture
async def web(hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    """The application with its life cycle."""
    app = web_app.build_app(hub)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://web") as client,
    ):
        yield client


class _Page(HTMLParser):
    """The words that a person reads or hears, and the body's data."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.body: dict[str, str | None] = {}
        self.ids: set[str] = set()
        self.tags: list[str] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if tag == "body":
            self.body = given
        if identity := given.get("id"):
            self.ids.add(identity)
        self.words += [value for name, value in attrs if name in {"aria-label", "title", "alt"} and value]
        self.inline += [name for name, _ in attrs if name == "style" or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(data.strip())


@pytest.mark.parametrize("lang", ["vi", "en"])
async def test_the_page_speaks_its_language_throughout(web: httpx.AsyncClient, lang: str) -> None:
    answer = await web.get("/", params={"lang": lang})
    assert answer.status_code == 200
    assert f'<html lang="{lang}">' in answer.text
    page = _Page(answer.text)
    assert page.body["data-words"] is not None
    said = json.loads(page.body["data-words"])
    assert said, "the words of the script arrive whole through the attribute"
    for key, text in said.items():
        assert text == catalogue(lang)[key]
    assert t("watch.title", lang=lang) in page.words
    bare = re.compile(r"^(watch|state|reason|column|ticket)\.[a-z_.]+$")
    assert [word for word in page.words if bare.match(word)] == []
    assert page.inline == []
    assert "style" not in page.tags


async def test_the_script_has_every_word_that_it_says(web: httpx.AsyncClient) -> None:
    page = _Page((await web.get("/")).text)
    said = json.loads(page.body["data-words"] or "")
    asked = set(re.findall(r'"((?:watch|state|reason)\.[a-z_]+)"', SCRIPT))
    assert len(asked) > 10
    assert asked - set(said) == set()
    troubles = set(re.findall(r'return "([a-z_]+)";', SCRIPT)) - {"unknown", "link_up"}
    assert troubles >= {"lost", "away"}
    assert {f"watch.{name}" for name in troubles} <= set(said)
    assert {f"watch.{name}_means" for name in [*troubles, "link_down"]} <= set(said)


async def test_a_pause_that_the_engine_gives_by_itself_has_a_word(web: httpx.AsyncClient) -> None:
    said = json.loads(_Page((await web.get("/")).text).body["data-words"] or "")
    assert {f"reason.{name}" for name in (NOT_READY, RONA, PHONE_LOST)} <= set(said)


async def test_the_page_has_every_place_that_the_script_fills(web: httpx.AsyncClient) -> None:
    page = _Page((await web.get("/")).text)
    asked = set(re.findall(r'\bat\("([a-z-]+)"\)', SCRIPT))
    asked |= {f"tile-{name}" for name in re.findall(r'\btile\("([a-z_]+)"', SCRIPT)}
    assert len(asked) > 10
    assert asked - page.ids == set()


async def test_vietnamese_comes_first(web: httpx.AsyncClient, hub: Hub) -> None:
    assert '<html lang="vi">' in (await web.get("/")).text
    assert '<html lang="vi">' in (await web.get("/", params={"lang": "fr"})).text
    english = httpx.ASGITransport(web_app.build_app(hub, "en"))
    async with httpx.AsyncClient(transport=english, base_url="http://web") as client:
        assert '<html lang="en">' in (await client.get("/")).text
        assert '<html lang="vi">' in (await client.get("/", params={"lang": "vi"})).text


@pytest.mark.parametrize("path", ["/", "/static/watch.js", "/static/watch.css", "/healthz", "/readyz", "/no"])
async def test_security_headers_on_every_answer(web: httpx.AsyncClient, path: str) -> None:
    headers = (await web.get(path)).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/openapi.json", "/static/../app.py", "/static/%2e%2e/app.py"]
)
async def test_nothing_else_is_served(web: httpx.AsyncClient, path: str) -> None:
    assert (await web.get(path)).status_code == 404


async def test_nothing_of_the_page_comes_from_another_host(web: httpx.AsyncClient) -> None:
    for path in ("/", "/static/watch.js", "/static/watch.css"):
        assert re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]", (await web.get(path)).text) == []


async def readiness(web: httpx.AsyncClient, wanted: int) -> dict[str, bool]:
    async with asyncio.timeout(10):
        while True:
            answer = await web.get("/readyz")
            if answer.status_code == wanted:
                parts: dict[str, bool] = answer.json()
                return parts
            await asyncio.sleep(0.01)


async def test_ready_only_when_every_part_is(web: httpx.AsyncClient, source: PlayedSource) -> None:
    assert (await web.get("/healthz")).json() == {"status": "ok"}
    first = await web.get("/readyz")
    assert first.status_code == 503
    assert first.json() == {"switchboard": False, "asterisk": False, "database": False}
    source.tickets = TICKETS
    source.show(live_state())
    assert await readiness(web, 200) == {"switchboard": True, "asterisk": True, "database": True}
    source.show(live_state(link="down"))
    assert await readiness(web, 503) == {"switchboard": True, "asterisk": False, "database": True}
    source.show(live_state())
    await readiness(web, 200)
    source.tickets = None
    assert await readiness(web, 503) == {"switchboard": True, "asterisk": True, "database": False}
    source.tickets = TICKETS
    await readiness(web, 200)
    source.show(None)
    assert await readiness(web, 503) == {"switchboard": False, "asterisk": False, "database": True}
    assert (await web.get("/healthz")).status_code == 200


async def events(answer: httpx.Response) -> AsyncIterator[tuple[str, str]]:
    name = ""
    async for line in answer.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, line.removeprefix("data: ")
        elif line == "data:":
            yield name, ""


async def pictures(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    async for name, data in events(answer):
        if name == "picture":
            yield json.loads(data)


async def test_the_stream_brings_the_picture_at_once_and_each_newer_one(
    hub: Hub, source: PlayedSource
) -> None:
    source.tickets = TICKETS
    source.show(live_state())
    app = web_app.build_app(hub)
    async with (
        asyncio.timeout(20),
        served(app, free_port()) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        await readiness(client, 200)
        async with client.stream("GET", "/stream") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert "content-security-policy" in answer.headers
            shown = pictures(answer)
            assert await anext(shown) == {"switchboard": live_state(), "tickets": TICKETS}
            hostile = live_state(desks=[desk("1001", name="</script>\u2028Đặng\r\nevent: x")])
            source.show(hostile)
            assert (await anext(shown))["switchboard"] == hostile
            source.show(None)
            assert (await anext(shown))["switchboard"] is None
            async with client.stream("GET", "/stream") as late:
                assert await anext(pictures(late)) == {"switchboard": None, "tickets": TICKETS}


async def test_a_silent_stream_says_that_it_is_alive(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page takes a stream for cut when it hears nothing: comments it cannot hear."""
    monkeypatch.setattr(web_app, "ALIVE_EVERY_S", 0.05)
    async with (
        asyncio.timeout(10),
        served(web_app.build_app(hub), free_port()) as url,
        httpx.AsyncClient(base_url=url) as client,
        client.stream("GET", "/stream") as answer,
    ):
        heard = events(answer)
        assert (await anext(heard))[0] == "picture"
        assert (await anext(heard))[0] == "alive"
        assert (await anext(heard))[0] == "alive"


def test_the_page_waits_longer_than_the_server_is_silent() -> None:
    silence = re.search(r"SILENCE_MS = (\d+)", SCRIPT)
    assert silence is not None
    assert int(silence[1]) > 2 * 1000 * web_app.ALIVE_EVERY_S
