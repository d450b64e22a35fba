"""AMI messages read into typed events. Pure: owns the spelling of AMI, knows nothing of sockets or calls.

Only what the switchboard needs becomes an event; everything else is ``None``. A message that ought to be
one of ours but lacks what it must carry is ``None`` too: tell the two apart with :func:`concerns_us`.
The shapes were taken from the wire of Asterisk 22.10.1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

Headers: TypeAlias = Mapping[str, str | Sequence[str]]
"""One AMI message: header name to value, or to the values in their order where the header is repeated."""

USER_EVENT_PREFIX = "cc-"
"""Our dialplan names its user events ``cc-park``, ``cc-offer`` and so on; others are not for us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEvent:
    """Our dialplan said something. ``name`` has no ``cc-``; ``fields`` have lower-case keys.

    Values may be text of the caller's choosing: never put them into an action.
    """

    name: str
    fields: Mapping[str, str]
    at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hangup:
    """A channel is gone; nothing more will be heard of it. ``cause`` is Q.850 (0 when unknown)."""

    channel: str
    uniqueid: str
    linkedid: str
    cause: int
    at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DialBegin:
    """``channel`` (empty for an originated call) started to ring ``dest_channel``."""

    channel: str
    dest_channel: str
    dest_uniqueid: str
    at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DialEnd:
    """Ringing of ``dest_channel`` ended with ``status``: ANSWER, NOANSWER, BUSY, CANCEL, CHANUNAVAIL …"""

    channel: str
    dest_channel: str
    status: str
    at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState:
    """A device such as ``PJSIP/1010`` became NOT_INUSE, INUSE, RINGING, UNAVAILABLE …"""

    device: str
    state: str
    at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactStatus:
    """A SIP registration changed: Created, Reachable, Unreachable, Removed …"""

    aor: str
    status: str
    at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStarted:
    """A MixMonitor began on the channel."""

    channel: str
    uniqueid: str
    at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStopped:
    """A MixMonitor of the channel ended."""

    channel: str
    uniqueid: str
    at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeEnter:
    """The channel joined a bridge: it can be heard by whoever else is in it."""

    bridge: str
    channel: str
    uniqueid: str
    at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeLeave:
    """The channel left a bridge."""

    bridge: str
    channel: str
    uniqueid: str
    at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FullyBooted:
    """Asterisk has loaded everything; ``uptime_s`` whole seconds since it started."""

    uptime_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shutdown:
    """Asterisk is going down; the connection will close by itself."""


AmiEvent: TypeAlias = (
    UserEvent
    | Hangup
    | DialBegin
    | DialEnd
    | DeviceState
    | ContactStatus
    | RecordingStarted
    | RecordingStopped
    | BridgeEnter
    | BridgeLeave
    | FullyBooted
    | Shutdown
)

_ABOUT_THE_MESSAGE = frozenset(
    {"event", "privilege", "userevent", "timestamp", "sequencenumber", "systemname", "file", "line", "func"}
)
_CHANNEL_SNAPSHOT = frozenset(
    {
        "channel",
        "channelstate",
        "channelstatedesc",
        "calleridnum",
        "calleridname",
        "connectedlinenum",
        "connectedlinename",
        "language",
        "accountcode",
        "context",
        "exten",
        "priority",
        "uniqueid",
        "linkedid",
    }
)
"""What Asterisk writes of the channel before the headers of ours, under names that ours may repeat."""

_CONTROLS = dict.fromkeys((*range(32), 127), " ")


class _Malformed(Exception):
    """The message lacks something that it must carry."""


def parse(message: Headers) -> AmiEvent | None:
    """Read one AMI message. ``None`` when it is not for us or is malformed; never raises.

    ``at`` is the header ``Timestamp`` (epoch seconds; needs ``timestampevents=yes``), or ``None``.
    """
    headers = {name.lower(): value for name, value in message.items()}
    build = _BUILDERS.get(_first(headers, "event").lower())
    if build is None:
        return None
    try:
        return build(headers, _at(headers))
    except _Malformed:
        return None


def concerns_us(message: Headers) -> bool:
    """Whether :func:`parse` ought to make an event of this message."""
    headers = {name.lower(): value for name, value in message.items()}
    event = _first(headers, "event").lower()
    if event == "userevent":
        return _first(headers, "userevent").lower().startswith(USER_EVENT_PREFIX)
    return event in _BUILDERS


def _first(headers: Headers, name: str) -> str:
    """The value; of a repeated header the first, which is Asterisk's own."""
    value = headers.get(name, "")
    if isinstance(value, str):
        return value
    return value[0] if value else ""


def _needed(headers: Headers, name: str) -> str:
    value = _first(headers, name)
    if not value:
        raise _Malformed(name)
    return value


