"""A fake Asterisk manager interface on loopback, for tests of what speaks AMI.

True to Asterisk 22's wire where it counts (banner, CRLF, ActionID echo, lists with ``EventList``, FullyBooted
only for logins with events, a rejected login is answered and then cut) and able to do wrong on request.
``tests/contract/asterisk`` holds it against the real one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import TypeAlias

Headers: TypeAlias = Mapping[str, str | Sequence[str]]
Responder: TypeAlias = Callable[["Connection", "Received"], bytes]
BANNER = b"Asterisk Call Manager/11.0.0\r\n"


class Fault(StrEnum):
    """What to do wrong with an action instead of answering it."""

    NEVER_ANSWER = "never_answer"
    DROP_BEFORE_REPLY = "drop_before_reply"
    BLACK_HOLE = "black_hole"


@dataclass(frozen=True, slots=True)
class Received:
    """One action as it came: header lines in order, and by lower-case name (the last of a repeated one)."""

    lines: tuple[tuple[str, str], ...]

    def __getitem__(self, name: str) -> str:
        return {key.lower(): value for key, value in self.lines}.get(name.lower(), "")

    @property
    def name(self) -> str:
        """The action's name in lower case."""
        return self["action"].lower()


@dataclass(slots=True)
class Connection:
    """One connection and what came over it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    user: str = ""
    events: bool = False
    actions: list[Received] = field(default_factory=list)
    deaf: bool = False
    """Half-open: the socket stands, nobody is there."""

    def drop(self) -> None:
        """Cut it without a word, as a dead network does."""
        self.writer.transport.abort()


def message(headers: Headers) -> bytes:
    """One AMI message in bytes."""
    lines = []
    for name, value in headers.items():
        lines += [f"{name}: {one}" for one in ([value] if isinstance(value, str) else value)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class FakeAmi:
    """The server; ``async with`` it. Attributes may be changed while it runs."""

    def __init__(self, users: Mapping[str, str], *, write_timeout_s: float | None = None) -> None:
        """``users``: name to secret. ``write_timeout_s``: cut who does not read in time, as Asterisk does."""
        self.users = dict(users)
        self.write_timeout_s = write_timeout_s
        self.uptime_s = 100
        self.booted = True
        self.port = 0
        self.reject_logins = False
        self.connections: list[Connection] = []
        self.channels: list[dict[str, str | Sequence[str]]] = []
        self.devices: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        self.faults: dict[str, Fault] = {}
        self.responders: dict[str, Responder] = {}
        self.logins = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> FakeAmi:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen on loopback, on the port of the last time if there was one."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and cut everybody."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.drop_all()
        await self._tell()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def drop_all(self) -> None:
        """Cut every connection."""
        for connection in self.live():
            connection.drop()

    def live(self, user: str | None = None) -> list[Connection]:
        """The connections that stand, of this user if one is named."""
        return [
            each
            for each in self.connections
            if not each.writer.transport.is_closing() and user in (None, each.user)
        ]

    def received(self, name: str) -> list[Received]:
        """Every action of this name, over all connections, in order within each."""
        return [action for each in self.connections for action in each.actions if action.name == name.lower()]

    def deafen(self) -> None:
        """Make every connection half-open: it stands, and nothing is read or answered."""
        for connection in self.live():
            connection.deaf = True

    async def until(self, condition: Callable[[], bool], seconds: float | None = 10.0) -> None:
        """Wait until the condition holds; looked at whenever an action has come or a connection has gone.

        Raises:
            TimeoutError: it did not within ``seconds``.
        """
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(condition)

    def emit(self, headers: Headers) -> None:
        """Send one event to every login that has events on."""
        self.send_raw(message(headers))

    def burst(self, events: Iterable[Headers]) -> None:
        """Send many events at once."""
        self.send_raw(b"".join(message(headers) for headers in events))

    def send_raw(self, data: bytes) -> None:
        """Send these bytes to every login that has events on."""
        for connection in self.live():
            if connection.events:
                connection.writer.write(data)

    async def send_split(self, data: bytes, at: int) -> None:
        """Send these bytes in two TCP segments, split at this place."""
        self.send_raw(data[:at])
        await asyncio.gather(*(each.writer.drain() for each in self.live() if each.events))
        await asyncio.sleep(0.02)  # two writes in a row may travel, and be read, as one
        self.send_raw(data[at:])

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        connection = Connection(reader, writer)
        self.connections.append(connection)
        try:
            await self._serve(connection)
        except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            pass
        finally:
            connection.drop()
            self._tasks.discard(task)
            await self._tell()

    async def _serve(self, connection: Connection) -> None:
        connection.writer.write(BANNER)
        while True:
            block = await connection.reader.readuntil(b"\r\n\r\n")
            action = _parse(block)
            connection.actions.append(action)
            fault = Fault.BLACK_HOLE if connection.deaf else self.faults.get(action.name)
            await self._tell()
            if fault is Fault.DROP_BEFORE_REPLY:
                return
            if fault is Fault.BLACK_HOLE:
                await self._stand_silent(connection)
                return
            if fault is Fault.NEVER_ANSWER:
                continue
            connection.writer.write(self._answer(connection, action))
            await self._drain(connection)
            if action.name in ("login", "logoff") and not connection.user:
                return

    async def _stand_silent(self, connection: Connection) -> None:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket transport has it
        await self.until(lambda: connection.writer.transport.is_closing() or self._server is None, None)

    async def _drain(self, connection: Connection) -> None:
        async with asyncio.timeout(self.write_timeout_s):
            await connection.writer.drain()

    async def flood(self, data: bytes) -> None:
        """Write to the event logins under Asterisk's rule: who does not read within the time is cut."""
        for connection in self.live():
            if connection.events:
                connection.writer.transport.set_write_buffer_limits(high=0)
                connection.writer.write(data)
                try:
                    await self._drain(connection)
                except TimeoutError:
                    connection.drop()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _answer(self, connection: Connection, action: Received) -> bytes:
        if action.name == "login":
            return self._login(connection, action)
        if not connection.user:
            return _reply(action, "Error", {"Message": "Permission denied"})
        respond = self.responders.get(action.name) or getattr(self, f"_on_{action.name}", None)
        if respond is None:
            text = f"Invalid/unknown command: {action['action']}. Use Action: ListCommands"
            return _reply(action, "Error", {"Message": text})
        answer: bytes = respond(connection, action)
        return answer

    def _login(self, connection: Connection, action: Received) -> bytes:
        self.logins += 1
        known = self.users.get(action["username"])
        if self.reject_logins or known is None or known != action["secret"]:
            return _reply(action, "Error", {"Message": "Authentication failed"})
        connection.user = action["username"]
        connection.events = action["events"].lower() != "off"
        answer = _reply(action, "Success", {"Message": "Authentication accepted"})
        if connection.events and self.booted:
            booted = {"Event": "FullyBooted", "Privilege": "system,all", "Uptime": str(self.uptime_s)}
            answer += message({**booted, "LastReload": str(self.uptime_s), "Status": "Fully Booted"})
        return answer

    def _on_ping(self, connection: Connection, action: Received) -> bytes:
        return _reply(action, "Success", {"Ping": "Pong", "Timestamp": "1795320482.269483"})

    def _on_status(self, connection: Connection, action: Received) -> bytes:
        entries = [{"Event": "Status", "Privilege": "Call", **channel} for channel in self.channels]
        return _list(action, entries, "Channel status will follow", "StatusComplete")

    def _on_devicestatelist(self, connection: Connection, action: Received) -> bytes:
        entries = [
            {"Event": "DeviceStateChange", "Device": device, "State": state}
            for device, state in self.devices.items()
        ]
        return _list(action, entries, "Device State Changes will follow", "DeviceStateListComplete")

    def _on_redirect(self, connection: Connection, action: Received) -> bytes:
        return self._if_channel(action, "Redirect successful", f"Channel does not exist: {action['channel']}")

    def _on_hangup(self, connection: Connection, action: Received) -> bytes:
        return self._if_channel(action, "Channel Hungup", "No such channel")

    def _on_mixmonitormute(self, connection: Connection, action: Received) -> bytes:
        return self._if_channel(action, "", "No such channel")

    def _on_originate(self, connection: Connection, action: Received) -> bytes:
        return _reply(action, "Success", {"Message": "Originate successfully queued"})

    def _on_setvar(self, connection: Connection, action: Received) -> bytes:
        self.variables[action["variable"]] = action["value"]
        return _reply(action, "Success", {"Message": "Variable Set"})

    def _on_getvar(self, connection: Connection, action: Received) -> bytes:
        name = action["variable"]
        return _reply(action, "Success", {"Variable": name, "Value": self.variables.get(name, "")})

    def _if_channel(self, action: Received, done: str, missing: str) -> bytes:
        if any(channel["Channel"] == action["channel"] for channel in self.channels):
            return _reply(action, "Success", {"Message": done} if done else {})
        return _reply(action, "Error", {"Message": missing})


def _parse(block: bytes) -> Received:
    lines = []
    for line in block.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            lines.append((name.strip(), value.strip()))
    return Received(tuple(lines))


def _reply(action: Received, response: str, headers: Headers) -> bytes:
    echo = {"ActionID": action["actionid"]} if action["actionid"] else {}
    return message({"Response": response, **echo, **headers})


def _list(action: Received, entries: Sequence[Headers], opening: str, closing: str) -> bytes:
    echo = {"ActionID": action["actionid"]}
    body = b"".join(message({**entry, **echo}) for entry in entries)
    end = message({"Event": closing, **echo, "EventList": "Complete", "ListItems": str(len(entries))})
    return _reply(action, "Success", {"EventList": "start", "Message": opening}) + body + end
