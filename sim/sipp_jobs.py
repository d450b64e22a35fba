"""Citizens and desks as SIPp jobs: from what they shall do to a scenario with its injection files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from callcenter.kernel.errors import BadInput
from sim.clips import lin_to_alaw
from sim.dtmf import keys_sound
from sim.sipp import SippJob, render_scenario

REGISTER_EVERY_S = 60
"""Well below the 120 s for which Asterisk keeps a desk's contact."""
_MARGIN_MS = 400


class KeyStyle(StrEnum):
    """How a SIPp citizen presses keys."""

    RFC4733 = "rfc4733"
    """RTP events; needs root, see ``sim.programs.raw_sockets_allowed``."""
    INBAND = "inband"
    """Tones in the sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenPlan:
    """One citizen's call, times in seconds. At most two presses: a SIPp scenario has no loop over a list."""

    caller: str
    dialled: str
    leave_s: float
    """Hangs up this long after the last key, whatever happens; waiting counts, so it is the patience too."""
    wait_1_s: float = 1.0
    keys_1: str = ""
    wait_2_s: float = 0.0
    keys_2: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskAccount:
    """What an operator's telephone signs in with."""

    number: str
    sip_username: str
    sip_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskManners:
    """What a desk does with one call."""

    answer_s: float
    talk_s: float
    """The desk hangs up after this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a SIPp process sits and whom it talks to."""

    local_host: str
    local_port: int
    rtp_ports: tuple[int, int]
    asterisk: str
    """``host:port``."""


def read_accounts(path: Path) -> list[DeskAccount]:
    """Accounts as ``callcenter operator add --json`` printed them, collected in one JSON list.

    Raises:
        BadInput: not such a list.
    """
    try:
        return [
            DeskAccount(
                number=str(entry["number"]),
                sip_username=entry["sip_username"],
                sip_secret=entry["sip_secret"],
            )
            for entry in json.loads(path.read_text(encoding="utf-8"))
        ]
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise BadInput("accounts_malformed", path=str(path)) from error


def citizens_job(
    plans: Sequence[CitizenPlan],
    place: Place,
    *,
    clip: Path,
    keys: KeyStyle,
    scratch: Path,
    rate_per_s: float = 10.0,
    name: str = "citizens",
) -> SippJob:
    """Citizens who call one after the other in the order of ``plans``; ``clip`` is raw A-law."""
    scratch.mkdir(parents=True, exist_ok=True)
    inband = keys is KeyStyle.INBAND
    if inband:
        for sequence in ({plan.keys_1 for plan in plans} | {plan.keys_2 for plan in plans}) - {""}:
            (scratch / f"keys_{_file_safe(sequence)}.alaw").write_bytes(lin_to_alaw(keys_sound(sequence)))
    attributes = "" if inband else "a=rtpmap:96 telephone-event/8000\na=fmtp:96 0-16\n"
    return SippJob(
        name=name,
        scenario=render_scenario(
            "citizen",
            {
                "DTMF_FORMAT": "" if inband else " 96",
                "DTMF_ATTRIBUTES": attributes,
                "PRESS_1": _press(1, keys, scratch),
                "PRESS_2": _press(2, keys, scratch),
                "SPEECH": str(clip.absolute()),
            },
        ),
        local_host=place.local_host,
        local_port=place.local_port,
        rtp_ports=place.rtp_ports,
        remote=place.asterisk,
        injected={"citizens.csv": [_citizen_row(plan, inband=inband) for plan in plans]},
        calls=len(plans),
        rate_per_s=rate_per_s,
    )


def desks_job(
    accounts: Sequence[DeskAccount],
    manners: Sequence[DeskManners],
    place: Place,
    *,
    clip: Path,
    name: str = "desks",
) -> SippJob:
    """Desks that stay registered and answer; the n-th call at any of them goes by the n-th of ``manners``."""
    rows = [(round(each.answer_s * 1000), round(each.talk_s * 1000)) for each in manners]
    answering = render_scenario("desk", {"SPEECH": str(clip.absolute())})
    return _registered(accounts, place, answering=answering, name=name, injected={"desk_calls.csv": rows})


