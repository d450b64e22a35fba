"""The FastAGI server: Asterisk connects for each call, a handler leads it, the dialplan goes on.

Stands on panoramisk's ``Application`` with its connection handler replaced, for that one loops for ever on a
peer that connects and closes, which stops the whole process; it also waits for ever on a silent peer,
swallows cancellation, and takes no handler but a coroutine function.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

import structlog
from panoramisk import fast_agi

from callcenter.kernel.errors import Unavailable
from ivr.agi import AgiChannel, ChannelGone, Limits

__all__ = ["AgiChannel", "ChannelGone", "FastAgiServer", "Handler", "Limits"]

log = structlog.get_logger()

Handler = Callable[[AgiChannel], Awaitable[None]]
"""Leads one call; when it returns or raises, the connection is closed and the dialplan goes on."""

_PREFIX = "agi_"


class _Application(fast_agi.Application):  # type: ignore[misc]  # panoramisk has no types
    """panoramisk's routes, and a connection handler that ends."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self._limits = limits

    async def handler(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection; who calls this closes it. Passes cancellation on; nothing else leaves it."""
        request = await self._headers(reader)
        if request is not None:
            await self._lead(AgiChannel(request, reader, writer, self._limits))

    async def _headers(self, reader: asyncio.StreamReader) -> Mapping[str, str] | None:
        """What Asterisk says of the call; None from a peer that says nothing, too much, or takes too long."""
        try:
            async with asyncio.timeout(self._limits.headers_s):
                block = await reader.readuntil(b"\n\n")
        except asyncio.IncompleteReadError as error:
            if error.partial:
                log.warning("FastAGI peer left within its headers", received=len(error.partial))
            return None
        except (asyncio.LimitOverrunError, TimeoutError, OSError) as error:
            log.warning("FastAGI headers refused", error=type(error).__name__)
            return None
        pairs = (line.partition(":") for line in block.decode("utf-8", "replace").split("\n"))
        return MappingProxyType(
            {
                name.removeprefix(_PREFIX): value.strip()
                for name, _, value in pairs
                if name.startswith(_PREFIX)
            }
        )

    async def _lead(self, channel: AgiChannel) -> None:
        script = channel.request.get("network_script", "").strip("/")
        uniqueid = channel.request.get("uniqueid", "")
        lead = self._route.get(script)
        if lead is None:
            log.error("FastAGI script unknown", script=script[:80], uniqueid=uniqueid)
            return
        try:
            await lead(channel)
        except ChannelGone as gone:
            log.info("caller left the script", script=script, uniqueid=uniqueid, reason=gone.fields["reason"])
        except Exception:
            log.exception("FastAGI script failed", script=script, uniqueid=uniqueid)


class FastAgiServer:
    """Listens for Asterisk and runs one handler per call.

    ``handlers`` maps the path of ``agi://host/path`` to its handler; a call for another path is closed at
    once, as is a connection beyond the limit. Port 0 takes a free one; ``port`` says which.
    """

    def __init__(
        self, host: str, port: int, handlers: Mapping[str, Handler], *, limits: Limits | None = None
    ) -> None:
        self._host = host
        self._port = port
        self._handlers = handlers
        self._limits = limits or Limits()
        self._server: asyncio.Server | None = None
        self._scripts: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port that is listened on, once started."""
        return self._port

    async def start(self) -> None:
        """Begin to listen. Unavailable("agi_port_taken")."""
        application = _Application(self._limits)
        for path, handler in self._handlers.items():
            application.add_route(path.strip("/"), _coroutine_function(handler))

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if len(self._scripts) >= self._limits.connections:
                log.warning("FastAGI connection refused: too many", connections=len(self._scripts))
                writer.transport.abort()
                return
            script = asyncio.get_running_loop().create_task(application.handler(reader, writer))
            self._scripts.add(script)
            script.add_done_callback(self._scripts.discard)
            # Here and not in the script: one that is cancelled before its first step would leave it open.
            script.add_done_callback(lambda _: writer.close())

        try:
            self._server = await asyncio.start_server(
                connected,
                self._host,
                self._port,
                limit=self._limits.headers_bytes,
                backlog=self._limits.connections,
            )
        except OSError as error:
            raise Unavailable("agi_port_taken", port=self._port, reason=str(error)) from error
        self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and end running scripts by cancellation; their calls go on in the dialplan."""
        if self._server is None:
            return
        self._server.close()
        scripts = tuple(self._scripts)
        for script in scripts:
            script.cancel()
        await asyncio.gather(*scripts, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None


def _coroutine_function(handler: Handler) -> Callable[[AgiChannel], Awaitable[None]]:
    """panoramisk takes coroutine functions only, not objects that are called and awaited."""

    async def lead(channel: AgiChannel) -> None:
        await handler(channel)

    return lead
