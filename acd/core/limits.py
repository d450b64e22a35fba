"""Bounds on numbers from outside, so that no event can break the arithmetic of the line."""

from __future__ import annotations

_LONGEST_WAIT_S = 7 * 86_400.0
_MOST_MINUTES = 7 * 1_440.0


def seconds_waited(value: float) -> float:
    """``value`` within 0 and a week; not a number counts as 0."""
    return min(max(0.0, value), _LONGEST_WAIT_S)


def minutes_granted(value: float) -> float:
    """``value`` within 0 and a week; not a number counts as 0."""
    return min(max(0.0, value), _MOST_MINUTES)
