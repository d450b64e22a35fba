"""One offer, and every way in which it can end."""

from __future__ import annotations

import pytest
from acd_scenario import GENERAL, agent, check, city, opened

from acd.core.commands import OfferCall
from acd.core.config import QueueSettings
from acd.core.events import CallerJoined
from callcenter.kernel.ids import CallId, QueueName

pytestmark = pytest.mark.unit


def test_offer_carries_the_ring_time_of_the_queue() -> None:
    queue = QueueSettings(name=QueueName("general"), ring_timeout_s=12.0)
    commands = opened(city(queues=(queue,))).handle(CallerJoined(call=CallId("A"), queue=queue.name), 1)
    assert commands[-1] == OfferCall(offer="A#1", call="A", agent="1001", ring_timeout_s=12.0)


class TestDeadlines:
    def test_offer_that_never_lands_is_cancelled_and_made_again(self) -> None:
        engine = opened(city(offer_deadline_s=2.0))
        check(engine, "1 | join A general | 1001 reserved A; offer A#1 1001")
        assert engine.next_deadline() == 3.0
        check(
            engine,
            """
            2.9 | tick     |
            3   | tick     | cancel A#1 1001; 1001 available; 1001 reserved A; offer A#2 1001
            3.5 | ring A#1 | ignored offer_over
            """,
        )

    def test_reported_failure_to_land_waits_for_the_deadline_before_the_next_try(self) -> None:
        """A Redirect that fails at once must not be repeated in an endless fast loop."""
        engine = opened(city(offer_deadline_s=2.0))
        check(
            engine,
            """
            1   | join A general      | 1001 reserved A; offer A#1 1001
            1.1 | fail A#1 not_landed | 1001 available
            1.2 | join B general      | 1001 reserved B; offer B#1 1001
            1.3 | leave B             | cancel B#1 1001; 1001 available
            """,
        )
        assert engine.next_deadline() == 3.0
        check(engine, "3 | tick | 1001 reserved A; offer A#2 1001")

    def test_ringing_desk_has_ring_time_and_slack(self) -> None:
        engine = opened(city(offer_deadline_s=2.0))
        check(
            engine,
            """
            1   | join A general | 1001 reserved A; offer A#1 1001
            1.5 | ring A#1       |
            """,
        )
        assert engine.next_deadline() == 1.5 + 15 + 2 + 3
        check(engine, "21.5 | tick | cancel A#1 1001; 1001 paused rona")

    def test_event_that_comes_late_but_first_is_believed(self) -> None:
        """Our loop stalled, not Asterisk: what it said in time counts."""
        check(
            opened(city(offer_deadline_s=2.0)),
            """
            1 | join A general | 1001 reserved A; offer A#1 1001
            9 | ring A#1       |
            9 | answer A#1     | 1001 on_call A
            """,
        )

    def test_answer_may_come_without_ringing(self) -> None:
        engine = opened(city(offer_deadline_s=2.0))
        check(
            engine,
            """
            1 | join A general | 1001 reserved A; offer A#1 1001
            4 | answer A#1     | 1001 on_call A
            """,
        )
        assert engine.next_deadline() is None


