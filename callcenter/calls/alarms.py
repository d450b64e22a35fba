"""What a supervisor must look into, by kind."""

from __future__ import annotations

from enum import StrEnum

HOUSE = "-"
"""In the place of the call: the alarm is of the whole house."""


class AlarmKind(StrEnum):
    """Each has a text for people, ``alarm.<kind>`` of the catalogue."""

    NOT_RECORDED = "answered_not_recorded"
    ONE_LEG = "recording_one_leg"
    SHORT = "recording_short"
    """Much shorter than the talk was."""
    THOUGH_DECLINED = "recorded_though_declined"
    """Something was recorded before the citizen's no took effect; it is deleted."""
    MESSAGE_LOST = "message_not_kept"
    GIVEN_UP = "post_call_given_up"
    """The work after the call failed too often."""
    DISK_FULL = "disk_full"
    """Of the house: recordings wait for room. Clears itself with the first that is kept."""
