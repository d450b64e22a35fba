"""One AMI login on panoramisk 1.4's wire, with the faults of that library fenced.

Owns bytes, framing, replies and their deadlines. Knows nothing of calls, nor of the other login.
Every override says which fault it mends; ``tests/adapter/asterisk`` shows each fault in plain panoramisk.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias

import structlog
from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager
from panoramisk.message import Message

from callcenter.asterisk.limits import BridgeLimits, BridgeStats
from callcenter.asterisk.render import refuse_control
from callcenter.kernel.errors import Unavailable

Received: TypeAlias = dict[str, str | list[str]]
"""One message off the wire: lower-case names; a list where the header was repeated."""

_BANNER = b"Asterisk Call Manager/"
_END = b"\r\n\r\n"
log = structlog.get_logger()


def decode(block: bytes) -> Received:
    """Read one framed message. Never raises; bytes that are not UTF-8 become U+FFFD.

    WHY not panoramisk's ``Message.from_line``: it takes ``Call`` and ``call`` for two headers and lets the
    last win, and it loses a last header that is empty.
    """
    headers: Received = {}
    for line in block.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon:
            continue  # the banner, which ends in a single CRLF and so stands before the first message
        name = name.strip().lower()
        value = value.removeprefix(" ")
        earlier = headers.get(name)
        if earlier is None:
            headers[name] = value
        elif isinstance(earlier, list):
            earlier.append(value)
        else:
            headers[name] = [earlier, value]
    return headers


def first(headers: Received, name: str) -> str:
    """The value, the first of several, or ``""``."""
    value = headers.get(name, "")
    return value if isinstance(value, str) else value[0]


def describe_error(error: Exception) -> dict[str, object]:
    """Where our handler failed. The text may quote a caller, so it goes into a ``pii_`` field."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
    return {"error": type(error).__name__, "where": where, "pii_error": str(error)[:500]}


class Request(Action):  # type: ignore[misc]  # panoramisk has no types
    """One action under way; its future gets every message of the answer.

    WHY not panoramisk's ``multi`` and ``completed``: they guess from the wording of the answer. An Originate
    without ``Async`` raises ``KeyError`` there, which tears the connection down (gawel/panoramisk#90).
    """

    def add_message(self, message: Message) -> bool:
        """Take one message of the answer; true when the answer is complete."""
        self.responses.append(message)
        opening = self.responses[0]
        listing = self.as_list and str(opening.eventlist).lower() == "start"
        complete = not listing or str(message.eventlist).lower() in ("complete", "cancelled")
        if complete and not self.future.done():
            self.future.set_result(list(self.responses))
        return complete


