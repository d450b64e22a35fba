"""What citizens may do in the menu, all at once as at a real hotline: each call comes out as its citizen meant."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from callcenter.kernel import ticket_code
from sim.programs import find_program, free_udp_port
from sim.sipp import SippRun
from sim.sipp_jobs import CitizenPlan, DeskAccount, KeyStyle, Place, citizens_job
from sim.softphone import Citizen, CitizenStory
from tests.helpers.callcentre import SHARED_ASSETS, CallCentre
from tests.helpers.hearing import RATE, from_ulaw, from_wav, likeness
from tests.helpers.phones import DIRECT, Phones

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

OPERATORS = 7
IN_BAND = "0900000999"
KEYS = {
    "direct": DIRECT,
    "declined": "1:0 2:9 6.5:0",
    "english": "1:0 2:* 3.5:0",
    "procedures": "1:0 2:2",
    "lost in the menu": "1:0 2:# 3:7",
    "bulletin": "1:0 2:4",
    "own greeting": "6:0 7:0",
}
DIALLED = {"own greeting": "0888247247"}
LEAVES_S = {"bulletin": 17.5}
SILENCE_IS_PATIENT_S = 17.8 + 5
"""The menu is said again and five seconds are waited before a silent citizen gets an operator."""


@dataclass(frozen=True, slots=True)
class Told:
    """One call as the citizen lived it and as our books have it."""

    story: CitizenStory | None
    call: dict[str, Any]
    phones: Phones

    @property
    def menu(self) -> list[str]:
        path: list[str] = json.loads(self.call["menu_path"])
        return path


@pytest.fixture(scope="module")
def told(
    house: tuple[CallCentre, list[DeskAccount]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Told]]:
    """All calls, over."""
    phones = Phones(*house)
    for _ in range(OPERATORS):
        phones.operator(talk_s=3.0)
    try:
        yield _play(phones, tmp_path_factory.mktemp("in_band"))
    finally:
        phones.close()


def _play(phones: Phones, scratch: Path) -> dict[str, Told]:
    citizens = {
        name: phones.citizen(keys, dialled=DIALLED.get(name, "1022"), leave_s=LEAVES_S.get(name, 60.0))
        for name, keys in KEYS.items()
    }
    with _in_band(phones, scratch) as in_band:
        first = phones.booked(citizens["direct"])
        code = phones.ticket(first["call"])["code"]
        citizens["state by code"] = _asks_for(phones, code)
        told = {name: _told(phones, citizen) for name, citizen in citizens.items()}
        assert in_band.wait(60).failed == 0
    told["keys as tones"] = Told(None, phones.booked(IN_BAND), phones)
    return told


def _asks_for(phones: Phones, code: str) -> Citizen:
    return phones.citizen(f"1:0 2:3 3:{ticket_code.parse(code).digits}#", leave_s=13.0)


def _told(phones: Phones, citizen: Citizen) -> Told:
    story = citizen.wait(70)
    return Told(story, phones.booked(citizen), phones)


def _in_band(phones: Phones, scratch: Path) -> SippRun:
    rtp = free_udp_port("127.0.0.2")
    place = Place(
        local_host="127.0.0.2", local_port=free_udp_port("127.0.0.2"), rtp_ports=(rtp, rtp + 10),
        asterisk=f"127.0.0.1:{phones.server[1]}",
    )  # fmt: skip
    plan = CitizenPlan(
        caller=IN_BAND, dialled="1022", leave_s=40, wait_1_s=1, keys_1="0", wait_2_s=1, keys_2="0"
    )
    clip = phones.clips["binh_north_man"].alaw
    job = citizens_job([plan], place, clip=clip, keys=KeyStyle.INBAND, scratch=scratch)
    return SippRun(find_program("sipp", SHARED_ASSETS), job, scratch)


def test_a_key_in_the_greeting_and_one_in_the_notice_lead_straight_to_an_operator(
    told: dict[str, Told],
) -> None:
    direct = told["direct"]
    assert direct.call["outcome"] == "answered"
    assert direct.menu == ["menu=0"]
    assert direct.call["wait_s"] < 3
    assert direct.story is not None
    assert direct.story.lasted_s < 15


@pytest.mark.seed("S0-31")
def test_whoever_declines_is_recorded_nowhere_and_still_gets_a_ticket(told: dict[str, Told]) -> None:
    declined = told["declined"]
    call, phones = declined.call, declined.phones
    assert call["outcome"] == "answered"
    assert call["recording_declined"] == 1
    assert phones.facts(call["call"], "RecordingStarted") == []
    ticket = phones.ticket(call["call"])
    assert ticket["recording_declined"] == 1
    assert ticket["transcript_reason"] == "recording_declined"
    assert phones.rows("select * from recording where call = ? and path is not null", call["call"]) == []
    assert phones.rows("select * from alarm where call = ?", call["call"]) == []
    var = phones.centre.var
    named = [path.name for path in (var / "spool").rglob(f"{call['call']}*")]
    kept = [path.name for path in (var / "recordings").rglob(f"{call['call']}*")]
    assert (named, kept) == ([], [])


def test_the_star_key_goes_on_in_english(told: dict[str, Told]) -> None:
    english = told["english"].call
    assert (english["outcome"], english["language"]) == ("answered", "en")
    assert told["english"].phones.ticket(english["call"])["language"] == "en"


def test_procedures_have_a_branch_of_their_own(told: dict[str, Told]) -> None:
    assert told["procedures"].menu == ["menu=2"]
    assert told["procedures"].call["outcome"] == "answered"


def test_wrong_keys_and_then_silence_still_reach_an_operator(told: dict[str, Told]) -> None:
    lost = told["lost in the menu"]
    assert lost.call["outcome"] == "answered"
    assert lost.menu == []
    assert lost.story is not None
    assert lost.story.lasted_s > SILENCE_IS_PATIENT_S


@pytest.mark.seed("S0-26")
def test_who_hears_the_bulletin_and_leaves_was_served(told: dict[str, Told]) -> None:
    bulletin = told["bulletin"].call
    assert bulletin["outcome"] == "self_served"
    assert json.loads(bulletin["bulletins"]) == ["bulletin"]
    assert bulletin["queue"] is None


def test_the_state_of_a_report_by_its_code(told: dict[str, Told]) -> None:
    asked = told["state by code"]
    assert asked.call["outcome"] == "self_served"
    assert [fact["found"] for fact in asked.phones.facts(asked.call["call"], "StateAsked")] == [True]


@pytest.mark.seed("S0-14")
def test_each_hotline_number_has_its_greeting_and_is_counted_apart(told: dict[str, Told]) -> None:
    own = told["own greeting"]
    assert (own.call["alias"], own.call["outcome"]) == ("0888247247", "answered")
    assert own.phones.ticket(own.call["call"])["alias"] == "0888247247"
    assert told["direct"].call["alias"] == "1022"
    (greeting,) = from_wav(own.phones.prompt("greeting_0888247247"))
    (usual,) = from_wav(own.phones.prompt("greeting"))
    of_its_own = greeting[RATE * 3 : RATE * 4]
    assert likeness(usual, of_its_own) < 0.5
    assert own.story is not None
    assert likeness(from_ulaw(own.story.heard), of_its_own) > 0.8


def test_keys_pressed_as_tones_in_the_speech_band(told: dict[str, Told]) -> None:
    assert told["keys as tones"].call["outcome"] == "answered"
    assert told["keys as tones"].menu == ["menu=0"]
