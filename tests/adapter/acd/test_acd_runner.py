"""The asyncio shell around one engine, with a clock in the test's hand or the loop's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import structlog

from acd.core.commands import CancelOffer, Command, OfferCall
from acd.core.config import AgentSettings, Configuration, QueueSettings
from acd.core.engine import Engine
from acd.core.events import (
    AgentLoggedIn,
    AgentReady,
    CallArrived,
    CallerJoined,
    CallLeft,
    Configured,
    DeviceSeen,
    Event,
    OfferFailed,
    OfferFailure,
    Resynchronised,
)
from acd.core.invariants import check_journal
from acd.core.replay import replay
from acd.runner import Runner
from callcenter.kernel.ids import AgentId, CallId, QueueName

pytestmark = pytest.mark.adapter

DESK = AgentId("1001")
GENERAL = QueueName("general")


def configuration(offer_deadline_s: float = 2.0) -> Configuration:
    return Configuration(
        queues=(QueueSettings(name=GENERAL),),
        agents=(AgentSettings(agent=DESK, queues=frozenset({GENERAL})),),
        offer_deadline_s=offer_deadline_s,
    )


@dataclass
class World:
    """Everything that the runner asked for and wrote down; ``answer`` plays Asterisk."""

    now: float = 100.0
    asked: list[Command] = field(default_factory=list)
    journal: list[tuple[float, Event | None, list[Command]]] = field(default_factory=list)
    answer: Callable[[Command], None] = lambda command: None
    happened: asyncio.Event = field(default_factory=asyncio.Event)

    def execute(self, command: Command) -> None:
        self.asked.append(command)
        self.happened.set()
        self.answer(command)

    def note(self, now: float, event: Event | None, commands: list[Command]) -> None:
        self.journal.append((now, event, commands))

    def runner(self, settings: Configuration, clock: Callable[[], float] | None = None) -> Runner:
        runner = Runner(Engine(settings), clock or (lambda: self.now), self.execute, self.note)
        phone = DeviceSeen(agent=DESK, reachable=True, in_use=False)
        runner.post(Resynchronised(calls=(), devices=(phone,)))
        runner.post(AgentLoggedIn(agent=DESK))
        runner.post(AgentReady(agent=DESK))
        return runner


def join(call: str) -> CallerJoined:
    return CallerJoined(call=CallId(call), queue=GENERAL)


async def test_commands_are_out_before_post_returns() -> None:
    world = World()
    runner = world.runner(configuration())
    runner.post(join("A"))
    assert isinstance(world.asked[-1], OfferCall)
    runner.close()


async def test_step_is_journalled_before_it_is_carried_out() -> None:
    world = World()
    runner = world.runner(configuration())
    steps_written: list[int] = []
    world.answer = lambda command: steps_written.append(len(world.journal))
    before = len(world.journal)
    runner.post(join("A"))
    assert steps_written == [before + 1, before + 1]
    runner.close()


async def test_events_posted_while_commands_run_follow_in_order() -> None:
    world = World()
    runner = world.runner(configuration())

    def answer(command: Command) -> None:
        if isinstance(command, OfferCall):
            runner.post(OfferFailed(offer=command.offer, failure=OfferFailure.REFUSED))
            runner.post(CallLeft(call=command.call))

    world.answer = answer
    runner.post(join("A"))
    assert [type(event) for _, event, _ in world.journal[-3:]] == [CallerJoined, OfferFailed, CallLeft]
    assert runner.engine.snapshot(world.now).calls == ()
    runner.close()


async def test_deadline_wakes_the_engine() -> None:
    """Real time, a few hundredths of a second: the offer does not land and is cancelled."""
    world = World()
    loop = asyncio.get_running_loop()
    runner = world.runner(configuration(offer_deadline_s=0.02), loop.time)
    runner.post(join("A"))
    runner.post(join("B"))
    async with asyncio.timeout(5):
        while not any(isinstance(command, CancelOffer) for command in world.asked):
            world.happened.clear()
            await world.happened.wait()
    woken = next(step for step in world.journal if step[1] is None)
    offered = next(step for step in world.journal if isinstance(step[1], CallerJoined))
    assert woken[0] >= offered[0] + 0.02
    runner.close()


async def test_nothing_wakes_after_close() -> None:
    world = World()
    loop = asyncio.get_running_loop()
    runner = world.runner(configuration(offer_deadline_s=0.01), loop.time)
    runner.post(join("A"))
    runner.close()
    written = len(world.journal)
    await asyncio.sleep(0.03)
    runner.post(join("B"))
    assert len(world.journal) == written


async def test_clock_that_goes_back_does_not_take_the_engine_with_it() -> None:
    world = World()
    runner = world.runner(configuration())
    world.now = 50.0
    runner.post(join("A"))
    times = [now for now, _, _ in world.journal]
    assert times == sorted(times)
    runner.close()


async def test_journal_replays_alone_to_the_same_commands() -> None:
    world = World()
    loop = asyncio.get_running_loop()
    runner = world.runner(configuration(offer_deadline_s=0.01), loop.time)
    runner.post(join("A"))
    async with asyncio.timeout(5):
        while sum(isinstance(command, OfferCall) for command in world.asked) < 3:
            world.happened.clear()
            await world.happened.wait()
    runner.close()
    first = world.journal[0][1]
    assert isinstance(first, Configured)
    records = [(now, event) for now, event, _ in world.journal]
    assert replay(first.configuration, records) == [commands for _, _, commands in world.journal]
    assert check_journal(records) == []


async def test_port_that_fails_costs_its_own_step_only() -> None:
    world = World()
    runner = world.runner(configuration())

    def fail(command: Command) -> None:
        raise OSError("no line")

    world.answer = fail
    before = len(world.asked)
    with structlog.testing.capture_logs() as logs:
        runner.post(join("A"))
    assert [type(command).__name__ for command in world.asked[before:]] == ["AgentChanged", "OfferCall"]
    assert [entry["command"] for entry in logs] == ["AgentChanged", "OfferCall"]
    assert runner.engine.next_deadline() == world.now + 2.0
    runner.close()


async def test_journal_that_fails_stops_no_call() -> None:
    asked: list[Command] = []

    def full_disk(now: float, event: Event | None, commands: list[Command]) -> None:
        raise OSError("no space left")

    with structlog.testing.capture_logs() as logs:
        runner = Runner(Engine(configuration()), lambda: 1.0, asked.append, full_disk)
        runner.post(CallArrived(call=CallId("A")))
    assert [entry["event"] for entry in logs] == ["acd_journal_failed"] * 2
    assert runner.engine.snapshot(1.0).counts.in_house == 1
    runner.close()
