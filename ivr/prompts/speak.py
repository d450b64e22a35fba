"""How numbers are said: one prompt per digit. Pure."""

from __future__ import annotations

from callcenter.kernel.errors import BadInput

_SEPARATORS = frozenset(" .-+/()\u00a0")
"""What people write between digits, and what is not said."""


def digits(text: str) -> tuple[str, ...]:
    """The prompts that say a code or number digit by digit: ``"10-2"`` gives digit_1, digit_0, digit_2.

    BadInput("spoken_number_malformed") when there is no digit, or anything but digits and separators: half a
    code must never be read out as a whole one.
    """
    spoken = tuple(f"digit_{sign}" for sign in text if sign not in _SEPARATORS)
    if not spoken or not all(sign in _SEPARATORS or sign in "0123456789" for sign in text):
        raise BadInput("spoken_number_malformed")
    return spoken
