"""The demo's cast, and how its stories are compared with our books."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callcenter.kernel.errors import BadInput
from sim.clips import Clip, Speaker
from sim.demo_city import OPERATORS, Performance, cast, differences, perform
from sim.softphone import CitizenStory, DeskStory

pytestmark = pytest.mark.unit

NOWHERE = Path("nowhere")
CLIPS = [
    Clip(
        name=who.value,
        speaker=who,
        says="",
        duration_s=1.0,
        wav=NOWHERE,
        unsigned=NOWHERE,
        alaw=NOWHERE,
        ulaw=NOWHERE,
    )
    for who in Speaker
]
ROLES = cast(CLIPS)


def performance() -> Performance:
    played = tuple(
        (
            role,
            CitizenStory(
                script=role.script,
                answered=True,
                status=0,
                left_by_far_end=False,
                lasted_s=1.0,
                packets_heard=10,
                heard=b"",
            ),
        )
        for role in ROLES
    )
    desks = tuple(
        DeskStory(
            cc_call=f"n-{number}.1",
            answered=True,
            left_by_far_end=False,
            rang_s=1.0,
            talked_s=1.0,
            packets_heard=1,
            heard=b"",
        )
        for number, role in enumerate(ROLES)
        if role.expected.answered_at_desk
    )
    return Performance(played=played, desks=desks)


def books() -> list[dict[str, Any]]:
    return [
        {
            "call": f"n-{number}.1",
            "started_at": f"2026-01-01T00:00:{number:02d}",
            "outcome": role.expected.outcome,
            "recording": "a/path" if role.expected.recorded else None,
            "ticket": "code" if role.expected.ticket else None,
        }
        for number, role in enumerate(ROLES)
    ]


def test_cast_covers_the_stories() -> None:
    outcomes = {role.expected.outcome for role in ROLES}
    assert outcomes == {"answered", "abandoned", "self_served", "message_left"}
    starts = [(role.act, role.starts_s) for role in ROLES]
    assert starts == sorted(set(starts)), "calls must be tellable apart by their beginnings"
    assert len({role.script.caller for role in ROLES}) == len(ROLES)
    assert any(press.keys == "9" for role in ROLES for press in role.script.presses)
    assert sum(role.expected.answered_at_desk for role in ROLES) > OPERATORS, "somebody has to wait"


def test_same_stories_in_any_order() -> None:
    assert differences(performance(), books()[::-1]) == []


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("outcome", "abandoned", "outcome should be answered, is abandoned"),
        ("recording", None, "recorded should be True, is False"),
        ("ticket", None, "ticket should be True, is False"),
        ("call", "n-99.1", "answered at a desk should be True, is False"),
    ],
)
def test_each_difference_is_said(field: str, value: str | None, said: str) -> None:
    ours = books()
    ours[0][field] = value
    assert differences(performance(), ours) == [f"{ROLES[0].name}: {said}"]


def test_missing_call_is_said() -> None:
    assert differences(performance(), books()[:-1]) == ["8 calls were made, our books have 7"]


def test_silence_is_said() -> None:
    (role, story), *others = performance().played
    deaf = Performance(played=((role, replace(story, packets_heard=0)), *others), desks=performance().desks)
    assert differences(deaf, books()) == [f"{role.name}: heard something should be True, is False"]


def test_nobody_to_speak_or_to_answer_is_refused() -> None:
    with pytest.raises(BadInput, match="no_citizen_clip"):
        cast([clip for clip in CLIPS if clip.speaker is Speaker.OPERATOR])
    with pytest.raises(BadInput, match="too_few_accounts"):
        perform(ROLES, accounts=[], clips=CLIPS, server=("127.0.0.1", 5060))
