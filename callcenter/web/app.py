"""The web application: the watch page, its live stream, and the probes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callcenter.i18n import languages, t
from callcenter.web.hub import Hub

ALIVE_EVERY_S = 5
"""So often a silent stream says that it is alive; the page takes twice that and more for a broken one."""

_HERE = Path(__file__).parent
_WORDS = (
    "state.available", "state.reserved", "state.on_call", "state.acw", "state.paused", "state.logged_out",
    "reason.break", "reason.not_ready", "reason.phone", "reason.phone_lost", "reason.rona",
    "ticket.state.draft", "ticket.state.received",
    "watch.alarms", "watch.alarms_means",
    "watch.attention", "watch.away", "watch.away_means", "watch.database_away", "watch.link_down",
    "watch.link_down_means", "watch.link_up", "watch.lost", "watch.lost_means", "watch.more",
    "watch.no_desks", "watch.no_tickets", "watch.nobody_waits", "watch.of_offered", "watch.rings_at",
    "watch.seated",
    "watch.transcript_none", "watch.transcript_pending", "watch.unknown", "watch.unreachable",
)  # fmt: skip
"""What the page's script says."""

_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def build_app(hub: Hub, language: str = "vi") -> FastAPI:
    """The application over one ``hub``, which it runs for as long as it lives.

    ``language`` is the page's when the visitor names none that we have.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        following = asyncio.create_task(hub.run())
        yield
        following.cancel()
        await asyncio.wait({following})

    app = FastAPI(title="Tổng đài 1022", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.add_middleware(_Secured)
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")
    templates = Jinja2Templates(_HERE / "templates")

    @app.get("/", response_class=HTMLResponse)
    async def watch(request: Request, lang: str = language) -> Response:
        chosen = lang if lang in languages else language
        context = {
            "lang": chosen,
            "t": lambda key, **fields: t(key, lang=chosen, **fields),
            "words": {word: t(word, lang=chosen) for word in _WORDS},
        }
        return templates.TemplateResponse(request, "watch.html", context)

    @app.get("/stream")
    async def stream() -> EventSourceResponse:
        return EventSourceResponse(_events(hub), ping=ALIVE_EVERY_S, ping_message_factory=_alive)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        picture = hub.picture
        switchboard = picture["switchboard"]
        parts = {
            "switchboard": switchboard is not None,
            "asterisk": switchboard is not None and switchboard["link"] == "up",
            "database": picture["tickets"] is not None,
        }
        return JSONResponse(parts, 200 if all(parts.values()) else 503)

    return app


async def _events(hub: Hub) -> AsyncIterator[ServerSentEvent]:
    async for picture in hub.watch():
        yield ServerSentEvent(data=picture, event="picture")


def _alive() -> ServerSentEvent:
    """An event and not the usual comment: the page's script sees no comments."""
    return ServerSentEvent(data="", event="alive")


class _Secured:
    """Security headers on every answer; plain ASGI, so that a stream's end is seen as soon as it comes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_SECURITY)
                headers.setdefault("Cache-Control", "no-cache")  # a new version is seen on the next load
            await send(message)

        await self._app(scope, receive, secured)
