"""``python -m sim``: the simulator's commands, ``load`` and ``demo``, against a call centre that is up."""

from __future__ import annotations

import json
import shlex
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from callcenter.kernel.errors import CallcenterError
from sim.clips import fetch_clips
from sim.demo import run_demo
from sim.load import LoadPlan, LoadResult, Network, run_load
from sim.our_side import CommandLineSide
from sim.programs import find_program, free_udp_port, var_dir
from sim.sipp_jobs import KeyStyle, read_accounts

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def commands() -> None:
    """Citizens and operators over real SIP and RTP, against a call centre that is up."""


@app.command()
def load(
    accounts: Annotated[Path, typer.Option(help="JSON list of number, sip_username, sip_secret")],
    calls: Annotated[int, typer.Option(min=1)] = 90,
    desks: Annotated[int, typer.Option(min=1)] = 90,
    seconds: Annotated[float, typer.Option(help="how long all calls shall talk at once")] = 60.0,
    seed: int = 1,
    dispatch: Annotated[float, typer.Option(help="seconds within which a desk surely answers a call")] = 20.0,
    rate: Annotated[float, typer.Option(help="calls begun per second")] = 5.0,
    dialled: str = "1022",
    keys: Annotated[str, typer.Option(help="end the greeting")] = "1",
    then_keys: Annotated[str, typer.Option(help="choose in the menu")] = "1",
    key_style: KeyStyle = KeyStyle.INBAND,
    asterisk: str = "127.0.0.1:5060",
    citizens_host: str = "127.0.0.2",
    settle: Annotated[float, typer.Option(help="seconds for recordings and tickets to be finished")] = 180.0,
    callcenter: Annotated[str, typer.Option(help="how to run our command line")] = "callcenter",
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Hold CALLS recorded calls at once, then compare SIPp's books with ours. 0 only when they agree."""
    plan = LoadPlan(
        calls=calls,
        desks=desks,
        hold_s=seconds,
        seed=seed,
        rate_per_s=rate,
        dispatch_s=dispatch,
        dialled=dialled,
        keys=keys,
        then_keys=then_keys,
        key_style=key_style,
        settle_s=settle,
    )
    var = var_dir()
    result = run_load(
        plan,
        network=Network(
            asterisk=asterisk,
            citizens_host=citizens_host,
            citizens_port=free_udp_port(citizens_host),
            desks_port=free_udp_port(),
        ),
        accounts=read_accounts(accounts),
        clips=fetch_clips(var),
        sipp=find_program("sipp", var),
        folder=Path(tempfile.mkdtemp(prefix="load-")),
        ours=CommandLineSide(shlex.split(callcenter)),
        say=_say,
    )
    _print_json(result) if as_json else _print_text(result)
    raise typer.Exit(0 if result.verdict.agrees else 1)


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="end after the calls")] = False,
) -> None:
    """A call centre of its own, eight citizens and three operators. 0 only when our books tell their stories."""
    var = var_dir()
    agrees = run_demo(var, fetch_clips(var), once=once, say=lambda line: print(line, flush=True))
    raise typer.Exit(0 if agrees else 1)


def _say(line: str) -> None:
    """One line on stderr: rewritten in place on a terminal, so that stdout stays for the result."""
    end = "\r" if sys.stderr.isatty() else "\n"
    print(f"{line:<100}", end=end, file=sys.stderr, flush=True)


def _print_text(result: LoadResult) -> None:
    print()
    for check in result.verdict.checks:
        print(f"{'ok  ' if check.holds else 'FAIL'} {check.name}: {check.found} (expected {check.expected})")
    answers = sorted(result.citizens.response_ms.get("answer", ()))
    if answers:
        middle, late = answers[len(answers) // 2], answers[int(len(answers) * 0.99)]
        print(f"INVITE to 200: median {middle:.0f} ms, p99 {late:.0f} ms")
    print(f"generator: {result.generator_cpu_s:.1f} s of processor time")
    print("Both sides agree." if result.verdict.agrees else "The sides do not agree.")


def _print_json(result: LoadResult) -> None:
    print(
        json.dumps(
            {
                "agrees": result.verdict.agrees,
                "checks": [asdict(check) for check in result.verdict.checks],
                "peak": result.held.peak,
                "held_s": result.held.full_s,
                "citizens": {"created": result.citizens.created, "ends": result.citizens.ends},
                "desks": {"ends": result.desks.ends},
                "answer_ms": result.citizens.response_ms.get("answer", ()),
                "generator_cpu_s": result.generator_cpu_s,
            }
        )
    )


def main() -> None:
    """Run one command; an error of ours is one line and exit code 2."""
    try:
        app()
    except CallcenterError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
