"""``callcenter operator import`` and ``queue set``: many desks from one file, and the rules of a queue."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.app import console
from callcenter.desks import snapshot
from callcenter.kernel.errors import CallcenterError
from tests.helpers.commands import House, house

pytestmark = pytest.mark.adapter
__all__ = ["house"]


def numbers() -> set[str]:
    return {operator.number for operator in snapshot.load(console.settings().snapshot).operators}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.seed("S0-27")
def test_a_hundred_desks_come_from_one_file(house: House, tmp_path: Path, encoding: str) -> None:
    listed = tmp_path / "operators.csv"
    rows = "".join(f"{1000 + n},Tổng đài viên {n}\n" for n in range(100))
    listed.write_text("number,name\n" + rows, encoding=encoding)
    made = house.json("operator", "import", str(listed))
    assert len({one["sip_secret"] for one in made}) == 100
    assert numbers() == {str(1000 + n) for n in range(100)}


def test_one_wrong_row_changes_nothing(house: House, tmp_path: Path) -> None:
    listed = tmp_path / "operators.csv"
    listed.write_text("number,name\n1010,Một\nabc,Hai\n", encoding="utf-8")
    with pytest.raises(CallcenterError):
        house.say("operator", "import", str(listed))
    assert house.json("operator", "list") == []


def test_the_rules_of_a_queue_reach_the_switchboard_and_keep_what_was_not_named(house: House) -> None:
    house.say("queue", "set", "general", "--wrap-up", "4", "--overflow-when-empty", "--max-wait", "90")
    house.say("queue", "set", "general", "--max-wait", "0")
    (queue,) = snapshot.load(console.settings().snapshot).queues
    assert (queue.wrap_up_s, queue.overflow_when_empty, queue.max_wait_s) == (4.0, True, None)


def test_a_queue_out_of_range_is_refused(house: House) -> None:
    with pytest.raises(CallcenterError) as refused:
        house.say("queue", "set", "general", "--ring-timeout", "-1")
    assert refused.value.code == "queue_out_of_range"
