"""Citizens and operators of one running call centre, on real telephones, and what its books say of them."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from acd.core.config import QueueSettings
from callcenter.app import bootstrap
from callcenter.app.settings import Settings
from callcenter.desks import service
from callcenter.storage.engine import open_database
from sim.clips import Clip, fetch_clips
from sim.sipp_jobs import DeskAccount
from sim.softphone import Citizen, CitizenScript, Operator, OperatorManners, Press
from tests.helpers.callcentre import SHARED_ASSETS, CallCentre, until

DIRECT = "1:0 2:0"
"""To an operator the short way: past the greeting, then past the notice and the menu at once."""


class Phones:
    """What a test needs of telephones. ``close`` hangs all of them up and sends the operators home."""

    _lines = itertools.count(1)

    def __init__(self, centre: CallCentre, accounts: list[DeskAccount]) -> None:
        self.centre = centre
        self.clips: dict[str, Clip] = {clip.name: clip for clip in fetch_clips(SHARED_ASSETS)}
        self.server = ("127.0.0.1", centre.ports["sip"])
        self._accounts = accounts
        self._stack = ExitStack()

    def close(self) -> None:
        self._stack.close()

    def account(self) -> DeskAccount:
        """A desk that no other test uses."""
        return self._accounts.pop(0)

    def operator(self, *, ready: bool = True, speaks: str | None = None, **manners: Any) -> Operator:
        """An operator whose phone is registered, and who waits for calls if ``ready``."""
        said = OperatorManners(speaks=self.clips[speaks] if speaks else None, **manners)
        phone = Operator(self.account(), said, server=self.server).start()
        self._stack.callback(phone.stop)
        if ready:
            self.sit_down(phone.account.number)
        return phone

    def sit_down(self, number: str) -> None:
        """Log in and be ready; goes home with ``close``."""
        until(lambda: number in self._reachable(), 5, why=f"the phone of {number} is there")
        self.centre.seat(number, "login")
        self._stack.callback(self.go_home, number)
        self.centre.seat(number, "ready")

    def _reachable(self) -> set[str]:
        return {desk["agent"] for desk in self.centre.state()["desks"] if desk["reachable"]}

    def go_home(self, number: str) -> None:
        if self.centre.desk(number)["state"] != "logged_out":
            self.centre.seat(number, "logout")

    def citizen(
        self,
        keys: str = DIRECT,
        *,
        dialled: str = "1022",
        leave_s: float = 60.0,
        speaks: str | None = None,
        speak_s: float = 5.0,
    ) -> Citizen:
        """A citizen who dials now; ``keys`` such as ``1:0 2:0`` (seconds, keys). Each has an own number."""
        presses = tuple(Press(at_s=float(at), keys=key) for at, key in (k.split(":") for k in keys.split()))
        script = CitizenScript(
            caller=f"0900{next(self._lines):06d}", dialled=dialled, leave_s=leave_s, presses=presses,
            speaks=self.clips[speaks] if speaks else None, speak_s=speak_s,
        )  # fmt: skip
        citizen = Citizen(script, server=self.server).start()
        self._stack.callback(citizen.stop)
        return citizen

    def live(self, citizen: Citizen) -> str:
        """The id of a call that is up."""

        def find() -> str | None:
            started = (record for record in self.centre.journal() if record.type == "CallStarted")
            return next((r.data["call"] for r in started if r.data["caller"] == citizen.script.caller), None)

        return until(find, 5, why="the call has arrived")

    def until_fact(self, call: str, fact: str, within_s: float = 20.0) -> dict[str, Any]:
        """The first fact of that name about the call."""
        return until(lambda: next(iter(self.facts(call, fact)), None), within_s, why=f"{fact} of {call}")

    def facts(self, call: str, fact: str) -> list[dict[str, Any]]:
        """All facts of that name about the call, in order."""
        return [
            record.data
            for record in self.centre.journal()
            if record.type == fact and record.kind == "call" and record.data["call"] == call
        ]

    def booked(self, citizen: Citizen | str, within_s: float = 30.0) -> dict[str, Any]:
        """The ledger's row of an ended call, by the citizen or the caller's number."""
        caller = citizen if isinstance(citizen, str) else citizen.script.caller

        def find() -> dict[str, Any] | None:
            rows = self.rows("select * from call where caller = ? and outcome is not null", caller)
            return rows[0] if rows else None

        return until(find, within_s, why="the call is in the ledger")

    def talked(self, citizen: Citizen, within_s: float = 30.0) -> dict[str, Any]:
        """The ledger's row of a citizen who hangs up as soon as the operator has, without the good-bye."""
        self.until_fact(self.live(citizen), "TalkEnded", within_s)
        citizen.stop()
        return self.booked(citizen)

    def ticket(self, call: str, within_s: float = 30.0) -> dict[str, Any]:
        """The call's ticket once all work after the call is done."""

        def find() -> dict[str, Any] | None:
            if not self.rows("select 1 from post_call_job where call = ? and finished_at is not null", call):
                return None
            return self.rows("select * from ticket where call = ?", call)[0]

        return until(find, within_s, why=f"the work after {call} is done")

    def prompt(self, name: str, language: str = "vi") -> Path:
        """The sound file of a prompt."""
        return SHARED_ASSETS / "prompts" / language / f"{name}.wav"

    def rows(self, query: str, *values: str) -> list[dict[str, Any]]:
        """A look into the database."""
        address = f"file:{self.centre.var}/callcenter.sqlite3?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(query, values)]


def set_up(centre: CallCentre, *, ring_timeout_s: float = 4.0, wrap_up_s: float = 1.0) -> None:
    """A queue that suits a test's patience, and a second hotline number with a greeting of its own."""
    chosen = settings_of(centre)
    database = open_database(chosen.database_url)
    queue = QueueSettings(name=service.DEFAULT_QUEUE, ring_timeout_s=ring_timeout_s, wrap_up_s=wrap_up_s)
    mobile = service.Alias(
        number="0888247247", name="Số di động", owner="1022", greeting="greeting_0888247247", queue=queue.name
    )
    with database.transaction() as tx:
        service.put_queue(tx, queue, title="Tổng đài 1022")
        service.put_alias(tx, mobile)
    bootstrap.publish(chosen, database)
    database.close()


def settings_of(centre: CallCentre) -> Settings:
    """What the centre's own commands see."""
    given = {
        name.removeprefix("CALLCENTER_").lower(): value
        for name, value in centre.environment.items()
        if name.startswith("CALLCENTER_")
    }
    return Settings.model_validate(given)
