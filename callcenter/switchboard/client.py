"""Asking the switchboard from another process of the same machine."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import quote

import httpx

from callcenter.kernel.errors import BadInput, CallcenterError, Conflict, NotFound, Unavailable

_KINDS: dict[int, type[CallcenterError]] = {404: NotFound, 409: Conflict, 422: BadInput}


class SwitchboardClient:
    """Speaks the loopback API of ``callcenter.switchboard.api``."""

    def __init__(self, port: int, token: str) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._headers = {"Authorization": f"Bearer {token}"}

    def state(self) -> dict[str, Any]:
        """The live state.

        Raises:
            Unavailable: the switchboard does not run.
        """
        answer = self._ask("GET", "/state")
        state: dict[str, Any] = answer.json()
        return state

    def seat(self, number: str, action: str, reason: str) -> None:
        """Log in, ready, pause or log out an operator.

        Raises:
            BadInput: the number or the reason is malformed.
            NotFound: there is no such operator.
            Conflict: the operator is not logged in.
            Unavailable: the switchboard does not run.
        """
        self._ask("POST", f"/agents/{quote(number, safe='')}/{action}", json={"reason": reason})

    async def states(self) -> AsyncGenerator[str, None]:
        """Every new state as JSON text, until the connection ends.

        Raises:
            Unavailable: the switchboard does not run, went away, or refuses us.
        """
        try:
            async with (
                httpx.AsyncClient(
                    base_url=self._base, headers=self._headers, timeout=10.0, trust_env=False
                ) as client,
                client.stream("GET", "/events") as answer,
            ):
                if answer.is_error:
                    raise Unavailable("switchboard_refused", status=answer.status_code)
                async for line in answer.aiter_lines():
                    if line.startswith("data: "):
                        yield line.removeprefix("data: ")
        except httpx.HTTPError as error:
            raise Unavailable("switchboard_away") from error

    def _ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            answer = httpx.request(
                method, self._base + path, headers=self._headers, timeout=5.0, trust_env=False, **content
            )
        except httpx.HTTPError as error:
            raise Unavailable("switchboard_away") from error
        if answer.is_error:
            raise _refusal(answer)
        return answer


def _refusal(answer: httpx.Response) -> CallcenterError:
    """The switchboard's own error again, as far as it said which."""
    try:
        error = answer.json()
        return _KINDS[answer.status_code](error["code"], **error["fields"])
    except (ValueError, KeyError, TypeError):
        return Unavailable("switchboard_refused", status=answer.status_code)
