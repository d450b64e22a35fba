"""What the engine remembers of one call and of one agent. Mutable, and changed only by the house."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from acd.core.states import AgentState, CallState
from callcenter.kernel.ids import AgentId, CallId, OfferId, QueueName

if TYPE_CHECKING:
    from acd.core.line import Group, Place
    from acd.core.timers import Timer

NOT_READY = "not_ready"
"""Reason of the pause in which a log in begins."""
RONA = "rona"
"""Reason of the pause after an offer that was not answered or was refused."""
PHONE_LOST = "phone_lost"
"""Reason of the pause of an operator whose phone is gone; it ends by itself when the phone is back."""


@dataclass(slots=True, eq=False)
class Call:
    """One citizen's call."""

    call: CallId
    state: CallState = CallState.IN_HOUSE
    admitted: bool = True
    """Counts towards ``max_calls``; a call turned away at the door does not."""
    overflowed: bool = False
    """Was sent to leave a message: a late join means nothing any more."""
    queue: QueueName | None = None
    language: str = "vi"
    priority_minutes: float = 0.0
    joined_at: float = 0.0
    """Start of waiting; earlier than the join when the caller had waited before a restart of ours."""
    order: int = 0
    """Sequence of joining, which breaks ties."""
    attempts: int = 0
    offer: OfferId | None = None
    offered_at: float = 0.0
    landed: bool = False
    """Asterisk confirmed that the caller is in the offer."""
    agent: AgentId | None = None
    """The desk reserved for the call, or talking to it."""
    waited_until: float | None = None
    """When the waiting ended, in an answer or an overflow."""
    place: Place | None = None
    """Where it stands in a line; ``None`` while it does not wait, or is withheld after a failed landing."""
    offer_timer: Timer | None = None
    """Deadline of the offer, or of the retry after it."""
    wait_timer: Timer | None = None


@dataclass(slots=True, eq=False)
class Agent:
    """One operator and their desk."""

    agent: AgentId
    group: Group
    state: AgentState = AgentState.LOGGED_OUT
    reason: str | None = None
    since: float = 0.0
    """When the present state began."""
    idle_since: float = 0.0
    """When the present idle time began: the longest idle is served first."""
    call: CallId | None = None
    """The call that the desk is reserved for, talks to, or does after-call work of."""
    reachable: bool = False
    in_use: bool = False
    doubtful: bool = False
    """``reachable`` or ``in_use`` was concluded from a failed offer, not said by the phone."""
    leaving: bool = False
    """Asked to log out; takes effect when the desk is free."""
    removed: bool = False
    """No longer in the configuration; forgotten when logged out."""
    pause_asked: str | None = None
    """Asked for this pause; takes effect when the desk is free."""
    idle: tuple[float, AgentId] | None = None
    """Its entry among the idle desks of its group; ``None`` when it can take no call."""
    wrap_up_s: float = 0.0
    """After-call work that the queue of the present call grants."""
    wrap_up_timer: Timer | None = None

    @property
    def eligible(self) -> bool:
        """May be offered a call now."""
        return self.state is AgentState.AVAILABLE and self.reachable and not self.in_use
