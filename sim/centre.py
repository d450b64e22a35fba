"""A whole call centre in a folder of its own, run as a person runs it: ``callcenter up`` and the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from callcenter.kernel.errors import Unavailable
from sim.sipp_jobs import DeskAccount

_COMMAND = (sys.executable, "-m", "callcenter.app.cli")
_ACCOUNT = ("number", "sip_username", "sip_secret")
STOP_S = 45.0


class Centre:
    """Knows nothing of the product's inside: only its commands, its page and its settings."""

    def __init__(self, folder: Path, settings: Mapping[str, object]) -> None:
        """``settings``: by their names without ``CALLCENTER_``; ``var`` is ``folder``."""
        self.folder = folder
        chosen = {"var": folder, "qualify_s": 0, **settings}
        self.environment = {
            **os.environ,
            **{f"CALLCENTER_{name.upper()}": str(value) for name, value in chosen.items()},
        }
        host = self.environment.get("CALLCENTER_WEB_HOST", "127.0.0.1")
        self.page = f"http://{host}:{self.environment.get('CALLCENTER_WEB_PORT', '8022')}"
        self.sip_port = int(self.environment.get("CALLCENTER_SIP_PORT", "5060"))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait_s: float = 90.0) -> None:
        """Run it and wait until every part is ready.

        Raises:
            Unavailable: it ended, or is not ready in time.
        """
        with (self.folder / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*_COMMAND, "up"], env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + wait_s
        while time.monotonic() < end and self.process.poll() is None:
            if self.ready():
                return
            time.sleep(0.1)
        raise Unavailable("centre_not_ready", exit_code=self.process.poll(), log=str(self.folder / "up.log"))

    def ready(self) -> bool:
        """Whether Asterisk, switchboard and database answer."""
        try:
            return httpx.get(f"{self.page}/readyz", timeout=2.0, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        """End it as Ctrl-C does; by force when it does not end."""
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def cli(self, *arguments: str) -> str:
        """What one command prints.

        Raises:
            Unavailable: it failed; with what it said.
        """
        done = subprocess.run(
            [*_COMMAND, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode:
            said = (done.stdout + done.stderr)[-2000:]
            raise Unavailable("command_failed", command=" ".join(arguments), said=said)
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """The same with ``--json``."""
        return json.loads(self.cli(*arguments, "--json"))

    def calls(self) -> list[dict[str, Any]]:
        """The ledger, newest first."""
        calls: list[dict[str, Any]] = self.json("calls", "--limit", "10000")
        return calls

    def recordings(self) -> list[dict[str, Any]]:
        """Calls of which a recording was kept."""
        return [call for call in self.calls() if call["recording"]]

    def tickets(self) -> list[dict[str, Any]]:
        """Tickets, newest first."""
        tickets: list[dict[str, Any]] = self.json("tickets", "--limit", "10000")
        return tickets

    def state(self) -> dict[str, Any]:
        """The switchboard's live state."""
        state: dict[str, Any] = self._switchboard("GET", "/state").json()
        return state

    def seat(self, number: str, action: str) -> None:
        """An operator's wish (login, ready, pause, logout), over HTTP: quicker than a command each.

        Raises:
            Unavailable: the switchboard is away or refuses; with what it said.
        """
        self._switchboard("POST", f"/agents/{number}/{action}")

    def _switchboard(self, method: str, path: str) -> httpx.Response:
        token = (self.folder / "run" / "switchboard.token").read_text(encoding="utf-8").strip()
        port = self.environment.get("CALLCENTER_SWITCHBOARD_PORT", "8023")
        try:
            answer = httpx.request(
                method,
                f"http://127.0.0.1:{port}{path}",
                headers={"Authorization": f"Bearer {token}"},
                timeout=5.0,
                trust_env=False,
            )
        except httpx.HTTPError as error:
            raise Unavailable("switchboard_away") from error
        if answer.is_error:
            raise Unavailable("switchboard_refused", path=path, said=answer.text)
        return answer

    def seat_all(self, accounts: Sequence[DeskAccount]) -> None:
        """Log in and make ready, as soon as the switchboard knows the desks."""
        numbers = {account.number for account in accounts}
        for _ in range(100):
            if numbers <= {desk["agent"] for desk in self.state()["desks"]}:
                break
            time.sleep(0.1)
        for account in accounts:
            self.seat(account.number, "login")
            self.seat(account.number, "ready")

    def import_desks(self, names: Sequence[str], *, first: int = 1010) -> list[DeskAccount]:
        """Desks in one go, with what their phones register with."""
        listed = self.folder / "operators.csv"
        rows = "".join(f"{first + number},{name}\n" for number, name in enumerate(names))
        listed.write_text("number,name\n" + rows, encoding="utf-8")
        made = self.json("operator", "import", str(listed))
        return [DeskAccount(**{name: one[name] for name in _ACCOUNT}) for one in made]
