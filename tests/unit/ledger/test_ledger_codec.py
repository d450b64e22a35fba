"""Facts read back as what they were; nothing outside the closed set is read."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from callcenter.kernel.errors import BadInput
from callcenter.ledger.codec import FACTS, decode, encode

pytestmark = pytest.mark.unit

CALL = "node1-1763782800.42"


def test_the_set_is_every_fact_of_the_module() -> None:
    from callcenter.ledger import facts

    declared = {
        name
        for name, value in vars(facts).items()
        if isinstance(value, type) and value.__module__ == facts.__name__
    }
    assert set(FACTS) == declared


@pytest.mark.parametrize("name", sorted(FACTS))
def test_every_fact_belongs_to_a_call(name: str) -> None:
    assert "call" in {field.name for field in fields(FACTS[name])}


def test_a_whole_number_is_accepted_for_seconds() -> None:
    fact = decode("MessageLeft", {"call": CALL, "file": "a.wav", "duration_s": 3})
    assert encode(fact) == ("MessageLeft", {"call": CALL, "file": "a.wav", "duration_s": 3.0})


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("Fact", {"call": CALL}),
        ("CallId", {}),
        ("x" * 10_000, {}),
        ("RecordingDeclined", {}),
        ("RecordingDeclined", {"call": CALL, "more": 1}),
        ("RecordingDeclined", {"call": 5}),
        ("RecordingDeclined", {"call": "../../etc"}),
        ("CallEnded", {"call": CALL, "cause": True, "by_caller": True}),
        ("CallEnded", {"call": CALL, "cause": "16", "by_caller": True}),
        ("CallEnded", {"call": CALL, "cause": 16, "by_caller": 1}),
        ("MessageLeft", {"call": CALL, "file": "a", "duration_s": float("nan")}),
    ],
)
def test_reads_strictly(name: str, data: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        decode(name, data)
