"""AMI actions written from our intent. Pure; the only place where values become AMI headers.

Invariant: CR, LF, NUL and dialplan expression characters never leave this module. A caller who calls
himself ``x\\r\\nAction: Originate`` gets us a :class:`BadInput`, never a second action (that was the way in
of several published attacks on AMI clients). What may pass is listed, not what may not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from callcenter.kernel.errors import BadInput

Action: TypeAlias = dict[str, str | list[str]]
"""Headers of one action in order; a list is a header repeated."""

_CHANNEL = re.compile(r"[A-Za-z0-9_./@;:-]{1,128}")
_CONTEXT = re.compile(r"[A-Za-z0-9_-]{1,80}")
_EXTEN = re.compile(r"[A-Za-z0-9_*#+.-]{1,80}")
_NUMBER = re.compile(r"\+?[0-9*#]{1,32}")
_VARIABLE = re.compile(
    r"_{0,2}[A-Za-z][A-Za-z0-9_]{0,63}"
    r"|(?:CALLERID|CHANNEL|CONNECTEDLINE|GLOBAL|TIMEOUT)\([A-Za-z0-9_-]{1,64}\)"
)
"""Plain variables and five harmless functions; ``SHELL()``, ``FILE()`` and the like stay out of reach."""
_VALUE = re.compile(r"[A-Za-z0-9 _.:@/+#-]{0,1024}")
_FORBIDDEN = re.compile(r"[\r\n\x00]")


def refuse_control(action: Mapping[str, object]) -> None:
    """Last check before the wire, for actions that were made elsewhere too.

    Raises:
        BadInput: ``ami_control_character``: a name or value would break out of its line;
            ``ami_not_text``: it holds lone surrogates, which UTF-8 cannot carry.
    """
    for name, value in action.items():
        values = value if isinstance(value, list | tuple) else (value,)
        for text in (name, *values):
            if _FORBIDDEN.search(str(text)):
                raise BadInput("ami_control_character", header=_FORBIDDEN.sub("?", name)[:64])
            if not _encodable(str(text)):
                raise BadInput("ami_not_text")


def redirect(channel: str, context: str, exten: str = "s", priority: int = 1) -> Action:
    """Send a channel elsewhere in the dialplan. "Success" only means that Asterisk will try.

    Raises:
        BadInput: a value is outside its allow-list (so for every action here).
    """
    return {
        "Action": "Redirect",
        "Channel": _allowed(_CHANNEL, "channel", channel),
        "Context": _allowed(_CONTEXT, "context", context),
        "Exten": _allowed(_EXTEN, "exten", exten),
        "Priority": _whole("priority", priority, 1, 10_000),
    }


def setvar(channel: str | None, name: str, value: str) -> Action:
    """Set a variable of a channel, or a global one when ``channel`` is ``None``."""
    action: Action = {"Action": "Setvar"}
    if channel is not None:
        action["Channel"] = _allowed(_CHANNEL, "channel", channel)
    action["Variable"] = _allowed(_VARIABLE, "variable", name)
    action["Value"] = _allowed(_VALUE, "value", value)
    return action


def getvar(channel: str | None, name: str) -> Action:
    """Ask for a variable; the answer's header ``value`` carries it (empty when unset)."""
    action: Action = {"Action": "Getvar"}
    if channel is not None:
        action["Channel"] = _allowed(_CHANNEL, "channel", channel)
    action["Variable"] = _allowed(_VARIABLE, "variable", name)
    return action


def hangup(channel: str, cause: int = 16) -> Action:
    """End a channel with a Q.850 cause (16: normal clearing)."""
    return {
        "Action": "Hangup",
        "Channel": _allowed(_CHANNEL, "channel", channel),
        "Cause": _whole("cause", cause, 1, 127),
    }


def originate(
    channel: str,
    context: str,
    exten: str = "s",
    priority: int = 1,
    *,
    variables: Mapping[str, str] | None = None,
    timeout_ms: int = 30_000,
    callerid_num: str | None = None,
) -> Action:
    """Call ``channel`` and, when it answers, run it through the dialplan.

    Always asynchronous: a synchronous Originate holds the whole login until the phone is answered, and
    panoramisk drops the connection on an Originate that has no ``Async`` header.
    """
    action: Action = {
        "Action": "Originate",
        "Channel": _allowed(_CHANNEL, "channel", channel),
        "Context": _allowed(_CONTEXT, "context", context),
        "Exten": _allowed(_EXTEN, "exten", exten),
        "Priority": _whole("priority", priority, 1, 10_000),
        "Timeout": _whole("timeout_ms", timeout_ms, 1, 600_000),
        "Async": "true",
    }
    if callerid_num is not None:
        action["CallerID"] = _allowed(_NUMBER, "callerid_num", callerid_num)
    if variables:
        action["Variable"] = [
            f"{_allowed(_VARIABLE, 'variable', name)}={_allowed(_VALUE, 'value', value)}"
            for name, value in variables.items()
        ]
    return action


def core_show_channels() -> Action:
    """List the channels, briefly. Needs ``write=system`` or ``reporting``, which ``status`` does not."""
    return {"Action": "CoreShowChannels"}


def status(*, variables: Sequence[str] = ()) -> Action:
    """List the channels in full, each with these of its variables."""
    action: Action = {"Action": "Status"}
    if variables:
        action["Variables"] = ",".join(_allowed(_VARIABLE, "variable", name) for name in variables)
    return action


def device_state_list() -> Action:
    """List the device states (module ``res_manager_devicestate``)."""
    return {"Action": "DeviceStateList"}


def mixmonitor_mute(channel: str, direction: Literal["read", "write", "both"], state: bool) -> Action:
    """Write silence into the recording (``state`` true) or the voices again, keeping its timeline."""
    if direction not in ("read", "write", "both"):
        raise BadInput("ami_value_refused", field="direction")
    return {
        "Action": "MixMonitorMute",
        "Channel": _allowed(_CHANNEL, "channel", channel),
        "Direction": direction,
        "State": "1" if state else "0",
    }


def ping() -> Action:
    """Ask for a sign of life."""
    return {"Action": "Ping"}


def _allowed(pattern: re.Pattern[str], field: str, value: str) -> str:
    # The value stays out of the error: it may be a caller's number, and errors are logged.
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise BadInput("ami_value_refused", field=field)
    return value


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _whole(field: str, value: int, least: int, most: int) -> str:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadInput("ami_value_refused", field=field)
    return str(value)
