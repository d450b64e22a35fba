"""A new configuration while calls go on."""

from __future__ import annotations

import pytest
from acd_scenario import GENERAL, agent, check, city, opened

from acd.core.commands import AgentChanged, Command, OfferCall, Overflow, OverflowReason
from acd.core.config import Configuration, QueueSettings
from acd.core.engine import Engine
from acd.core.events import Configured
from acd.core.invariants import check as check_invariants
from callcenter.kernel.ids import QueueName

pytestmark = pytest.mark.unit

URGENT = QueueSettings(name=QueueName("urgent"))
BOTH = (GENERAL, URGENT)


def configure(engine: Engine, now: float, configuration: Configuration) -> list[Command]:
    commands = engine.handle(Configured(configuration=configuration), now)
    check_invariants(engine)
    assert engine.configuration == configuration
    return commands


def test_the_same_again_changes_nothing() -> None:
    configuration = city(agent("1001"), agent("1002"))
    engine = opened(configuration)
    check(
        engine,
        """
        1 | join A general | 1001 reserved A; offer A#1 1001
        2 | join B general | 1002 reserved B; offer B#1 1002
        3 | answer B#1     | 1002 on_call B
        4 | join C general |
        """,
    )
    before = engine.snapshot(5)
    assert configure(engine, 5, configuration) == []
    assert engine.snapshot(5) == before
    check(engine, "6 | leave A | cancel A#1 1001; 1001 available; 1001 reserved C; offer C#1 1001")


def test_callers_of_a_removed_queue_wait_on_in_the_first_with_their_time() -> None:
    engine = opened(city(queues=BOTH), ready=False)
    check(engine, "1 | join A urgent | \n 2 | join B general | ")
    assert configure(engine, 3, city(agent("1001"))) == []
    check(
        engine,
        """
        4 | login 1001 | 1001 paused not_ready
        5 | ready 1001 | 1001 available; 1001 reserved A; offer A#1 1001
        """,
    )


def test_new_skill_serves_at_once() -> None:
    engine = opened(city(agent("1001"), queues=BOTH))
    check(engine, "1 | join A urgent | ")
    commands = configure(engine, 2, city(agent("1001", "general", "urgent"), queues=BOTH))
    assert [type(command) for command in commands] == [AgentChanged, OfferCall]


def test_new_operator_can_log_in_with_the_phone_seen_before() -> None:
    engine = opened(city())
    check(engine, "1 | phone 1002 free | ")
    assert configure(engine, 2, city(agent("1001"), agent("1002"))) == []
    check(engine, "3 | login 1002 | 1002 paused not_ready\n 4 | ready 1002 | 1002 available")


def test_removed_operators_leave_when_they_are_free() -> None:
    engine = opened(city(agent("1001"), agent("1002"), agent("1003")))
    check(
        engine,
        """
        1 | join A general | 1001 reserved A; offer A#1 1001
        2 | answer A#1     | 1001 on_call A
        3 | join B general | 1002 reserved B; offer B#1 1002
        """,
    )
    commands = configure(engine, 4, city(agent("1009")))
    assert commands == [AgentChanged(agent="1003", state="logged_out")]
    check(
        engine,
        """
        5  | login 1001         | ignored agent_logged_in
        5  | fail B#1 no_answer | 1002 logged_out
        6  | leave A            | 1001 acw A
        16 | tick               | 1001 logged_out
        17 | login 1001         | ignored agent_unknown
        """,
    )
    assert [view.agent for view in engine.snapshot(18).agents] == ["1009"]


def test_operator_who_is_put_back_in_time_stays() -> None:
    engine = opened(city(agent("1001"), agent("1002")))
    check(engine, "1 | join A general | 1001 reserved A; offer A#1 1001")
    configure(engine, 2, city(agent("1002")))
    configure(engine, 3, city(agent("1001"), agent("1002")))
    check(engine, "4 | leave A | cancel A#1 1001; 1001 available")


def test_shorter_longest_wait_takes_effect() -> None:
    engine = opened(city(), ready=False)
    check(engine, "1 | join A general | ")
    assert engine.next_deadline() is None
    configure(engine, 2, city(queues=(QueueSettings(name=GENERAL.name, max_wait_s=9.0),)))
    assert engine.next_deadline() == 10.0


def test_new_priority_reorders_the_line() -> None:
    engine = opened(city(queues=BOTH), ready=False)
    check(engine, "1 | join A general | \n 9 | join B urgent | ")
    hasty = QueueSettings(name=URGENT.name, priority_minutes=1.0)
    configure(engine, 10, city(agent("1001", "general", "urgent"), queues=(GENERAL, hasty)))
    check(
        engine,
        """
        11 | login 1001 | 1001 paused not_ready
        12 | ready 1001 | 1001 available; 1001 reserved B; offer B#1 1001
        """,
    )


def test_queue_that_wants_nobody_waiting_when_empty() -> None:
    engine = opened(city(), ready=False)
    check(engine, "1 | join A general | ")
    commands = configure(
        engine, 2, city(queues=(QueueSettings(name=GENERAL.name, overflow_when_empty=True),))
    )
    assert commands == [Overflow(call="A", reason=OverflowReason.NO_DESK)]


def test_fewer_calls_allowed_throws_nobody_out() -> None:
    engine = opened(city(max_calls=3))
    check(engine, "1 | arrive A | \n 2 | arrive B | ")
    assert configure(engine, 3, city(max_calls=1)) == []
    check(engine, "4 | arrive C | overflow C full")
