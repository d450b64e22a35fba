"""Operators: seats, pauses, after-call work and phones."""

from __future__ import annotations

import pytest
from acd_scenario import agent, check, city, opened

from acd.core.config import QueueSettings
from callcenter.kernel.ids import QueueName

pytestmark = pytest.mark.unit

TALKING = """
    1 | join A general | 1001 reserved A; offer A#1 1001
    2 | answer A#1     | 1001 on_call A
"""


class TestAfterCallWork:
    def test_lasts_the_wrap_up_of_the_queue(self) -> None:
        engine = opened(city(queues=(QueueSettings(name=QueueName("general"), wrap_up_s=7.0),)))
        check(engine, TALKING + "5 | end A | 1001 acw A")
        assert engine.next_deadline() == 12.0
        check(engine, "12 | tick | 1001 available")
        assert engine.next_deadline() is None

    def test_call_that_leaves_without_end_of_talk_ends_it(self) -> None:
        check(opened(city()), TALKING + "5 | leave A | 1001 acw A")

    def test_end_of_talk_and_leaving_count_once(self) -> None:
        check(
            opened(city()),
            TALKING
            + """
            5 | end A   | 1001 acw A
            6 | end A   | ignored call_in_house
            7 | leave A |
            8 | leave A | ignored call_unknown
            """,
        )

    def test_of_no_length_makes_the_desk_free_at_once(self) -> None:
        engine = opened(city(queues=(QueueSettings(name=QueueName("general"), wrap_up_s=0.0),)))
        check(engine, TALKING + "5 | end A | 1001 acw A; 1001 available")

    def test_ready_ends_it_early(self) -> None:
        engine = opened(city())
        check(engine, TALKING + "5 | end A | 1001 acw A\n 6 | ready 1001 | 1001 available")
        assert engine.next_deadline() is None

    def test_pause_ends_it_early(self) -> None:
        check(opened(city()), TALKING + "5 | end A | 1001 acw A\n 6 | pause 1001 tea | 1001 paused tea")

    def test_pause_asked_while_talking_follows_it(self) -> None:
        check(
            opened(city()),
            TALKING
            + """
            3  | pause 1001 tea |
            5  | end A          | 1001 acw A
            15 | tick           | 1001 paused tea
            """,
        )

    def test_logout_asked_while_talking_follows_it(self) -> None:
        check(
            opened(city()),
            TALKING
            + """
            3  | logout 1001 |
            5  | end A       | 1001 acw A
            15 | tick        | 1001 logged_out
            16 | login 1001  | 1001 paused not_ready
            """,
        )

    def test_caller_can_be_queued_again_after_talk(self) -> None:
        check(
            opened(city(agent("1001"), agent("1002"))),
            TALKING + "5 | end A | 1001 acw A\n 6 | join A general | 1002 reserved A; offer A#2 1002",
        )


class TestSeats:
    def test_login_begins_not_ready(self) -> None:
        check(
            opened(city(), ready=False),
            """
            1 | join A general |
            2 | login 1001     | 1001 paused not_ready
            3 | login 1001     | ignored agent_logged_in
            4 | ready 1001     | 1001 available; 1001 reserved A; offer A#1 1001
            """,
        )

    @pytest.mark.parametrize("wish", ["logout 1001", "ready 1001", "pause 1001 tea"])
    def test_who_is_not_logged_in_has_no_wishes(self, wish: str) -> None:
        check(opened(city(), ready=False), f"1 | {wish} | ignored agent_logged_out")

    @pytest.mark.parametrize("wish", ["login 7", "logout 7", "ready 7", "pause 7 tea"])
    def test_strangers_are_ignored(self, wish: str) -> None:
        check(opened(city()), f"1 | {wish} | ignored agent_unknown")

    def test_pause_and_another_reason(self) -> None:
        check(
            opened(city()),
            """
            1 | pause 1001 tea | 1001 paused tea
            2 | pause 1001 tea | ignored agent_paused
            3 | pause 1001 wc  | 1001 paused wc
            4 | join A general |
            5 | logout 1001    | 1001 logged_out
            """,
        )

    def test_ready_when_available_is_ignored(self) -> None:
        check(opened(city()), "1 | ready 1001 | ignored agent_available")

    def test_view_shows_who_does_what(self) -> None:
        engine = opened(city(agent("1002"), agent("1001")))
        check(
            engine,
            "4 | pause 1001 tea | 1001 paused tea\n 5 | join A general | 1002 reserved A; offer A#1 1002",
        )
        view = engine.snapshot(10)
        assert [(a.agent, a.state, a.reason, a.since_s, a.call) for a in view.agents] == [
            ("1001", "paused", "tea", 6, None),
            ("1002", "reserved", None, 5, "A"),
        ]
        assert view.queues[0].logged_in == 2


class TestPhones:
    def test_lost_phone_pauses_and_a_found_one_resumes(self) -> None:
        check(
            opened(city()),
            """
            1 | phone 1001 gone | 1001 paused phone_lost
            2 | join A general  |
            3 | phone 1001 gone | ignored device_unchanged
            4 | ready 1001      | ignored phone_lost
            5 | phone 1001 free | 1001 available; 1001 reserved A; offer A#1 1001
            """,
        )

    def test_pause_of_the_operators_own_outlives_the_phones_return(self) -> None:
        check(
            opened(city()),
            """
            1 | phone 1001 gone | 1001 paused phone_lost
            2 | pause 1001 tea  | 1001 paused tea
            3 | phone 1001 free |
            4 | ready 1001      | 1001 available
            """,
        )

    def test_ready_without_a_phone_waits_for_it(self) -> None:
        check(
            opened(city()),
            """
            1 | pause 1001 tea  | 1001 paused tea
            2 | phone 1001 gone |
            3 | ready 1001      | 1001 paused phone_lost
            4 | phone 1001 free | 1001 available
            """,
        )

    def test_phone_lost_while_talking_shows_after_the_after_call_work(self) -> None:
        check(
            opened(city()),
            TALKING
            + """
            3  | phone 1001 gone |
            5  | end A           | 1001 acw A
            15 | tick            | 1001 paused phone_lost
            """,
        )

    def test_idle_time_starts_anew_after_a_call_of_the_desks_own(self) -> None:
        check(
            opened(city(agent("1001"), agent("1002"))),
            """
            1 | phone 1001 busy |
            9 | phone 1001 free |
            9 | join A general  | 1002 reserved A; offer A#1 1002
            """,
        )

    def test_desk_whose_phone_is_still_in_use_after_work_waits_for_it(self) -> None:
        check(
            opened(city()),
            TALKING
            + """
            2.1 | phone 1001 busy |
            3   | join B general  |
            5   | end A           | 1001 acw A
            15  | tick            | 1001 available
            16  | phone 1001 free | 1001 reserved B; offer B#1 1001
            """,
        )

    def test_ready_outweighs_a_doubted_phone_but_not_a_reported_one(self) -> None:
        check(
            opened(city()),
            """
            1 | join A general       | 1001 reserved A; offer A#1 1001
            2 | fail A#1 unreachable | 1001 paused phone_lost
            3 | ready 1001           | 1001 available; 1001 reserved A; offer A#2 1001
            4 | fail A#2 unreachable | 1001 paused phone_lost
            5 | phone 1001 gone      |
            6 | ready 1001           | ignored phone_lost
            """,
        )

    def test_phone_of_a_desk_nobody_configured_yet_is_remembered(self) -> None:
        check(
            opened(city()),
            """
            1 | phone 1009 free |
            2 | phone 1009 free | ignored device_unchanged
            """,
        )
