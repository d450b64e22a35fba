"""What an operator may ask of the switchboard."""

from __future__ import annotations

from typing import Literal

SeatAction = Literal["login", "ready", "pause", "logout"]
