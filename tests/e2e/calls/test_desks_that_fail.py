"""Desks that ring in vain, refuse or vanish, and citizens who don't wait: nobody loses the place in line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sim.programs import find_program, free_udp_port
from sim.sipp import SippRun
from sim.sipp_jobs import Place, refusing_desks_job
from tests.helpers.callcentre import SHARED_ASSETS, until
from tests.helpers.phones import Phones

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(90)]


def _offers(call: dict[str, Any]) -> list[tuple[str, str]]:
    return [(offer["agent"], offer["result"]) for offer in json.loads(call["offers"])]


def test_a_desk_that_is_not_answered_is_paused_and_the_caller_keeps_the_place(phones: Phones) -> None:
    deaf = phones.operator(answers=False)
    first = phones.citizen()
    phones.until_fact(phones.live(first), "OfferStarted")
    second = phones.citizen()
    phones.until_fact(phones.live(second), "QueueJoined")
    phones.until_fact(phones.live(first), "OfferEnded", 10)
    desk = until(
        lambda: (seat := phones.centre.desk(deaf.account.number))["state"] == "paused" and seat,
        3,
        why="the desk is paused",
    )
    assert desk["reason"] == "rona"
    assert {call["state"] for call in phones.centre.state()["calls"]} == {"waiting"}

    kind = phones.operator(talk_s=3.0)

    first_call, second_call = phones.booked(first), phones.booked(second)
    assert _offers(first_call) == [
        (deaf.account.number, "no_answer"),
        (kind.account.number, "answered"),
    ]
    assert _offers(second_call) == [(kind.account.number, "answered")]
    assert first_call["answered_at"] < second_call["answered_at"]
    assert [story.answered for story in deaf.stories] == [False]
    assert first_call["wait_s"] > 4


@pytest.mark.parametrize("status", ["486 Busy Here", "603 Decline"])
def test_a_desk_that_refuses_is_paused_and_the_next_one_rings(
    phones: Phones, status: str, tmp_path: Path
) -> None:
    rude = phones.account()
    rtp = free_udp_port()
    place = Place(
        local_host="127.0.0.1", local_port=free_udp_port(), rtp_ports=(rtp, rtp + 10),
        asterisk=f"127.0.0.1:{phones.server[1]}",
    )  # fmt: skip
    job = refusing_desks_job([rude], place, status=status)
    with SippRun(find_program("sipp", SHARED_ASSETS), job, tmp_path) as sipp:
        until(lambda: sipp.registered(), 10, why="the desk is registered")
        phones.sit_down(rude.number)
        kind = phones.operator(talk_s=2.0)
        call = phones.booked(phones.citizen())
        sipp.stop(grace_s=0.5)
    assert _offers(call) == [(rude.number, "refused"), (kind.account.number, "answered")]
    assert call["outcome"] == "answered"
    assert call["wait_s"] < 4
    desk = phones.centre.desk(rude.number)
    assert (desk["state"], desk["reason"]) == ("paused", "rona")


@pytest.mark.seed("S0-13")
def test_whoever_leaves_the_queue_is_counted_as_abandoned(phones: Phones) -> None:
    citizen = phones.citizen(leave_s=8.0)
    call = phones.booked(citizen)
    assert (call["outcome"], call["ended_by_caller"]) == ("abandoned", 1)
    assert 0.5 < call["wait_s"] < 5
    assert phones.rows("select * from ticket where call = ?", call["call"]) == []


def test_whoever_leaves_while_a_desk_rings_costs_the_operator_nothing(phones: Phones) -> None:
    operator = phones.operator(answers=False)
    call = phones.booked(phones.citizen(leave_s=8.0))
    assert (call["outcome"], call["rings"]) == ("abandoned", 1)
    assert _offers(call) == [(operator.account.number, "left")]
    until(lambda: operator.stories, 3, why="the desk has stopped ringing")
    assert operator.stories[0].left_by_far_end
    assert phones.centre.desk(operator.account.number)["state"] == "available"


def test_the_citizen_may_hang_up_first_in_a_conversation(phones: Phones) -> None:
    operator = phones.operator(talk_s=30.0)
    call = phones.booked(phones.citizen(leave_s=10.0))
    assert (call["outcome"], call["ended_by_caller"]) == ("answered", 1)
    assert 1 < call["talk_s"] < 6
    until(lambda: operator.stories, 3, why="the desk's call is over")
    assert operator.stories[0].left_by_far_end
