"""Losing Asterisk and finding it again, and a restart of our own."""

from __future__ import annotations

import pytest
from acd_scenario import GENERAL, agent, check, city, opened

from acd.core.config import QueueSettings
from acd.core.engine import Engine
from acd.core.events import CallSeen, Resynchronised
from callcenter.kernel.ids import AgentId, CallId, OfferId, QueueName

pytestmark = pytest.mark.unit


class TestLink:
    def test_nothing_is_offered_before_the_first_resync(self) -> None:
        check(
            Engine(city()),
            """
            1 | lost                    | ignored link_lost
            2 | join A general          |
            3 | login 1001              | 1001 paused not_ready
            4 | ready 1001              | 1001 paused phone_lost
            5 | resync A=waits:general:9 | 1001 available; 1001 reserved A; offer A#1 1001
            """,
        )

    def test_nothing_is_offered_while_it_is_lost(self) -> None:
        check(
            opened(city()),
            """
            1 | lost                     |
            2 | join A general           |
            3 | lost                     | ignored link_lost
            4 | resync A=waits:general:2 | 1001 reserved A; offer A#1 1001
            """,
        )

    def test_deadlines_that_only_asterisk_can_meet_rest_meanwhile(self) -> None:
        queue = QueueSettings(name=GENERAL.name, max_wait_s=60.0)
        engine = opened(city(queues=(queue,), offer_deadline_s=2.0))
        check(
            engine,
            """
            1 | join A general | 1001 reserved A; offer A#1 1001
            2 | join B general |
            3 | lost           |
            """,
        )
        assert engine.next_deadline() is None
        check(
            engine,
            """
            90 | tick                                            |
            90 | resync A=rings:1001:A#1 B=waits:general:88 | overflow B max_wait
            """,
        )
        assert engine.next_deadline() == 90 + 20

    def test_after_call_work_is_our_own_and_goes_on(self) -> None:
        check(
            opened(city()),
            """
            1  | join A general | 1001 reserved A; offer A#1 1001
            2  | answer A#1     | 1001 on_call A
            3  | leave A        | 1001 acw A
            4  | lost           |
            13 | tick           | 1001 available
            """,
        )

    def test_full_queue_turns_nobody_away_while_nobody_hears(self) -> None:
        queue = QueueSettings(name=GENERAL.name, max_waiting=1, overflow_when_empty=True)
        check(
            opened(city(queues=(queue,)), ready=False),
            """
            1 | lost                                              |
            2 | join A general                                    |
            3 | join B general                                    |
            4 | resync A=waits:general:2 B=waits:general:1        | overflow A no_desk; overflow B no_desk
            """,
        )

    def test_leaving_while_lost_asks_nothing_of_asterisk(self) -> None:
        check(
            opened(city()),
            """
            1 | join A general | 1001 reserved A; offer A#1 1001
            2 | lost           |
            3 | leave A        | 1001 available
            """,
        )


