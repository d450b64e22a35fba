"""The link's life: coming up, what it tells in which order, going down, coming back."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest

from callcenter.asterisk import render
from callcenter.asterisk.bridge import Bridge, LinkUp
from callcenter.asterisk.messages import FullyBooted, Shutdown
from callcenter.kernel.errors import Unavailable
from sim.fake_ami import Connection, FakeAmi, Fault, Received, message
from tests.adapter.asterisk_harness import QUICK, USERS, Told, bridge_to, endpoint_of, eventually, user_event

pytestmark = pytest.mark.adapter

CHANNEL = {
    "Channel": "PJSIP/trunk-00000003",
    "ChannelStateDesc": "Up",
    "ConnectedLineNum": "1010",
    "Context": "hold",
    "Exten": "s",
    "Uniqueid": "node1-1795320481.3",
    "Linkedid": "node1-1795320481.3",
    "Application": "MusicOnHold",
    "Seconds": "41",
    "Variable": ["CC_CALL=node1-1795320481.3", "CC_QUEUE=(null)"],
}


class HandClock:
    """Moved by hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s

    def utcnow(self) -> datetime:
        return datetime(2026, 1, 5, tzinfo=UTC)


async def test_two_logins_and_a_resync() -> None:
    told = Told()
    async with FakeAmi(USERS) as ami:
        ami.channels = [dict(CHANNEL)]
        ami.devices = {"PJSIP/1010": "NOT_INUSE", "PJSIP/1011": "UNAVAILABLE"}
        async with bridge_to(ami, told) as bridge:
            assert bridge.linked
            assert {each.user: each.events for each in ami.live()} == {"events": True, "actions": False}
            (asked,) = ami.received("status")
            assert asked["variables"] == "CC_CALL,CC_QUEUE"
            assert [each.name for each in ami.live("events")[0].actions] == ["login"]
    (resync,) = told.resyncs
    assert resync.link == LinkUp(uptime_s=100, restarted=False)
    (channel,) = resync.channels
    assert channel.channel == "PJSIP/trunk-00000003"
    assert channel.variables == {"CC_CALL": "node1-1795320481.3"}
    assert resync.devices == (("PJSIP/1010", "NOT_INUSE"), ("PJSIP/1011", "UNAVAILABLE"))
    assert told.order == ["resync", "lost"], "closing a link is losing it"


async def test_events_during_the_resync_come_after_it_in_order() -> None:
    told = Told()
    asked: list[tuple[Connection, Received]] = []

    def hold_back(connection: Connection, action: Received) -> bytes:
        asked.append((connection, action))
        return b""

    async with FakeAmi(USERS) as ami:
        ami.responders["status"] = hold_back
        async with bridge_to(ami, told, wait=False, resync_s=10.0) as bridge:
            await ami.until(lambda: bool(asked))
            ami.burst(user_event(f"e{number}") for number in range(100))
            await eventually(lambda: bridge.stats.events == 101)
            assert told.order == []
            assert not bridge.linked
            ((connection, action),) = asked
            connection.writer.write(ami._on_status(connection, action))
            await told.until(lambda: bool(told.resyncs))
            ami.burst(user_event(f"e{number}") for number in range(100, 200))
            await told.until(lambda: len(told.events) == 200)
    assert told.order == ["resync", *(f"e{number}" for number in range(200)), "lost"]


@pytest.mark.parametrize("user", ["events", "actions"])
async def test_losing_either_login_is_losing_the_link(user: str) -> None:
    told = Told()
    async with FakeAmi(USERS) as ami, bridge_to(ami, told) as bridge:
        (connection,) = ami.live(user)
        connection.drop()
        await told.until(lambda: len(told.resyncs) == 2)
        assert told.order == ["resync", "lost", "resync"]
        assert len(ami.live()) == 2, "the other login was given up too"
        assert bridge.stats.reconnects == 1


