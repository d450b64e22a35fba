"""Many recorded calls at once over real SIP and RTP, and a verdict from both sides.

It runs against a call centre that is up, with operators signed in; their telephones are here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from callcenter.kernel.errors import BadInput, Unavailable
from sim.arrivals import fictitious_caller
from sim.clips import Clip, Speaker, clips_of
from sim.our_side import OurSide
from sim.sipp import SippRun
from sim.sipp_jobs import (
    CitizenPlan,
    DeskAccount,
    DeskManners,
    KeyStyle,
    Place,
    citizens_job,
    desks_job,
    registration_job,
)
from sim.sipp_report import SippReport
from sim.verdict import Held, Verdict, judge_both, judge_outside, overlap


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """A load: ``calls`` calls that all talk at once for ``hold_s``, if there are as many desks.

    Raises:
        BadInput: a number out of range.
    """

    calls: int
    desks: int
    hold_s: float
    seed: int
    rate_per_s: float = 5.0
    """Calls begun in a second; 5 is eighteen thousand an hour."""
    dialled: str = "1022"
    keys: str = "1"
    """The first ends the greeting."""
    keys_after_s: float = 2.0
    then_keys: str = "1"
    """Pressed at the recording notice: what it chooses in the menu."""
    then_after_s: float = 1.5
    dispatch_s: float = 20.0
    """Allowed on top of the ramp for greeting, menu, prompts and ringing, before all calls must be up."""
    key_style: KeyStyle = KeyStyle.INBAND
    settle_s: float = 180.0
    """How long recordings and tickets may take to be finished after the last call."""

    def __post_init__(self) -> None:
        if min(self.calls, self.desks) < 1 or min(self.hold_s, self.rate_per_s) <= 0:
            raise BadInput("load_out_of_range", calls=self.calls, desks=self.desks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Where everything is. ``citizens_host`` is what the trunk is known by."""

    asterisk: str = "127.0.0.1:5060"
    citizens_host: str = "127.0.0.2"
    citizens_port: int = 5070
    desks_host: str = "127.0.0.1"
    desks_port: int = 5080
    rtp_from: int = 24000
    """Citizens' RTP begins here, the desks' 2000 higher: above Asterisk's, below random ports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """What came of it."""

    plan: LoadPlan
    citizens: SippReport
    desks: SippReport
    held: Held
    generator_cpu_s: float
    """Processor time of both SIPp processes."""
    verdict: Verdict


def citizens_of(plan: LoadPlan) -> list[CitizenPlan]:
    """The citizens, from the seed. Each stays beyond the hold, then the one who is done first hangs up."""
    rng = Random(plan.seed)
    stay_s = plan.calls / plan.rate_per_s + plan.dispatch_s + plan.hold_s
    return [
        CitizenPlan(
            caller=fictitious_caller(number),
            dialled=plan.dialled,
            wait_1_s=plan.keys_after_s,
            keys_1=plan.keys,
            wait_2_s=plan.then_after_s,
            keys_2=plan.then_keys,
            leave_s=stay_s + rng.uniform(2, 12),
        )
        for number in range(plan.calls)
    ]


def manners_of(plan: LoadPlan) -> list[DeskManners]:
    """The desks' part, from the seed: the earlier a call comes, the longer it must be held."""
    rng = Random(plan.seed + 1)
    ramp_s = plan.calls / plan.rate_per_s + plan.dispatch_s
    return [
        DeskManners(
            answer_s=rng.uniform(0.2, 1.0),
            talk_s=max(0.0, ramp_s - number / plan.rate_per_s) + plan.hold_s + rng.uniform(0, 8),
        )
        for number in range(plan.calls)
    ]


