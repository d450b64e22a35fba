"""How operators take and leave their seats: on the phone, at the command line, over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from sim.programs import find_program, free_udp_port
from sim.sipp import SippJob, SippRun, render_scenario
from sim.sipp_jobs import DeskAccount
from tests.helpers.callcentre import SHARED_ASSETS, until
from tests.helpers.phones import Phones

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(90)]


def _seat(phones: Phones, number: str) -> tuple[str, str | None]:
    desk: dict[str, Any] = phones.centre.desk(number)
    return desk["state"], desk["reason"]


def _becomes(phones: Phones, number: str, state: str, reason: str | None = None) -> None:
    until(lambda: _seat(phones, number) == (state, reason), 5, why=f"{number} is {state}")


def _dial(phones: Phones, account: DeskAccount, code: str, folder: Path) -> None:
    """Dial a feature code on a phone of the desk and listen until Asterisk hangs up."""
    signed = f"[authentication username={account.sip_username} password={account.sip_secret}]"
    job = SippJob(
        name=f"dials_{code.strip('*')}",
        scenario=render_scenario("desk_dials", {}, folder=Path(__file__).parent),
        local_host="127.0.0.1",
        local_port=free_udp_port(),
        rtp_ports=(free_udp_port(), 65_535),
        remote=f"127.0.0.1:{phones.server[1]}",
        injected={"desk.csv": [(account.sip_username, signed, code)]},
        calls=1,
    )
    with SippRun(find_program("sipp", SHARED_ASSETS), job, folder) as run:
        report = run.wait(15)
    assert report.successful == 1, report


def test_feature_codes_dialled_on_the_desks_phone(phones: Phones, tmp_path: Path) -> None:
    account = phones.operator(ready=False).account
    assert _seat(phones, account.number)[0] == "logged_out"
    for code, state, reason in (
        ("*11", "paused", "not_ready"),
        ("*12", "available", None),
        ("*13", "paused", "phone"),
        ("*14", "logged_out", None),
    ):
        _dial(phones, account, code, tmp_path / f"{code.strip('*')}-{state}")
        _becomes(phones, account.number, state, reason)


def test_the_command_line(phones: Phones) -> None:
    number = phones.operator(ready=False).account.number
    centre = phones.centre
    centre.cli("operator", "login", number)
    _becomes(phones, number, "paused", "not_ready")
    centre.cli("operator", "ready", number)
    _becomes(phones, number, "available")
    centre.cli("operator", "pause", number, "--reason", "ăn trưa")
    _becomes(phones, number, "paused", "ăn trưa")
    centre.cli("operator", "logout", number)
    _becomes(phones, number, "logged_out")


def test_http_asks_for_the_token_and_says_why_it_refuses(phones: Phones) -> None:
    number = phones.operator(ready=False).account.number
    url = f"http://127.0.0.1:{phones.centre.ports['switchboard']}"
    token = (phones.centre.var / "run/switchboard.token").read_text().strip()

    def post(agent: str, action: str, **given: Any) -> httpx.Response:
        with httpx.Client(base_url=url, trust_env=False, timeout=5) as client:
            return client.post(f"/agents/{agent}/{action}", **given)

    known = {"Authorization": f"Bearer {token}"}
    assert post(number, "login").status_code == 401
    assert _seat(phones, number)[0] == "logged_out"
    assert post(number, "ready", headers=known).json()["code"] == "operator_not_logged_in"
    assert post("9999", "login", headers=known).json()["code"] == "operator_unknown"
    assert post(number, "login", headers=known).status_code == 200
    assert post(number, "ready", headers=known).status_code == 200
    _becomes(phones, number, "available")
    assert post(number, "pause", headers=known, json={"reason": "họp"}).status_code == 200
    _becomes(phones, number, "paused", "họp")
    assert post(number, "logout", headers=known).status_code == 200
    _becomes(phones, number, "logged_out")


def test_after_a_call_there_is_time_to_write(phones: Phones) -> None:
    operator = phones.operator(talk_s=1.0)
    number = operator.account.number
    citizen = phones.citizen()
    until(lambda: _seat(phones, number)[0] == "on_call", 12, why="the operator talks")
    _becomes(phones, number, "acw")
    _becomes(phones, number, "available")
    call = phones.talked(citizen)
    until(lambda: phones.booked(citizen)["wrap_up_s"] > 0, 5, why="the wrap-up is in the ledger")
    assert 0.9 < phones.booked(citizen)["wrap_up_s"] < 2
    assert call["agent"] == number
