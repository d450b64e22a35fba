"""The switchboard's own loopback HTTP: its live state, the stream of it, and commands to operators' seats.

Anything that asks must know the token of ``run/switchboard.token``; it never leaves the machine.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any, Protocol

from fastapi import Depends, FastAPI, Header
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sse_starlette import EventSourceResponse, ServerSentEvent

from callcenter.i18n import explain
from callcenter.kernel.errors import BadInput, CallcenterError, Conflict, NotFound
from callcenter.kernel.ids import AgentId, agent_id
from callcenter.switchboard.seats import SeatAction


class Seats(Protocol):
    """What the API needs of the switchboard."""

    def state(self) -> dict[str, Any]:
        """The live state, ready for JSON."""

    def seat(self, agent: AgentId, action: SeatAction, reason: str) -> None:
        """Carry out an operator's wish. Raises NotFound for an unknown operator."""

    async def changed(self) -> None:
        """Return when the state has changed since the last call's return."""


class SeatChange(BaseModel):
    """Body of a seat command."""

    reason: str = "break"
    """Of a pause: what supervisors read."""


def build_api(seats: Seats, token: str, *, stream_every_s: float = 0.2) -> FastAPI:
    """The loopback application over ``seats``."""
    app = FastAPI(title="Tổng đài 1022 switchboard", docs_url=None, redoc_url=None)

    async def authorised(authorization: Annotated[str, Header()] = "") -> None:
        if not secrets.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise _Unauthorised("token_wrong")

    guard = [Depends(authorised)]
    app.add_exception_handler(CallcenterError, _explain)
    app.add_exception_handler(RequestValidationError, _malformed)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/state", dependencies=guard)
    async def state() -> dict[str, Any]:
        return seats.state()

    @app.get("/events", dependencies=guard)
    async def events() -> EventSourceResponse:
        return EventSourceResponse(_stream(seats.state, seats.changed, stream_every_s))

    @app.post("/agents/{number}/{action}", dependencies=guard)
    async def seat(number: str, action: SeatAction, change: SeatChange | None = None) -> dict[str, str]:
        reason = (change or SeatChange()).reason
        if not reason or len(reason) > 40 or not reason.isprintable():
            raise BadInput("pause_reason_malformed", value=reason[:40])
        seats.seat(agent_id(number), action, reason)
        return {"agent": number, "action": action}

    return app


async def _stream(
    state: Callable[[], dict[str, Any]], changed: Callable[[], Awaitable[None]], every_s: float
) -> AsyncIterator[ServerSentEvent]:
    """The state at once, then again after changes, never oftener than every ``every_s``."""
    while True:
        yield ServerSentEvent(data=json.dumps(state()), event="state")
        await asyncio.sleep(every_s)
        await changed()


class _Unauthorised(CallcenterError):
    """Whoever asks does not know the token."""


_STATUS: dict[type[CallcenterError], int] = {_Unauthorised: 401, NotFound: 404, Conflict: 409, BadInput: 422}


async def _explain(_request: object, error: Exception) -> JSONResponse:
    assert isinstance(error, CallcenterError)
    content = {
        "code": error.code,
        "fields": error.fields,
        "vi": explain(error, "vi"),
        "en": explain(error, "en"),
    }
    return JSONResponse(content, _STATUS.get(type(error), 503))


async def _malformed(_request: object, _error: Exception) -> JSONResponse:
    """What the framework itself refuses, in the same shape."""
    return await _explain(_request, BadInput("request_malformed"))
