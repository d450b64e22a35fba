"""The load generator against a real Asterisk: it sees agreement, and it sees a lie."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from callcenter.kernel.errors import Unavailable
from sim.clips import fetch_clips
from sim.load import LoadPlan, LoadResult, Network, run_load
from sim.programs import find_program, free_udp_port, var_dir
from sim.sipp_jobs import DeskAccount
from tests.adapter.sim_asterisk import ScratchAsterisk

pytestmark = pytest.mark.e2e

CALLS = 6
ACCOUNTS = [
    DeskAccount(number=f"1{n:03d}", sip_username=f"desk1{n:03d}", sip_secret=f"secret-{n}")
    for n in range(CALLS)
]


class ScratchSide:
    """The books of the scratch Asterisk: its recordings; a ticket and an outcome for each, but for one."""

    def __init__(self, asterisk: ScratchAsterisk, *, loses_a_ticket: bool) -> None:
        self._asterisk = asterisk
        self._loses_a_ticket = loses_a_ticket

    def calls(self) -> list[dict[str, Any]]:
        return [{"call": entry["call"], "outcome": "answered"} for entry in self.recordings()]

    def recordings(self) -> list[dict[str, Any]]:
        names = sorted(path.name for path in self._asterisk.spool.glob("*-in.wav"))
        return [{"call": name.removesuffix("-in.wav")} for name in names]

    def tickets(self) -> list[dict[str, Any]]:
        return self.recordings()[1 if self._loses_a_ticket else 0 :]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("loses_a_ticket", [False, True])
def test_verdict_of_both_sides(loses_a_ticket: bool, tmp_path: Path) -> None:
    try:
        sipp, _ = (find_program(name, var_dir()) for name in ("sipp", "asterisk"))
    except Unavailable as missing:
        pytest.skip(f"{missing}: run asterisk-conf/install.py")
    with ScratchAsterisk(tmp_path, var_dir(), ACCOUNTS) as asterisk:
        said: list[str] = []
        result = load(asterisk, sipp, tmp_path, loses_a_ticket=loses_a_ticket, said=said)
    failing = [check.name for check in result.verdict.checks if not check.holds]
    assert failing == (["tickets of answered calls"] if loses_a_ticket else [])
    assert result.held.peak == CALLS
    assert any(re.search(r"up 6", line) for line in said), said


def load(
    asterisk: ScratchAsterisk, sipp: Path, folder: Path, *, loses_a_ticket: bool, said: list[str]
) -> LoadResult:
    citizens_port, desks_port = free_udp_port("127.0.0.2"), free_udp_port()
    rtp_from = 20000 + time.time_ns() % 5000 * 2
    return run_load(
        LoadPlan(
            calls=CALLS,
            desks=CALLS,
            hold_s=3,
            seed=1,
            dialled="7000",
            keys="1",
            then_keys="",
            keys_after_s=0.5,
            dispatch_s=4,
            settle_s=2,
        ),
        network=Network(
            asterisk=asterisk.address,
            citizens_port=citizens_port,
            desks_port=desks_port,
            rtp_from=rtp_from,
        ),
        accounts=ACCOUNTS,
        clips=fetch_clips(var_dir()),
        sipp=sipp,
        folder=folder / "load",
        ours=ScratchSide(asterisk, loses_a_ticket=loses_a_ticket),
        say=said.append,
    )
