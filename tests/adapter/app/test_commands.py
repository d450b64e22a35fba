"""What the commands print: whole, in the reader's language and time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from callcenter.calls import repository
from callcenter.tickets import service as tickets
from tests.helpers.commands import House, house

pytestmark = pytest.mark.adapter
__all__ = ["house"]

CALL = "node1-1763782800.123456"
AT = datetime(2026, 11, 22, 3, 5, 7, tzinfo=UTC)


def ticket(house: House) -> str:
    with house.database.transaction() as tx:
        made = tickets.open_for_call(
            tx,
            tickets.CallFacts(call=CALL, alias="1022", caller="0905123456", opened_at=AT, answered_by="1010"),
        )
    return made.code


def ended_call(house: House) -> None:
    values = {
        "call": CALL, "alias": "0888247247", "caller": "0905123456", "trunk": "vnpt", "started_at": AT,
        "ended_at": AT, "rings": 1, "offers": [], "agent": "1010", "talk_s": 1234.5, "wrap_up_s": 1234.5,
        "wait_s": 1234.5, "outcome": "answered", "menu_path": [], "bulletins": [], "codes_asked": [],
        "recording_declined": False, "recording_bases": [], "message_s": 0.0, "hangup_cause": 16, "notes": [],
    }  # fmt: skip
    with house.database.transaction() as tx:
        repository.put_call(tx, values)


def test_nothing_of_a_row_is_cut_where_a_program_reads(house: House) -> None:
    ended_call(house)
    code = ticket(house)
    heading, row = house.say("calls").splitlines()
    for value in (CALL, "22/11/2026 10:05:07", "0888247247", "answered", "1234.5", "1010", code):
        assert value in row
    assert "Tổng đài viên" in heading


def test_a_ticket_is_shown_in_the_readers_words_and_time(house: House) -> None:
    code = ticket(house)
    shown = house.say("ticket", "show", code)
    assert "Mở lúc: 22/11/2026 10:05:07" in shown
    assert "Trạng thái: Đang tiếp nhận" in shown
    assert "Nhận dạng: đang nhận dạng" in shown
    assert house.json("ticket", "show", code)["state"] == "draft"


@pytest.mark.parametrize(
    ("settings", "server"),
    [
        ({"sip_bind": "10.0.0.5", "media_address": "10.0.0.6"}, "10.0.0.5"),
        ({"sip_bind": "0.0.0.0", "media_address": "10.0.0.6"}, "10.0.0.6"),
        ({"sip_bind": "::", "media_address": "10.0.0.6", "external_address": "203.0.113.9"}, "203.0.113.9"),
        ({"sip_bind": "10.0.0.5", "external_address": "203.0.113.9"}, "10.0.0.5"),
    ],
)
def test_a_new_desk_is_told_a_server_that_it_can_reach(
    house: House, settings: dict[str, str], server: str
) -> None:
    house.set(**settings)
    assert f"Máy chủ: {server}:5060." in house.say("operator", "add", "1010", "--name", "Hoa")
    assert house.json("operator", "secret", "1010")["sip_server"] == server
