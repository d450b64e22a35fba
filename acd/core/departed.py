"""Calls that left lately: what is said of them late is known for late. A channel's id never comes back."""

from __future__ import annotations

from callcenter.kernel.ids import CallId

_MOST = 4096


class Departed:
    """A set that forgets its oldest."""

    def __init__(self) -> None:
        self._calls: dict[CallId, None] = {}

    def add(self, call: CallId) -> None:
        """Remember that the call is over."""
        self._calls[call] = None
        if len(self._calls) > _MOST:
            del self._calls[next(iter(self._calls))]

    def __contains__(self, call: object) -> bool:
        return call in self._calls