async def test_events_that_came_whole_are_told_before_the_loss() -> None:
    told = Told()
    async with FakeAmi(USERS) as ami, bridge_to(ami, told):
        told.in_handler = lambda _event: time.sleep(0.001)  # so that they take several turns of the loop
        (connection,) = ami.live("events")
        connection.writer.write(b"".join(message(user_event(f"e{n}")) for n in range(60)) + b"Event: Us")
        connection.writer.close()
        await told.until(lambda: told.losses == 1)
        assert told.order == ["resync", *(f"e{n}" for n in range(60)), "lost"]


async def test_without_a_link_actions_are_refused_and_not_kept() -> None:
    """Plain panoramisk: ``AttributeError`` before the first connection, a queue of stale actions later."""
    told = Told()
    async with FakeAmi(USERS) as ami, bridge_to(ami, told) as bridge:
        await ami.stop()
        await told.until(lambda: told.losses == 1)
        with pytest.raises(Unavailable) as caught:
            await bridge.send(render.redirect("PJSIP/1-1", "offer"))
        assert caught.value.code == "ami_down"
        with pytest.raises(Unavailable):
            await bridge.send_list(render.status())
        await ami.start()
        await told.until(lambda: len(told.resyncs) == 2)
        assert not ami.received("redirect")


async def test_start_returns_at_once_and_the_link_comes_when_asterisk_does() -> None:
    told = Told()
    ami = FakeAmi(USERS)
    await ami.start()
    await ami.stop()
    async with bridge_to(ami, told, wait=False) as bridge:
        assert not bridge.linked
        await asyncio.sleep(0.05)
        async with ami:
            await told.until(lambda: bool(told.resyncs))
            assert bridge.linked


async def test_a_bridge_that_is_closed_stays_closed() -> None:
    """Plain panoramisk: reconnects after ``close()``."""
    told = Told()
    async with FakeAmi(USERS) as ami:
        async with bridge_to(ami, told):
            pass
        await ami.until(lambda: not ami.live())
        await asyncio.sleep(QUICK.retry_most_s * 3)
        assert ami.logins == 2
        assert told.losses == 1


async def test_asterisk_that_refuses_the_list_leaves_the_link_down() -> None:
    """A missing permission or module: better no link than one that believes nobody is on the phone."""
    told = Told()
    async with FakeAmi(USERS) as ami:
        ami.responders["devicestatelist"] = lambda _connection, action: message(
            {"Response": "Error", "ActionID": action["actionid"], "Message": "Permission denied"}
        )
        async with bridge_to(ami, told, wait=False) as bridge:
            await ami.until(lambda: len(ami.received("devicestatelist")) == 2)
            assert not bridge.linked
            del ami.responders["devicestatelist"]
            await told.until(lambda: bool(told.resyncs))


async def test_one_that_accepts_and_says_nothing_does_not_hold_us() -> None:
    told = Told()
    async with FakeAmi(USERS) as ami:
        ami.faults["login"] = Fault.BLACK_HOLE
        async with bridge_to(ami, told, wait=False, connect_s=0.1):
            await ami.until(lambda: len(ami.received("login")) == 2)
            ami.faults.clear()
            await told.until(lambda: bool(told.resyncs))


async def test_a_stranger_on_the_port_is_left_at_once() -> None:
    told = Told()
    tries = 0

    async def stranger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal tries
        tries += 1
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()
        writer.transport.abort()

    ami = FakeAmi(USERS)
    server = await asyncio.start_server(stranger, "127.0.0.1", 0)
    ami.port = server.sockets[0].getsockname()[1]
    async with bridge_to(ami, told, wait=False, connect_s=30.0) as bridge:
        await eventually(lambda: tries >= 3)
        assert not bridge.linked
    server.close()


