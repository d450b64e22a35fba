"""Whether two sides who counted the same calls agree. Pure.

One side is SIPp, outside; the other is what the call centre says of itself. Calls are matched one by one by
the call id that our dialplan put into ``X-CC-Call``, not only counted: ninety and ninety could differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.sipp_report import CallLine, SippReport

_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One comparison."""

    name: str
    expected: str
    found: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How many answered calls overlapped."""

    peak: int
    full_s: float
    """How long the wanted number of them overlapped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All comparisons of one run."""

    checks: tuple[Check, ...]

    @property
    def agrees(self) -> bool:
        """Whether every comparison holds."""
        return all(check.holds for check in self.checks)


def overlap(calls: Iterable[CallLine], *, wanted: int) -> Held:
    """The most answered calls at once, and for how long at least ``wanted`` of them were."""
    edges = sorted(
        edge for call in calls if call.answered for edge in ((call.begun_at, 1), (call.ended_at, -1))
    )
    now = peak = 0
    full_s = full_since = 0.0
    for at, step in edges:
        if step < 0 and now == wanted:
            full_s += at - full_since
        now += step
        if step > 0 and now == wanted:
            full_since = at
        peak = max(peak, now)
    return Held(peak=peak, full_s=full_s)


def judge_outside(
    citizens: SippReport, desks: SippReport, *, calls: int, held: Held, at_once: int, hold_s: float
) -> list[Check]:
    """What SIPp alone can say: all calls made, none failed, everybody heard something, enough at once."""
    talked = [call for call in desks.calls if call.answered]
    deaf = sum(call.heard == 0 for call in (*talked, *citizens.calls) if call.answered)
    return [
        _equal("citizens' calls made", calls, citizens.created),
        _equal("citizens' calls failed", 0, citizens.failed),
        _equal("citizens' SIPp exit code", 0, citizens.exit_code),
        _equal("failures at the desks", {}, dict(desks.failures)),
        _equal("answered calls without sound", 0, deaf),
        _at_least("answered calls at once", at_once, held.peak),
        _at_least("seconds with all of them", hold_s, round(held.full_s, 1)),
    ]


def judge_both(
    citizens: SippReport,
    desks: SippReport,
    *,
    calls: Sequence[Mapping[str, Any]],
    recordings: Sequence[Mapping[str, Any]],
    tickets: Sequence[Mapping[str, Any]],
) -> list[Check]:
    """Both sides: calls are outcomes; answered calls are recordings are tickets, each exactly once."""
    answered_outside = [call.cc_call for call in desks.calls if call.answered]
    answered = [entry["call"] for entry in calls if entry["outcome"] == "answered"]
    taken = citizens.created - citizens.ends["refused"]
    return [
        _equal("calls in our ledger", taken, len({entry["call"] for entry in calls})),
        _equal("calls with exactly one outcome", taken, _with_one_outcome(calls)),
        _same("answered, by our ledger", answered_outside, answered),
        _same("recordings of answered calls", answered_outside, _among(recordings, answered)),
        _same("tickets of answered calls", answered_outside, _among(tickets, answered)),
    ]


def _with_one_outcome(calls: Sequence[Mapping[str, Any]]) -> int:
    listed = Counter(entry["call"] for entry in calls)
    return sum(bool(entry["outcome"]) and listed[entry["call"]] == 1 for entry in calls)


def _among(entries: Sequence[Mapping[str, Any]], answered: Iterable[str]) -> list[str]:
    """Call ids of ``entries``; those of unanswered calls (left messages) are another matter."""
    known = set(answered)
    return [entry["call"] for entry in entries if entry["call"] in known]


def _equal(name: str, expected: object, found: object) -> Check:
    return Check(name=name, expected=str(expected), found=str(found), holds=expected == found)


def _at_least(name: str, expected: float, found: float) -> Check:
    return Check(name=name, expected=f"at least {expected}", found=str(found), holds=found >= expected)


def _same(name: str, expected: Sequence[str], found: Sequence[str]) -> Check:
    missing = Counter(expected) - Counter(found)
    extra = Counter(found) - Counter(expected)
    said = str(len(found))
    if missing:
        said += f", missing {', '.join(sorted(missing.elements())[:_SHOWN])}"
    if extra:
        said += f", extra {', '.join(sorted(extra.elements())[:_SHOWN])}"
    return Check(name=name, expected=str(len(expected)), found=said, holds=not missing and not extra)
