"""What the call centre says about the calls: a port, and the implementation that asks its command line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any, Protocol

from callcenter.kernel.errors import Unavailable

_MANY = 10_000


class OurSide(Protocol):
    """The call centre's own books since a moment that the implementation knows."""

    def calls(self) -> list[dict[str, Any]]:
        """Calls, each with ``call`` (its id) and ``outcome`` (``None`` while it is up)."""

    def recordings(self) -> list[dict[str, Any]]:
        """Recordings that were kept, each with the ``call`` that it belongs to."""

    def tickets(self) -> list[dict[str, Any]]:
        """Tickets, each with the ``call`` that it came from."""


class CommandLineSide:
    """Asks ``callcenter calls --json`` and ``callcenter tickets --json``; earlier calls do not count."""

    def __init__(self, command: Sequence[str] = ("callcenter",)) -> None:
        self._command = tuple(command)
        self._earlier = {entry["call"] for entry in self._list("calls")}

    def calls(self) -> list[dict[str, Any]]:
        """Calls since this object was made.

        Raises:
            Unavailable: the command failed.
        """
        return [entry for entry in self._list("calls") if entry["call"] not in self._earlier]

    def recordings(self) -> list[dict[str, Any]]:
        """New calls that have a kept recording."""
        return [entry for entry in self.calls() if entry["recording"]]

    def tickets(self) -> list[dict[str, Any]]:
        """Tickets that came from new calls."""
        return [
            entry for entry in self._list("tickets") if entry["call"] and entry["call"] not in self._earlier
        ]

    def _list(self, what: str) -> list[dict[str, Any]]:
        command = [*self._command, what, "--json", "--limit", str(_MANY)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Unavailable("our_side_unavailable", what=what, said=(done.stderr or done.stdout)[-300:])
        listed: list[dict[str, Any]] = json.loads(done.stdout)
        return listed
