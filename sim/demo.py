"""``make demo``: a whole call centre of its own, simulated citizens and operators, and what came of each call.

Everything it makes lies in ``<var>/demo``, begun anew each time; tools, models and prompts are those of ``<var>``.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from callcenter.kernel.errors import Unavailable
from sim.clips import Clip
from sim.demo_city import OPERATORS, Performance, cast, differences, perform
from sim.sipp_jobs import DeskAccount

START_S = 90.0
SETTLE_S = 150.0
NAMES = ("Nguyễn Thị Mẫu", "Trần Văn Thử", "Lê Thị Minh Họa")
"""The operators; nobody real."""

Say = Callable[[str], None]


class DemoCentre:
    """``callcenter up`` in a folder of its own."""

    def __init__(self, var: Path) -> None:
        self.folder = var / "demo"
        self._command = (sys.executable, "-m", "callcenter.app.cli")
        self._environment = {
            **os.environ,
            "CALLCENTER_VAR": str(self.folder),
            "CALLCENTER_ASSETS": str(var),
            "CALLCENTER_QUALIFY_S": "0",
        }
        self.page = f"http://127.0.0.1:{os.environ.get('CALLCENTER_WEB_PORT', '8022')}"
        self.sip_port = int(os.environ.get("CALLCENTER_SIP_PORT", "5060"))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start it and wait until it is ready; end it cleanly.

        Raises:
            Unavailable: it did not become ready.
        """
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        with (self.folder / "up.log").open("wb") as log:
            up = subprocess.Popen(
                [*self._command, "up"], env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        try:
            self._await_ready(up)
            yield
        finally:
            up.send_signal(signal.SIGTERM)
            try:
                up.wait(45)
            except subprocess.TimeoutExpired:
                up.kill()
                up.wait()

    def _await_ready(self, up: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + START_S
        while time.monotonic() < end and up.poll() is None:
            try:
                if httpx.get(f"{self.page}/readyz", timeout=2.0, trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.2)
        raise Unavailable("demo_not_ready", log=str(self.folder / "up.log"))

    def cli(self, *arguments: str) -> str:
        """One command, as a person would run it.

        Raises:
            Unavailable: it failed.
        """
        done = subprocess.run(
            [*self._command, *arguments], env=self._environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Unavailable("demo_command_failed", command=" ".join(arguments), said=done.stderr[-300:])
        return done.stdout

    def listed(self, what: str) -> list[dict[str, Any]]:
        """``callcenter calls`` or ``tickets`` as data."""
        rows: list[dict[str, Any]] = json.loads(self.cli(what, "--json", "--limit", "1000"))
        return rows

    def open_desks(self) -> list[DeskAccount]:
        """Three operators with phones to register; the queue as this small house needs it."""
        listed = self.folder / "operators.csv"
        rows = "".join(f"{1010 + number},{name}\n" for number, name in enumerate(NAMES[:OPERATORS]))
        listed.write_text("number,name\n" + rows, encoding="utf-8")
        made = json.loads(self.cli("operator", "import", str(listed), "--json"))
        self.cli("queue", "set", "general", "--wrap-up", "4", "--overflow-when-empty")
        return [DeskAccount(**{name: one[name] for name in DeskAccount.__dataclass_fields__}) for one in made]

    def seats(self, crew: Sequence[DeskAccount], *actions: str) -> None:
        """Sign the operators in or out."""
        for account in crew:
            for action in actions:
                self.cli("operator", action, account.number)


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
    with centre.running():
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
            open_house=lambda: centre.seats(crew, "login", "ready"),
            close_house=lambda: centre.seats(crew, "logout"),
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
    return not faults


def _settle(centre: DemoCentre, performance: Performance) -> list[str]:
    """Wait until nothing is owed any more; what then still differs."""
    end = time.monotonic() + SETTLE_S
    while True:
        pending = [t["code"] for t in centre.listed("tickets") if t["transcript_status"] == "pending"]
        faults = differences(performance, centre.listed("calls"))
        faults += [f"{code} has no transcript yet" for code in pending]
        if not faults or time.monotonic() > end:
            return faults
        time.sleep(1.0)


def _report(centre: DemoCentre) -> list[dict[str, Any]]:
    """One object per call, oldest first."""
    texts = {ticket["call"]: ticket["text"] for ticket in centre.listed("tickets")}
    wanted = ("call", "alias", "outcome", "wait_s", "talk_s", "recording", "sha256", "duration_s")
    return [
        {
            **{name: call[name] for name in wanted},
            "transcript": texts.get(call["call"]) or None,
            "transcript_reason": call["transcript_reason"],
            "ticket": call["ticket"],
        }
        for call in sorted(centre.listed("calls"), key=lambda call: str(call["started_at"]))
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