def run_load(
    plan: LoadPlan,
    *,
    network: Network,
    accounts: Sequence[DeskAccount],
    clips: list[Clip],
    sipp: Path,
    folder: Path,
    ours: OurSide,
    say: Callable[[str], None] = lambda line: None,
) -> LoadResult:
    """Run it from registering the desks to the verdict. ``say`` gets one line of progress a second.

    Raises:
        BadInput: fewer accounts than desks.
        Unavailable: a SIPp didn't start, desks didn't register, or the citizens didn't come to an end.
    """
    if len(accounts) < plan.desks:
        raise BadInput("too_few_accounts", wanted=plan.desks, given=len(accounts))
    used = accounts[: plan.desks]
    folder.mkdir(parents=True, exist_ok=True)
    here = _place(network, network.desks_host, network.desks_port, network.rtp_from + 2000)
    there = _place(network, network.citizens_host, network.citizens_port, network.rtp_from)
    voices = {who: clips_of(who, clips)[plan.seed % 3].alaw for who in Speaker}
    desks = desks_job(used, manners_of(plan), here, clip=voices[Speaker.OPERATOR])
    citizens = citizens_job(
        citizens_of(plan),
        there,
        clip=voices[Speaker.CITIZEN],
        keys=plan.key_style,
        scratch=folder / "keys",
        rate_per_s=plan.rate_per_s,
    )
    with SippRun(sipp, desks, folder) as desk_run:
        _await_registrations(desk_run, used, say)
        with SippRun(sipp, citizens, folder) as citizen_run:
            cpu_s = _watch(plan, citizen_run, desk_run, say)
            citizen_report = citizen_run.wait(5)
        desk_report = desk_run.stop(grace_s=2.0)
    with SippRun(sipp, registration_job(used, here, expires_s=0), folder) as leaving:
        leaving.wait(30)
    held = overlap(desk_report.calls, wanted=min(plan.calls, plan.desks))
    verdict = _settle(plan, citizen_report, desk_report, held, ours, say)
    return LoadResult(
        plan=plan,
        citizens=citizen_report,
        desks=desk_report,
        held=held,
        generator_cpu_s=cpu_s,
        verdict=verdict,
    )


def _place(network: Network, host: str, port: int, rtp: int) -> Place:
    return Place(local_host=host, local_port=port, rtp_ports=(rtp, rtp + 1998), asterisk=network.asterisk)


def _await_registrations(run: SippRun, accounts: Sequence[DeskAccount], say: Callable[[str], None]) -> None:
    wanted = {each.sip_username for each in accounts}
    deadline = time.monotonic() + 30
    while missing := wanted - run.registered():
        if time.monotonic() > deadline or not run.running:
            raise Unavailable("desks_not_registered", missing=sorted(missing)[:5], errors=run.report().errors)
        say(f"registering desks: {len(wanted) - len(missing)} of {len(wanted)}")
        time.sleep(0.25)
    say(f"desks registered: {len(wanted)}")


def _watch(plan: LoadPlan, citizens: SippRun, desks: SippRun, say: Callable[[str], None]) -> float:
    """Until the citizens are done; gives both processes' processor seconds."""
    deadline = time.monotonic() + max(each.leave_s for each in citizens_of(plan)) * 2 + 60
    cpu_s = 0.0
    while citizens.running:
        if time.monotonic() > deadline:
            raise Unavailable("citizens_not_done", progress=str(citizens.progress()))
        at = citizens.progress()
        cpu_s = max(cpu_s, _cpu_s(citizens.pid) + _cpu_s(desks.pid))
        say(
            f"calls made {at.created}/{plan.calls}, up {at.current}, done {at.successful}, "
            f"failed {at.failed}; ended at desks {len(desks.calls())}"
        )
        time.sleep(1)
    return cpu_s


def _settle(
    plan: LoadPlan,
    citizens: SippReport,
    desks: SippReport,
    held: Held,
    ours: OurSide,
    say: Callable[[str], None],
) -> Verdict:
    """Ask our side until it agrees or its time is over."""
    at_once = min(plan.calls, plan.desks)
    outside = judge_outside(citizens, desks, calls=plan.calls, held=held, at_once=at_once, hold_s=plan.hold_s)
    deadline = time.monotonic() + plan.settle_s
    while True:
        calls, recordings, tickets = ours.calls(), ours.recordings(), ours.tickets()
        both = judge_both(citizens, desks, calls=calls, recordings=recordings, tickets=tickets)
        if all(check.holds for check in both) or time.monotonic() > deadline:
            return Verdict(checks=(*outside, *both))
        say(f"our side: {len(calls)} calls, {len(recordings)} recordings, {len(tickets)} tickets")
        time.sleep(1)


def _cpu_s(pid: int) -> float:
    """User and system time of a process so far; 0 once it is gone (proc(5))."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
