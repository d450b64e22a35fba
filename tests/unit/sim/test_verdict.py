"""Comparing two sets of books: who is missing, who is extra, what overlapped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sim.load import LoadPlan, citizens_of, manners_of
from sim.sipp_report import CallLine, SippReport
from sim.verdict import Held, Verdict, judge_both, judge_outside, overlap

pytestmark = pytest.mark.unit


def line(name: str, begun: int = 0, ended: int = 10, *, end: str = "left", heard: int = 50) -> CallLine:
    return CallLine(call_id=f"sip-{name}", cc_call=name, end=end, begun_s=begun, ended_s=ended, heard=heard)


def report(*calls: CallLine) -> SippReport:
    return SippReport(
        scenario="x",
        exit_code=0,
        created=len(calls),
        successful=len(calls),
        failed=0,
        peak=len(calls),
        failures={},
        calls=calls,
        response_ms={},
        errors=(),
    )


def test_overlap_counts_answered_calls_only() -> None:
    calls = [line("a", 0, 10), line("b", 2, 8), line("c", 4, 6), line("d", 0, 99, end="cancelled")]
    assert overlap(calls, wanted=3) == Held(peak=3, full_s=2.0)
    assert overlap(calls, wanted=2) == Held(peak=3, full_s=6.0)
    assert overlap(calls, wanted=4) == Held(peak=3, full_s=0.0)


def test_one_that_begins_as_another_ends_does_not_overlap() -> None:
    assert overlap([line("a", 0, 5), line("b", 5, 9)], wanted=2) == Held(peak=1, full_s=0.0)


OUTCOMES = [{"call": name, "outcome": "answered"} for name in "ab"]


def failing(**changed: Any) -> list[str]:
    ours: dict[str, Any] = {"calls": OUTCOMES, "recordings": OUTCOMES, "tickets": OUTCOMES} | changed
    both = report(line("a"), line("b"))
    return [check.name for check in judge_both(both, both, **ours) if not check.holds]


def test_agreement() -> None:
    assert failing() == []


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"tickets": OUTCOMES[:1]}, ["tickets of answered calls"]),
        ({"tickets": [*OUTCOMES, OUTCOMES[0]]}, ["tickets of answered calls"]),
        ({"recordings": []}, ["recordings of answered calls"]),
        (
            {"calls": [OUTCOMES[0], {"call": "b", "outcome": None}]},
            [
                "calls with exactly one outcome",
                "answered, by our ledger",
                "recordings of answered calls",
                "tickets of answered calls",
            ],
        ),
        ({"calls": [*OUTCOMES, OUTCOMES[1]]}, ["calls with exactly one outcome", "answered, by our ledger"]),
        (
            {"calls": [*OUTCOMES, {"call": "z", "outcome": "abandoned"}]},
            ["calls in our ledger", "calls with exactly one outcome"],
        ),
    ],
)
def test_each_disagreement_is_named(changed: dict[str, Any], names: list[str]) -> None:
    assert failing(**changed) == names


def test_same_number_of_other_calls_is_no_agreement() -> None:
    others = [{"call": name, "outcome": "answered"} for name in "ac"]
    assert "answered, by our ledger" in failing(calls=others, recordings=others, tickets=others)


def test_message_of_an_unanswered_call_is_no_recording_of_an_answered_one() -> None:
    message = {"call": "m", "outcome": "message_left"}
    citizens, desks = report(line("a"), line("b"), line("m")), report(line("a"), line("b"))
    books = [*OUTCOMES, message]
    assert Verdict(
        checks=tuple(judge_both(citizens, desks, calls=books, recordings=books, tickets=books))
    ).agrees


def test_outside_sees_silence_and_too_few() -> None:
    held = Held(peak=1, full_s=1.0)
    citizens = report(line("a"), line("b", heard=0))
    checks = judge_outside(citizens, report(line("a")), calls=3, held=held, at_once=2, hold_s=5)
    assert [check.name for check in checks if not check.holds] == [
        "citizens' calls made",
        "answered calls without sound",
        "answered calls at once",
        "seconds with all of them",
    ]
    assert not Verdict(checks=tuple(checks)).agrees


def test_failed_calls_are_seen() -> None:
    citizens = replace(report(line("a")), failed=1, exit_code=1)
    desks = replace(report(line("a")), failures={"FailedUnexpectedMessage": 1})
    checks = judge_outside(citizens, desks, calls=1, held=Held(peak=1, full_s=9), at_once=1, hold_s=5)
    assert sum(not check.holds for check in checks) == 3


def test_plan_holds_all_calls_long_enough() -> None:
    plan = LoadPlan(calls=90, desks=90, hold_s=60, seed=1, rate_per_s=5)
    ramp_s = 90 / 5 + plan.dispatch_s
    for number, manner in enumerate(manners_of(plan)):
        assert number / 5 + manner.talk_s >= ramp_s + 60
    assert min(each.leave_s for each in citizens_of(plan)) >= ramp_s + 60
    assert citizens_of(plan) == citizens_of(plan)
    assert citizens_of(plan) != citizens_of(replace(plan, seed=2))
