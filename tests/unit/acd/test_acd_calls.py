"""Calls: admission, overflow, leaving, and everything that comes late, twice or from nowhere."""

from __future__ import annotations

import pytest
from acd_scenario import GENERAL, agent, check, city, opened

from acd.core.config import QueueSettings
from acd.core.events import CallArrived
from callcenter.kernel.ids import CallId, QueueName

pytestmark = pytest.mark.unit

PERMITS = QueueName("permits")


class TestAdmission:
    @pytest.mark.seed("S0-29")
    def test_ninety_calls_are_in_the_house_and_the_next_leaves_a_message(self) -> None:
        engine = opened(city())
        for n in range(90):
            assert engine.handle(CallArrived(call=CallId(f"c{n}")), 1) == []
        check(engine, "2 | arrive late | overflow late full\n 3 | arrive later | overflow later full")
        assert engine.snapshot(3).counts.in_house == 90
        assert engine.snapshot(3).counts.blocked == 2

    def test_turned_away_calls_take_nobodys_room(self) -> None:
        check(
            opened(city(max_calls=1)),
            """
            1 | arrive A       |
            2 | arrive B       | overflow B full
            3 | join B general | ignored call_overflowed
            4 | leave A        |
            5 | arrive C       |
            6 | leave B        |
            7 | arrive D       | overflow D full
            """,
        )

    def test_call_that_joins_unannounced_is_taken_in(self) -> None:
        """It is on hold: better one too many than a stranded citizen."""
        check(
            opened(city(max_calls=1)),
            """
            1 | arrive A       |
            2 | join B general | 1001 reserved B; offer B#1 1001
            """,
        )


class TestOverflow:
    def test_longest_wait(self) -> None:
        engine = opened(city(queues=(QueueSettings(name=GENERAL.name, max_wait_s=30.0),)), ready=False)
        check(engine, "1 | join A general | \n 2 | join B general waited=10 | ")
        assert engine.next_deadline() == 22.0
        check(
            engine,
            """
            22 | tick           | overflow B max_wait
            23 | join B general | ignored call_overflowed
            31 | tick           | overflow A max_wait
            """,
        )
        assert engine.next_deadline() is None
        assert [call.state for call in engine.snapshot(40).calls] == ["in_house", "in_house"]
        assert [call.waited_s for call in engine.snapshot(40).calls] == [30, 30]

    def test_desk_that_rings_at_the_longest_wait_may_still_answer(self) -> None:
        check(
            opened(city(queues=(QueueSettings(name=GENERAL.name, max_wait_s=5.0),))),
            """
            1  | join A general | 1001 reserved A; offer A#1 1001
            2  | ring A#1       |
            6  | tick           |
            10 | answer A#1     | 1001 on_call A
            """,
        )

    def test_ringing_in_vain_at_the_longest_wait_overflows(self) -> None:
        check(
            opened(city(queues=(QueueSettings(name=GENERAL.name, max_wait_s=5.0),))),
            """
            1  | join A general     | 1001 reserved A; offer A#1 1001
            2  | ring A#1           |
            10 | fail A#1 no_answer | 1001 paused rona; overflow A max_wait
            """,
        )

    def test_queue_full(self) -> None:
        engine = opened(city(queues=(QueueSettings(name=GENERAL.name, max_waiting=1),)))
        check(
            engine,
            """
            1 | join A general | 1001 reserved A; offer A#1 1001
            2 | join B general |
            3 | join C general | overflow C queue_full
            4 | leave B        |
            5 | join D general |
            """,
        )

    def test_queue_that_lets_nobody_wait_still_serves(self) -> None:
        engine = opened(city(queues=(QueueSettings(name=GENERAL.name, max_waiting=0),)))
        check(
            engine,
            """
            1 | join A general | 1001 reserved A; offer A#1 1001
            2 | join B general | overflow B queue_full
            """,
        )

    def test_nobody_logged_in(self) -> None:
        permits = QueueSettings(name=PERMITS, overflow_when_empty=True)
        engine = opened(city(agent("1001", "permits"), agent("1002"), queues=(GENERAL, permits)))
        check(
            engine,
            """
            1 | pause 1001 tea | 1001 paused tea
            2 | join A permits |
            3 | join B general | 1002 reserved B; offer B#1 1002
            4 | logout 1001    | 1001 logged_out; overflow A no_desk
            5 | join C permits | overflow C no_desk
            6 | logout 1002    |
            7 | join D general |
            """,
        )


class TestLeaving:
    def test_from_the_ivr(self) -> None:
        check(opened(city()), "1 | arrive A | \n 2 | leave A | ")

    def test_while_waiting_makes_room(self) -> None:
        check(
            opened(city(), ready=False),
            """
            1 | join A general |
            2 | join B general |
            3 | leave A        |
            4 | login 1001     | 1001 paused not_ready
            5 | ready 1001     | 1001 available; 1001 reserved B; offer B#1 1001
            """,
        )

    def test_while_offered_stops_the_ringing_and_frees_the_desk_for_the_next(self) -> None:
        check(
            opened(city()),
            """
            1 | join A general | 1001 reserved A; offer A#1 1001
            2 | join B general |
            3 | leave A        | cancel A#1 1001; 1001 available; 1001 reserved B; offer B#1 1001
            """,
        )

    def test_while_withheld_after_a_failed_landing(self) -> None:
        engine = opened(city())
        check(
            engine,
            """
            1   | join A general      | 1001 reserved A; offer A#1 1001
            1.1 | fail A#1 not_landed | 1001 available
            1.2 | leave A             |
            """,
        )
        assert engine.next_deadline() is None
        assert engine.snapshot(2).counts.abandoned == 1


class TestIgnored:
    @pytest.mark.parametrize(
        ("event", "reason"),
        [
            ("leave X", "call_unknown"),
            ("end X", "call_unknown"),
            ("ring X#1", "offer_over"),
            ("answer X#1", "offer_over"),
            ("fail X#1 busy", "offer_over"),
            ("arrive A", "call_known"),
            ("join A general", "call_offered"),
            ("end A", "call_offered"),
            ("ring A#1", "offer_ringing"),
        ],
    )
    def test_unknown_doubled_or_out_of_turn(self, event: str, reason: str) -> None:
        engine = opened(city())
        check(engine, "1 | join A general | 1001 reserved A; offer A#1 1001\n 2 | ring A#1 |")
        before = engine.snapshot(3)
        check(engine, f"3 | {event} | ignored {reason}")
        after = engine.snapshot(3)
        assert (after.calls, after.agents) == (before.calls, before.agents)
        assert after.counts.ignored == before.counts.ignored + 1

    @pytest.mark.parametrize("event", ["arrive A", "join A general"])
    def test_call_that_left_does_not_come_back(self, event: str) -> None:
        check(opened(city()), f"1 | arrive A | \n 2 | leave A | \n 3 | {event} | ignored call_left")

    def test_leaving_that_overtakes_the_arrival(self) -> None:
        check(opened(city()), "1 | leave A | ignored call_unknown\n 2 | arrive A | ignored call_left")

    def test_time_that_goes_back_is_taken_as_the_last(self) -> None:
        engine = opened(city())
        check(
            engine, "9 | join A general | 1001 reserved A; offer A#1 1001\n 3 | answer A#1 | 1001 on_call A"
        )
        assert engine.snapshot(3).calls[0].waited_s == 0
