"""What is true in Asterisk now, asked for after every login, because what happened before is lost to us."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from callcenter.asterisk import render
from callcenter.asterisk.messages import Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUp:
    """Both logins stand. ``restarted``: Asterisk is not the one we knew; every earlier channel is gone."""

    uptime_s: int
    restarted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSeen:
    """One channel. ``state`` is Asterisk's word (``Up``, ``Ringing`` …); ``bridge_id`` may be empty.

    ``variables`` holds those of the names asked for that are set. ``connected_line`` is caller's text.
    """

    channel: str
    uniqueid: str
    linkedid: str
    state: str
    context: str
    exten: str
    application: str
    duration_s: int
    bridge_id: str
    connected_line: str
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resync:
    """The whole picture at one login; events follow in order."""

    link: LinkUp
    channels: tuple[ChannelSeen, ...]
    devices: tuple[tuple[str, str], ...]


class Lister(Protocol):
    """Asks Asterisk for one list and gives its entries."""

    async def __call__(self, action: render.Action) -> Sequence[Headers]: ...


_UNSET = "(null)"
"""How Asterisk 22 writes a variable that the channel does not have, in the answers to ``Status``."""


async def gather(
    ask: Lister, variables: Sequence[str]
) -> tuple[tuple[ChannelSeen, ...], tuple[tuple[str, str], ...]]:
    """Ask for the channels with these variables, then for the device states.

    ``Status`` alone, not ``CoreShowChannels`` as well: it carries all that the other does, and the login
    needs no right to system commands for it.
    """
    channels = channels_seen(await ask(render.status(variables=variables)), variables)
    return channels, devices_seen(await ask(render.device_state_list()))


def channels_seen(entries: Iterable[Headers], variables: Sequence[str]) -> tuple[ChannelSeen, ...]:
    """The ``Status`` entries among ``entries``, read; incomplete ones are left out."""
    seen = []
    for headers in entries:
        if (
            _one(headers, "event") != "Status"
            or not _one(headers, "channel")
            or not _one(headers, "uniqueid")
        ):
            continue
        seconds = _one(headers, "seconds")
        seen.append(
            ChannelSeen(
                channel=_one(headers, "channel"),
                uniqueid=_one(headers, "uniqueid"),
                linkedid=_one(headers, "linkedid") or _one(headers, "uniqueid"),
                state=_one(headers, "channelstatedesc"),
                context=_one(headers, "context"),
                exten=_one(headers, "exten"),
                application=_one(headers, "application"),
                duration_s=int(seconds) if seconds.isascii() and seconds.isdigit() else 0,
                bridge_id=_one(headers, "bridgeid"),
                connected_line=_one(headers, "connectedlinenum"),
                variables=MappingProxyType(_variables(headers.get("variable", ()), variables)),
            )
        )
    return tuple(seen)


def devices_seen(entries: Iterable[Headers]) -> tuple[tuple[str, str], ...]:
    """The ``DeviceStateChange`` entries among ``entries``, as (device, state)."""
    return tuple(
        (_one(headers, "device"), _one(headers, "state"))
        for headers in entries
        if _one(headers, "event") == "DeviceStateChange" and _one(headers, "device")
    )


def _variables(lines: str | Sequence[str], wanted: Sequence[str]) -> dict[str, str]:
    """``NAME=value`` lines into a mapping; of a name that comes twice the first counts."""
    values: dict[str, str] = {}
    for line in [lines] if isinstance(lines, str) else lines:
        name, equals, value = line.partition("=")
        if equals and name in wanted and value != _UNSET:
            values.setdefault(name, value)
    return values


def _one(headers: Headers, name: str) -> str:
    value = headers.get(name, "")
    if isinstance(value, str):
        return value
    return value[0] if value else ""
