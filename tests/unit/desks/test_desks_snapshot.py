"""A snapshot file that is not right never reaches the engine, and the error does not repeat its secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from callcenter.desks.snapshot import load
from callcenter.kernel.errors import BadInput, NotFound

pytestmark = pytest.mark.unit

HA1 = "0123456789abcdef0123456789abcdef"
QUEUE = {
    "name": "general",
    "title": "Chung",
    "ring_timeout_s": 15,
    "wrap_up_s": 10,
    "max_wait_s": None,
    "max_waiting": None,
    "overflow_when_empty": False,
    "priority_minutes": 0,
}
OPERATOR = {
    "number": "1001",
    "name": "Hoa",
    "sip_username": "desk1001",
    "sip_ha1": HA1,
    "queues": ["general"],
    "languages": ["vi"],
}
ALIAS = {"number": "1022", "name": "1022", "owner": "", "greeting": "welcome", "queue": "general"}


def snapshot(**changed: Any) -> dict[str, Any]:
    whole = {"version": 1, "max_calls": 90, "queues": [QUEUE], "operators": [OPERATOR], "aliases": [ALIAS]}
    return whole | changed


def written(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "snapshot.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_a_good_one_is_accepted(tmp_path: Path) -> None:
    assert load(written(tmp_path, snapshot())).operators[0].number == "1001"


def test_a_missing_one_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        load(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("", "snapshot"),
        ('{"version": 1, "queues"', "snapshot"),
        (snapshot(version=2), "version"),
        (snapshot(max_calls=0), "max_calls"),
        (snapshot(queues=[]), "configuration_without_queue"),
        (snapshot(queues=[QUEUE, QUEUE]), "queue_twice"),
        (snapshot(queues=[QUEUE | {"ring_timeout_s": 0}]), "queue_out_of_range"),
        (snapshot(operators=[OPERATOR, OPERATOR]), "agent_twice"),
        (snapshot(operators=[OPERATOR | {"queues": ["other"]}]), "agent_of_unknown_queue"),
        (snapshot(operators=[OPERATOR | {"sip_ha1": HA1[:-1]}]), "operators.0.sip_ha1"),
        (snapshot(operators=[OPERATOR | {"sip_username": "x]\nsecret=1"}]), "operators.0.sip_username"),
        (snapshot(aliases=[ALIAS | {"queue": "other"}]), "alias of unknown queue"),
        (snapshot(aliases=[ALIAS, ALIAS]), "alias given twice"),
        (snapshot(surprise=1), "surprise"),
    ],
)
def test_a_bad_one_is_refused_with_its_place(tmp_path: Path, content: object, place: str) -> None:
    with pytest.raises(BadInput) as caught:
        load(written(tmp_path, content))
    assert place in str(caught.value)
    assert HA1[:-1] not in str(caught.value)
