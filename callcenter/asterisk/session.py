"""One life of the link: two logins, the first resync, the events, until either login is lost.

Owns the order of things: nothing is told before the resync, and nothing after the loss.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from callcenter.asterisk import render
from callcenter.asterisk.limits import BridgeLimits, BridgeStats
from callcenter.asterisk.messages import AmiEvent, FullyBooted, Headers, concerns_us, parse
from callcenter.asterisk.resync import ChannelSeen, gather
from callcenter.asterisk.watchdog import watch
from callcenter.asterisk.wire import Login, Received
from callcenter.kernel.errors import Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class AmiEndpoint:
    """Where AMI listens and as whom we log in.

    The events login needs ``read=system,call,user`` (``system`` brings ``FullyBooted``, without which the
    link never comes up); the actions login ``read=system`` for the same reason and
    ``write=call,reporting,originate`` (``reporting`` for the lists that a resync reads). Two logins because
    Asterisk serves one login's actions and events in one thread: an action must not wait behind a thousand
    events.
    """

    host: str
    port: int
    events_user: str
    events_secret: str = field(repr=False)
    actions_user: str
    actions_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What a session found when it came up."""

    uptime_s: int
    channels: tuple[ChannelSeen, ...]
    devices: tuple[tuple[str, str], ...]


class Session:
    """Made for one attempt; ``run`` ends with the reason why it is over."""

    def __init__(
        self,
        endpoint: AmiEndpoint,
        *,
        limits: BridgeLimits,
        stats: BridgeStats,
        variables: Sequence[str],
        on_event: Callable[[AmiEvent], None],
        on_up: Callable[[Gathered], None],
        on_down: Callable[[], None],
    ) -> None:
        self._limits = limits
        self._stats = stats
        self._variables = variables
        self._on_event = on_event
        self._on_up = on_up
        self._on_down = on_down
        self._loop = asyncio.get_running_loop()
        self._held: deque[AmiEvent] = deque()
        self._booted: asyncio.Future[int] = self._loop.create_future()
        self._lost: asyncio.Future[str] = self._loop.create_future()
        self.linked = False
        self._events = self._login("events", endpoint, endpoint.events_user, endpoint.events_secret)
        self._actions = self._login("actions", endpoint, endpoint.actions_user, endpoint.actions_secret)

    def _login(self, name: str, endpoint: AmiEndpoint, user: str, secret: str) -> Login:
        reads = name == "events"
        return Login(
            name,
            config={
                "host": endpoint.host,
                "port": endpoint.port,
                "username": user,
                "secret": secret,
                "events": "on" if reads else "off",
            },
            limits=self._limits,
            stats=self._stats,
            on_message=self._on_message if reads else _ignore,
            on_lost=lambda reason: self._end(f"{name}_{reason}"),
        )

    async def run(self) -> None:
        """Bring the link up and keep it.

        Raises:
            Unavailable: always, in the end; the code and ``reason`` say why.
        """
        try:
            # Events first: what happens while the other logs in is then held, not missed.
            await self._events.open()
            await self._actions.open()
            await self._live()
        finally:
            self._end("session_over")
            self._events.abort("session_over")
            self._actions.abort("session_over")

    async def _live(self) -> None:
        problem: Unavailable | None = None
        async with asyncio.TaskGroup() as group:
            watchdogs = [
                group.create_task(watch(login, self._limits, self._stats))
                for login in (self._events, self._actions)
            ]
            try:
                await self._come_up()
                await self._lost
            except Unavailable as error:
                problem = error
            finally:
                for watchdog in watchdogs:
                    watchdog.cancel()
        raise Unavailable(
            "ami_lost", reason=self._lost.result() if self._lost.done() else str(problem)
        ) from problem

    async def _come_up(self) -> None:
        either: set[asyncio.Future[Any]] = {self._booted, self._lost}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if self._lost.done():
            return
        channels, devices = await gather(self.ask_list, self._variables)
        if self._lost.done():
            return
        self.linked = True
        self._on_up(Gathered(uptime_s=self._booted.result(), channels=channels, devices=devices))
        self._release()

    async def ask(self, action: render.Action, deadline_s: float) -> Received:
        """Send one action on the actions login; its answer's headers.

        Raises:
            BadInput: see :func:`callcenter.asterisk.render.refuse_control`.
            Unavailable: ``ami_timeout`` or ``ami_down``.
        """
        answer = await self._actions.ask(action, as_list=False, deadline_s=deadline_s)
        return _plain(answer[0])

    async def ask_list(self, action: render.Action) -> Sequence[Received]:
        """Send one listing action; the entries without the opening and closing message.

        Raises:
            BadInput, Unavailable: as ``ask``; ``ami_refused`` when Asterisk will not list.
        """
        answer = await self._actions.ask(action, as_list=True, deadline_s=self._limits.resync_s)
        if len(answer) < 2 or not answer[0].success:
            raise Unavailable(
                "ami_refused", action=str(action["Action"]), message=str(answer[0].message)[:200]
            )
        return [_plain(message) for message in answer[1:-1]]

    def _on_message(self, headers: Headers) -> None:
        self._stats.events += 1
        event = parse(headers)
        if event is None:
            if concerns_us(headers):
                self._stats.malformed += 1
            else:
                self._stats.ignored += 1
        elif isinstance(event, FullyBooted) and not self._booted.done():
            self._booted.set_result(event.uptime_s)
        elif self.linked and not self._held:
            self._on_event(event)
        elif len(self._held) >= self._limits.queue:
            self._stats.overflow += 1
            self._events.abort("overflow")
        else:
            self._held.append(event)

    def _release(self) -> None:
        """Tell the events that came during the resync, in order and in slices."""
        until = self._loop.time() + self._limits.slice_s
        while self._held and self.linked:
            self._on_event(self._held.popleft())
            if self._loop.time() >= until:
                self._loop.call_soon(self._release)
                return

    def _end(self, reason: str) -> None:
        if not self._lost.done():
            self._lost.set_result(reason)
        if self.linked:
            self.linked = False
            self._held.clear()
            self._on_down()


def _ignore(headers: Received) -> None:
    """The actions login has events off; should one come all the same, it is the other login's to tell."""


def _plain(message: Any) -> Received:
    return {name.lower(): value for name, value in message.items() if name != "content"}
