"""Who is served next, and by which desk."""

from __future__ import annotations

import pytest
from acd_scenario import GENERAL, agent, check, city, opened

from acd.core.commands import OfferCall
from acd.core.config import QueueSettings
from acd.core.events import CallerJoined
from callcenter.kernel.ids import CallId, QueueName

pytestmark = pytest.mark.unit

URGENT = QueueSettings(name=QueueName("urgent"), priority_minutes=2.0)


class TestCallers:
    def test_first_come_first_served(self) -> None:
        check(
            opened(city(), ready=False),
            """
            1 | join A general |
            2 | join B general |
            3 | login 1001     | 1001 paused not_ready
            4 | ready 1001     | 1001 available; 1001 reserved A; offer A#1 1001
            5 | answer A#1     | 1001 on_call A
            6 | leave A        | 1001 acw A
            7 | ready 1001     | 1001 available; 1001 reserved B; offer B#1 1001
            """,
        )

    def test_joined_at_one_instant_keep_the_order_of_joining(self) -> None:
        check(
            opened(city(), ready=False),
            """
            1 | join B general |
            1 | join A general |
            1 | login 1001     | 1001 paused not_ready
            1 | ready 1001     | 1001 available; 1001 reserved B; offer B#1 1001
            """,
        )

    def test_one_score_over_all_queues(self) -> None:
        """``urgent`` grants 2 minutes: it beats who waited less than that, and no one else."""
        engine = opened(city(agent("1001", "general", "urgent"), queues=(GENERAL, URGENT)), ready=False)
        check(
            engine,
            """
            0   | join A general |
            100 | join B general |
            150 | join C urgent  |
            200 | login 1001     | 1001 paused not_ready
            200 | ready 1001     | 1001 available; 1001 reserved A; offer A#1 1001
            201 | answer A#1     | 1001 on_call A
            202 | leave A        | 1001 acw A
            203 | ready 1001     | 1001 available; 1001 reserved C; offer C#1 1001
            """,
        )

    def test_priority_minutes_of_the_caller(self) -> None:
        check(
            opened(city(), ready=False),
            """
            0  | join A general            |
            50 | join B general priority=1 |
            59 | join C general priority=1 |
            60 | login 1001                | 1001 paused not_ready
            61 | ready 1001                | 1001 available; 1001 reserved B; offer B#1 1001
            """,
        )

    def test_time_waited_before_a_restart_counts(self) -> None:
        check(
            opened(city(), ready=False),
            """
            10 | join A general           |
            11 | join B general waited=30 |
            12 | login 1001               | 1001 paused not_ready
            13 | ready 1001               | 1001 available; 1001 reserved B; offer B#1 1001
            """,
        )

    @pytest.mark.parametrize("priority", [float("nan"), float("-inf"), -5.0])
    def test_nonsense_priority_grants_nothing(self, priority: float) -> None:
        engine = opened(city(), ready=False)
        check(engine, "1 | join A general | ")
        engine.handle(
            CallerJoined(call=CallId("B"), queue=GENERAL.name, priority_minutes=priority, waited_s=priority),
            2,
        )
        assert [call.position for call in engine.snapshot(3).calls] == [1, 2]

    def test_unknown_queue_waits_in_the_first(self) -> None:
        check(opened(city()), "1 | join A nowhere | 1001 reserved A; offer A#1 1001")

    def test_position_and_wait_are_shown(self) -> None:
        engine = opened(city(queues=(GENERAL, URGENT)), ready=False)
        check(
            engine,
            """
            0 | join A general            |
            1 | join B urgent             |
            2 | join C general priority=9 |
            """,
        )
        view = engine.snapshot(10)
        assert [(call.call, call.position, call.waited_s) for call in view.calls] == [
            ("A", 2, 10),
            ("B", 1, 9),
            ("C", 1, 8),
        ]
        assert [(queue.queue, queue.waiting, queue.longest_wait_s) for queue in view.queues] == [
            ("general", 2, 10),
            ("urgent", 1, 9),
        ]


class TestDesks:
    def test_longest_idle_first(self) -> None:
        check(
            opened(city(agent("1001"), agent("1002"))),
            """
            1 | join A general | 1001 reserved A; offer A#1 1001
            2 | answer A#1     | 1001 on_call A
            3 | leave A        | 1001 acw A
            4 | ready 1001     | 1001 available
            5 | join B general | 1002 reserved B; offer B#1 1002
            """,
        )

    def test_equal_idle_time_goes_by_number(self) -> None:
        engine = opened(city(agent("1002"), agent("1001")), ready=False)
        check(
            engine,
            """
            1 | login 1002     | 1002 paused not_ready
            1 | login 1001     | 1001 paused not_ready
            1 | ready 1002     | 1002 available
            1 | ready 1001     | 1001 available
            2 | join A general | 1001 reserved A; offer A#1 1001
            """,
        )

    def test_only_desks_of_the_queue(self) -> None:
        engine = opened(city(agent("1001"), agent("1002", "urgent"), queues=(GENERAL, URGENT)))
        check(
            engine,
            """
            1 | join A urgent | 1002 reserved A; offer A#1 1002
            2 | join B urgent |
            """,
        )

    def test_caller_is_served_in_their_language(self) -> None:
        check(
            opened(city(agent("1001"), agent("1002", languages="vi en"))),
            """
            1 | join A general language=en | 1002 reserved A; offer A#1 1002
            2 | join B general language=en |
            3 | join C general             | 1001 reserved C; offer C#1 1001
            """,
        )

    def test_without_a_speaker_logged_in_anybody_of_the_queue_serves(self) -> None:
        check(
            opened(city(agent("1001"), agent("1002", languages="vi en"))),
            """
            1 | pause 1002 tea             | 1002 paused tea
            2 | join A general language=en |
            3 | logout 1002                | 1002 logged_out; 1001 reserved A; offer A#1 1001
            """,
        )

    def test_desk_in_a_call_of_its_own_is_left_alone(self) -> None:
        check(
            opened(city(agent("1001"), agent("1002"))),
            """
            1 | phone 1001 busy |
            2 | join A general  | 1002 reserved A; offer A#1 1002
            3 | join B general  |
            4 | phone 1001 free | 1001 reserved B; offer B#1 1001
            """,
        )

    @pytest.mark.seed("S0-05")
    def test_ten_desks_serve_ten_callers_at_once(self) -> None:
        engine = opened(city(*(agent(str(1001 + n)) for n in range(10))))
        offers = [
            command
            for n in range(12)
            for command in engine.handle(CallerJoined(call=CallId(f"c{n}"), queue=GENERAL.name), 1)
            if isinstance(command, OfferCall)
        ]
        assert [offer.agent for offer in offers] == [str(1001 + n) for n in range(10)]
        assert engine.snapshot(1).counts.waiting == 2
