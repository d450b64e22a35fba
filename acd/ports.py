"""What the runner needs from around it. Plain functions fit."""

from __future__ import annotations

from typing import Protocol

from acd.core.commands import Command
from acd.core.events import Event


class MonotonicClock(Protocol):
    """Where the runner takes the time from."""

    def __call__(self) -> float:
        """Seconds that never go back."""


class Execute(Protocol):
    """Carries out one command."""

    def __call__(self, command: Command, /) -> None:
        """Start it and return at once; its result is posted as an event that quotes its id."""


class Journal(Protocol):
    """Writes down what happened."""

    def __call__(self, now: float, event: Event | None, commands: list[Command], /) -> None:
        """Note one step and return at once. ``event`` is ``None`` when a deadline came."""
