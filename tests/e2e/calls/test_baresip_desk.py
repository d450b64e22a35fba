"""A desk on baresip, which shares no code with our simulator: it serves calls, and its death is noticed."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil
import pytest

from sim.baresip import Baresip, BaresipPlan
from sim.sipp_jobs import DeskAccount
from tests.helpers.callcentre import SHARED_ASSETS, until
from tests.helpers.hearing import from_wav, likeness
from tests.helpers.phones import Phones

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def _telephone(phones: Phones, account: DeskAccount, folder: Path) -> Baresip:
    plan = BaresipPlan(
        account=account, asterisk=f"127.0.0.1:{phones.server[1]}", speaks=phones.clips["ly_north_woman"]
    )
    return Baresip(plan, var=SHARED_ASSETS, folder=folder)


def test_a_foreign_telephone_serves_a_call_and_is_heard_in_the_recording(
    phones: Phones, tmp_path: Path
) -> None:
    account = phones.account()
    with _telephone(phones, account, tmp_path / "baresip"):
        phones.sit_down(account.number)
        citizen = phones.citizen(leave_s=11.0, speaks="vinh_south_man", speak_s=7.0)
        call = phones.booked(citizen)
        assert (call["outcome"], call["agent"]) == ("answered", account.number)
        phones.ticket(call["call"])
        phones.go_home(account.number)
    out = tmp_path / "kept.wav"
    phones.centre.cli("recording", "export", call["call"], "--out", str(out))
    left, right = from_wav(out)
    operator = from_wav(phones.clips["ly_north_woman"].wav)[0][:12_000]
    said = from_wav(phones.clips["vinh_south_man"].wav)[0][8_000:20_000]
    assert likeness(right, operator) > 0.5 > likeness(left, operator)
    assert likeness(left, said) > 0.5 > likeness(right, said)


def test_a_telephone_that_vanishes_gets_no_calls_until_it_is_back(phones: Phones, tmp_path: Path) -> None:
    account = phones.account()
    number = account.number
    with _telephone(phones, account, tmp_path / "first"):
        phones.sit_down(number)
        (process,) = (p for p in psutil.Process().children() if str(tmp_path) in " ".join(p.cmdline()))
        process.send_signal(signal.SIGKILL)
        process.wait(5)

    until(lambda: not phones.centre.desk(number)["reachable"], 15, why="the vanished phone is noticed")
    citizen = phones.citizen(leave_s=40.0)
    call = phones.live(citizen)
    phones.until_fact(call, "QueueJoined")
    assert phones.facts(call, "OfferStarted") == []

    with _telephone(phones, account, tmp_path / "second"):
        until(lambda: phones.centre.desk(number)["reachable"], 10, why="the phone is back")
        phones.until_fact(call, "CallAnswered", 5)
        citizen.stop()
        assert phones.booked(citizen)["agent"] == number
        phones.go_home(number)
