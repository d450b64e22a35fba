"""``kill -9`` of each process of ours in the middle of twenty calls: nothing dropped, nothing lost."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from sim.clips import fetch_clips
from sim.load import LoadPlan, LoadResult, run_load
from sim.programs import find_program
from tests.helpers.books import faults
from tests.helpers.callcentre import SHARED_ASSETS, CallCentre, call_centre, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

CALLS = 20


class Load(threading.Thread):
    """Twenty calls in the background."""

    def __init__(self, centre: CallCentre, folder: Path, *, seed: int) -> None:
        super().__init__()
        self.result: LoadResult | None = None
        self._centre = centre
        self._folder = folder
        self._accounts = centre.add_desks(CALLS)
        self._plan = LoadPlan(calls=CALLS, desks=CALLS, hold_s=18, seed=seed, rate_per_s=2.5)
        centre.seat_all(self._accounts)

    def run(self) -> None:
        self.result = run_load(
            self._plan,
            network=self._centre.network(),
            accounts=self._accounts,
            clips=fetch_clips(SHARED_ASSETS),
            sipp=find_program("sipp", SHARED_ASSETS),
            folder=self._folder,
            ours=self._centre,
            say=print,
        )


def states(centre: CallCentre) -> list[str]:
    try:
        return [call["state"] for call in centre.state()["calls"]]
    except Exception:  # the switchboard is being restarted
        return []


def finish(load: Load, centre: CallCentre) -> None:
    """Wait for the end; what SIPp saw and what we wrote down must agree."""
    load.join()
    assert load.result is not None
    print(load.result.verdict)
    failed = [check for check in load.result.verdict.checks if not check.holds]
    assert failed == []
    until(lambda: all(t["transcript_status"] != "pending" for t in centre.tickets()), 90, why="jobs end")
    until(lambda: not faults(centre), 30, why=f"the books agree: {faults(centre)}")


@pytest.mark.parametrize("moment", ["talking", "ringing"])
def test_the_switchboard_is_killed(tmp_path: Path, moment: str) -> None:
    with call_centre(tmp_path, speech=False) as centre:
        load = Load(centre, tmp_path / "load", seed=3)
        load.start()
        if moment == "talking":
            until(lambda: states(centre).count("talking") >= CALLS, 90, why="all talk")
        else:
            until(lambda: "offered" in states(centre), 60, why="a desk rings")
        centre.role("switchboard").kill()
        finish(load, centre)
        assert {call["outcome"] for call in centre.calls()} == {"answered"}


@pytest.mark.parametrize("role", ["worker", "web"])
def test_another_process_is_killed(tmp_path: Path, role: str) -> None:
    with call_centre(tmp_path, speech=False) as centre:
        load = Load(centre, tmp_path / "load", seed=4)
        load.start()
        for wanted in (5, CALLS):
            until(lambda: states(centre).count("talking") >= wanted, 90, why="calls talk")  # noqa: B023
            centre.role(role).kill()
        until(lambda: any(call["outcome"] for call in centre.calls()), 120, why="the first call ended")
        centre.role(role).kill()
        finish(load, centre)
        assert {call["outcome"] for call in centre.calls()} == {"answered"}
