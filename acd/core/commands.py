"""What the engine asks for. Imperative, frozen; results come back as events that quote the id."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from callcenter.kernel.ids import AgentId, CallId, OfferId


class OverflowReason(StrEnum):
    """Why a caller is sent to leave a message instead of waiting."""

    FULL = "full"
    """``max_calls`` are in the house."""
    QUEUE_FULL = "queue_full"
    MAX_WAIT = "max_wait"
    """The queue's ``max_wait_s`` passed."""
    NO_DESK = "no_desk"
    """Nobody is logged in for the queue and the queue says not to wait then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferCall:
    """Ring the agent's desk for the call. The desk is already reserved."""

    offer: OfferId
    call: CallId
    agent: AgentId
    ring_timeout_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOffer:
    """Stop ringing: the caller is gone, or the answer to the offer is overdue."""

    offer: OfferId
    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Overflow:
    """Take the caller out of the queue and let them leave a message."""

    call: CallId
    reason: OverflowReason


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentChanged:
    """The agent's state changed; for screens, the journal and statistics. Nothing to do in Asterisk."""

    agent: AgentId
    state: str
    reason: str | None = None
    """Of a pause: the operator's reason, or ``rona``."""
    call: CallId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """An event that could not mean anything now: late, doubled or unknown. Counted, never raised."""

    event: str
    reason: str


Command = OfferCall | CancelOffer | Overflow | AgentChanged | Ignored
"""The closed set of what the engine can ask for."""