class Wire(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """panoramisk's protocol with bytes framed before decoding and messages handled in bounded slices."""

    def __init__(self, login: Login, limits: BridgeLimits, stats: BridgeStats) -> None:
        self._login = login
        self._limits = limits
        self._stats = stats
        self._buffer = b""
        self._greeted = False
        self._blocks: deque[bytes] = deque()
        self._pumping = False
        self._over = False
        self.heard_at = 0.0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._loop = asyncio.get_running_loop()
        self.heard_at = self._loop.time()

    def data_received(self, data: bytes) -> None:
        """Frame, then handle what there is time for.

        WHY overridden: panoramisk decodes each TCP chunk by itself and ignores errors, so a letter of a
        Vietnamese name split between two chunks is lost; it handles all at once, however much that is; and
        it keeps a message without an end for ever.
        """
        self.heard_at = self._loop.time()
        self._buffer += data
        if not self._greeted and not self._greet():
            return
        *blocks, self._buffer = self._buffer.split(_END)
        if len(self._buffer) > self._limits.message_bytes or any(
            len(block) > self._limits.message_bytes for block in blocks
        ):
            self._stats.oversize += 1
            self._drop("oversize")
            return
        self._blocks.extend(block for block in blocks if block.strip())
        if len(self._blocks) > self._limits.queue:
            self._stats.overflow += 1
            self._drop("overflow")
            return
        if not self._pumping:
            self._pump()

    def _greet(self) -> bool:
        """Whether the banner has come; anything else there is a stranger on our port."""
        if not self._buffer.startswith(_BANNER[: len(self._buffer)]):
            self._drop("not_ami")
            return False
        self._greeted = len(self._buffer) >= len(_BANNER)
        return self._greeted

    def _drop(self, reason: str) -> None:
        self._blocks.clear()
        self._buffer = b""
        self._login.abort(reason)
        self.close()

    def _pump(self) -> None:
        """Handle messages in order for one slice, then give the loop its turn."""
        until = self._loop.time() + self._limits.slice_s
        self._pumping = True
        while self._blocks:
            self._handle(self._blocks.popleft())
            if self._blocks and self._loop.time() >= until:
                self._loop.call_soon(self._pump)
                return
        self._pumping = False
        if self._over:
            self._finish()

    def _handle(self, block: bytes) -> None:
        """WHY caught: in panoramisk any exception here, a handler's too, ends the connection."""
        try:
            headers = decode(block)
            action_id = headers.get("actionid")
            request = self.responses.get(action_id) if isinstance(action_id, str) else None
            if request is not None:
                if request.add_message(Message(headers)):
                    self.forget(request)
            elif "event" in headers:
                self._login.dispatch(headers)
            else:
                self._stats.stray_replies += 1
        except Exception as error:
            self._stats.handler_errors += 1
            log.error("ami_message_not_handled", login=self._login.name, **describe_error(error))

    def send(self, data: Any, as_list: bool | None = False) -> asyncio.Future[list[Message]]:
        """Write one action.

        WHY overridden: panoramisk writes into a closed transport, where the action is lost without a word,
        and lets CR and LF in a value start a header, or an action, of the caller's own.

        Raises:
            BadInput: a value holds CR, LF or NUL.
            Unavailable: ``ami_down``: the connection is gone.
        """
        refuse_control(data)
        if self.closed or self.transport.is_closing():
            raise Unavailable("ami_down")
        request = data if isinstance(data, Request) else Request(data, as_list=as_list)
        answer: asyncio.Future[list[Message]] = super().send(request, as_list=as_list)
        return answer

    def forget(self, request: Request) -> None:
        """Nobody waits for this answer any more; panoramisk keeps such actions for ever."""
        self.responses.pop(request.id, None)
        if not request.future.done():
            request.future.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; what had come whole is still handled, in order, before that is told."""
        self.closed = True
        self._over = True
        if not self._pumping:
            self._finish()

    def _finish(self) -> None:
        """Fail what is under way.

        WHY: panoramisk keeps unanswered actions and sends them again after the next login: a second
        Redirect of a caller who may be talking by then. And those it forgets, it never resolves.
        """
        for request in list(self.responses.values()):
            if not request.future.done():
                request.future.set_exception(Unavailable("ami_down", reason=self._login.reason))
                request.future.exception()  # whoever awaited may be gone: not worth a warning
        self.responses.clear()
        self._login.connection_lost(None)

    def close(self) -> None:
        """Cut the connection now: a polite close of a half-open one waits for ever to flush."""
        if not self.closed:
            self.closed = True
            self.transport.abort()


class Login(Manager):  # type: ignore[misc]  # panoramisk has no types
    """One login for the life of one connection; the session makes a new one to connect again.

    WHY so: panoramisk's own reconnecting never backs off (a rejected login is retried every 2 s for ever),
    cannot be stopped by ``close()``, and replays actions.
    """

    def __init__(
        self,
        name: str,
        *,
        config: dict[str, Any],
        limits: BridgeLimits,
        stats: BridgeStats,
        on_message: Callable[[Received], None],
        on_lost: Callable[[str], None],
    ) -> None:
        super().__init__(loop=asyncio.get_running_loop(), encoding="utf8", **config)
        self.name = name
        self._limits = limits
        self._stats = stats
        self._on_message = on_message
        self._on_lost = on_lost
        self.reason = ""

    async def open(self) -> None:
        """Connect and log in.

        Raises:
            Unavailable: ``ami_unreachable``, ``ami_login_rejected``, ``ami_timeout`` or ``ami_down``.
        """
        try:
            async with asyncio.timeout(self._limits.connect_s):
                pair = await self.loop.create_connection(
                    lambda: Wire(self, self._limits, self._stats), self.config["host"], self.config["port"]
                )
        except (OSError, TimeoutError) as error:
            raise Unavailable("ami_unreachable", login=self.name, error=type(error).__name__) from error
        connected: asyncio.Future[Any] = self.loop.create_future()
        connected.set_result(pair)
        self.connection_made(connected)  # panoramisk sends the Login here
        self.pinger.cancel()  # its pings are not checked; ours are
        await asyncio.wait({self.authenticated_future}, timeout=self._limits.connect_s)
        if not self.authenticated_future.done():
            raise Unavailable("ami_timeout", login=self.name, action="Login")
        answer = self.authenticated_future.result()[0]
        if not answer.success:
            self._stats.rejected_logins += 1
            raise Unavailable("ami_login_rejected", login=self.name, message=str(answer.message))

    async def ask(self, action: dict[str, Any], *, as_list: bool, deadline_s: float) -> list[Message]:
        """Send one action and wait for its whole answer.

        Raises:
            BadInput: a value holds CR, LF or NUL.
            Unavailable: ``ami_timeout``: no answer in time, the action may have been done all the same;
                ``ami_down``: there is no connection, or it went before the answer came.
        """
        wire: Wire | None = self.protocol
        if wire is None:
            raise Unavailable("ami_down")
        request = Request(action, as_list=as_list)
        wire.send(request, as_list=as_list)
        try:
            # Not asyncio.timeout: after a stall of our loop it would throw away an answer that had come.
            await asyncio.wait({request.future}, timeout=deadline_s)
            if not request.future.done():
                self._stats.action_timeouts += 1
                raise Unavailable("ami_timeout", login=self.name, action=str(action.get("Action")))
            answer: list[Message] = request.future.result()
            return answer
        finally:
            wire.forget(request)

    @property
    def heard_at(self) -> float:
        """When the last byte came, in the loop's seconds."""
        wire: Wire | None = self.protocol
        return wire.heard_at if wire is not None else 0.0

    def abort(self, reason: str) -> None:
        """Cut the connection; ``on_lost`` follows with this reason."""
        self.reason = self.reason or reason
        if self.protocol is not None:
            self.protocol.close()

    def dispatch(self, headers: Received) -> None:
        """WHY overridden: panoramisk starts a task per event for coroutine handlers; their order is lost."""
        self._on_message(headers)

    def connection_lost(self, exc: Exception | None) -> None:
        """WHY overridden: panoramisk would connect again by itself."""
        self._on_lost(self.reason or "closed_by_asterisk")

    def login(self, future: Any) -> None:
        """``open`` reads the answer; panoramisk's reading raises when the connection goes first."""
