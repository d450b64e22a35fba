"""The life cycle of a ticket as one table. Pure."""

from __future__ import annotations

from enum import StrEnum

from callcenter.kernel.errors import Conflict


class TicketState(StrEnum):
    """Where a ticket stands."""

    DRAFT = "draft"
    """Opened by a call that is still being worked on: the operator talks, or the transcript is not there."""
    RECEIVED = "received"
    """All that the call could give is in it; it waits for somebody to sort it."""


class TranscriptStatus(StrEnum):
    """What is known of the words that were spoken."""

    PENDING = "pending"
    READY = "ready"
    MISSING = "missing"
    """There is none; the reason stands beside it."""


TRANSITIONS: dict[TicketState, frozenset[TicketState]] = {
    TicketState.DRAFT: frozenset({TicketState.RECEIVED}),
    TicketState.RECEIVED: frozenset(),
}
"""To which states a ticket may go from each."""


def check(before: TicketState, after: TicketState) -> None:
    """Allow the transition.

    Raises:
        Conflict: the table does not have it.
    """
    if after not in TRANSITIONS[before]:
        raise Conflict("ticket_transition_forbidden", before=before.value, after=after.value)
