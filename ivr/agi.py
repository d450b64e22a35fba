"""One call as a FastAGI script sees it: commands to Asterisk and their replies.

Fences what panoramisk's ``Request`` gets wrong: it takes an in-band ``HANGUP`` line for a reply (and every
later reply for that of the next command), knows no end of the connection and no deadline, and takes a
variable whose value is ``hangup`` for the end of the call.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from panoramisk import fast_agi

from callcenter.kernel.errors import BadInput, Unavailable

log = structlog.get_logger()

_REPLY = re.compile(r"(?P<code>[0-9]{3})[ -]?(?P<text>.*)", re.DOTALL)
_RESULT = re.compile(r"result=(?P<result>-?[0-9]+|)(?: (?P<rest>.*))?", re.DOTALL)
_DEAD = 511
"""Asterisk's code for a command that a channel which has hung up cannot do."""

_UNPLAYED = "nothing played"
"""Asterisk 22 answers -1 at offset 0 both for a file that is missing and for a hang-up as it begins."""

_NAME = re.compile(r"_{0,2}[A-Za-z][A-Za-z0-9_]{0,77}")
_VALUE = re.compile(r"[A-Za-z0-9 _.,:@/+*#-]{0,1024}")
"""Nothing that Asterisk's dialplan could take for an expression, a quotation or an end of line."""
_PATH = re.compile(r"/[^\x00-\x1f\x7f\"\\]{1,1000}")
_KEYS = re.compile(r"[0-9*#A-D]{0,16}")
_LONGEST_WAIT_MS = 600_000


class ChannelGone(Unavailable):
    """The call has ended, or its connection has. No command will work again. ``reason`` is for the log."""

    def __init__(self, *, reason: str = "hangup") -> None:
        super().__init__("agi_channel_gone", reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long and how much a peer may take. Seconds and bytes."""

    headers_bytes: int = 16 * 1024
    headers_s: float = 3.0
    command_s: float = 5.0
    media_s: float = 180.0
    """A prompt may play for this long."""
    connections: int = 200


@dataclass(frozen=True, slots=True)
class _Reply:
    """``200 result=RESULT REST``."""

    result: str
    rest: str


class _Request(fast_agi.Request):  # type: ignore[misc]  # panoramisk has no types
    """panoramisk's request with its reading of replies replaced."""

    async def _read_result(self) -> dict[str, object]:
        """The next reply: its code and its text. Raises ChannelGone."""
        line = await self._line()
        matched = _REPLY.fullmatch(line)
        if matched is None:
            raise Unavailable("agi_refused", reply=line[:80])
        return {"status_code": int(matched["code"]), "text": matched["text"]}

    async def _line(self) -> str:
        try:
            raw: bytes = await self.reader.readuntil(b"\n")
        except (asyncio.IncompleteReadError, OSError) as error:
            raise ChannelGone(reason="connection closed") from error
        except asyncio.LimitOverrunError as error:
            raise Unavailable("agi_refused", reply="endless line") from error
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        if line == "HANGUP":
            raise ChannelGone
        return line


class AgiChannel:
    """The caller's channel, for one script. One command at a time.

    Every command raises ChannelGone when the call or the connection has ended, and Unavailable("agi_timeout"
    or "agi_refused"). After a command that was refused, or cut short by its deadline or by cancellation,
    the channel counts as gone, for what is still to come would be taken for the reply to the next command.
    """

    def __init__(
        self,
        request: Mapping[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        limits: Limits,
    ) -> None:
        self.request = request
        """What Asterisk said of the call, without ``agi_``: channel, uniqueid, extension, callerid etc."""
        self._request = _Request(app=None, headers=request, reader=reader, writer=writer)
        self._limits = limits
        self._gone: str | None = None

    async def stream_file(self, path: str, escape_digits: str = "") -> str:
        """Play a file (absolute path without its ending); the key that cut it short, of those named, or "".

        When the file is missing, Asterisk ends the script as if the caller had hung up, and the dialplan goes
        on; so does this, with a warning in the log.
        """
        if not _PATH.fullmatch(path) or not _KEYS.fullmatch(escape_digits):
            raise BadInput("agi_argument_refused")
        try:
            return _key(await self._command(f'STREAM FILE "{path}" "{escape_digits}"', self._limits.media_s))
        except ChannelGone as gone:
            if gone.fields["reason"] == _UNPLAYED:
                log.warning("prompt missing, or hang-up as it began", path=path)
            raise

    async def wait_for_digit(self, timeout_ms: int) -> str:
        """The next key, or "" when none is pressed in time (up to ten minutes)."""
        if not 0 <= timeout_ms <= _LONGEST_WAIT_MS:
            raise BadInput("agi_argument_refused")
        deadline_s = timeout_ms / 1000 + self._limits.command_s
        return _key(await self._command(f"WAIT FOR DIGIT {timeout_ms}", deadline_s))

    async def get_variable(self, name: str) -> str | None:
        """The value of a channel variable; None when it is not set. BadInput("agi_name_refused")."""
        reply = await self._command(f"GET VARIABLE {_name(name)}", self._limits.command_s)
        if reply.result != "1":
            return None
        return reply.rest[1:-1] if reply.rest.startswith("(") and reply.rest.endswith(")") else ""

    async def set_variable(self, name: str, value: str) -> None:
        """Set a channel variable. BadInput: "agi_name_refused", "agi_value_refused"."""
        name = _name(name)
        if not _VALUE.fullmatch(value):
            raise BadInput("agi_value_refused", name=name)
        await self._command(f'SET VARIABLE {name} "{value}"', self._limits.command_s)

    async def hangup(self) -> None:
        """End the call. Nothing happens when it has ended already."""
        if self._gone is not None:
            return
        try:
            await self._command("HANGUP", self._limits.command_s)
        except ChannelGone:
            return
        self._gone = "hung up by the script"

    async def _command(self, command: str, deadline_s: float) -> _Reply:
        if self._gone is not None:
            raise ChannelGone(reason=self._gone)
        self._gone = "a command was refused or cut short"
        reply = await self._exchange(command, deadline_s)
        self._gone = None
        return reply

    async def _exchange(self, command: str, deadline_s: float) -> _Reply:
        try:
            async with asyncio.timeout(deadline_s):
                answer = await self._request.send_command(command)
        except TimeoutError as error:
            raise Unavailable("agi_timeout", seconds=deadline_s) from error
        except OSError as error:
            raise ChannelGone(reason="connection closed") from error
        code, text = answer["status_code"], answer["text"]
        matched = _RESULT.fullmatch(text)
        if code == _DEAD or (matched is not None and matched["result"] == "-1"):
            raise ChannelGone(reason=_UNPLAYED if matched and matched["rest"] == "endpos=0" else "hangup")
        if code != 200 or matched is None:
            raise Unavailable("agi_refused", reply=f"{code} {text[:80]}")
        return _Reply(matched["result"], matched["rest"] or "")


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise BadInput("agi_name_refused", name=name[:80])
    return name


def _key(reply: _Reply) -> str:
    """The key in a reply that gives it as the number of its character; 0 is no key."""
    number = int(reply.result or 0)
    key = chr(number) if 0 < number < 128 else ""
    return key if _KEYS.fullmatch(key) else ""
