"""The switchboard against a fake AMI: what it remembers over its own deaths, and whom it offers a call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callcenter.app.clock import SystemClock
from callcenter.desks.snapshot import Snapshot, SnapshotAlias, SnapshotOperator, SnapshotQueue, save
from callcenter.kernel.ids import AgentId
from callcenter.switchboard.service import Switchboard, SwitchboardConfig
from sim.fake_ami import FakeAmi
from tests.adapter.asterisk_harness import USERS, endpoint_of, eventually

pytestmark = pytest.mark.adapter

AGENT = AgentId("1010")
CALL = "node1-1795320866.0"
CHANNEL = "PJSIP/trunk-local-00000001"


def snapshot(*aliases: SnapshotAlias) -> Snapshot:
    queue = SnapshotQueue(
        name="general", title="Chung", ring_timeout_s=15, wrap_up_s=0, max_wait_s=None, max_waiting=None,
        overflow_when_empty=False, priority_minutes=0,
    )  # fmt: skip
    operator = SnapshotOperator(
        number="1010",
        name="Mẫu",
        sip_username="desk1010",
        sip_ha1="0" * 32,
        queues=("general",),
        languages=("vi",),
    )
    return Snapshot(queues=(queue,), operators=(operator,), aliases=aliases)


def config(folder: Path, ami: FakeAmi) -> SwitchboardConfig:
    return SwitchboardConfig(
        node="node1",
        ami=endpoint_of(ami),
        journal=folder / "journal",
        snapshot=folder / "snapshot.json",
        checkpoint=folder / "checkpoint.json",
    )


@asynccontextmanager
async def running(folder: Path, ami: FakeAmi) -> AsyncIterator[Switchboard]:
    switchboard = Switchboard(config(folder, ami), SystemClock())
    await switchboard.start()
    try:
        yield switchboard
    finally:
        await switchboard.close()


def desk(switchboard: Switchboard) -> dict[str, Any]:
    found: dict[str, Any] = switchboard.state()["desks"][0]
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "journal").mkdir()
    save(tmp_path / "snapshot.json", snapshot())
    return tmp_path


async def test_a_ready_desk_is_offered_the_call_that_parks(folder: Path) -> None:
    async with FakeAmi(USERS) as ami:
        ami.devices["PJSIP/desk1010"] = "NOT_INUSE"
        ami.channels.append({"Channel": CHANNEL, "Uniqueid": CALL})
        async with running(folder, ami) as switchboard:
            await eventually(lambda: switchboard.state()["link"] == "up")
            switchboard.seat(AGENT, "login", "test")
            switchboard.seat(AGENT, "ready", "test")
            start = {
                "UserEvent": "cc-start",
                "Call": CALL,
                "Channel": CHANNEL,
                "Alias": "1022",
                "Caller": "0900000001",
            }
            ami.emit({"Event": "UserEvent", **start})
            park = {
                "UserEvent": "cc-park",
                "Call": CALL,
                "Queue": "general",
                "Priority": "0",
                "Language": "vi",
            }
            ami.emit({"Event": "UserEvent", **park})
            await ami.until(lambda: bool(ami.received("Redirect")))
            redirect = ami.received("Redirect")[0]
            assert (redirect["Channel"], redirect["Context"], redirect["Exten"]) == (
                CHANNEL,
                "offer",
                "1010*1*15",
            )


async def test_seats_outlive_two_deaths_in_a_row_even_when_asterisk_was_away_between(folder: Path) -> None:
    async with FakeAmi(USERS) as ami:
        ami.devices["PJSIP/desk1010"] = "NOT_INUSE"
        async with running(folder, ami) as switchboard:
            await eventually(lambda: switchboard.state()["link"] == "up")
            switchboard.seat(AGENT, "login", "test")
            switchboard.seat(AGENT, "ready", "test")
            assert desk(switchboard)["state"] == "available"
        ami.reject_logins = True
        async with running(folder, ami) as switchboard:
            await asyncio.sleep(0.2)
            assert switchboard.state()["link"] == "down"
        ami.reject_logins = False
        async with running(folder, ami) as switchboard:
            await eventually(lambda: switchboard.state()["link"] == "up")
            assert desk(switchboard)["state"] == "available"


async def test_a_hotline_number_greets_only_while_it_is_in_service(folder: Path) -> None:
    today = datetime.now(UTC).date()
    month = timedelta(days=30)

    def alias(number: str, begins: timedelta, ends: timedelta) -> SnapshotAlias:
        return SnapshotAlias(
            number=number, name="x", owner="y", greeting="greeting", queue="general",
            active_from=today + begins, active_to=today + ends,
        )  # fmt: skip

    save(
        folder / "snapshot.json", snapshot(alias("19001", -month, month), alias("19002", -2 * month, -month))
    )
    async with FakeAmi(USERS) as ami, running(folder, ami) as switchboard:
        assert switchboard.alias("19001") is not None
        assert switchboard.alias("19002") is None