class TestFailures:
    @pytest.mark.parametrize("failure", ["no_answer", "refused"])
    def test_rona_pauses_the_operator_and_the_caller_stays_first(self, failure: str) -> None:
        check(
            opened(city(agent("1001"), agent("1002"))),
            f"""
            1 | pause 1002 tea      | 1002 paused tea
            2 | join A general      | 1001 reserved A; offer A#1 1001
            3 | join B general      |
            4 | ring A#1            |
            5 | fail A#1 {failure}  | 1001 paused rona
            6 | ready 1002          | 1002 available; 1002 reserved A; offer A#2 1002
            7 | ready 1001          | 1001 available; 1001 reserved B; offer B#1 1001
            """,
        )

    def test_busy_desk_is_not_blamed_and_waits_for_its_phone(self) -> None:
        check(
            opened(city()),
            """
            1 | join A general  | 1001 reserved A; offer A#1 1001
            2 | fail A#1 busy   | 1001 available
            3 | phone 1001 busy |
            4 | phone 1001 free | 1001 reserved A; offer A#2 1001
            """,
        )

    def test_ready_outweighs_a_busy_that_the_phone_never_takes_back(self) -> None:
        """A phone set to do-not-disturb answers busy, and never changes its device state."""
        check(
            opened(city()),
            """
            1 | join A general | 1001 reserved A; offer A#1 1001
            2 | fail A#1 busy  | 1001 available
            3 | ready 1001     | 1001 reserved A; offer A#2 1001
            """,
        )

    def test_unreachable_phone_takes_its_operator_out_until_it_is_back(self) -> None:
        check(
            opened(city(agent("1001"), agent("1002"))),
            """
            1 | join A general       | 1001 reserved A; offer A#1 1001
            2 | fail A#1 unreachable | 1001 paused phone_lost; 1002 reserved A; offer A#2 1002
            3 | join B general       |
            4 | phone 1001 free      | 1001 available; 1001 reserved B; offer B#1 1001
            """,
        )

    def test_idle_time_goes_on_over_an_offer_that_was_not_the_desks_fault(self) -> None:
        check(
            opened(city(agent("1001"), agent("1002"))),
            """
            1 | join A general | 1001 reserved A; offer A#1 1001
            2 | leave A        | cancel A#1 1001; 1001 available
            3 | join B general | 1001 reserved B; offer B#1 1001
            """,
        )


class TestWishesDuringAnOffer:
    def test_pause_takes_effect_when_the_offer_is_over(self) -> None:
        check(
            opened(city()),
            """
            1 | join A general | 1001 reserved A; offer A#1 1001
            2 | pause 1001 tea |
            3 | leave A        | cancel A#1 1001; 1001 paused tea
            """,
        )

    def test_pause_can_be_taken_back(self) -> None:
        check(
            opened(city()),
            """
            1 | join A general | 1001 reserved A; offer A#1 1001
            2 | pause 1001 tea |
            3 | ready 1001     |
            4 | ready 1001     | ignored agent_reserved
            5 | leave A        | cancel A#1 1001; 1001 available
            """,
        )

    @pytest.mark.parametrize("ending", ["leave A", "fail A#1 no_answer", "fail A#1 busy"])
    def test_logout_takes_effect_when_the_offer_is_over(self, ending: str) -> None:
        cancelled = "cancel A#1 1001; " if ending == "leave A" else ""
        check(
            opened(city()),
            f"""
            1 | join A general | 1001 reserved A; offer A#1 1001
            2 | logout 1001    |
            3 | logout 1001    | ignored agent_leaving
            3 | pause 1001 tea | ignored agent_leaving
            3 | ready 1001     | ignored agent_leaving
            4 | {ending}       | {cancelled}1001 logged_out
            """,
        )

    def test_login_takes_a_logout_back(self) -> None:
        check(
            opened(city()),
            """
            1 | join A general | 1001 reserved A; offer A#1 1001
            2 | logout 1001    |
            3 | login 1001     |
            4 | leave A        | cancel A#1 1001; 1001 available
            """,
        )

    def test_phone_lost_while_ringing(self) -> None:
        check(
            opened(city()),
            """
            1 | join A general  | 1001 reserved A; offer A#1 1001
            2 | phone 1001 gone |
            3 | leave A         | cancel A#1 1001; 1001 paused phone_lost
            4 | phone 1001 free | 1001 available
            """,
        )


def test_offer_ids_are_never_used_twice() -> None:
    check(
        opened(city(queues=(GENERAL,))),
        """
        1 | join A general      | 1001 reserved A; offer A#1 1001
        2 | fail A#1 refused    | 1001 paused rona
        3 | ready 1001          | 1001 available; 1001 reserved A; offer A#2 1001
        4 | fail A#2 refused    | 1001 paused rona
        5 | answer A#1          | ignored offer_over
        6 | fail A#2 refused    | ignored offer_over
        7 | ready 1001          | 1001 available; 1001 reserved A; offer A#3 1001
        """,
    )
