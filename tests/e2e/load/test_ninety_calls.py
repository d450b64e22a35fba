"""Ninety calls at once on the real system, recorded; the books of both sides agree afterwards."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psutil
import pytest

from sim.clips import fetch_clips
from sim.load import LoadPlan, run_load
from sim.programs import find_program
from tests.helpers.books import faults
from tests.helpers.callcentre import SHARED_ASSETS, call_centre, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

CALLS = 90


class ProcessorShare:
    """Share of one core that a process used while all calls were up; the greatest over three seconds."""

    def __init__(self, process: psutil.Process) -> None:
        self.most = 0.0
        self._stop = threading.Event()
        self._process = process
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        before = sum(self._process.cpu_times()[:2])
        while not self._stop.wait(3.0):
            now = sum(self._process.cpu_times()[:2])
            self.most = max(self.most, (now - before) / 3.0)
            before = now

    def __enter__(self) -> ProcessorShare:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


@pytest.mark.seed("S0-05", "S0-27", "S0-28", "S0-29", "S0-30")
def test_ninety_recorded_calls_at_once(tmp_path: Path) -> None:
    with call_centre(tmp_path, speech=False) as centre:
        accounts = centre.add_desks(CALLS + 10)
        centre.seat_all(accounts)
        with ProcessorShare(centre.role("switchboard")) as share:
            result = run_load(
                LoadPlan(calls=CALLS, desks=CALLS + 10, hold_s=10, dispatch_s=14, seed=1),
                network=centre.network(),
                accounts=accounts,
                clips=fetch_clips(SHARED_ASSETS),
                sipp=find_program("sipp", SHARED_ASSETS),
                folder=tmp_path / "load",
                ours=centre,
                say=print,
            )
        print(result.verdict)
        assert result.verdict.agrees
        assert share.most < 0.10, f"the switchboard used {share.most:.0%} of a core"
        latency = centre.state()["offer_to_ring_ms"]
        print(latency)  # judged by bench/, on a machine that does nothing else
        assert latency["count"] >= CALLS
        until(lambda: all(t["transcript_status"] != "pending" for t in centre.tickets()), 60, why="jobs end")
        time.sleep(1)
        assert faults(centre) == []
        calls = centre.calls()
        assert {call["outcome"] for call in calls} == {"answered"}
        assert {call["transcript_reason"] for call in calls} == {"no_model"}
