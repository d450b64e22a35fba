"""One call's stamped facts to its record: the arithmetic of waiting, ringing, talking, wrapping up. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, assert_never, get_args

from callcenter.kernel.errors import BadInput
from callcenter.kernel.ids import AgentId, OfferId, QueueName
from callcenter.ledger.facts import (
    BulletinHeard,
    CallAnswered,
    CallEnded,
    CallLost,
    CallStarted,
    Fact,
    FallbackServed,
    LanguageChosen,
    MenuChosen,
    MessageLeft,
    OfferEnded,
    OfferStarted,
    Overflowed,
    QueueJoined,
    RecordingDeclined,
    RecordingNoticePlayed,
    RecordingStarted,
    StateAsked,
    TalkEnded,
    WrapUpEnded,
)
from callcenter.ledger.record import CallRecord, Note, Offer, Outcome


class Stamp(NamedTuple):
    """When a fact was written down."""

    at: datetime
    mono: float | None
    boot: int
    """Number of the machine's boot to which ``mono`` belongs, rising."""


class Stamped(NamedTuple):
    """A fact with its stamp."""

    stamp: Stamp
    fact: Fact


_RANK = {fact: rank for rank, fact in enumerate(get_args(Fact))}
"""Order of facts with the same stamp: that in which they are declared, which is that of a call's life."""


def fold_call(facts: list[Stamped]) -> CallRecord:
    """The record of one call from all that is known of it, in whatever order.

    Raises:
        BadInput: there are no facts.
    """
    if not facts:
        raise BadInput("call_without_facts")
    fold = _Fold(_ordered(facts))
    return fold.record()


def _ordered(facts: list[Stamped]) -> list[Stamped]:
    if all(stamp.mono is not None for stamp, _ in facts):
        return sorted(facts, key=lambda s: (s.stamp.boot, s.stamp.mono, _RANK[type(s.fact)], repr(s)))
    return sorted(facts, key=lambda s: (s.stamp.boot, s.stamp.at, _RANK[type(s.fact)], repr(s)))


@dataclass(slots=True)
class _Ring:
    agent: AgentId
    began: Stamp
    ended: Stamp | None = None
    result: str = "ringing"


