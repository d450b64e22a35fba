"""The bridge to Asterisk: keeps the link up, tells events in order, sends actions under a deadline.

The only door through which the product speaks AMI. It owns reconnecting and the promise to its user:

* ``on_resync`` comes before any event of a link, with all that is true then;
* events come in Asterisk's order, one at a time, on the event loop; a few may repeat what the resync said;
* after ``on_link_lost`` nothing comes until the next ``on_resync``;
* an action is sent once or not at all; ``Unavailable("ami_timeout")`` alone means "perhaps".
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from callcenter.asterisk.limits import Backoff, BridgeLimits, BridgeStats
from callcenter.asterisk.messages import AmiEvent
from callcenter.asterisk.render import Action
from callcenter.asterisk.resync import ChannelSeen, LinkUp, Resync
from callcenter.asterisk.session import AmiEndpoint, Gathered, Session
from callcenter.asterisk.wire import Received, describe_error, first
from callcenter.kernel.clock import Clock
from callcenter.kernel.errors import Unavailable

__all__ = [
    "ActionResult",
    "AmiEndpoint",
    "Bridge",
    "BridgeLimits",
    "BridgeStats",
    "ChannelSeen",
    "LinkUp",
    "Resync",
]

_BOOT_TOLERANCE_S = 2.0
"""Asterisk tells its uptime in whole seconds; the rest is for the way of the message."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResult:
    """Asterisk's answer. ``ok`` of a Redirect means that it will try, not that it happened."""

    ok: bool
    message: str
    headers: Mapping[str, str]


class Bridge:
    """See the module. Not thread-safe: everything happens on the loop that called ``start``."""

    def __init__(
        self,
        endpoint: AmiEndpoint,
        *,
        on_event: Callable[[AmiEvent], None],
        on_resync: Callable[[Resync], None],
        on_link_lost: Callable[[], None],
        variables: Sequence[str],
        clock: Clock,
        limits: BridgeLimits | None = None,
    ) -> None:
        """``variables``: channel variables that a resync reads; those holding a caller's text last."""
        self._endpoint = endpoint
        self._on_event = on_event
        self._on_resync = on_resync
        self._on_link_lost = on_link_lost
        self._variables = tuple(variables)
        self._clock = clock
        self._limits = limits or BridgeLimits()
        self._lost_backoff = Backoff(self._limits.retry_first_s, self._limits.retry_most_s)
        self._rejected_backoff = Backoff(self._limits.rejected_first_s, self._limits.rejected_most_s)
        self._task: asyncio.Task[None] | None = None
        self._session: Session | None = None
        self._booted_at: float | None = None
        self._up_at: float | None = None
        self._said = ""
        self.stats = BridgeStats()

    @property
    def linked(self) -> bool:
        """Whether actions can be sent now."""
        return self._session is not None and self._session.linked

    async def start(self) -> None:
        """Start to connect in the background; returns at once."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="ami-bridge")

    async def close(self) -> None:
        """Cut both logins and stop. ``on_link_lost`` is called if the link was up."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def send(self, action: Action, *, deadline_s: float | None = None) -> ActionResult:
        """Send one action of :mod:`callcenter.asterisk.render`.

        Raises:
            BadInput: a value holds CR, LF or NUL; nothing was sent.
            Unavailable: ``ami_down``: no link (not sent), or it went while the answer was awaited;
                ``ami_timeout``: no answer in time. In both later cases it may have been done.
        """
        headers = await self._linked_session().ask(
            action, self._limits.action_s if deadline_s is None else deadline_s
        )
        return ActionResult(
            ok=first(headers, "response") in ("Success", "Goodbye"),
            message=first(headers, "message"),
            headers={name: first(headers, name) for name in headers},
        )

    async def send_list(self, action: Action) -> list[Received]:
        """Send one listing action; its entries, with lower-case names.

        Raises:
            BadInput, Unavailable: as ``send``; ``ami_refused`` when Asterisk will not list.
        """
        return list(await self._linked_session().ask_list(action))

    def _linked_session(self) -> Session:
        if self._session is None or not self._session.linked:
            raise Unavailable("ami_down")
        return self._session

    async def _run(self) -> None:
        while True:
            self._session = Session(
                self._endpoint,
                limits=self._limits,
                stats=self.stats,
                variables=self._variables,
                on_event=self._tell,
                on_up=self._came_up,
                on_down=self._went_down,
            )
            try:
                await self._session.run()
            except Unavailable as problem:
                delay_s = self._delay_s(problem)
                self._say(problem)
            except Exception as error:  # our own fault: the link must come back all the same
                self.stats.handler_errors += 1
                delay_s = self._lost_backoff.next_s()
                log.error("ami_session_failed", **describe_error(error))
            await asyncio.sleep(delay_s)

    def _delay_s(self, problem: Unavailable) -> float:
        if problem.code == "ami_login_rejected":
            return self._rejected_backoff.next_s()
        self._rejected_backoff.reset()
        return self._lost_backoff.next_s()

    def _say(self, problem: Unavailable) -> None:
        """Once per change: an Asterisk that is away for an hour is one line, not a thousand."""
        described = f"{problem.code}:{problem.fields.get('login', '')}:{problem.fields.get('reason', '')}"
        if described != self._said:
            self._said = described
            log.warning("ami_link_not_up", code=problem.code, **problem.fields)

    def _came_up(self, gathered: Gathered) -> None:
        now = self._clock.monotonic()
        booted_at = now - gathered.uptime_s
        # Not "uptime is smaller than before": after a long outage a restarted Asterisk may be older than
        # the one we knew was when we lost it.
        restarted = self._booted_at is not None and booted_at > self._booted_at + _BOOT_TOLERANCE_S
        self._booted_at = booted_at
        self._up_at = now
        self.stats.links += 1
        self.stats.reconnects = self.stats.links - 1
        self._said = ""
        log.info("ami_link_up", restarted=restarted, channels=len(gathered.channels))
        resync = Resync(
            link=LinkUp(uptime_s=gathered.uptime_s, restarted=restarted),
            channels=gathered.channels,
            devices=gathered.devices,
        )
        self._guard(self._on_resync, resync)

    def _went_down(self) -> None:
        if self._up_at is not None and self._clock.monotonic() - self._up_at >= self._limits.settled_s:
            self._lost_backoff.reset()
        self._up_at = None
        self._guard(self._on_link_lost)

    def _tell(self, event: AmiEvent) -> None:
        self._guard(self._on_event, event)

    def _guard(self, handler: Callable[..., None], *arguments: object) -> None:
        """A fault in what listens to us must not cost the link: count it, say where, go on."""
        try:
            handler(*arguments)
        except Exception as error:
            self.stats.handler_errors += 1
            log.error("ami_handler_failed", **describe_error(error))
