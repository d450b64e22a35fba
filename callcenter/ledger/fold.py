"""Folds call facts into call records. Pure and deterministic.

The record of a call is a function of the *set* of its stamped facts: each is kept once, they are put in
order of their stamps, and folded anew. So facts may come late, doubled or out of order, and a journal read
twice gives the same records.

Durations are monotonic wherever both ends have monotonic seconds of one boot; setting the clock changes
nothing then (fault F9). Only across a restart of the machine does the wall clock measure, and the record
says so.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from callcenter.journal.record import BOOT, Record
from callcenter.kernel.ids import CallId
from callcenter.ledger.call import Stamp, Stamped, fold_call
from callcenter.ledger.codec import decode
from callcenter.ledger.facts import CallAnswered, CallEnded, CallLost, Fact, WrapUpEnded
from callcenter.ledger.record import CallRecord

_Kept = TypeVar("_Kept")

KEEP_ENDED = 2000
"""Ended calls kept for facts that follow the end: wrap-up, a late message."""

SETTLING = 100
"""So many of the calls ended last are read again after a restart if their wrap-up is still to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """Where to read the journal from so that a new ledger knows again every call that is open now."""

    after_seq: int
    boot: str
    """The boot id in effect there, for ``Ledger(boot=...)``."""


@dataclass(slots=True)
class _Call:
    facts: list[Stamped]
    first_seq: int
    """The journal record before which this call is unknown; 0 when facts did not come from a journal."""
    boot: str


class Ledger:
    """Takes facts one at a time and gives a record whenever an ended call's record is new or changed."""

    def __init__(self, *, boot: str = "", keep_ended: int = KEEP_ENDED) -> None:
        self._boots = [boot]
        self._boot = 0
        self._keep_ended = keep_ended
        self._open: dict[CallId, _Call] = {}
        self._ended: OrderedDict[CallId, _Call] = OrderedDict()
        self._early: OrderedDict[CallId, list[Stamped]] = OrderedDict()
        self._seq = 0

    def boot(self, boot: str) -> None:
        """From here on monotonic seconds are those of the machine's boot ``boot``."""
        if boot not in self._boots:
            self._boots.append(boot)
        self._boot = self._boots.index(boot)

    def apply_record(self, record: Record) -> CallRecord | None:
        """Take one journal record of any kind; see ``apply``.

        Raises:
            BadInput: a record of kind ``call`` does not hold a call fact.
        """
        result = None
        if record.kind == "note" and record.type == BOOT:
            self.boot(str(record.data.get("boot", "")))
        elif record.kind == "call":
            fact = decode(record.type, record.data)
            result = self._apply(Stamp(record.at, record.mono, self._boot), fact, seq=record.seq)
        self._seq = max(self._seq, record.seq)
        return result

    def apply(self, at: datetime, fact: Fact, *, mono: float | None = None) -> CallRecord | None:
        """Take one fact that happened at ``at`` (UTC) and ``mono`` (monotonic seconds of the present boot).

        Returns the call's record when the call has ended and this fact was news; ``None`` otherwise.
        """
        return self._apply(Stamp(at, mono, self._boot), fact, seq=0)

    def peek(self, call: CallId) -> CallRecord | None:
        """The record of a call that is known, open or ended, as it stands; ``None`` when it is not known."""
        known = self._open.get(call) or self._ended.get(call)
        return fold_call(known.facts) if known else None

    def open_calls(self) -> Iterator[CallRecord]:
        """The records of the calls that have not ended, as they stand."""
        return (fold_call(known.facts) for known in list(self._open.values()))

    def bookmark(self) -> Bookmark:
        """Where to begin after a restart: before the first fact of the oldest call not yet complete."""
        recent = islice(reversed(self._ended.values()), SETTLING)
        unsettled = [*self._open.values(), *(known for known in recent if _lacks_wrap_up(known))]
        oldest = min(unsettled, key=lambda known: known.first_seq, default=None)
        if oldest is None:
            return Bookmark(after_seq=self._seq, boot=self._boots[self._boot])
        return Bookmark(after_seq=max(oldest.first_seq - 1, 0), boot=oldest.boot)

    def _apply(self, stamp: Stamp, fact: Fact, *, seq: int) -> CallRecord | None:
        call = fact.call
        stamped = Stamped(stamp, fact)
        known = self._open.get(call) or self._ended.get(call)
        if known is None and isinstance(fact, WrapUpEnded):
            # Nearly always of a call that ended long ago and was let go; alone it opens none.
            _keep(self._early, call, [*self._early.get(call, []), stamped], most=self._keep_ended)
            return None
        if known is None:
            known = _Call(self._early.pop(call, []), seq, self._boots[self._boot])
            self._open[call] = known
        if stamped in known.facts:
            return None
        known.facts.append(stamped)
        if call in self._open and isinstance(fact, CallEnded | CallLost):
            _keep(self._ended, call, self._open.pop(call), most=self._keep_ended)
        return fold_call(known.facts) if call in self._ended else None


def _lacks_wrap_up(known: _Call) -> bool:
    kinds = {type(fact) for _, fact in known.facts}
    return CallAnswered in kinds and WrapUpEnded not in kinds


def _keep(shelf: OrderedDict[CallId, _Kept], call: CallId, what: _Kept, *, most: int) -> None:
    """Put ``what`` on the shelf, and let the oldest go when there are more than ``most``."""
    shelf[call] = what
    if len(shelf) > most:
        shelf.popitem(last=False)