def _whole(headers: Headers, name: str) -> int:
    value = _needed(headers, name)
    if not (value.isascii() and value.isdigit() and len(value) < 16):
        raise _Malformed(name)
    return int(value)


def _at(headers: Headers) -> float | None:
    try:
        at = float(_first(headers, "timestamp"))
    except ValueError:
        return None
    return at if math.isfinite(at) and at > 0 else None


def _user_event(headers: Headers, at: float | None) -> AmiEvent | None:
    name = _first(headers, "userevent").lower()
    if not name.startswith(USER_EVENT_PREFIX):
        return None
    short = name.removeprefix(USER_EVENT_PREFIX)
    if not short:
        raise _Malformed("userevent")
    return UserEvent(name=short, fields=MappingProxyType(_dialplan_fields(headers)), at=at)


def _dialplan_fields(headers: Headers) -> dict[str, str]:
    """The headers our dialplan gave.

    Asterisk writes its snapshot of the channel first, then ours. So where ours has a name of the snapshot
    (``Channel``, ``Priority``, ``Language``) the header comes twice and ours is the second. Of any other
    repeated header the first counts: a caller whose text smuggled in a line of its own comes after it.
    """
    has_snapshot = "channelstate" in headers
    fields: dict[str, str] = {}
    for name, value in headers.items():
        if name in _ABOUT_THE_MESSAGE:
            continue
        values = [value] if isinstance(value, str) else list(value)
        if has_snapshot and name in _CHANNEL_SNAPSHOT:
            values = values[1:]
        if values:
            fields[name] = values[0].translate(_CONTROLS)
    return fields


def _hangup(headers: Headers, at: float | None) -> AmiEvent:
    return Hangup(
        channel=_needed(headers, "channel"),
        uniqueid=_needed(headers, "uniqueid"),
        linkedid=_needed(headers, "linkedid"),
        cause=_whole(headers, "cause"),
        at=at,
    )


def _dial_begin(headers: Headers, at: float | None) -> AmiEvent:
    return DialBegin(
        channel=_first(headers, "channel"),
        dest_channel=_needed(headers, "destchannel"),
        dest_uniqueid=_needed(headers, "destuniqueid"),
        at=at,
    )


def _dial_end(headers: Headers, at: float | None) -> AmiEvent:
    return DialEnd(
        channel=_first(headers, "channel"),
        dest_channel=_needed(headers, "destchannel"),
        status=_needed(headers, "dialstatus"),
        at=at,
    )


def _device_state(headers: Headers, at: float | None) -> AmiEvent:
    return DeviceState(device=_needed(headers, "device"), state=_needed(headers, "state"), at=at)


def _contact_status(headers: Headers, at: float | None) -> AmiEvent:
    return ContactStatus(aor=_needed(headers, "aor"), status=_needed(headers, "contactstatus"), at=at)


def _recording_started(headers: Headers, at: float | None) -> AmiEvent:
    return RecordingStarted(channel=_needed(headers, "channel"), uniqueid=_needed(headers, "uniqueid"), at=at)


def _recording_stopped(headers: Headers, at: float | None) -> AmiEvent:
    return RecordingStopped(channel=_needed(headers, "channel"), uniqueid=_needed(headers, "uniqueid"), at=at)


def _bridge_enter(headers: Headers, at: float | None) -> AmiEvent:
    return BridgeEnter(
        bridge=_needed(headers, "bridgeuniqueid"),
        channel=_needed(headers, "channel"),
        uniqueid=_needed(headers, "uniqueid"),
        at=at,
    )


def _bridge_leave(headers: Headers, at: float | None) -> AmiEvent:
    return BridgeLeave(
        bridge=_needed(headers, "bridgeuniqueid"),
        channel=_needed(headers, "channel"),
        uniqueid=_needed(headers, "uniqueid"),
        at=at,
    )


def _fully_booted(headers: Headers, at: float | None) -> AmiEvent:
    return FullyBooted(uptime_s=_whole(headers, "uptime"))


def _shutdown(headers: Headers, at: float | None) -> AmiEvent:
    return Shutdown()


_BUILDERS: Mapping[str, Callable[[Headers, float | None], AmiEvent | None]] = {
    "userevent": _user_event,
    "hangup": _hangup,
    "dialbegin": _dial_begin,
    "dialend": _dial_end,
    "devicestatechange": _device_state,
    "contactstatus": _contact_status,
    "mixmonitorstart": _recording_started,
    "mixmonitorstop": _recording_stopped,
    "bridgeenter": _bridge_enter,
    "bridgeleave": _bridge_leave,
    "fullybooted": _fully_booted,
    "shutdown": _shutdown,
}