@pytest.mark.parametrize(
    ("uptime_s", "away_s", "restarted"),
    [
        (105, 5.0, False),
        (104, 5.0, False),
        (3, 5.0, True),
        (500, 1000.0, True),  # older than the one we lost was then, and yet another
    ],
)
async def test_a_restarted_asterisk_is_known(uptime_s: int, away_s: float, restarted: bool) -> None:
    told = Told()
    clock = HandClock()
    async with FakeAmi(USERS) as ami:
        bridge = Bridge(
            endpoint_of(ami),
            on_event=told.on_event,
            on_resync=told.on_resync,
            on_link_lost=told.on_link_lost,
            variables=(),
            clock=clock,
            limits=QUICK,
        )
        await bridge.start()
        await told.until(lambda: len(told.resyncs) == 1)
        ami.uptime_s = uptime_s
        clock.now_s += away_s
        ami.drop_all()
        await told.until(lambda: len(told.resyncs) == 2)
        await bridge.close()
    assert [resync.link.restarted for resync in told.resyncs] == [False, restarted]


async def test_asterisk_still_booting_is_waited_for() -> None:
    """Status of a half-booted Asterisk would say that nobody is on the phone."""
    told = Told()
    async with FakeAmi(USERS) as ami:
        ami.booted = False
        async with bridge_to(ami, told, wait=False) as bridge:
            await ami.until(lambda: len(ami.live("actions")) == 1)
            await asyncio.sleep(0.05)
            assert not ami.received("status")
            ami.emit({"Event": "FullyBooted", "Uptime": "0", "Status": "Fully Booted"})
            await told.until(lambda: bool(told.resyncs))
            assert bridge.linked


async def test_shutdown_is_told_and_leads_to_one_loss() -> None:
    """Plain panoramisk: takes it for the loss itself, and the real one then for a second."""
    told = Told()
    async with FakeAmi(USERS) as ami, bridge_to(ami, told):
        ami.emit({"Event": "Shutdown", "Privilege": "system,all", "Shutdown": "Cleanly"})
        await told.until(lambda: told.events == [Shutdown()])
        ami.drop_all()
        await told.until(lambda: len(told.resyncs) == 2)
        assert told.order == ["resync", "Shutdown", "lost", "resync"]
        ami.emit({"Event": "FullyBooted", "Uptime": "9"})
        await told.until(lambda: FullyBooted(uptime_s=9) in told.events)


async def test_what_is_malformed_or_not_ours_is_counted_and_not_told() -> None:
    told = Told()
    async with FakeAmi(USERS) as ami, bridge_to(ami, told) as bridge:
        ignored = bridge.stats.ignored
        ami.burst(
            [
                {"Event": "Hangup", "Channel": "x"},
                {"Event": "Newexten", "Channel": "x"},
                {"Event": "UserEvent", "UserEvent": "cc-"},
                user_event("last"),
            ]
        )
        await told.until(lambda: len(told.events) == 1)
        assert bridge.stats.malformed == 2
        assert bridge.stats.ignored == ignored + 1


async def test_answers_of_every_kind() -> None:
    told = Told()
    async with FakeAmi(USERS) as ami, bridge_to(ami, told) as bridge:
        ami.channels = [dict(CHANNEL), {**CHANNEL, "Channel": "PJSIP/1010-1", "Uniqueid": "node1-1.4"}]
        assert (await bridge.send(render.redirect("PJSIP/1010-1", "offer"))).message == "Redirect successful"
        refused = await bridge.send(render.redirect("PJSIP/nobody-1", "offer"))
        assert (refused.ok, refused.message) == (False, "Channel does not exist: PJSIP/nobody-1")
        await bridge.send(render.setvar(None, "CC_BEAT", "5"))
        assert (await bridge.send(render.getvar(None, "CC_BEAT"))).headers["value"] == "5"
        assert not (await bridge.send({"Action": "Foo"})).ok
        listed = await bridge.send_list(render.status())
        assert [each["channel"] for each in listed] == ["PJSIP/trunk-00000003", "PJSIP/1010-1"]
        with pytest.raises(Unavailable, match="ami_refused"):
            await bridge.send_list({"Action": "Foo"})
        results = await asyncio.gather(*(bridge.send(render.ping()) for _ in range(200)))
        assert all(result.ok for result in results)
        assert told.losses == 0
