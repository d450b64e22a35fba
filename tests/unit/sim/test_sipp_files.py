"""What we hand to SIPp and what we read of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callcenter.kernel.errors import BadInput
from sim.sipp import render_scenario, write_injection
from sim.sipp_jobs import (
    CitizenPlan,
    DeskAccount,
    KeyStyle,
    Place,
    citizens_job,
    read_accounts,
)
from sim.sipp_report import (
    SippReport,
    failures,
    parse_calls,
    parse_response_times,
    parse_statistics,
    progress,
)

pytestmark = pytest.mark.unit

HEADER = (
    "StartTime;CurrentTime;TotalCallCreated;CurrentCall;SuccessfulCall(C);FailedCall(C);"
    "FailedUnexpectedMessage(C);"
)
STATISTICS = f"{HEADER}\na;b;3;2;1;0;0;\na;c;9;4;3;2;2;\na;d;9;4;"
"""The last row is still being written."""
LOG = """\
04:12:01.1: call 1-77-5@127.0.0.2 caller=[0900000001] end=left begun=[6] ended=[10] heard=[197.000000]
something else
call 2-7-5@127.0.0.1 desk=[desk1010] cc_call=[node1-176.42] end=hung_up_on rang=[5] begun=[7] heard=[100]
04:12:02.2: call 3-77-5@127.0.0.1 desk=[desk1010] cc_call=[] end=cancelled rang=[9]
"""


def test_statistics_leave_out_the_unfinished_row() -> None:
    rows = parse_statistics(STATISTICS)
    newest = progress(rows)
    assert (newest.created, newest.current, newest.successful, newest.failed) == (9, 4, 3, 2)
    assert failures(rows) == {"FailedUnexpectedMessage": 2}


@pytest.mark.parametrize("text", ["", HEADER, HEADER + "\n"])
def test_no_statistics_yet(text: str) -> None:
    assert progress(parse_statistics(text)).created == 0
    assert failures(parse_statistics(text)) == {}


def test_calls_in_the_log() -> None:
    citizen, desk, cancelled = parse_calls(LOG.splitlines())
    assert (citizen.caller, citizen.end, citizen.heard) == ("0900000001", "left", 197)
    assert citizen.ended_s - citizen.begun_s == 4
    assert (desk.desk, desk.cc_call, desk.rang_s, desk.begun_s) == ("desk1010", "node1-176.42", 5, 7)
    assert desk.answered
    assert (cancelled.cc_call, cancelled.answered) == ("", False)


def test_response_times() -> None:
    text = "Date_ms;response_time_ms;rtd_name\n1795.1;4.62;answer\n1795.2;3.8;answer\n1795.3;9;register\n"
    assert parse_response_times(text) == {"answer": (4.62, 3.8), "register": (9.0,)}


@pytest.mark.parametrize(("exit_code", "failed", "clean"), [(0, 0, True), (0, 1, False), (1, 0, False)])
def test_clean_means_exit_and_calls(exit_code: int, failed: int, clean: bool) -> None:
    report = SippReport(
        scenario="x",
        exit_code=exit_code,
        created=1,
        successful=1,
        failed=failed,
        peak=1,
        failures={},
        calls=(),
        response_ms={},
        errors=(),
    )
    assert report.clean is clean


def test_template_wants_exactly_its_values(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text("a @@ONE@@ [field0] b", encoding="utf-8")
    assert render_scenario("x", {"ONE": "1"}, folder=tmp_path) == "a 1 [field0] b"
    for wrong in ({}, {"ONE": "1", "TWO": "2"}):
        with pytest.raises(BadInput, match="scenario_values_differ"):
            render_scenario("x", wrong, folder=tmp_path)


def test_injection_file(tmp_path: Path) -> None:
    path = write_injection(tmp_path / "i.csv", [(1, "a"), (2, "")])
    assert path.read_text(encoding="utf-8") == "SEQUENTIAL\n1;a\n2;\n"


@pytest.mark.parametrize("rows", [[], [("a;b",)], [("a\nb",)]])
def test_injection_that_would_shift_fields_is_refused(rows: list[tuple[str]], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="injection"):
        write_injection(tmp_path / "i.csv", rows)


def test_citizens_become_rows_and_tones(tmp_path: Path) -> None:
    place = Place(
        local_host="127.0.0.2", local_port=5070, rtp_ports=(20000, 20100), asterisk="127.0.0.1:5060"
    )
    plans = [CitizenPlan(caller="0900000001", dialled="1022", keys_1="*1", wait_1_s=1.5, leave_s=20)]
    inband = citizens_job(plans, place, clip=tmp_path / "c.alaw", keys=KeyStyle.INBAND, scratch=tmp_path)
    assert list(inband.injected["citizens.csv"]) == [
        ("0900000001", "1022", 1500, "s1", 1600, 0, "", 0, 20000)
    ]
    assert (tmp_path / "keys_s1.alaw").stat().st_size == 2 * 8 * 240
    assert "a=rtpmap:96 telephone-event" not in inband.scenario
    events = citizens_job(plans, place, clip=tmp_path / "c.alaw", keys=KeyStyle.RFC4733, scratch=tmp_path)
    assert events.injected["citizens.csv"][0][3] == "*1"
    assert "a=rtpmap:96 telephone-event/8000" in events.scenario


def test_accounts_file(tmp_path: Path) -> None:
    path = tmp_path / "desks.json"
    path.write_text(json.dumps([{"number": 1010, "sip_username": "desk1010", "sip_secret": "s", "more": 1}]))
    (account,) = read_accounts(path)
    assert account == DeskAccount(number="1010", sip_username="desk1010", sip_secret="s")
    assert "sip_secret" not in repr(account)


@pytest.mark.parametrize("text", ["{", "[1]", '[{"number": 1}]'])
def test_malformed_accounts_are_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "desks.json"
    path.write_text(text)
    with pytest.raises(BadInput, match="accounts_malformed"):
        read_accounts(path)
