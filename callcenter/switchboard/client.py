"""Asking the switchboard from another process of the same machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx

from callcenter.kernel.errors import Conflict, NotFound, Unavailable


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
            NotFound: there is no such operator.
            Conflict: the operator is not logged in.
            Unavailable: the switchboard does not run.
        """
        self._ask("POST", f"/agents/{number}/{action}", json={"reason": reason})

    async def states(self) -> AsyncIterator[str]:
        """Every new state as JSON text, until the connection ends.

        Raises:
            Unavailable: the switchboard does not run, or went away.
        """
        try:
            async with (
                httpx.AsyncClient(
                    base_url=self._base, headers=self._headers, timeout=10.0, trust_env=False
                ) as client,
                client.stream("GET", "/events") as answer,
            ):
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
        if answer.status_code == 404:
            raise NotFound("operator_unknown", number=path.split("/")[2])
        if answer.status_code == 409:
            raise Conflict("operator_not_logged_in", number=path.split("/")[2])
        if answer.is_error:
            raise Unavailable("switchboard_refused", status=answer.status_code)
        return answer
