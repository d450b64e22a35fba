"""SIPp citizens and desks against a real Asterisk."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from sim.clips import Clip
from sim.programs import free_udp_port, raw_sockets_allowed
from sim.sipp import SippRun
from sim.sipp_jobs import (
    CitizenPlan,
    DeskAccount,
    DeskManners,
    KeyStyle,
    Place,
    citizens_job,
    desks_job,
    refusing_desks_job,
    registration_job,
    silent_desks_job,
)
from tests.adapter.sim_asterisk import ScratchAsterisk

pytestmark = pytest.mark.adapter

Accounts = tuple[DeskAccount, ...]


def place(asterisk: ScratchAsterisk, host: str = "127.0.0.2") -> Place:
    port = free_udp_port(host)
    rtp = 20000 + (port * 3) % 15000 // 2 * 2
    return Place(local_host=host, local_port=port, rtp_ports=(rtp, rtp + 400), asterisk=asterisk.address)


def wait_registered(run: SippRun, accounts: Accounts) -> None:
    deadline = time.monotonic() + 10
    while run.registered() != {each.sip_username for each in accounts}:
        assert time.monotonic() < deadline, run.report()
        time.sleep(0.05)


@pytest.mark.parametrize("keys", list(KeyStyle))
def test_keys_arrive(
    keys: KeyStyle, asterisk: ScratchAsterisk, sipp: Path, clips: list[Clip], tmp_path: Path
) -> None:
    if keys is KeyStyle.RFC4733 and not raw_sockets_allowed():
        pytest.skip("SIPp sends RFC 4733 events through a raw socket, which needs root")
    plans = [
        CitizenPlan(caller="0900000001", dialled="1022", keys_1="19", wait_2_s=0.2, keys_2="*0", leave_s=2),
        CitizenPlan(caller="0900000002", dialled="1022", keys_1="5", leave_s=9),
    ]
    job = citizens_job(plans, place(asterisk), clip=clips[0].alaw, keys=keys, scratch=tmp_path)
    with SippRun(sipp, job, tmp_path) as run:
        report = run.wait(30)
    assert report.clean, report
    assert "keys=[19*0] caller=[0900000001]" in asterisk.log()
    assert "keys=[5] caller=[0900000002]" in asterisk.log()
    assert all(call.heard > 20 for call in report.calls), "Asterisk echoed nothing"


def test_desks_behind_one_port_answer_are_recorded_and_hang_up(
    asterisk: ScratchAsterisk, sipp: Path, clips: list[Clip], accounts: Accounts, tmp_path: Path
) -> None:
    manners = [DeskManners(answer_s=0.2, talk_s=2.0)] * 3
    desks = desks_job(accounts, manners, place(asterisk, "127.0.0.1"), clip=clips[-1].alaw)
    plans = [
        CitizenPlan(caller=f"09000000{n:02d}", dialled=f"5{each.number}", leave_s=20 if n else 1.0)
        for n, each in enumerate(accounts[:3])
    ]
    citizens = citizens_job(
        plans, place(asterisk), clip=clips[0].alaw, keys=KeyStyle.INBAND, scratch=tmp_path, rate_per_s=2
    )
    with SippRun(sipp, desks, tmp_path) as desk_run:
        wait_registered(desk_run, accounts)
        with SippRun(sipp, citizens, tmp_path) as citizen_run:
            citizen_report = citizen_run.wait(30)
        desk_report = desk_run.stop(grace_s=0.5)
    assert citizen_report.clean, citizen_report
    assert citizen_report.ends == {"left": 1, "hung_up_on": 2}
    assert {call.desk for call in desk_report.calls} == {each.sip_username for each in accounts[:3]}
    assert desk_report.ends == {"hung_up_on": 1, "left": 2}
    assert desk_report.failures == {}
    assert all(call.heard > 20 for call in (*citizen_report.calls, *desk_report.calls))
    recorded = {path.name.removesuffix("-in.wav") for path in asterisk.spool.glob("*-in.wav")}
    assert {call.cc_call for call in desk_report.calls} == recorded
    assert all(path.stat().st_size > 8000 for path in asterisk.spool.glob("*.wav"))


def test_silent_desk_honours_cancel(
    asterisk: ScratchAsterisk, sipp: Path, clips: list[Clip], accounts: Accounts, tmp_path: Path
) -> None:
    desks = silent_desks_job(accounts, place(asterisk, "127.0.0.1"))
    plans = [CitizenPlan(caller="0900000001", dialled=f"4{accounts[0].number}", leave_s=20)]
    citizens = citizens_job(
        plans, place(asterisk), clip=clips[0].alaw, keys=KeyStyle.INBAND, scratch=tmp_path
    )
    with SippRun(sipp, desks, tmp_path) as desk_run:
        wait_registered(desk_run, accounts)
        with SippRun(sipp, citizens, tmp_path) as citizen_run:
            assert citizen_run.wait(15).ends == {"hung_up_on": 1}
        assert desk_run.stop(grace_s=0.5).ends == {"cancelled": 1}
    assert f"desk=[{accounts[0].number}] status=[NOANSWER]" in asterisk.log()


@pytest.mark.parametrize(("status", "seen"), [("486 Busy Here", "BUSY"), ("603 Decline", "CHANUNAVAIL")])
def test_refusing_desk(
    status: str,
    seen: str,
    asterisk: ScratchAsterisk,
    sipp: Path,
    clips: list[Clip],
    accounts: Accounts,
    tmp_path: Path,
) -> None:
    desks = refusing_desks_job(accounts, place(asterisk, "127.0.0.1"), status=status)
    plans = [CitizenPlan(caller="0900000001", dialled=f"5{accounts[0].number}", leave_s=20)]
    citizens = citizens_job(
        plans, place(asterisk), clip=clips[0].alaw, keys=KeyStyle.INBAND, scratch=tmp_path
    )
    with SippRun(sipp, desks, tmp_path) as desk_run:
        wait_registered(desk_run, accounts)
        with SippRun(sipp, citizens, tmp_path) as citizen_run:
            assert citizen_run.wait(15).ends == {"hung_up_on": 1}
        assert desk_run.stop(grace_s=0.5).ends == {"refused": 1}
    assert f"desk=[{accounts[0].number}] status=[{seen}]" in asterisk.log()


def test_contacts_can_be_taken_back(
    asterisk: ScratchAsterisk, sipp: Path, clips: list[Clip], accounts: Accounts, tmp_path: Path
) -> None:
    here = place(asterisk, "127.0.0.1")
    for expires_s in (120, 0):
        job = registration_job(accounts, here, expires_s=expires_s, name=f"registration_{expires_s}")
        with SippRun(sipp, job, tmp_path) as run:
            assert run.wait(10).clean
    plans = [CitizenPlan(caller="0900000001", dialled=f"5{accounts[0].number}", leave_s=20)]
    citizens = citizens_job(
        plans, place(asterisk), clip=clips[0].alaw, keys=KeyStyle.INBAND, scratch=tmp_path
    )
    with SippRun(sipp, citizens, tmp_path) as citizen_run:
        citizen_run.wait(15)
    assert f"desk=[{accounts[0].number}] status=[CHANUNAVAIL]" in asterisk.log()


def test_refused_citizen_is_counted_and_acknowledged(
    asterisk: ScratchAsterisk, sipp: Path, clips: list[Clip], tmp_path: Path
) -> None:
    """Cause 17 becomes 486, cause 42 becomes 503."""
    plans = [CitizenPlan(caller="0900000001", dialled=number, leave_s=20) for number in ("617", "642")]
    citizens = citizens_job(
        plans, place(asterisk), clip=clips[0].alaw, keys=KeyStyle.INBAND, scratch=tmp_path
    )
    with SippRun(sipp, citizens, tmp_path) as run:
        report = run.wait(15)
    assert report.clean, report
    assert report.ends == {"refused": 2}
