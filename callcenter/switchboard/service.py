"""The switchboard: Asterisk's events into the engine, its commands back, everything into the journal.

One event loop, no locks, no waiting on a database, a disk or the web: the journal has a thread of its own,
snapshots are read in a thread, and every action to Asterisk has a deadline.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog

from acd.core import commands as acd_commands
from acd.core import events as acd
from acd.core.engine import Engine
from acd.core.replay import encode as encode_event
from acd.core.statistics import Statistics
from acd.runner import Runner
from callcenter.asterisk import messages as ami
from callcenter.asterisk import render
from callcenter.asterisk.bridge import AmiEndpoint, Bridge
from callcenter.asterisk.resync import Resync
from callcenter.desks.snapshot import Snapshot, SnapshotAlias, load, to_configuration
from callcenter.journal.reader import read
from callcenter.journal.writer import JournalWriter
from callcenter.kernel.clock import VIETNAM, Clock
from callcenter.kernel.errors import CallcenterError, Conflict, NotFound, Unavailable
from callcenter.kernel.ids import AgentId, CallId
from callcenter.ledger import facts
from callcenter.ledger.codec import encode as encode_fact
from callcenter.switchboard import checkpoint
from callcenter.switchboard.house import CHANNEL_VARIABLES, Heard, House
from callcenter.switchboard.latency import OfferLatency
from callcenter.switchboard.seats import SeatAction

log = structlog.get_logger()

BEAT_S = 4.0
"""Every hold slice is longer than this, so a moving heartbeat is always seen to move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchboardConfig:
    """Where the switchboard finds what it works with."""

    node: str
    ami: AmiEndpoint
    journal: Path
    snapshot: Path
    checkpoint: Path


