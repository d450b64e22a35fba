"""Desks that ring in vain, refuse or vanish, and citizens who don't wait: nobody loses the place in line."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sim.programs import find_program, free_udp_port
from sim.sipp import SippRun
from sim.sipp_jobs import Place, refusing_desks_job
from tests.helpers.callcentre import SHARED_ASSETS, until
from tests.helpers.phones import Phones

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(90)]


def _place(phones: Phones) -> Place:
    rtp = free_udp_port()
    return Place(
        local_host="127.0.0.1", local_port=free_udp_port(), rtp_ports=(rtp, rtp + 10),
        asterisk=f"127.0.0.1:{phones.server[1]}",
    )  # fmt: skip


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

    kind = phones.operator(talk_s=1.5)

    first_call, second_call = phones.talked(first), phones.talked(second)
    assert _offers(first_call) == [
        (deaf.account.number, "no_answer"),
        (kind.account.number, "answered"),
    ]
    assert _offers(second_call) == [(kind.account.number, "answered")]
    assert first_call["answered_at"] < second_call["answered_at"]
    assert [story.answered for story in deaf.stories] == [False]
    assert first_call["wait_s"] > 4


def test_desks_that_refuse_are_paused_and_the_next_one_rings(phones: Phones, tmp_path: Path) -> None:
    with ExitStack() as rude_desks:
        rude = []
        for status in ("486 Busy Here", "603 Decline"):
            rude.append(phones.account())
            job = refusing_desks_job([rude[-1]], _place(phones), status=status, name=status[:3])
            run = rude_desks.enter_context(SippRun(find_program("sipp", SHARED_ASSETS), job, tmp_path))
            until(run.registered, 10, why="the desk is registered")
            phones.sit_down(rude[-1].number)
        kind = phones.operator(talk_s=1.5)
        call = phones.talked(phones.citizen())
    assert _offers(call) == [
        (rude[0].number, "refused"),
        (rude[1].number, "refused"),
        (kind.account.number, "answered"),
    ]
    assert call["outcome"] == "answered"
    assert call["wait_s"] < 4
    for account in rude:
        desk = phones.centre.desk(account.number)
        assert (desk["state"], desk["reason"]) == ("paused", "rona")


@pytest.mark.seed("S0-13")
def test_whoever_leaves_the_queue_or_a_ringing_desk_is_counted_and_costs_the_operator_nothing(
    phones: Phones,
) -> None:
    operator = phones.operator(answers=False)
    rings = phones.citizen(leave_s=8.0)
    phones.until_fact(phones.live(rings), "OfferStarted")
    waits = phones.citizen(leave_s=7.0)

    ringing, waiting = phones.booked(rings), phones.booked(waits)
    assert (ringing["outcome"], ringing["rings"]) == ("abandoned", 1)
    assert _offers(ringing) == [(operator.account.number, "left")]
    assert (waiting["outcome"], waiting["ended_by_caller"]) == ("abandoned", 1)
    assert 0.3 < waiting["wait_s"] < 5
    for call in (ringing, waiting):
        assert phones.rows("select * from ticket where call = ?", call["call"]) == []
    until(lambda: operator.stories, 3, why="the desk has stopped ringing")
    assert operator.stories[0].left_by_far_end


def test_the_citizen_may_hang_up_first_in_a_conversation(phones: Phones) -> None:
    operator = phones.operator(talk_s=30.0)
    call = phones.booked(phones.citizen(leave_s=10.0))
    assert (call["outcome"], call["ended_by_caller"]) == ("answered", 1)
    assert 1 < call["talk_s"] < 6
    until(lambda: operator.stories, 3, why="the desk's call is over")
    assert operator.stories[0].left_by_far_end
