"""One checker for everything a test left behind: journal, ledger, recordings and tickets must agree."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from acd.core.invariants import check_journal
from acd.core.replay import decode
from tests.helpers.callcentre import CallCentre


def faults(centre: CallCentre) -> list[str]:
    """What does not add up; empty when all is well."""
    return [*_journal_faults(centre), *_ledger_faults(centre), *_recording_faults(centre)]


def _journal_faults(centre: CallCentre) -> list[str]:
    """The engine's invariants after each step, one life of the switchboard at a time."""
    found = []
    records = centre.journal()
    lives = [0]
    for record in records:
        lives.append(lives[-1] + (record.kind == "note" and record.type == "boot"))
    for _, life in groupby(zip(records, lives[1:], strict=True), key=lambda pair: pair[1]):
        steps = [
            (record.data["now"], decode(record.data["event"]))
            for record, _ in life
            if record.kind == "engine"
        ]
        if steps:
            found += check_journal(steps)
    started = Counter(record.data["call"] for record in records if record.type == "CallStarted")
    ended = Counter(record.data["call"] for record in records if record.type in {"CallEnded", "CallLost"})
    found += [f"{call} ended {ended[call]} times" for call in started if ended[call] != 1]
    return found


def _ledger_faults(centre: CallCentre) -> list[str]:
    found = []
    calls = centre.calls()
    started = {record.data["call"] for record in centre.journal() if record.type == "CallStarted"}
    if missing := started - {call["call"] for call in calls}:
        found.append(f"calls without a ledger entry: {sorted(missing)}")
    for call in calls:
        name = call["call"]
        if not call["outcome"]:
            found.append(f"{name} has no outcome")
        if call["outcome"] in {"answered", "message_left"}:
            if not call["ticket"]:
                found.append(f"{name} was {call['outcome']} and has no ticket")
            if not call["recording"] and not call["recording_declined"]:
                found.append(f"{name} was {call['outcome']} and has no recording")
    listed = centre.tickets()
    tickets = Counter(ticket["call"] for ticket in listed)
    found += [f"{call} has {count} tickets" for call, count in tickets.items() if count != 1]
    pending = [ticket["code"] for ticket in listed if ticket["transcript_status"] == "pending"]
    found += [f"{code} has no transcript and no reason" for code in pending]
    return found


def _recording_faults(centre: CallCentre) -> list[str]:
    verified = centre.json("recording", "verify")
    found = [] if verified["intact"] else [f"recordings: {verified}"]
    left = sorted(path.name for path in (centre.var / "spool" / "legs").iterdir())
    return [*found, *([f"legs left over: {left}"] if left else [])]