class TestResync:
    def test_picture_that_agrees_changes_nothing(self) -> None:
        check(
            opened(city(agent("1001"), agent("1002"))),
            """
            1 | join A general | 1001 reserved A; offer A#1 1001
            2 | answer A#1     | 1001 on_call A
            3 | join B general | 1002 reserved B; offer B#1 1002
            4 | join C general |
            5 | resync A=talks:1001 B=rings:1002:B#1 C=waits:general:1 |
            6 | answer B#1     | 1002 on_call B
            """,
        )

    def test_answer_and_failure_missed_meanwhile(self) -> None:
        check(
            opened(city(agent("1001"), agent("1002"))),
            """
            1 | join A general | 1001 reserved A; offer A#1 1001
            2 | join B general | 1002 reserved B; offer B#1 1002
            3 | lost           |
            4 | resync A=talks:1001 B=waits:general:2 | 1001 on_call A; 1002 available; \
1002 reserved B; offer B#2 1002
            """,
        )

    def test_calls_that_are_absent_are_gone(self) -> None:
        engine = opened(city(agent("1001"), agent("1002")))
        check(
            engine,
            """
            1 | join A general | 1001 reserved A; offer A#1 1001
            2 | answer A#1     | 1001 on_call A
            3 | join B general | 1002 reserved B; offer B#1 1002
            4 | join C general |
            5 | lost           |
            6 | resync         | 1001 acw A; 1002 available
            """,
        )
        counts = engine.snapshot(6).counts
        assert (counts.offered, counts.answered, counts.abandoned) == (3, 1, 2)

    def test_place_in_line_is_kept(self) -> None:
        engine = opened(city(), ready=False)
        check(
            engine,
            """
            10 | join A general |
            20 | join B general |
            30 | lost           |
            31 | resync B=waits:general:999 A=waits:general:0 C=waits:general:15 |
            """,
        )
        positions = {call.call: call.position for call in engine.snapshot(31).calls}
        assert positions == {"A": 1, "C": 2, "B": 3}

    def test_place_of_strangers_comes_from_asterisk(self) -> None:
        engine = Engine(city())
        check(engine, "100 | resync A=waits:general:5 B=waits:general:50 | ")
        positions = {call.call: (call.position, call.waited_s) for call in engine.snapshot(100).calls}
        assert positions == {"B": (1, 50), "A": (2, 5)}

    def test_caller_found_in_the_ivr_again_waits_no_more(self) -> None:
        engine = opened(city(), ready=False)
        check(engine, "1 | join A general | \n 2 | lost | \n 3 | resync A | ")
        counts = engine.snapshot(3).counts
        assert (counts.offered, counts.overflowed, counts.waiting) == (1, 1, 0)

    def test_overflow_that_did_not_happen_is_asked_for_again(self) -> None:
        queue = QueueSettings(name=GENERAL.name, max_wait_s=10.0)
        check(
            opened(city(queues=(queue,)), ready=False),
            """
            1  | join A general            |
            11 | tick                      | overflow A max_wait
            12 | lost                      |
            13 | resync A=waits:general:12 | overflow A max_wait
            """,
        )

    def test_call_that_said_goodbye_stays_gone(self) -> None:
        engine = opened(city())
        check(engine, "1 | arrive A | \n 2 | leave A | \n 3 | resync A=waits:general:1 | ")
        assert engine.snapshot(3).calls == ()

    def test_call_that_was_only_absent_is_taken_in_again(self) -> None:
        check(
            opened(city()),
            """
            1 | join A general | 1001 reserved A; offer A#1 1001
            2 | resync         | 1001 available
            3 | join A general | 1001 reserved A; offer A#2 1001
            """,
        )

    def test_phones_that_are_absent_are_gone(self) -> None:
        check(opened(city()), "1 | resync gone:1001 | 1001 paused phone_lost\n 2 | resync | 1001 available")

    def test_two_calls_at_one_desk_the_first_counts(self) -> None:
        engine = opened(city())
        check(engine, "1 | resync A=talks:1001 B=talks:1001 | 1001 on_call A")
        check(engine, "2 | leave B | \n 3 | leave A | 1001 acw A")

    def test_ringing_at_a_desk_we_do_not_know_ends_by_its_deadline(self) -> None:
        check(
            opened(city(offer_deadline_s=2.0), ready=False),
            """
            1  | resync A=rings:1999:A#4 |
            21 | tick                    | cancel A#4 1999
            """,
        )

    def test_offer_id_of_somebody_else_is_not_believed(self) -> None:
        engine = opened(city(), ready=False)
        seen = CallSeen(call=CallId("A"), ringing=AgentId("1001"), offered=OfferId("B#7"))
        engine.handle(Resynchronised(calls=(seen,), devices=()), 1)
        assert engine.snapshot(1).calls[0].offer == "A#1"

    def test_doubled_call_counts_once(self) -> None:
        engine = opened(city(), ready=False)
        check(engine, "1 | resync A=waits:general:5 A=talks:1001 | ")
        assert engine.snapshot(1).counts.offered == 1

    def test_resync_without_a_lost_link_moves_a_caller_to_the_queue_they_are_in(self) -> None:
        urgent = QueueSettings(name=QueueName("urgent"))
        engine = opened(city(queues=(GENERAL, urgent)), ready=False)
        check(engine, "1 | join A general | \n 2 | resync A=waits:urgent:1 | ")
        assert [(q.queue, q.waiting) for q in engine.snapshot(2).queues] == [("general", 0), ("urgent", 1)]


class TestRestart:
    """Our process was killed with calls up; Asterisk went on."""

    def test_desks_and_callers_are_found_as_they_are(self) -> None:
        check(
            Engine(city(*(agent(str(number)) for number in range(1001, 1006)))),
            """
            1 | resync A=talks:1001 B=rings:1002:B#2 C=waits:general:9 seat:1001:ready seat:1002:ready \
seat:1003:ready seat:1004:tea seat:1005:out | 1001 paused not_ready; 1001 available; \
1002 paused not_ready; 1002 available; 1003 paused not_ready; 1003 available; 1004 paused not_ready; \
1004 paused tea; 1001 on_call A; 1002 reserved B; 1003 reserved C; offer C#1 1003
            2 | answer B#2 | 1002 on_call B
            3 | leave A    | 1001 acw A
            """,
        )

    def test_attempts_are_counted_on_so_that_no_offer_id_is_used_twice(self) -> None:
        check(
            Engine(city()),
            """
            1 | resync A=waits:general:9:A#3 seat:1001:ready | 1001 paused not_ready; 1001 available; \
1001 reserved A; offer A#4 1001
            """,
        )

    def test_seat_paused_for_a_lost_phone_resumes_with_the_phone(self) -> None:
        check(
            Engine(city()),
            """
            1 | resync seat:1001:phone_lost gone:1001 | 1001 paused not_ready; 1001 paused phone_lost
            2 | phone 1001 free                       | 1001 available
            """,
        )

    def test_seats_count_at_the_first_resync_only(self) -> None:
        check(
            opened(city(), ready=False),
            """
            1 | lost                    |
            2 | resync seat:1001:ready  |
            """,
        )

    def test_who_is_found_talking_without_a_seat_is_logged_out_after(self) -> None:
        check(
            Engine(city()),
            """
            1  | resync A=talks:1001 | 1001 on_call A
            2  | leave A             | 1001 acw A
            12 | tick                | 1001 logged_out
            """,
        )

    def test_who_is_found_talking_with_a_paused_seat_is_paused_after(self) -> None:
        check(
            Engine(city()),
            """
            1  | resync A=talks:1001 seat:1001:tea | 1001 paused not_ready; 1001 paused tea; 1001 on_call A
            2  | leave A                           | 1001 acw A
            12 | tick                              | 1001 paused tea
            """,
        )
