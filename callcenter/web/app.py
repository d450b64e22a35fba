"""The web application: the watch page, its live stream, and the probes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from sse_starlette.sse import EventSourceResponse, ServerSentEvent

from callcenter.i18n import t
from callcenter.web.hub import Hub

_HERE = Path(__file__).parent
_WORDS = (
    "state.available", "state.reserved", "state.on_call", "state.acw", "state.paused", "state.logged_out",
    "watch.unreachable", "watch.link_up", "watch.link_down", "watch.away", "watch.nobody_waits", "watch.no_desks",
    "watch.no_tickets", "watch.seconds", "watch.minutes", "watch.none", "reason.rona", "reason.phone_lost",
    "reason.break", "watch.position", "watch.transcript_pending", "watch.transcript_none",
)  # fmt: skip
"""What the page's script says."""

_SECURITY = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def build_app(hub: Hub) -> FastAPI:
    """The application over one ``hub``, which it runs for as long as it lives."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        following = asyncio.create_task(hub.run())
        yield
        following.cancel()
        await asyncio.wait({following})

    app = FastAPI(title="Tổng đài 1022", docs_url=None, redoc_url=None, lifespan=lifespan)
    templates = Jinja2Templates(_HERE / "templates")
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")

    @app.middleware("http")
    async def secure(request: Request, call_next: object) -> Response:
        response: Response = await call_next(request)  # type: ignore[operator]
        response.headers.update(_SECURITY)
        return response

    @app.get("/", response_class=HTMLResponse)
    async def watch(request: Request, lang: Literal["vi", "en"] = "vi") -> Response:
        context = {
            "lang": lang,
            "t": lambda key, **fields: t(key, lang=lang, **fields),
            "words": {word: t(word, lang=lang) for word in _WORDS},
        }
        return templates.TemplateResponse(request, "watch.html", context)

    @app.get("/stream")
    async def stream() -> EventSourceResponse:
        return EventSourceResponse(_events(hub))

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
