"""What the ledger says of one call, folded from its facts. Values only; pure.

Outcomes, the first that holds:

===============  ====================================================================================
outcome          holds when
===============  ====================================================================================
answered         an operator and the citizen were connected, even if the call vanished later
message_left     the citizen left a spoken message: somebody has work to do
fallback         the dialplan served the call while we were away
lost             the call vanished while we were not listening
overflowed       it was sent to leave a message, and left none
abandoned        it waited or rang, and left
self_served      it left from the IVR after a bulletin or the state of a report
abandoned_ivr    it left from the IVR with nothing
===============  ====================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from callcenter.kernel.ids import AgentId, CallId, OfferId, QueueName


class Outcome(StrEnum):
    """How a call ended; every ended call has exactly one. In order of precedence."""

    ANSWERED = "answered"
    MESSAGE_LEFT = "message_left"
    FALLBACK = "fallback"
    LOST = "lost"
    OVERFLOWED = "overflowed"
    ABANDONED = "abandoned"
    SELF_SERVED = "self_served"
    ABANDONED_IVR = "abandoned_ivr"


class Note(StrEnum):
    """What a reader of the record should know about how it came to be."""

    START_MISSING = "start_missing"
    """The fact that the call began never arrived: alias and caller are unknown."""
    WALL_CLOCK = "wall_clock"
    """A duration is from the wall clock and less sure: it spans a restart of the machine, say."""
    LOST = "lost"
    """The call vanished while we were not listening; its end is the time when that was noticed."""
    RECORDED_THOUGH_DECLINED = "recorded_though_declined"
    """A recording began although the citizen declined it: must be looked into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One desk that was rung for the call."""

    offer: OfferId
    agent: AgentId
    started_at: datetime
    ring_s: float
    result: str
    """``answered``, ``left`` (the caller went away meanwhile), ``ringing``, or the failure's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call. Times are UTC and for people; durations are seconds and never negative."""

    call: CallId
    alias: str
    caller: str = field(metadata={"pii": True})
    """As the trunk sent it; ``""`` when withheld."""
    trunk: str
    language: str | None
    started_at: datetime
    ended_at: datetime | None
    duration_s: float | None
    """From the start to the end; ``None`` while the call is up."""
    queue: QueueName | None
    """The queue last joined before an operator answered."""
    joined_at: datetime | None
    """When the citizen began to wait."""
    answered_at: datetime | None
    wait_s: float | None
    """From joining to the first answer, to being served otherwise, or to leaving; ringing included, IVR not.
    ``None`` when the call never waited, or still waits."""
    rings: int
    """Desks rung."""
    offers: tuple[Offer, ...]
    agent: AgentId | None
    """The operator who talked to the citizen last."""
    talk_s: float
    """With operators, hold included."""
    wrap_up_s: float
    outcome: Outcome | None
    """``None`` while the call is up."""
    overflow_reason: str | None
    menu_path: tuple[str, ...]
    """Choices in the menu in order, each ``menu=choice``."""
    bulletins: tuple[str, ...]
    """Information messages heard to their end."""
    codes_asked: tuple[str, ...] = field(metadata={"pii": True})
    """Ticket codes whose state was asked for."""
    recording_notice: str | None
    """The notice that was played, ``prompt@version``."""
    recording_declined: bool
    recording_bases: tuple[str, ...]
    """Base names of the recorded legs, in order."""
    message_file: str | None
    message_s: float
    fallback: str | None
    """How the dialplan served the call without us."""
    hangup_cause: int
    """Q.850; 0 when unknown."""
    ended_by_caller: bool | None
    lost_why: str | None
    notes: tuple[Note, ...]

    @property
    def recording_base(self) -> str | None:
        """Base name of the first recorded legs; ``None`` when nothing was recorded."""
        return self.recording_bases[0] if self.recording_bases else None