class Switchboard:
    """Owns the engine. ``start`` and ``close`` belong to one running event loop."""

    def __init__(self, config: SwitchboardConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._journal = JournalWriter(config.journal, config.node, clock=clock)
        self._snapshot = load(config.snapshot)
        self._snapshot_seen = _stamp(config.snapshot)
        self._memory = checkpoint.load(config.checkpoint)
        for record in read(config.journal, config.node, self._memory.seq):
            self._memory.learn(record.seq, record.kind, record.type, record.data)
        self._seq = self._memory.seq
        self.house = House()
        self._engine = Engine(to_configuration(self._snapshot))
        self._statistics = Statistics()
        self._bridge = Bridge(
            config.ami,
            on_event=self._hear,
            on_resync=self._resync,
            on_link_lost=self._link_lost,
            variables=CHANNEL_VARIABLES,
            clock=clock,
        )
        self._latency = OfferLatency()
        self._link = False
        self._first_resync = True
        self._last_call: dict[AgentId, CallId] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._changed = asyncio.Event()
        self._overflowed: set[CallId] = set()
        self._runner = Runner(
            self._engine, clock_monotonic=clock.monotonic, execute=self._execute, journal=self._journalled
        )

    async def start(self) -> None:
        """Connect and begin to serve; returns at once, the link comes up when Asterisk is there."""
        self._note("Boot", {"snapshot": self._snapshot.version})
        await self._bridge.start()
        for work in (self._beat(), self._watch_snapshot(), self._checkpoint(), self._turn_days()):
            self._spawn(work)

    async def close(self) -> None:
        """Stop serving. Calls go on in Asterisk; the next switchboard finds them there."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._bridge.close()
        self._runner.close()
        await self._save_checkpoint()
        await asyncio.to_thread(self._journal.close)

    # What Asterisk says

    def _hear(self, event: ami.AmiEvent) -> None:
        if isinstance(event, ami.DialBegin):
            self._latency.rang(event.channel, event.at)
        self._take(self.house.hear(event))

    def _take(self, heard: Heard) -> None:
        for fact in heard.facts:
            self.record(fact)
        for event in heard.events:
            self._runner.post(event)
        if heard.feature is not None:
            try:
                self.seat(heard.feature.agent, _SEAT_CODES[heard.feature.code], "phone")
            except (CallcenterError, KeyError):
                log.warning("feature code of no operator", agent=heard.feature.agent)
        if heard.facts or heard.events:
            self._changed.set()

    def _resync(self, truth: Resync) -> None:
        known = list(self._memory.open_calls) if self._first_resync else []
        seats = tuple(self._memory.seats.values()) if self._first_resync else ()
        self._first_resync = False
        self._link = True
        why = "asterisk_restarted" if truth.link.restarted else "link_lost"
        wall = self._clock.utcnow().timestamp()
        self._take(self.house.resync(truth, known=known, seats=seats, wall_now=wall, why_lost=why))
        self._spawn(self._send_beat())
        log.info("resynchronised", calls=len(self.house.calls), restarted=truth.link.restarted)

    def _link_lost(self) -> None:
        self._link = False
        self._runner.post(acd.LinkLost())
        self._changed.set()
        log.warning("link to Asterisk lost")

    # What the engine asks

    def _execute(self, command: acd_commands.Command) -> None:
        match command:
            case acd_commands.OfferCall():
                self._offer(command)
            case acd_commands.CancelOffer(call=call):
                if live := self.house.calls.get(call):
                    self._latency.forget(live.channel)
                    self._spawn(self._redirect(live.channel, "hold", "s"))
            case acd_commands.Overflow(call=call, reason=reason):
                self._overflow(call, reason)
            case acd_commands.AgentChanged():
                self._agent_changed(command)
            case acd_commands.Ignored(event=event, reason=reason):
                log.debug("event ignored", event_name=event, reason=reason)

    def _offer(self, command: acd_commands.OfferCall) -> None:
        live = self.house.calls.get(command.call)
        if live is None:
            return  # CallLeft is on its way to the engine
        self._latency.decided(live.channel, self._clock.utcnow().timestamp())
        attempt = command.offer.rpartition("#")[2]
        exten = f"{command.agent}*{attempt}*{round(command.ring_timeout_s)}"
        self._spawn(self._ring(command, live.channel, exten))

    async def _ring(self, command: acd_commands.OfferCall, channel: str, exten: str) -> None:
        if await self._redirect(channel, "offer", exten) is False:
            self._latency.forget(channel)
            self._runner.post(acd.OfferFailed(offer=command.offer, failure=acd.OfferFailure.NOT_LANDED))

    def _overflow(self, call: CallId, reason: acd_commands.OverflowReason) -> None:
        self._overflowed.add(call)
        self.record(facts.Overflowed(call=call, reason=reason))
        live = self.house.calls.get(call)
        # Before the IVR's end the caller is told by the IVR itself, which asks ``admitted``.
        if live is not None and live.joined:
            self._spawn(self._redirect(live.channel, "message", reason))

    def admitted(self, call: CallId) -> bool:
        """Whether the house had room for this call when it came."""
        return call not in self._overflowed

    async def _redirect(self, channel: str, context: str, exten: str) -> bool | None:
        """Whether Asterisk will try; None when it may have heard us: then the engine's deadline decides."""
        try:
            result = await self._bridge.send(render.redirect(channel, context, exten))
        except Unavailable as error:
            return None if error.code == "ami_timeout" else False
        return result.ok

    def _agent_changed(self, command: acd_commands.AgentChanged) -> None:
        agent = command.agent
        if command.call is not None:
            self._last_call[agent] = command.call
        elif command.state not in {"acw", "on_call", "reserved"} and (
            call := self._last_call.pop(agent, None)
        ):
            self.record(facts.WrapUpEnded(call=call, agent=agent))
        paused = command.reason if command.state == "paused" else None
        self._note("Seat", {"agent": agent, "logged_in": command.state != "logged_out", "paused": paused})
        self._changed.set()

    def _journalled(self, now: float, event: acd.Event | None, commands: list[acd_commands.Command]) -> None:
        self._statistics.observe(event, commands, now)
        data = encode_event(event)
        self._seq = self._journal.append("engine", data["type"], {"now": now, "event": data})

    # What others ask

    def record(self, fact: facts.Fact) -> None:
        """Write one fact about a call into the journal."""
        if isinstance(fact, facts.CallEnded | facts.CallLost):
            self._overflowed.discard(fact.call)
        self._seq = self._journal.append("call", *encode_fact(fact))

    def arrive(self, call: CallId, channel: str, alias: str, caller: str) -> None:
        """The IVR was asked to serve a call, perhaps before AMI told of it."""
        self._take(self.house.arrive(call, channel, alias, caller, ""))

    def seat(self, agent: AgentId, action: SeatAction, reason: str) -> None:
        """Carry out an operator's wish.

        Raises:
            NotFound: there is no such operator.
            Conflict: an operator who is not logged in asked for something else than to log in.
        """
        if agent not in {operator.number for operator in self._snapshot.operators}:
            raise NotFound("operator_unknown", number=agent)
        views = {view.agent: view for view in self._engine.snapshot(self._clock.monotonic()).agents}
        if action != "login" and (agent not in views or views[agent].state == "logged_out"):
            raise Conflict("operator_not_logged_in", number=agent)
        match action:
            case "login":
                self._runner.post(acd.AgentLoggedIn(agent=agent))
            case "ready":
                self._runner.post(acd.AgentReady(agent=agent))
            case "pause":
                self._runner.post(acd.AgentPaused(agent=agent, reason=reason))
            case "logout":
                self._runner.post(acd.AgentLoggedOut(agent=agent))

    def alias(self, number: str) -> SnapshotAlias | None:
        """The hotline that is in service today under the dialled number."""
        today = self._clock.utcnow().astimezone(VIETNAM).date()
        known = (alias for alias in self._snapshot.aliases if alias.number == number)
        return next((alias for alias in known if alias.in_force(today)), None)

    def state(self) -> dict[str, Any]:
        """The live state, ready for JSON."""
        now = self._clock.monotonic()
        view = self._engine.snapshot(now)
        names = {operator.number: operator.name for operator in self._snapshot.operators}
        return {
            "at": self._clock.utcnow().isoformat(),
            "node": self._config.node,
            "link": "up" if self._link else "down",
            "max_calls": self._snapshot.max_calls,
            "queue_titles": {queue.name: queue.title for queue in self._snapshot.queues},
            "calls": [asdict(call) for call in view.calls],
            "desks": [{**asdict(agent), "name": names.get(agent.agent, "")} for agent in view.agents],
            "statistics": asdict(self._statistics.view(now)),
            "offer_to_ring_ms": self._latency.view(),
            "journal": {"seq": self._seq, "failing": self._journal.failing},
            "bridge": asdict(self._bridge.stats),
        }

    async def changed(self) -> None:
        """Return when the state has changed since the last return, or after two seconds: waits grow."""
        try:
            async with asyncio.timeout(2.0):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()

    # What goes on by itself

    def _spawn(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("background work failed", exc_info=error)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            if self._link:
                await self._send_beat()

    async def _send_beat(self) -> None:
        try:
            await self._bridge.send(render.setvar(None, "CC_BEAT", str(int(self._clock.monotonic() * 1000))))
        except Unavailable:
            log.warning("heartbeat not taken by Asterisk")

    async def _watch_snapshot(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            stamp = _stamp(self._config.snapshot)
            if stamp == self._snapshot_seen:
                continue
            self._snapshot_seen = stamp
            try:
                snapshot = await asyncio.to_thread(load, self._config.snapshot)
                configuration = to_configuration(snapshot)
            except CallcenterError as error:
                log.error("new snapshot refused, the last good one stays", code=error.code)
                continue
            known = _agents(self._snapshot)
            self._snapshot = snapshot
            self._runner.post(acd.Configured(configuration=configuration))
            # A new desk's phone may have registered before we heard of the desk.
            self._take(self.house.phones_of(_agents(snapshot) - known))
            self._changed.set()

    async def _turn_days(self) -> None:
        """Today's numbers begin anew at midnight in Viet Nam."""
        day = self._clock.utcnow().astimezone(VIETNAM).date()
        while True:
            await asyncio.sleep(1.0)
            today = self._clock.utcnow().astimezone(VIETNAM).date()
            if today != day:
                day = today
                self._statistics.start_day()
                self._changed.set()

    async def _checkpoint(self) -> None:
        while True:
            await asyncio.sleep(5.0)
            await self._save_checkpoint()

    async def _save_checkpoint(self) -> None:
        # Gathered here, on the loop that owns the engine; only the writing goes to a thread.
        if self._first_resync:  # nothing of Asterisk is known yet: what we remembered still holds
            seats, calls = list(self._memory.seats.values()), list(self._memory.open_calls)
        else:
            seats, calls = self._seats(), list(self.house.calls)
        try:
            await asyncio.to_thread(checkpoint.save, self._config.checkpoint, self._seq, seats, calls)
        except OSError as error:
            log.error("checkpoint not written", reason=error.strerror)

    def _seats(self) -> list[acd.AgentSeat]:
        return [
            acd.AgentSeat(
                agent=view.agent,
                logged_in=view.state != "logged_out",
                paused=view.reason if view.state == "paused" else None,
            )
            for view in self._engine.snapshot(self._clock.monotonic()).agents
        ]

    def _note(self, name: str, data: dict[str, Any]) -> None:
        self._seq = self._journal.append("note", name, data)


_SEAT_CODES: dict[str, SeatAction] = {
    "login": "login",
    "ready": "ready",
    "pause": "pause",
    "logout": "logout",
}


def _agents(snapshot: Snapshot) -> set[AgentId]:
    return {AgentId(operator.number) for operator in snapshot.operators}


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_ino)
