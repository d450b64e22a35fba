"""Ninety recorded calls at once: how soon desks ring, and what the switchboard costs beside Asterisk.

``python -m bench.ninety_calls [calls]``. The delay is from the engine's command to Asterisk's ``DialBegin``; the cost
is processor time of the switchboard over that of Asterisk in the same run, and as a share of one core.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from sim.centre import Centre
from sim.clips import fetch_clips
from sim.load import LoadPlan, Network, run_load
from sim.programs import find_program, free_udp_port, var_dir


def measure(calls: int) -> dict[str, Any]:
    """One run; the call centre has a folder of its own and no speech model, so that only calls are measured."""
    var = var_dir().resolve()
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        assets = folder / "assets"
        assets.mkdir()
        for name in ("tools", "prompts"):
            (assets / name).symlink_to(var / name)
        house = folder / "var"
        house.mkdir()
        centre = Centre(house, {"assets": assets, "max_calls": max(90, calls)})
        centre.start()
        try:
            return _run(centre, calls, folder, var)
        finally:
            centre.stop()


def _run(centre: Centre, calls: int, folder: Path, var: Path) -> dict[str, Any]:
    accounts = centre.import_desks([f"Bàn {number}" for number in range(calls)])
    centre.seat_all(accounts)
    assert centre.process is not None
    family = psutil.Process(centre.process.pid).children(recursive=True)
    switchboard = next(p for p in family if "switchboard" in p.cmdline())
    asterisk = next(p for p in family if any("sbin/asterisk" in part for part in p.cmdline()))
    before = {process.pid: _cpu_s(process) for process in (switchboard, asterisk)}
    started = time.monotonic()
    result = run_load(
        LoadPlan(calls=calls, desks=calls, hold_s=30, seed=1),
        network=Network(
            asterisk="127.0.0.1:5060", citizens_port=free_udp_port("127.0.0.2"), desks_port=free_udp_port()
        ),
        accounts=accounts,
        clips=fetch_clips(var),
        sipp=find_program("sipp", var),
        folder=folder / "load",
        ours=centre,
        say=lambda line: print(line, file=sys.stderr),
    )
    took_s = time.monotonic() - started
    used = {process.pid: _cpu_s(process) - before[process.pid] for process in (switchboard, asterisk)}
    latency = centre.state()["offer_to_ring_ms"]
    return {
        "calls": calls,
        "agrees": result.verdict.agrees,
        "offer_to_ring_ms": latency,
        "switchboard_share_of_a_core": round(used[switchboard.pid] / took_s, 4),
        "switchboard_over_asterisk": round(used[switchboard.pid] / used[asterisk.pid], 4),
        "asterisk_share_of_a_core": round(used[asterisk.pid] / took_s, 4),
        "generator_cpu_s": result.generator_cpu_s,
    }


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 90), indent=2))