def silent_desks_job(accounts: Sequence[DeskAccount], place: Place, *, name: str = "silent_desks") -> SippJob:
    """Desks that stay registered and ring for ever; a CANCEL gets its 487."""
    return _registered(accounts, place, answering=render_scenario("desk_ignore", {}), name=name, injected={})


def refusing_desks_job(
    accounts: Sequence[DeskAccount],
    place: Place,
    *,
    status: str = "486 Busy Here",
    name: str = "refusing_desks",
) -> SippJob:
    """Desks that stay registered and refuse each call with ``status``."""
    answering = render_scenario("desk_refuse", {"STATUS": status})
    return _registered(accounts, place, answering=answering, name=name, injected={})


def registration_job(
    accounts: Sequence[DeskAccount], place: Place, *, expires_s: int, name: str = "registration"
) -> SippJob:
    """Registers once and ends; ``expires_s`` 0 takes the contacts back."""
    return SippJob(
        name=name,
        scenario=render_scenario("desk_register", {"EXPIRES": str(expires_s), "AGAIN": ""}),
        local_host=place.local_host,
        local_port=place.local_port,
        rtp_ports=place.rtp_ports,
        remote=place.asterisk,
        injected={"desks.csv": _account_rows(accounts)},
        calls=len(accounts),
        rate_per_s=100.0,
    )


def _registered(
    accounts: Sequence[DeskAccount],
    place: Place,
    *,
    answering: str,
    name: str,
    injected: dict[str, Sequence[Sequence[object]]],
) -> SippJob:
    again = f'  <pause milliseconds="{REGISTER_EVERY_S * 1000}" next="again"/>'
    return SippJob(
        name=name,
        scenario=render_scenario("desk_register", {"EXPIRES": "120", "AGAIN": again}),
        answering=answering,
        local_host=place.local_host,
        local_port=place.local_port,
        rtp_ports=place.rtp_ports,
        remote=place.asterisk,
        injected={"desks.csv": _account_rows(accounts), **injected},
        calls=len(accounts),
        rate_per_s=100.0,
    )


def _account_rows(accounts: Sequence[DeskAccount]) -> list[tuple[str, str]]:
    return [
        (each.sip_username, f"[authentication username={each.sip_username} password={each.sip_secret}]")
        for each in accounts
    ]


def _citizen_row(plan: CitizenPlan, *, inband: bool) -> tuple[object, ...]:
    keys_1, keys_2 = (_file_safe(keys) if inband else keys for keys in (plan.keys_1, plan.keys_2))
    return (
        plan.caller,
        plan.dialled,
        round(plan.wait_1_s * 1000),
        keys_1,
        _sound_ms(plan.keys_1),
        round(plan.wait_2_s * 1000),
        keys_2,
        _sound_ms(plan.keys_2),
        round(plan.leave_s * 1000),
    )


def _sound_ms(keys: str) -> int:
    """How long pressing takes: SIPp's events last 400 ms each after 400 ms of silence, our tones less."""
    return 400 * (len(keys) + 1) + _MARGIN_MS if keys else 0


def _press(number: int, keys: KeyStyle, scratch: Path) -> str:
    """One press, skipped for a citizen who has no keys there."""
    if keys is KeyStyle.RFC4733:
        action = f'<exec play_dtmf="[$keys_{number}]"/>'
    else:
        action = f'<exec rtp_stream="{scratch.absolute()}/keys_[$keys_{number}].alaw,1,8,PCMA/8000"/>'
    return f'  <nop condexec="press_{number}"><action>{action}</action></nop>'


def _file_safe(keys: str) -> str:
    """Keys as part of a file name: star and hash become letters."""
    return keys.replace("*", "s").replace("#", "h")
