"""``make demo``: a whole call centre of its own, simulated citizens and operators, and what came of each call.

Everything it makes lies in ``<var>/demo``, begun anew each time; tools, models and prompts are those of ``<var>``.
"""

from __future__ import annotations

import json
import shutil
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from sim.centre import Centre
from sim.clips import Clip
from sim.demo_city import OPERATORS, Performance, cast, differences, perform
from sim.sipp_jobs import DeskAccount

SETTLE_S = 150.0
NAMES = ("Nguyễn Thị Mẫu", "Trần Văn Thử", "Lê Thị Minh Họa")
"""The operators; nobody real."""

Say = Callable[[str], None]


class DemoCentre(Centre):
    """The demo's own house, begun anew each time."""

    def __init__(self, var: Path) -> None:
        folder = var / "demo"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        super().__init__(folder, {"assets": var})

    def open_desks(self) -> list[DeskAccount]:
        """Three operators with phones to register; the queue as this small house needs it."""
        made = self.import_desks(NAMES[:OPERATORS])
        self.cli("queue", "set", "general", "--wrap-up", "2", "--overflow-when-empty")
        return made


class Watcher(threading.Thread):
    """Says each step of each call and each ticket as the watch page learns of it."""

    def __init__(self, page: str, say: Say) -> None:
        super().__init__(daemon=True)
        self._page = page
        self._say = say
        self._states: dict[str, str] = {}
        self._tickets: dict[str, str] = {}

    def run(self) -> None:
        """Until the page is gone."""
        try:
            with httpx.stream("GET", f"{self._page}/stream", timeout=None, trust_env=False) as stream:
                for line in stream.iter_lines():
                    if line.startswith("data: {"):
                        self._show(json.loads(line.removeprefix("data: ")))
        except httpx.HTTPError:
            return

    def _show(self, picture: dict[str, Any]) -> None:
        calls = {call["call"]: call for call in (picture.get("switchboard") or {}).get("calls", [])}
        for name, call in calls.items():
            step = call["state"] + (f" {call['agent']}" if call["agent"] else "")
            if self._states.get(name) != step:
                self._states[name] = step
                self._say(f"  ☎ {name}  {step}")
        for name in [name for name in self._states if name not in calls]:
            del self._states[name]
            self._say(f"  ☎ {name}  ended")
        for ticket in reversed((picture.get("tickets") or {}).get("latest", [])):
            text = ticket["text"] or ("…" if ticket["transcript_status"] == "pending" else "(no transcript)")
            if self._tickets.get(ticket["code"]) != text:
                self._tickets[ticket["code"]] = text
                self._say(f"  ✎ {ticket['code']}  {text}")


def run_demo(var: Path, clips: list[Clip], *, once: bool, say: Say) -> bool:
    """Play the demo; True when our books tell the same stories as the simulated people.

    With ``once`` it ends after the calls; otherwise the call centre stays up until Ctrl-C.

    Raises:
        Unavailable: a part did not start.
    """
    centre = DemoCentre(var)
    say("== Khởi động tổng đài / starting the call centre")
    try:
        centre.start()
        say(f"== Trang theo dõi / watch page: {centre.page}/")
        crew = centre.open_desks()
        watcher = Watcher(centre.page, say)
        watcher.start()
        say("== Người dân gọi đến / citizens call")
        performance = perform(
            cast(clips),
            accounts=crew,
            clips=clips,
            server=("127.0.0.1", centre.sip_port),
            open_house=lambda: centre.seat_all(crew),
            close_house=lambda: _go_home(centre, crew),
            say=lambda line: say(f"  · {line}"),
        )
        say("== Chờ ghi âm, nhận dạng và phiếu / waiting for recordings, transcripts and tickets")
        faults = _settle(centre, performance)
        report = _report(centre)
        (centre.folder / "report.json").write_text(
            json.dumps(report, ensure_ascii=False, indent=2), encoding="utf-8"
        )
        _conclude(centre, report, faults, say)
        if not once:
            say(f"Tổng đài vẫn chạy / still running: {centre.page}/  (Ctrl-C để dừng / to stop)")
            _until_interrupted()
    finally:
        centre.stop()
    return not faults


def _go_home(centre: DemoCentre, crew: Sequence[DeskAccount]) -> None:
    for account in crew:
        centre.seat(account.number, "logout")


def _settle(centre: DemoCentre, performance: Performance) -> list[str]:
    """Wait until nothing is owed any more; what then still differs."""
    end = time.monotonic() + SETTLE_S
    while True:
        pending = [t["code"] for t in centre.tickets() if t["transcript_status"] == "pending"]
        faults = differences(performance, centre.calls())
        faults += [f"{code} has no transcript yet" for code in pending]
        if not faults or time.monotonic() > end:
            return faults
        time.sleep(1.0)


def _report(centre: DemoCentre) -> list[dict[str, Any]]:
    """One object per call, oldest first."""
    texts = {ticket["call"]: ticket["text"] for ticket in centre.tickets()}
    wanted = ("call", "alias", "outcome", "wait_s", "talk_s", "recording", "sha256", "duration_s")
    return [
        {
            **{name: call[name] for name in wanted},
            "transcript": texts.get(call["call"]) or None,
            "transcript_reason": call["transcript_reason"],
            "ticket": call["ticket"],
        }
        for call in sorted(centre.calls(), key=lambda call: str(call["started_at"]))
    ]


def _conclude(centre: DemoCentre, report: list[dict[str, Any]], faults: list[str], say: Say) -> None:
    say("")
    for call in report:
        said = call["transcript"] or call["transcript_reason"] or ""
        wait = "–" if call["wait_s"] is None else f"{call['wait_s']:.1f}"
        say(f"  {call['alias']:>10}  {call['outcome']:<14} wait {wait:>5} s  talk {call['talk_s']:5.1f} s  "
            f"{call['ticket'] or '–':<20} {said[:60]}")  # fmt: skip
    say(f"\n{len(report)} calls; report: {centre.folder / 'report.json'}")
    for fault in faults:
        say(f"  ✗ {fault}")
    say("Tất cả khớp / all is well." if not faults else "Có sai lệch / something differs.")


def _until_interrupted() -> None:
    try:
        signal.pause()
    except KeyboardInterrupt:
        return
