"""Today's tickets for the watch page, from a real database: who reported is nowhere in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callcenter.calls import repository
from callcenter.calls.alarms import AlarmKind
from callcenter.desks import service as desks
from callcenter.kernel.errors import Unavailable
from callcenter.storage.engine import Database, open_database
from callcenter.tickets import service as tickets
from callcenter.web.server import LATEST, todays_tickets
from recordings.core.dialogue import Dialogue, Speaker, Turn
from tests.helpers.databases import database, database_url

pytestmark = pytest.mark.contract
__all__ = ["database", "database_url"]

CALLER = "0905123456"


def opened(database: Database, call: str, at: datetime, said: str | None = None) -> str:
    """A ticket of a call that 1001 answered, filled with what the citizen said."""
    with database.transaction() as tx:
        made = tickets.open_for_call(
            tx,
            tickets.CallFacts(
                call=call, alias="1022", caller=CALLER, opened_at=at, language="vi", answered_by="1001"
            ),
        )
        if said is not None:
            dialogue = Dialogue(turns=(Turn(speaker=Speaker.CITIZEN, start_s=0.0, end_s=4.0, text=said),))
            tickets.fill_from_transcript(tx, call, dialogue, None, now=at)
    return made.code


def operator(database: Database) -> None:
    with database.transaction() as tx:
        desks.add_operator(tx, "1001", "Đặng Thị Ngọc", now=datetime.now(UTC))


def test_two_tickets_of_today(database: Database) -> None:
    operator(database)
    now = datetime.now(UTC)
    opened(database, "n1-1.1", now - timedelta(days=2))
    said = f"Đường ngập, gọi lại cho tôi số {CALLER} hay +84 905 123 456, nhà số 127, năm 2026."
    first = opened(database, "n1-2.1", now, said)
    second = opened(database, "n1-3.1", now)
    shown = todays_tickets(database)
    assert shown["today"] == 2
    assert [ticket["code"] for ticket in shown["latest"]][:2] == [second, first]
    newest, filled = shown["latest"][:2]
    assert (newest["state"], newest["transcript_status"], newest["text"]) == ("draft", "pending", "")
    assert (filled["state"], filled["transcript_status"]) == ("received", "ready")
    assert filled["operator"] == "Đặng Thị Ngọc"
    assert filled["text"] == "Đường ngập, gọi lại cho tôi số ••• hay •••, nhà số 127, năm 2026."
    whole = json.dumps(shown, ensure_ascii=False).replace(" ", "")
    assert CALLER not in whole
    assert CALLER[1:] not in whole, "nor in its international form"


def test_only_the_latest_and_only_their_first_words(database: Database) -> None:
    now = datetime.now(UTC)
    for number in range(LATEST + 2):
        opened(database, f"n1-{number}.1", now, "từ " * 200)
    shown = todays_tickets(database)
    assert shown["today"] == LATEST + 2
    assert len(shown["latest"]) == LATEST
    for ticket in shown["latest"]:
        assert len(ticket["text"]) <= 160
        assert ticket["text"].endswith("từ …")
        assert ticket["operator"] == "1001", "an operator whom nobody knows any more keeps the number"


def test_open_alarms_are_counted(database: Database) -> None:
    assert todays_tickets(database)["alarms"] == 0
    now = datetime.now(UTC)
    with database.transaction() as tx:
        repository.raise_alarm(tx, AlarmKind.NOT_RECORDED, "n1-1.1", "no_legs", now)
        repository.raise_alarm(tx, AlarmKind.NOT_RECORDED, "n1-2.1", "no_legs", now)
    assert todays_tickets(database)["alarms"] == 2
    with database.transaction() as tx:
        repository.clear_alarm(tx, AlarmKind.NOT_RECORDED, "n1-1.1", now)
    assert todays_tickets(database)["alarms"] == 1


def test_a_database_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    away = open_database(f"sqlite:///{tmp_path / 'folder'}")
    with pytest.raises(Unavailable):
        todays_tickets(away)
    away.close()
