"""One call through everything: SIP, menu, queue, desk, two-sided recording, speech, ticket, log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callcenter.kernel import ticket_code
from callcenter.kernel.clock import VIETNAM
from sim.softphone import CitizenStory, DeskStory
from tests.helpers.books import faults
from tests.helpers.callcentre import call_centre, until
from tests.helpers.hearing import RATE, from_ulaw, from_wav, likeness
from tests.helpers.phones import Phones, set_up

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

CITIZEN, OPERATOR = "vinh_south_man", "ly_north_woman"
TALK_S = 7.0


@dataclass(frozen=True, slots=True)
class Served:
    """One call, and what both ends of it heard."""

    phones: Phones
    citizen: CitizenStory
    operator: DeskStory
    operator_number: str
    call: dict[str, Any]
    ticket: dict[str, Any]
    recording: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with call_centre(tmp_path_factory.mktemp("served"), speech_model="whisper-base") as centre:
        set_up(centre, wrap_up_s=2.0)
        phones = Phones(centre, centre.add_desks(1))
        operator = phones.operator(answer_s=1.0, talk_s=TALK_S, speaks=OPERATOR)
        citizen = phones.citizen(speaks=CITIZEN, speak_s=6.5)
        story = citizen.wait(40)
        call = phones.booked(citizen)
        ticket = phones.ticket(call["call"], 120)
        out = centre.folder / "kept.wav"
        centre.cli("recording", "export", call["call"], "--out", str(out))
        yield Served(phones, story, operator.stories[0], operator.account.number, call, ticket, out)
        phones.close()
        assert faults(centre) == []


def _clip(served: Served, name: str) -> Any:
    """A second and a half of what is said."""
    return from_wav(served.phones.clips[name].wav)[0][RATE : RATE * 5 // 2]


def test_the_ledger_knows_who_waited_and_talked_how_long(served: Served) -> None:
    call = served.call
    assert (call["outcome"], call["agent"], call["alias"]) == ("answered", served.operator_number, "1022")
    assert 0.9 < call["wait_s"] < 3
    assert call["talk_s"] == pytest.approx(TALK_S, abs=0.5)
    assert call["talk_s"] == pytest.approx(served.operator.talked_s, abs=0.5)
    assert call["ended_by_caller"] == 0
    begun = datetime.fromisoformat(call["started_at"]).replace(tzinfo=UTC)
    assert datetime.now(UTC) - begun < timedelta(minutes=4)
    assert served.operator.cc_call == call["call"]
    assert call["recording_notice"]
    (heard,) = (row for row in served.phones.centre.calls() if row["call"] == call["call"])
    assert (heard["outcome"], heard["ticket"]) == ("answered", served.ticket["code"])


def test_both_hear_each_other(served: Served) -> None:
    assert likeness(from_ulaw(served.citizen.heard), _clip(served, OPERATOR)) > 0.8
    assert likeness(from_ulaw(served.operator.heard), _clip(served, CITIZEN)) > 0.8


@pytest.mark.seed("S0-06", "S0-07", "S0-31")
def test_the_recording_has_the_citizen_left_and_the_operator_right(served: Served) -> None:
    left, right = from_wav(served.recording)
    assert len(left) / RATE == pytest.approx(served.call["talk_s"], abs=1.0)
    assert likeness(left, _clip(served, CITIZEN)) > 0.8 > 0.4 > likeness(right, _clip(served, CITIZEN))
    assert likeness(right, _clip(served, OPERATOR)) > 0.8 > 0.4 > likeness(left, _clip(served, OPERATOR))


@pytest.mark.seed("S0-31")
def test_the_recording_is_kept_encrypted_and_proves_itself(served: Served) -> None:
    var = served.phones.centre.var
    (kept,) = served.phones.rows("select * from recording where call = ?", served.call["call"])
    stored = (var / "recordings" / kept["path"]).read_bytes()
    assert stored.startswith(b"age-encryption.org/")
    assert b"fLaC" not in stored
    assert served.phones.centre.json("recording", "verify")["intact"] is True
    assert list((var / "spool/legs").iterdir()) == []


@pytest.mark.seed("S0-06", "S0-12")
def test_the_ticket_has_what_the_citizen_said(served: Served) -> None:
    ticket = served.ticket
    code = ticket_code.parse(ticket["code"])
    assert code.date == datetime.now(VIETNAM).date()
    assert (ticket["transcript_status"], ticket["state"]) == ("ready", "received")
    text = ticket["text"].lower()
    assert any(word in text for word in ("thế kỷ", "đánh bắt", "thương mại")), text
    assert not any(word in text for word in ("áp dụng", "tương tự")), "the operator's words"
    shown = served.phones.centre.cli("ticket", "show", ticket["code"])
    assert ticket["text"] in shown
    assert served.ticket["code"] in shown


def test_the_reporter_is_kept_apart_from_the_ticket_in_one_form(served: Served) -> None:
    query = "select reporter.* from reporter join contact on contact.reporter_id = reporter.id where contact.call = ?"
    (reporter,) = served.phones.rows(query, served.call["call"])
    number = served.citizen.script.caller
    assert reporter["phone_e164"] == f"+84{number[1:]}"
    assert number not in json.dumps(served.phones.centre.tickets())


def test_one_line_in_the_log_says_all_but_who_called(served: Served) -> None:
    def line() -> dict[str, Any] | None:
        lines = (json.loads(one) for one in log.read_text().splitlines())
        return next((one for one in lines if one.get("call") == served.call["call"]), None)

    log = served.phones.centre.var / "log/worker.log"
    entry = until(line, 5, why="the call is in the log")
    assert (entry["event"], entry["outcome"], entry["alias"]) == ("call", "answered", "1022")
    number = served.citizen.script.caller
    for path in (served.phones.centre.var / "log").iterdir():
        assert number not in path.read_text(), path.name
        assert number[1:] not in path.read_text(), path.name
    asterisk = (served.phones.centre.var / "asterisk/log/messages").read_text()
    assert number[1:] not in asterisk
