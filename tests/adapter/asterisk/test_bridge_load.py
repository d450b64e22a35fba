"""Bursts, stalls and sizes: what the bridge does when there is more than it can take at once."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from callcenter.asterisk import render
from callcenter.asterisk.messages import AmiEvent, UserEvent
from sim.fake_ami import FakeAmi, message
from tests.adapter.asterisk_harness import USERS, Told, bridge_to, user_event

pytestmark = pytest.mark.adapter


async def test_ten_thousand_events_at_once_come_all_and_in_order() -> None:
    told = Told()
    async with FakeAmi(USERS) as ami, bridge_to(ami, told) as bridge:
        data = b"".join(message(user_event("n", Call=str(number), Pad="x" * 300)) for number in range(10_000))
        ami.send_raw(data)
        await told.until(lambda: len(told.events) == 10_000, seconds=30)
        numbers = [event.fields["call"] for event in told.events if isinstance(event, UserEvent)]
        assert numbers == [str(number) for number in range(10_000)]
        assert told.losses == 0
        assert bridge.stats.overflow == 0
        assert (await bridge.send(render.ping())).ok


async def test_a_burst_is_handled_in_slices() -> None:
    """Plain panoramisk handles a whole chunk, however long that takes, and nothing else runs meanwhile."""
    told = Told()
    told.in_handler = lambda _event: time.sleep(0.001)
    in_one_turn = [0]

    async def watch_turns() -> None:
        before = 0
        while len(told.events) < 500:
            await asyncio.sleep(0)
            in_one_turn.append(len(told.events) - before)
            before = len(told.events)

    async with FakeAmi(USERS) as ami, bridge_to(ami, told):
        ami.burst(user_event("n") for _ in range(500))
        await watch_turns()
    assert max(in_one_turn) <= 12, "a slice of 5 ms, at most two in a turn"


async def test_an_action_does_not_wait_behind_a_burst_of_events() -> None:
    """Two logins and slices: the answer comes while events still wait."""
    told = Told()
    async with FakeAmi(USERS) as ami, bridge_to(ami, told) as bridge:
        ami.send_raw(b"".join(message(user_event("n", Pad="x" * 300)) for _ in range(10_000)))
        await told.until(lambda: bool(told.events))
        assert (await bridge.send(render.ping())).ok
        assert len(told.events) < 10_000


async def test_more_than_the_queue_holds_leads_to_a_resync() -> None:
    """Plain panoramisk has no bound: memory grows and events grow old."""
    told = Told()
    told.in_handler = lambda _event: time.sleep(0.002)
    async with FakeAmi(USERS) as ami, bridge_to(ami, told, queue=50) as bridge:
        ami.burst(user_event("n") for _ in range(2_000))
        await told.until(lambda: len(told.resyncs) == 2)
        assert bridge.stats.overflow == 1
        assert told.losses == 1
        assert len(told.events) < 2_000
        ami.emit(user_event("after"))
        await told.until(lambda: told.order[-1] == "after")


@pytest.mark.parametrize("ending", [b"", b"\r\n\r\n"])
async def test_a_message_without_measure_drops_the_connection(ending: bytes) -> None:
    """Plain panoramisk: keeps it for ever."""
    told = Told()
    async with FakeAmi(USERS) as ami, bridge_to(ami, told) as bridge:
        ami.send_raw(b"Event: UserEvent\r\nUserEvent: cc-x\r\nPad: " + b"x" * 70_000 + ending)
        await told.until(lambda: len(told.resyncs) == 2)
        assert bridge.stats.oversize == 1
        assert told.order == ["resync", "lost", "resync"]


@contextmanager
def ami_in_a_thread() -> Iterator[tuple[FakeAmi, asyncio.AbstractEventLoop]]:
    """An AMI with a loop of its own, so that it goes on while ours stalls; it writes as Asterisk does:
    whoever does not take a write within 100 ms is cut (manager.conf's ``writetimeout``)."""
    started = threading.Event()
    stopped = asyncio.Event()
    parts: list[tuple[FakeAmi, asyncio.AbstractEventLoop]] = []

    async def serve() -> None:
        async with FakeAmi(USERS, write_timeout_s=0.1) as ami:
            parts.append((ami, asyncio.get_running_loop()))
            started.set()
            await stopped.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    started.wait(5)
    try:
        yield parts[0]
    finally:
        parts[0][1].call_soon_threadsafe(stopped.set)
        thread.join(5)


async def test_a_stalled_reader_is_cut_by_asterisk_and_comes_back_with_a_resync() -> None:
    """Plain panoramisk: comes back as if nothing had been missed."""
    told = Told()

    def stall(event: AmiEvent) -> None:
        if isinstance(event, UserEvent) and event.name == "stall":
            time.sleep(0.6)

    told.in_handler = stall
    with ami_in_a_thread() as (ami, ami_loop):
        async with bridge_to(ami, told) as bridge:
            flood = message(user_event("stall")) + message(user_event("n", Pad="x" * 4000)) * 10_000
            flooding = asyncio.run_coroutine_threadsafe(ami.flood(flood), ami_loop)
            await told.until(lambda: len(told.resyncs) == 2, seconds=30)
            await asyncio.wrap_future(flooding)
            assert (await bridge.send(render.ping())).ok
        between = told.order[told.order.index("lost") :]
        assert between[:2] == ["lost", "resync"]
        assert len(told.events) < 10_001
