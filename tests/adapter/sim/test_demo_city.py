"""The play's machinery against the scratch Asterisk, shortened: acts, phones, keys and the house."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sim.clips import Clip
from sim.demo_city import Role, cast, perform
from sim.sipp_jobs import DeskAccount
from tests.adapter.sim_asterisk import ScratchAsterisk

pytestmark = pytest.mark.adapter


def short(role: Role, dialled: str) -> Role:
    return replace(role, script=replace(role.script, dialled=dialled, leave_s=9.0, speak_s=0.0))


def test_two_acts(asterisk: ScratchAsterisk, clips: list[Clip], accounts: tuple[DeskAccount, ...]) -> None:
    roles = cast(clips)
    chosen = [short(roles[0], "51010"), short(roles[3], "1022"), short(roles[-1], "1022")]
    steps: list[str] = []
    performance = perform(
        chosen,
        accounts=accounts,
        clips=clips,
        server=("127.0.0.1", asterisk.port),
        open_house=lambda: steps.append("open"),
        close_house=lambda: steps.append("close"),
        say=steps.append,
    )
    names = [role.name for role in chosen]
    assert [re.sub(r" after \d+ s$", "", step) for step in steps] == [
        "open",
        f"calls: {names[0]}",
        f"calls: {names[1]}",
        f"done: {names[0]}",
        f"done: {names[1]}",
        "close",
        f"calls: {names[2]}",
        f"done: {names[2]}",
    ]
    assert [role.name for role, _ in performance.played] == names
    assert all(story.answered and story.packets_heard > 0 for _, story in performance.played)
    assert [desk.answered for desk in performance.desks] == [True]
    assert "keys=[12]" in asterisk.log()
    assert "keys=[10]" in asterisk.log()
