"""Renders ``asterisk-conf/`` into the files that one Asterisk reads. Knows no process and no AMI."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import jinja2

from callcenter.kernel.errors import BadInput

SOURCES = Path(__file__).resolve().parents[2] / "asterisk-conf"

AMI_EVENTS = (
    "FullyBooted", "Shutdown", "UserEvent", "Hangup", "DialBegin", "DialEnd", "DeviceStateChange",
    "MixMonitorStart", "MixMonitorStop",
)  # fmt: skip
"""All that the events login hears; Asterisk filters the rest at its source."""

FILES = (
    "asterisk.conf", "modules.conf", "logger.conf", "manager.conf", "http.conf", "rtp.conf", "musiconhold.conf",
    "queues.conf", "pjsip.conf", "pjsip_desks.conf", "extensions.conf", "cdr.conf", "cel.conf", "indications.conf",
)  # fmt: skip
UNUSED_FILES = (
    "acl.conf", "ccss.conf", "cli.conf", "features.conf", "pjproject.conf", "queuerules.conf", "udptl.conf",
)  # fmt: skip
"""Files that Asterisk complains about when they are absent, although we set nothing in them."""
DESK_FILES = ("pjsip_desks.conf", "queues.conf")
_VALUE = re.compile(r"[^\r\n;\[\]]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """An operator's phone as PJSIP must know it."""

    number: str
    sip_username: str
    sip_ha1: str
    """MD5 of ``user:asterisk:secret`` (RFC 2617): the secret itself is kept nowhere."""


class TrunkLine(Protocol):
    """A carrier's line, known by its addresses."""

    @property
    def name(self) -> str: ...
    @property
    def addresses(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AmiAccounts:
    """The two AMI logins. Secrets are made at first start and live in a file of mode 0600."""

    events_user: str = "cc-events"
    events_secret: str
    actions_user: str = "cc-actions"
    actions_secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFolders:
    """Where this Asterisk reads and writes."""

    etc: Path
    modules: Path
    data: Path
    lib: Path
    spool: Path
    run: Path
    log: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class AsteriskSettings:
    """What the templates need."""

    run: RunFolders
    node: str
    max_calls: int
    ami: AmiAccounts
    ami_port: int
    agi_port: int
    http_port: int
    sip_bind: str
    sip_port: int
    media_address: str
    external_address: str
    rtp_start: int
    rtp_end: int
    trunks: Sequence[TrunkLine]
    qualify_s: int
    prompts: Path
    legs: Path
    messages: Path
    moh: Path
    tones: Path
    message_max_s: int
    fallback_wait_s: int
    hold_slice_s: int


@dataclass(frozen=True, slots=True)
class _Module:
    name: str
    required: bool


def modules() -> tuple[str, ...]:
    """The modules that we load, in order, from ``modules.toml``."""
    listed = tomllib.loads((SOURCES / "modules.toml").read_text(encoding="utf-8"))
    return tuple(name for group in listed.values() for name in group["modules"])


def render(settings: AsteriskSettings, desks: Sequence[Desk]) -> None:
    """Write every configuration file, each whole or not at all.

    Raises:
        BadInput: a value would break out of its line.
    """
    settings.run.etc.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        _write(settings, desks, name)
    for name in UNUSED_FILES:
        (settings.run.etc / name).touch(mode=0o600)


def render_desks(settings: AsteriskSettings, desks: Sequence[Desk]) -> None:
    """Write again what depends on the operators; Asterisk then needs ``reload_desks``."""
    for name in DESK_FILES:
        _write(settings, desks, name)


def _write(settings: AsteriskSettings, desks: Sequence[Desk], name: str) -> None:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(SOURCES / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_one_line,
        autoescape=False,
    )
    values = {field: getattr(settings, field) for field in settings.__slots__}
    listed = [_Module(module, required=module == "res_pjsip") for module in modules()]
    text = environment.get_template(name).render(**values, desks=desks, modules=listed, events=AMI_EVENTS)
    target = settings.run.etc / name
    draft = target.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    owner = settings.run.etc.stat()
    if owner.st_uid != os.geteuid():  # Asterisk runs as somebody else and must read it
        os.chown(draft, owner.st_uid, owner.st_gid)
    os.replace(draft, target)


def _one_line(value: object) -> object:
    if not _VALUE.fullmatch(str(value)):
        raise BadInput("asterisk_value_unsafe", value=str(value)[:64])
    return value
