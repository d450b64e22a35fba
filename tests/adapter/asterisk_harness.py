"""A bridge against the fake AMI on loopback, with everything it tells kept in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from panoramisk import Manager

from callcenter.app.clock import SystemClock
from callcenter.asterisk.bridge import AmiEndpoint, Bridge, BridgeLimits, Resync
from callcenter.asterisk.messages import AmiEvent, UserEvent
from sim.fake_ami import FakeAmi

USERS = {"events": "secret-of-events", "actions": "secret-of-actions"}
QUICK = BridgeLimits(
    action_s=0.3,
    resync_s=1.0,
    connect_s=1.0,
    retry_first_s=0.01,
    retry_most_s=0.05,
    rejected_first_s=0.05,
    rejected_most_s=5.0,
)
"""The product's limits with waits cut short; a test that is about one of them says its own."""


@dataclass
class Told:
    """What the bridge told, and a way to wait for more of it."""

    events: list[AmiEvent] = field(default_factory=list)
    resyncs: list[Resync] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    losses: int = 0
    in_handler: Callable[[AmiEvent], None] | None = None
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def on_event(self, event: AmiEvent) -> None:
        self.events.append(event)
        self.order.append(event.name if isinstance(event, UserEvent) else type(event).__name__)
        self._more.set()
        if self.in_handler is not None:
            self.in_handler(event)

    def on_resync(self, resync: Resync) -> None:
        self.resyncs.append(resync)
        self.order.append("resync")
        self._more.set()

    def on_link_lost(self) -> None:
        self.losses += 1
        self.order.append("lost")
        self._more.set()

    async def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait for something told that makes the condition hold."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._more.clear()
                await self._more.wait()


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait for what nobody tells of; at most 10 s."""
    for _ in range(5_000):
        if condition():
            return
        await asyncio.sleep(0.002)
    raise AssertionError("it never came to hold")


def endpoint_of(ami: FakeAmi) -> AmiEndpoint:
    return AmiEndpoint(
        host="127.0.0.1",
        port=ami.port,
        events_user="events",
        events_secret=USERS["events"],
        actions_user="actions",
        actions_secret=USERS["actions"],
    )


@asynccontextmanager
async def bridge_to(ami: FakeAmi, told: Told, *, wait: bool = True, **limits: float) -> AsyncIterator[Bridge]:
    """A started bridge, linked unless ``wait`` is false."""
    bridge = Bridge(
        endpoint_of(ami),
        on_event=told.on_event,
        on_resync=told.on_resync,
        on_link_lost=told.on_link_lost,
        variables=("CC_CALL", "CC_QUEUE"),
        clock=SystemClock(),
        limits=replace(QUICK, **limits),
    )
    await bridge.start()
    try:
        if wait:
            await told.until(lambda: bool(told.resyncs))
        yield bridge
    finally:
        await bridge.close()


@asynccontextmanager
async def plain_panoramisk(ami: FakeAmi, **config: object) -> AsyncIterator[Manager]:
    """The library as it comes, logged in: to show the faults that the bridge fences."""
    manager = Manager(
        loop=asyncio.get_running_loop(),
        host="127.0.0.1",
        port=ami.port,
        username="events",
        secret=USERS["events"],
        reconnect_timeout=0,
        **config,
    )
    await manager.connect()
    try:
        await ami.until(lambda: any(each.user for each in ami.connections))
        yield manager
    finally:
        manager.connect = lambda: None  # it has no way to be told not to reconnect
        manager.close()
        await ami.until(lambda: not ami.live())


def user_event(name: str, **fields: str) -> dict[str, str]:
    """A user event as Asterisk writes it from our dialplan."""
    return {
        "Event": "UserEvent",
        "Privilege": "user,all",
        "Timestamp": "1795320503.252209",
        "UserEvent": f"cc-{name}",
        **fields,
    }
