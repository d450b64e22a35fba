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
from tests.helpers.databases import new_postgres_url

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
        self._plan = LoadPlan(calls=CALLS, desks=CALLS, hold_s=10, seed=seed, rate_per_s=2.5)
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


def test_the_switchboard_is_killed_while_desks_ring_and_callers_are_in_the_menu(tmp_path: Path) -> None:
    with call_centre(tmp_path, speech=False) as centre:
        load = Load(centre, tmp_path / "load", seed=3)
        load.start()
        until(lambda: "offered" in states(centre), 60, why="a desk rings")
        centre.role("switchboard").kill()
        finish(load, centre)
        assert {call["outcome"] for call in centre.calls()} == {"answered"}


@pytest.mark.seed("S0-06", "S0-07", "S0-13")
def test_switchboard_worker_and_web_are_killed_under_twenty_calls_on_postgresql(tmp_path: Path) -> None:
    databases = {"database": new_postgres_url(), "jobs_database": new_postgres_url()}
    with call_centre(tmp_path, speech=False, **databases) as centre:
        load = Load(centre, tmp_path / "load", seed=4)
        load.start()
        until(lambda: states(centre).count("talking") >= 5, 90, why="calls talk")
        centre.role("worker").kill()
        centre.role("web").kill()
        until(lambda: states(centre).count("talking") >= CALLS, 90, why="all talk")
        centre.role("switchboard").kill()
        until(lambda: any(call["outcome"] for call in centre.calls()), 120, why="the first call ended")
        centre.role("worker").kill()
        finish(load, centre)
        assert {call["outcome"] for call in centre.calls()} == {"answered"}
