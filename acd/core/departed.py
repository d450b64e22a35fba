"""Calls that are over: what is said of them late is known for late. A channel's id never comes back."""

from __future__ import annotations

from callcenter.kernel.ids import CallId

_MOST = 4096


class Departed:
    """Calls and the number of offers that were made for them; forgets its oldest."""

    def __init__(self) -> None:
        self._attempts: dict[CallId, int] = {}

    def add(self, call: CallId, attempts: int = 0) -> None:
        """Remember that the call is over."""
        self._attempts[call] = attempts
        if len(self._attempts) > _MOST:
            del self._attempts[next(iter(self._attempts))]

    def attempts(self, call: CallId) -> int:
        """How many offers were made for the call; 0 when it is not remembered."""
        return self._attempts.get(call, 0)

    def __contains__(self, call: object) -> bool:
        return call in self._attempts
