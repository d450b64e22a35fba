"""Whatever order, part or repetition the facts of a call come in, it has one outcome and sane durations."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.kernel.ids import CallId
from callcenter.ledger.canonical import canonical
from callcenter.ledger.codec import FACTS, decode, encode
from callcenter.ledger.facts import CallEnded, CallStarted, Fact
from callcenter.ledger.fold import Ledger
from callcenter.ledger.record import CallRecord, Outcome

pytestmark = pytest.mark.property

CALL = CallId("node1-1763782800.42")
CALLER = "0888247247"
WORDS = st.sampled_from(["a", "b", "general", "1010", "no_answer"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "str": WORDS,
    "int": st.integers(0, 127),
    "float": st.floats(-1, 100),
    "bool": st.booleans(),
}


def _facts(name: str) -> st.SearchStrategy[Fact]:
    kinds = {field.name: VALUES.get(str(field.type), WORDS) for field in fields(FACTS[name])}
    kinds |= {"call": st.just(CALL), "caller": st.just(CALLER)}
    return st.builds(FACTS[name], **{field.name: kinds[field.name] for field in fields(FACTS[name])})


ANY_FACT = st.sampled_from(sorted(FACTS)).flatmap(_facts)
BEGIN = CallStarted(call=CALL, channel="PJSIP/trunk-1", alias="1022", caller=CALLER, trunk="vnpt")
END = CallEnded(call=CALL, cause=16, by_caller=True)
STAMPS = st.tuples(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.none() | st.floats(0, 1e6),
)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[tuple[datetime, float | None], Fact]]:
    """Any facts in any order with any stamps, a begin and an end among them."""
    facts = [*draw(st.lists(ANY_FACT, max_size=12)), BEGIN, END]
    stamped = [(draw(STAMPS), fact) for fact in facts]
    return draw(st.permutations(stamped))


def fold(history: list[tuple[tuple[datetime, float | None], Fact]]) -> CallRecord:
    ledger = Ledger()
    for (at, mono), fact in history:
        ledger.apply(at, fact, mono=mono)
    record = ledger.peek(CALL)
    assert record is not None
    return record


@given(ANY_FACT)
def test_every_fact_survives_json(fact: Fact) -> None:
    name, data = encode(fact)
    assert decode(name, json.loads(json.dumps(data))) == fact


@given(histories())
def test_exactly_one_outcome_and_no_negative_duration(history: Any) -> None:
    record = fold(history)
    assert isinstance(record.outcome, Outcome)
    seconds = [record.wait_s, record.talk_s, record.wrap_up_s, record.duration_s, record.message_s]
    seconds += [offer.ring_s for offer in record.offers]
    assert all(value is None or value >= 0 for value in seconds)
    assert record.rings == len({offer.offer for offer in record.offers})
    assert (record.outcome is Outcome.ANSWERED) == (record.answered_at is not None)


@given(histories(), st.data())
def test_order_of_arrival_and_repetition_change_nothing(history: Any, data: st.DataObject) -> None:
    again = data.draw(st.permutations(history + data.draw(st.lists(st.sampled_from(history)))))
    assert fold(again) == fold(history)


@given(st.lists(ANY_FACT, max_size=10), st.lists(st.floats(0, 100), min_size=12, max_size=12), st.data())
def test_a_wall_clock_that_jumps_changes_no_duration(
    facts: list[Fact], steps: list[float], data: st.DataObject
) -> None:
    facts = [BEGIN, *facts, END]
    monos = [sum(steps[: i + 1]) for i in range(len(facts))]
    start = datetime(2026, 11, 22, tzinfo=UTC)
    jumps = st.integers(-7200, 7200).map(lambda s: start + timedelta(seconds=s))
    steady = [
        ((start + timedelta(seconds=mono), mono), fact) for mono, fact in zip(monos, facts, strict=False)
    ]
    jumping = [((data.draw(jumps), mono), fact) for mono, fact in zip(monos, facts, strict=False)]
    one, two = fold(steady), fold(jumping)
    assert (one.wait_s, one.talk_s, one.wrap_up_s, one.duration_s) == (
        two.wait_s,
        two.talk_s,
        two.wrap_up_s,
        two.duration_s,
    )
    assert one.outcome is two.outcome


@given(histories())
def test_the_log_line_holds_personal_data_only_under_pii(history: Any) -> None:
    line = canonical(fold(history))
    assert line.pop("pii_caller") == CALLER
    assert CALLER not in json.dumps(line)
