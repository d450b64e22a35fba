"""``callcenter alias``: the hotline numbers that 1022 takes over, each with its owner."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from callcenter.app import console
from callcenter.desks import snapshot
from callcenter.kernel.errors import BadInput, NotFound
from tests.helpers.commands import House, house

pytestmark = pytest.mark.adapter
__all__ = ["house"]


def published() -> dict[str, snapshot.SnapshotAlias]:
    return {alias.number: alias for alias in snapshot.load(console.settings().snapshot).aliases}


def test_a_number_with_all_that_can_be_said_of_it_reaches_the_switchboard(house: House) -> None:
    house.say(
        "alias", "add", "0888247247", "--name", "Đường dây nóng Thành ủy", "--owner", "Văn phòng Thành ủy",
        "--greeting", "greeting_0888247247", "--queue", "general", "--from", "2026-01-01", "--to", "2026-12-31",
    )  # fmt: skip
    alias = published()["0888247247"]
    assert (alias.owner, alias.greeting, alias.queue) == (
        "Văn phòng Thành ủy",
        "greeting_0888247247",
        "general",
    )
    assert (alias.active_from, alias.active_to) == (date(2026, 1, 1), date(2026, 12, 31))
    (listed,) = house.json("alias", "list")
    assert (listed["number"], listed["active_to"]) == ("0888247247", "2026-12-31")
    heading, row = house.say("alias", "list").splitlines()
    assert "Đơn vị" in heading
    assert "Văn phòng Thành ủy" in row


def test_the_general_greeting_and_queue_serve_when_none_is_named(house: House) -> None:
    house.say("alias", "add", "02363810810", "--name", "Cấp nước", "--owner", "Dawaco")
    alias = published()["02363810810"]
    assert (alias.greeting, alias.queue, alias.active_from) == ("greeting", "general", None)


def test_a_greeting_that_nobody_recorded_is_refused(house: House) -> None:
    with pytest.raises(NotFound) as refused:
        house.say("alias", "add", "1022", "--name", "x", "--owner", "y", "--greeting", "no_such_prompt")
    assert refused.value.code == "prompt_unknown"
    assert house.json("alias", "list") == []


@pytest.mark.seed("S0-01")
def test_two_hundred_old_hotlines_are_taken_over_in_one_go(house: House, tmp_path: Path) -> None:
    """Landlines, mobiles, service numbers and short codes, each with the agency that owned it."""
    kinds = ("0236381{:04d}", "0905{:06d}", "1900{:04d}", "{:03d}")
    rows = [
        f"{kinds[index % 4].format(100 + index)},Đường dây nóng {index},Sở {index % 21}"
        for index in range(200)
    ]
    listed = tmp_path / "aliases.csv"
    listed.write_text("number,name,owner\n" + "\n".join(rows) + "\n", encoding="utf-8")
    house.say("alias", "import", str(listed))
    aliases = published()
    assert len(aliases) == 200
    for row in rows:
        number, name, owner = row.split(",")
        assert (aliases[number].name, aliases[number].owner) == (name, owner)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("không phải số,x,y,,,,", "alias_malformed"),
        ("1023,x,y,no_such_prompt,,,", "prompt_unknown"),
        ("1023,x,y,,no_such_queue,,", "queue_unknown"),
        ("1023,x,y,,,31/12/2026,", "date_malformed"),
        ("1023,x,,,,,", "alias_without_owner"),
    ],
)
def test_a_file_with_one_wrong_row_changes_nothing(house: House, tmp_path: Path, row: str, code: str) -> None:
    listed = tmp_path / "aliases.csv"
    listed.write_text(f"number,name,owner,greeting,queue,from,to\n1022,x,y,,,,\n{row}\n", encoding="utf-8")
    with pytest.raises((BadInput, NotFound)) as refused:
        house.say("alias", "import", str(listed))
    assert refused.value.code == code
    assert house.json("alias", "list") == []
    assert published() == {}


def test_a_table_saved_by_a_spreadsheet_is_read(house: House, tmp_path: Path) -> None:
    """Spreadsheets put a byte order mark first."""
    listed = tmp_path / "aliases.csv"
    listed.write_text("number,name,owner\n1022,Tổng đài,Sở KH&CN\n", encoding="utf-8-sig")
    house.say("alias", "import", str(listed))
    assert list(published()) == ["1022"]
