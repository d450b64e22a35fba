"""What the engine is told. Past tense, frozen, flat; never subclass one.

Outside events never raise in the engine: a late, doubled or unknown one is ignored, with a reason.
Times inside the engine are monotonic seconds handed to ``handle``; no event carries wall time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from acd.core.config import Configuration
from callcenter.kernel.ids import AgentId, CallId, OfferId, QueueName


class OfferFailure(StrEnum):
    """Why an offer did not become a conversation."""

    NO_ANSWER = "no_answer"
    """The desk rang its whole time: RONA. The caller goes back to the head, the operator is paused."""
    REFUSED = "refused"
    """The operator pressed reject. Treated like RONA: somebody who refuses is not ready."""
    BUSY = "busy"
    """The desk was in another call (a direct one, say). No blame: back to hold, desk waits for its device."""
    UNREACHABLE = "unreachable"
    """The phone is gone; its operator leaves the distribution."""
    NOT_LANDED = "not_landed"
    """Asterisk said yes to the Redirect and nothing happened within the deadline. Nobody is to blame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """A new validated snapshot of queues, agents and limits takes effect; calls go on."""

    configuration: Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class CallArrived:
    """A call entered the house (IVR). Answered with ``Overflow(full)`` when ``max_calls`` are in it."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerJoined:
    """The caller is parked on hold, and waits in ``queue``. Joining twice is ignored."""

    call: CallId
    queue: QueueName
    priority_minutes: float = 0.0
    """Minutes of waiting granted in advance; never negative."""
    language: str = "vi"
    waited_s: float = 0.0
    """Seconds already waited, known after a restart: the place in line is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLeft:
    """The call ended (hung up, in any state), or left the house for good."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRinging:
    """The caller landed in the offer and the desk is being dialled."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferAnswered:
    """The operator took the call; they are talking."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFailed:
    """The offer ended without an answer and the caller is back on hold."""

    offer: OfferId
    failure: OfferFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkEnded:
    """Citizen and operator are no longer connected; after-call work begins."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLoggedIn:
    """The operator took a seat. Not yet ready."""

    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLoggedOut:
    """The operator left. While ringing or talking it takes effect when that ends."""

    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReady:
    """The operator asks for calls; also ends a pause and after-call work early."""

    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPaused:
    """The operator asks for a pause. While ringing or talking it takes effect when that ends."""

    agent: AgentId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceChanged:
    """The desk's phone as Asterisk sees it."""

    agent: AgentId
    reachable: bool
    in_use: bool
    """In any call at all, ours or not; a ringing phone is not yet in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLost:
    """We no longer hear Asterisk. Nothing is offered until ``Resynchronised``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSeen:
    """One call as Asterisk has it at a resync."""

    call: CallId
    waiting_in: QueueName | None = None
    waited_s: float = 0.0
    priority_minutes: float = 0.0
    language: str = "vi"
    offered: OfferId | None = None
    ringing: AgentId | None = None
    """The desk that is being rung for this call now."""
    talking_to: AgentId | None = None
    """Neither waiting, ringing nor talking: the call is in the IVR or leaving a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSeen:
    """One desk's phone as Asterisk has it at a resync."""

    agent: AgentId
    reachable: bool
    in_use: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSeat:
    """One operator's own state carried over a restart of ours, from the journal."""

    agent: AgentId
    logged_in: bool
    paused: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resynchronised:
    """The whole truth of Asterisk at one instant, after a login: replaces what the engine believed.

    Calls that are absent are gone. Journal seats are given on the first resync after a start only.
    """

    calls: tuple[CallSeen, ...]
    devices: tuple[DeviceSeen, ...]
    seats: tuple[AgentSeat, ...] = ()


Event = (
    Configured
    | CallArrived
    | CallerJoined
    | CallLeft
    | OfferRinging
    | OfferAnswered
    | OfferFailed
    | TalkEnded
    | AgentLoggedIn
    | AgentLoggedOut
    | AgentReady
    | AgentPaused
    | DeviceChanged
    | LinkLost
    | Resynchronised
)
"""The closed set of what can happen to the engine."""
