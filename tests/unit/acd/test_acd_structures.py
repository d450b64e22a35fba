"""Timers and lanes forget what is dead, so that memory follows what lives."""

from __future__ import annotations

import pytest

from acd.core.departed import Departed
from acd.core.line import Line
from acd.core.records import Call
from acd.core.timers import TimerKind, Timers
from callcenter.kernel.ids import CallId, QueueName

pytestmark = pytest.mark.unit

GENERAL = QueueName("general")


def waiting(number: int, joined_at: float) -> Call:
    return Call(CallId(f"c{number}"), queue=GENERAL, joined_at=joined_at, order=number)


class TestTimers:
    def test_due_in_order_of_time_then_of_setting(self) -> None:
        timers = Timers()
        for number, when in enumerate([5.0, 3.0, 5.0, 4.0]):
            timers.set(when, TimerKind.MAX_WAIT, waiting(number, 0))
        due = []
        while (timer := timers.due(5.0)) is not None:
            assert isinstance(timer.subject, Call)
            due.append(timer.subject.call)
        assert due == ["c1", "c3", "c0", "c2"]

    def test_cancelled_ones_are_neither_next_nor_due(self) -> None:
        timers = Timers()
        first = timers.set(1.0, TimerKind.OFFER, waiting(1, 0))
        timers.set(2.0, TimerKind.OFFER, waiting(2, 0))
        timers.cancel(first)
        timers.cancel(first)
        timers.cancel(None)
        assert timers.next() == 2.0
        assert timers.due(1.5) is None
        assert len(timers) == 1

    def test_memory_follows_the_living(self) -> None:
        timers = Timers()
        timers.set(9.0, TimerKind.MAX_WAIT, waiting(0, 0))
        for number in range(10_000):
            timers.cancel(timers.set(10.0 + number, TimerKind.MAX_WAIT, waiting(number, 0)))
        assert len(timers) == 1
        assert len(timers._heap) < 200
        assert timers.next() == 9.0


class TestLine:
    def test_head_skips_who_left(self) -> None:
        line = Line()
        calls = [waiting(number, float(number)) for number in range(5)]
        for call in calls:
            line.enter(call, GENERAL, 0.0)
        line.leave(calls[0])
        line.leave(calls[0])
        line.leave(calls[3])
        head = line.lanes[GENERAL, "vi"].head()
        assert head is not None
        assert head[3] is calls[1]

    def test_memory_follows_the_living(self) -> None:
        line = Line()
        line.enter(waiting(0, 0.0), GENERAL, 0.0)
        for number in range(1, 10_000):
            call = waiting(number, float(number))
            line.enter(call, GENERAL, 0.0)
            line.leave(call)
        assert len(line.lanes[GENERAL, "vi"]._heap) < 100
        head = line.lanes[GENERAL, "vi"].head()
        assert head is not None
        assert head[3].call == "c0"


def test_departed_forgets_its_oldest() -> None:
    departed = Departed()
    for number in range(5_000):
        departed.add(CallId(f"c{number}"))
    assert CallId("c0") not in departed
    assert CallId("c4999") in departed