@dataclass(slots=True)
class _Fold:
    """The state of folding one call's facts in order of time."""

    facts: list[Stamped]
    notes: set[Note] = field(default_factory=set)
    started: CallStarted | None = None
    language: str | None = None
    notice: str | None = None
    declined: bool = False
    menu_path: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    bulletins: list[str] = field(default_factory=list)
    queue: QueueName | None = None
    joined: Stamp | None = None
    served: Stamp | None = None
    """The end of the wait other than by leaving."""
    rings: dict[OfferId, _Ring] = field(default_factory=dict)
    answered: Stamp | None = None
    agent: AgentId | None = None
    talking: Stamp | None = None
    talk_s: float = 0.0
    wrapping: dict[AgentId, Stamp] = field(default_factory=dict)
    wrap_up_s: float = 0.0
    bases: list[str] = field(default_factory=list)
    overflow: Overflowed | None = None
    message: MessageLeft | None = None
    fallback: str | None = None
    ended: CallEnded | None = None
    lost: CallLost | None = None
    end: Stamp | None = None

    def record(self) -> CallRecord:
        for stamp, fact in self.facts:
            self._take(stamp, fact)
        first = self.facts[0].stamp
        if self.started is None:
            self.notes.add(Note.START_MISSING)
        if self.lost is not None:
            self.notes.add(Note.LOST)
        if self.declined and self.bases:
            self.notes.add(Note.RECORDED_THOUGH_DECLINED)
        wait_s = self._wait_s()
        duration_s = self._between(first, self.end) if self.end else None
        offers = tuple(self._offer(offer, ring) for offer, ring in self.rings.items())
        return CallRecord(
            call=self.facts[0].fact.call,
            alias=self.started.alias if self.started else "",
            caller=self.started.caller if self.started else "",
            trunk=self.started.trunk if self.started else "",
            language=self.language,
            started_at=first.at,
            ended_at=self.end.at if self.end else None,
            duration_s=duration_s,
            queue=self.queue,
            joined_at=self.joined.at if self.joined else None,
            answered_at=self.answered.at if self.answered else None,
            wait_s=wait_s,
            rings=len(self.rings),
            offers=offers,
            agent=self.agent,
            talk_s=self.talk_s,
            wrap_up_s=self.wrap_up_s,
            outcome=self._outcome() if self.end else None,
            overflow_reason=self.overflow.reason if self.overflow else None,
            menu_path=tuple(self.menu_path),
            bulletins=tuple(self.bulletins),
            codes_asked=tuple(self.codes),
            recording_notice=self.notice,
            recording_declined=self.declined,
            recording_bases=tuple(self.bases),
            message_file=self.message.file if self.message else None,
            message_s=max(0.0, self.message.duration_s) if self.message else 0.0,
            fallback=self.fallback,
            hangup_cause=self.ended.cause if self.ended else 0,
            ended_by_caller=self.ended.by_caller if self.ended else None,
            lost_why=self.lost.why if self.lost else None,
            notes=tuple(sorted(self.notes)),
        )

    def _take(self, stamp: Stamp, fact: Fact) -> None:
        match fact:
            case CallStarted():
                self.started = self.started or fact
            case LanguageChosen():
                self.language = fact.language
            case RecordingNoticePlayed():
                self.notice = f"{fact.prompt}@{fact.version}"
            case RecordingDeclined():
                self.declined = True
            case MenuChosen():
                self.menu_path.append(f"{fact.menu}={fact.choice}")
            case StateAsked():
                self.codes.append(fact.code)
            case BulletinHeard():
                self.bulletins.append(fact.prompt)
            case RecordingStarted():
                if fact.base not in self.bases:
                    self.bases.append(fact.base)
            case _:
                self._take_service(stamp, fact)

    def _take_service(
        self,
        stamp: Stamp,
        fact: QueueJoined
        | OfferStarted
        | OfferEnded
        | CallAnswered
        | TalkEnded
        | WrapUpEnded
        | Overflowed
        | MessageLeft
        | FallbackServed
        | CallEnded
        | CallLost,
    ) -> None:
        match fact:
            case QueueJoined():
                self.joined = self.joined or stamp
                if self.answered is None:
                    self.queue = fact.queue
            case OfferStarted():
                # A call that rings has waited, even if the fact that it joined never arrived.
                self.joined = self.joined or stamp
                self.rings.setdefault(fact.offer, _Ring(fact.agent, stamp))
            case OfferEnded():
                self._ring_ended(fact.offer, fact.agent, stamp, fact.failure)
            case CallAnswered():
                self._answered(stamp, fact)
            case TalkEnded():
                self._talk_ended(stamp)
                self.wrapping.setdefault(fact.agent, stamp)
            case WrapUpEnded():
                began = self.wrapping.pop(fact.agent, None)
                if began is not None:
                    self.wrap_up_s += self._between(began, stamp)
            case Overflowed():
                self.overflow = self.overflow or fact
                self.served = self.served or stamp
            case MessageLeft():
                self.message = self.message or fact
                self.served = self.served or stamp
            case FallbackServed():
                self.fallback = self.fallback or fact.how
                self.served = self.served or stamp
            case CallEnded():
                self.ended = self.ended or fact
                self._ended(stamp)
            case CallLost():
                self.lost = self.lost or fact
                self._ended(stamp)
            case _:
                assert_never(fact)

    def _ring_ended(self, offer: OfferId, agent: AgentId, stamp: Stamp, result: str) -> None:
        ring = self.rings.setdefault(offer, _Ring(agent, stamp))
        if ring.ended is None:
            ring.ended, ring.result = stamp, result

    def _answered(self, stamp: Stamp, fact: CallAnswered) -> None:
        ring = self.rings.get(fact.offer)
        if ring is not None and ring.result == "answered":
            return
        self._ring_ended(fact.offer, fact.agent, stamp, "answered")
        self.answered = self.answered or stamp
        self.served = self.served or stamp
        self.agent = fact.agent
        if self.talking is None and self.end is None:
            self.talking = stamp

    def _talk_ended(self, stamp: Stamp) -> None:
        if self.talking is not None:
            self.talk_s += self._between(self.talking, stamp)
            self.talking = None

    def _ended(self, stamp: Stamp) -> None:
        if self.end is not None:
            return
        self.end = stamp
        if self.talking is not None:
            self._talk_ended(stamp)
            if self.agent is not None:
                self.wrapping.setdefault(self.agent, stamp)
        for ring in self.rings.values():
            if ring.ended is None:
                ring.ended, ring.result = stamp, "left"

    def _outcome(self) -> Outcome:
        waited = self.joined is not None
        helped = bool(self.bulletins or self.codes)
        table = (
            (Outcome.ANSWERED, self.answered is not None),
            (Outcome.MESSAGE_LEFT, self.message is not None),
            (Outcome.FALLBACK, self.fallback is not None),
            (Outcome.LOST, self.lost is not None),
            (Outcome.OVERFLOWED, self.overflow is not None),
            (Outcome.ABANDONED, waited),
            (Outcome.SELF_SERVED, helped),
            (Outcome.ABANDONED_IVR, True),
        )
        return next(outcome for outcome, holds in table if holds)

    def _wait_s(self) -> float | None:
        until = self.served or self.end
        if self.joined is None or until is None:
            return None
        return self._between(self.joined, until)

    def _offer(self, offer: OfferId, ring: _Ring) -> Offer:
        return Offer(
            offer=offer,
            agent=ring.agent,
            started_at=ring.began.at,
            ring_s=self._between(ring.began, ring.ended) if ring.ended else 0.0,
            result=ring.result,
        )

    def _between(self, begin: Stamp, end: Stamp) -> float:
        """Seconds from ``begin`` to ``end``, never negative; notes when only the wall clock could tell."""
        if begin.mono is not None and end.mono is not None and begin.boot == end.boot:
            return max(0.0, end.mono - begin.mono)
        self.notes.add(Note.WALL_CLOCK)
        return max(0.0, (end.at - begin.at).total_seconds())
