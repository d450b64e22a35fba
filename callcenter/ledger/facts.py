"""What the switchboard writes down about calls: the facts from which the ledger is folded.

Facts are past tense, frozen and flat. They say what Asterisk or the citizen did, never what we wanted.
Fields that hold personal data are marked ``pii`` in their metadata, and only those may.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from callcenter.kernel.ids import AgentId, CallId, OfferId, QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted:
    """The citizen's channel came up on the trunk."""

    call: CallId
    channel: str
    alias: str
    """The number that was dialled, as the trunk sent it, normalised to digits."""
    caller: str = field(metadata={"pii": True})
    """The number that called, as the trunk sent it; ``""`` when withheld."""
    trunk: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageChosen:
    """The citizen pressed the language key."""

    call: CallId
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingNoticePlayed:
    """The notice that the call is recorded was played: which text, which version."""

    call: CallId
    prompt: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingDeclined:
    """The citizen declined the recording; nothing of this call is recorded."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuChosen:
    """The citizen took a branch of the menu."""

    call: CallId
    menu: str
    choice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StateAsked:
    """The citizen asked for the state of a report by its code."""

    call: CallId
    code: str
    found: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinHeard:
    """The citizen heard an information message to its end (disaster, procedures)."""

    call: CallId
    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueJoined:
    """The caller was parked and waits."""

    call: CallId
    queue: QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferStarted:
    """A desk is being dialled for the caller."""

    call: CallId
    offer: OfferId
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferEnded:
    """The desk was not answered; the caller is back on hold."""

    call: CallId
    offer: OfferId
    agent: AgentId
    failure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered:
    """An operator and the citizen are connected."""

    call: CallId
    offer: OfferId
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStarted:
    """Asterisk writes the legs: base name of the files in the legs folder, ``-in`` and ``-out``."""

    call: CallId
    base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkEnded:
    """Citizen and operator are no longer connected."""

    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpEnded:
    """After-call work of this call ended."""

    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Overflowed:
    """The caller was taken out of the queue to leave a message."""

    call: CallId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLeft:
    """The citizen left a spoken message: file name in the messages folder."""

    call: CallId
    file: str
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackServed:
    """The dialplan served the call without us (backup queue or message), while we were away."""

    call: CallId
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded:
    """The citizen's channel is gone. The last fact of every call but ``WrapUpEnded``."""

    call: CallId
    cause: int
    """Q.850 cause; 0 when unknown."""
    by_caller: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLost:
    """The call vanished while we were not listening: Asterisk restarted, or the link was down."""

    call: CallId
    why: str


Fact = (
    CallStarted
    | LanguageChosen
    | RecordingNoticePlayed
    | RecordingDeclined
    | MenuChosen
    | StateAsked
    | BulletinHeard
    | QueueJoined
    | OfferStarted
    | OfferEnded
    | CallAnswered
    | RecordingStarted
    | TalkEnded
    | WrapUpEnded
    | Overflowed
    | MessageLeft
    | FallbackServed
    | CallEnded
    | CallLost
)
"""The closed set of call facts."""
