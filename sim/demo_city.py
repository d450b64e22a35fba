"""A quarter of an hour at the hotline, in two minutes: a scripted cast of citizens and operators.

Every role says what our books must say about the call afterwards. Roles that need an operator wait for one;
the impatient one leaves while all are busy; in the second act the operators have gone home.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from callcenter.kernel.errors import BadInput
from sim.arrivals import fictitious_caller
from sim.clips import Clip, Speaker, clips_of
from sim.sipp_jobs import DeskAccount
from sim.softphone import Citizen, CitizenScript, CitizenStory, DeskStory, Operator, OperatorManners, Press

OPERATORS = 3
_SKIP = Press(at_s=2.0, keys="1")
"""Any key ends the greeting; what the next key means, the recording notice or the menu decides."""
_TALK_S = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What our books must say. ``None`` where the role decides nothing."""

    outcome: str
    """Value of the ledger's outcome."""
    answered_at_desk: bool
    recorded: bool
    ticket: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One citizen of the cast."""

    name: str
    act: int
    starts_s: float
    """Seconds after the act's beginning; no two roles begin together, so that calls can be told apart."""
    script: CitizenScript
    expected: Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """What came of the play, in the order in which the calls began."""

    played: tuple[tuple[Role, CitizenStory], ...]
    desks: tuple[DeskStory, ...]


def cast(clips: Sequence[Clip]) -> tuple[Role, ...]:
    """The roles, in the order of their calls.

    Raises:
        BadInput: there is no clip for a citizen to say.
    """
    voices = clips_of(Speaker.CITIZEN, list(clips))
    if not voices:
        raise BadInput("no_citizen_clip")
    served = Expected(outcome="answered", answered_at_desk=True, recorded=True, ticket=True)
    unrecorded = Expected(outcome="answered", answered_at_desk=True, recorded=False, ticket=True)
    gone = Expected(outcome="abandoned", answered_at_desk=False, recorded=False)
    informed = Expected(outcome="self_served", answered_at_desk=False, recorded=False)
    message = Expected(outcome="message_left", answered_at_desk=False, recorded=True, ticket=True)
    # name, act, start, number dialled, presses after the greeting, leaves after, what is expected
    lines: tuple[tuple[str, int, float, str, str, float, Expected], ...] = (
        ("report of a broken lamp", 1, 0.0, "1022", "4:1", 180, served),
        ("report, recording declined", 1, 1.5, "1022", "4:9 8:1", 180, unrecorded),
        ("report through the city's mobile number", 1, 3.0, "0888247247", "4:1", 180, served),
        ("question about a procedure", 1, 4.5, "1022", "4:2", 180, served),
        ("in English", 1, 6.0, "1022", "4:* 6:0", 180, served),
        ("impatient, leaves the queue", 1, 7.5, "1022", "4:0", 12, gone),
        ("storm bulletin only", 1, 9.0, "1022", "4:4", 26, informed),
        ("after hours, leaves a message", 2, 0.0, "1022", "4:0", 22, message),
    )
    return tuple(
        Role(
            name=name,
            act=act,
            starts_s=starts_s,
            script=CitizenScript(
                caller=fictitious_caller(100 + number),
                dialled=dialled,
                leave_s=leave_s,
                presses=(_SKIP, *_presses(presses)),
                speaks=voices[number % len(voices)],
                speak_s=10.0,
            ),
            expected=expected,
        )
        for number, (name, act, starts_s, dialled, presses, leave_s, expected) in enumerate(lines)
    )


def perform(
    roles: Sequence[Role],
    *,
    accounts: Sequence[DeskAccount],
    clips: Sequence[Clip],
    server: tuple[str, int],
    open_house: Callable[[], None] = lambda: None,
    close_house: Callable[[], None] = lambda: None,
    say: Callable[[str], None] = lambda line: None,
) -> Performance:
    """Play all acts. ``open_house`` runs once the telephones are registered (operators sign in),
    ``close_house`` between the acts (they sign out).

    Raises:
        BadInput: too few accounts.
        Unavailable: a telephone can't register, or a citizen doesn't come to an end.
    """
    if len(accounts) < OPERATORS:
        raise BadInput("too_few_accounts", wanted=OPERATORS, given=len(accounts))
    voices = clips_of(Speaker.OPERATOR, list(clips))
    operators = [
        Operator(
            account,
            OperatorManners(answer_s=1.0, talk_s=_TALK_S, speaks=voices[number % len(voices)]),
            server=server,
        )
        for number, account in enumerate(accounts[:OPERATORS])
    ]
    played: list[tuple[Role, CitizenStory]] = []
    with ExitStack() as stopping:
        for operator in operators:
            operator.start()
            stopping.callback(operator.stop)
        open_house()
        for act in sorted({role.act for role in roles}):
            if played:
                close_house()
            played += _play([role for role in roles if role.act == act], server, say)
    desks = tuple(story for operator in operators for story in operator.stories)
    return Performance(played=tuple(played), desks=desks)


def differences(performance: Performance, calls: Sequence[Mapping[str, Any]]) -> list[str]:
    """Where our books (``callcenter calls --json`` of these calls, in any order) tell another story.

    Calls are told apart by the order of their beginnings: our books give away no caller's number.
    """
    said: list[str] = []
    if len(calls) != len(performance.played):
        said.append(f"{len(performance.played)} calls were made, our books have {len(calls)}")
    booked = sorted(calls, key=lambda entry: str(entry["started_at"]))
    for (role, story), entry in zip(performance.played, booked, strict=False):
        said += [f"{role.name}: {fault}" for fault in _faults(role.expected, story, entry, performance.desks)]
    return said


def _faults(
    expected: Expected, story: CitizenStory, entry: Mapping[str, Any], desks: Sequence[DeskStory]
) -> list[str]:
    at_desk = any(desk.answered and desk.cc_call == entry["call"] for desk in desks)
    pairs = [
        ("outcome", expected.outcome, entry["outcome"]),
        ("answered at a desk", expected.answered_at_desk, at_desk),
        ("recorded", expected.recorded, bool(entry["recording"])),
        ("heard something", True, story.packets_heard > 0),
    ]
    if expected.ticket is not None:
        pairs.append(("ticket", expected.ticket, bool(entry["ticket"])))
    return [f"{what} should be {wanted}, is {found}" for what, wanted, found in pairs if wanted != found]


def _play(
    roles: Sequence[Role], server: tuple[str, int], say: Callable[[str], None]
) -> list[tuple[Role, CitizenStory]]:
    begun = time.monotonic()
    with ExitStack() as stopping:
        citizens = []
        for role in sorted(roles, key=lambda each: each.starts_s):
            time.sleep(max(0.0, begun + role.starts_s - time.monotonic()))
            citizen = Citizen(role.script, server=server)
            stopping.callback(citizen.stop)
            citizens.append((role, citizen.start()))
            say(f"calls: {role.name}")
        stories = []
        for role, citizen in citizens:
            stories.append((role, citizen.wait(role.script.leave_s + 60)))
            say(f"done: {role.name} after {stories[-1][1].lasted_s:.0f} s")
        return stories


def _presses(text: str) -> tuple[Press, ...]:
    """``4:9 9:1``: at 4 s key 9, at 9 s key 1."""
    parts = (part.split(":") for part in text.split())
    return tuple(Press(at_s=float(at), keys=keys) for at, keys in parts)
