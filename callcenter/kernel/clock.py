"""Time as a port. Pure code takes ``now``; shells take a ``Clock``.

Monotonic seconds measure durations and order; UTC datetimes are only for records and people.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Protocol

VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""Viet Nam has had UTC+7 without daylight saving since 1975, so a fixed offset is exact for our records."""


class Clock(Protocol):
    """Where a shell takes the time from."""

    def monotonic(self) -> float:
        """Seconds that never go back; for durations."""

    def utcnow(self) -> datetime:
        """Aware UTC wall time; for records."""
