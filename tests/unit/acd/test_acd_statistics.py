"""Today's numbers."""

from __future__ import annotations

import pytest
from acd_scenario import GENERAL, _event, agent, city, opened

from acd.core.config import QueueSettings
from acd.core.engine import Engine
from acd.core.events import Configured
from acd.core.statistics import Statistics
from callcenter.kernel.ids import QueueName

pytestmark = pytest.mark.unit

URGENT = QueueSettings(name=QueueName("urgent"), max_waiting=0)


def observed(engine: Engine, table: str, statistics: Statistics | None = None) -> Statistics:
    """Run the happenings (``time | what``) and show every step to the statistics."""
    if statistics is None:
        statistics = Statistics()
        statistics.observe(Configured(configuration=engine.configuration), [], 0)
    for line in table.strip().splitlines():
        when, happening = line.split("|")
        event, now = _event(happening, engine), float(when)
        commands = engine.tick(now) if event is None else engine.handle(event, now)
        statistics.observe(event, commands, now)
    return statistics


def test_nothing_happened_yet() -> None:
    total = Statistics().view(0).total
    assert (total.offered, total.asa_s, total.service_level, total.aht_s) == (0, None, None, None)


def test_answer_waits_ringing_included() -> None:
    statistics = observed(
        opened(city()),
        """
        10 | join A general
        12 | ring A#1
        16 | answer A#1
        """,
    )
    total = statistics.view(20).total
    assert (total.offered, total.answered, total.waiting) == (1, 1, 0)
    assert total.asa_s == 6
    assert total.service_level == 1
    assert statistics.view(20).queues[GENERAL.name] == total


def test_service_level_leaves_out_short_abandons_and_who_still_waits() -> None:
    """4 judged: answered at 6 s and 30 s, abandoned at 9 s, overflowed at 5 s."""
    statistics = observed(
        opened(city(agent("1001"), agent("1002", "urgent"), queues=(GENERAL, URGENT))),
        """
        0  | join A general
        6  | answer A#1
        10 | join B general
        14 | leave B
        15 | join C general
        24 | leave C
        25 | pause 1002 tea
        25 | join D urgent
        30 | join E general
        40 | end A
        40 | ready 1001
        60 | answer E#1
        70 | join F general
        """,
    )
    total = statistics.view(75).total
    assert (total.offered, total.answered, total.abandoned, total.short_abandoned) == (6, 2, 2, 1)
    assert (total.overflowed, total.waiting, total.longest_wait_s) == (1, 1, 5)
    assert total.asa_s == (6 + 30) / 2
    assert total.service_level == 1 / (6 - 1 - 1)
    assert statistics.view(75).queues[URGENT.name].overflowed == 1


def test_thresholds_are_settings() -> None:
    engine = opened(city())
    statistics = Statistics(service_level_s=5.0, short_abandon_s=1.0)
    observed(engine, "0 | join A general\n 6 | answer A#1\n 7 | join B general\n 9 | leave B", statistics)
    total = statistics.view(10).total
    assert (total.service_level, total.short_abandoned) == (0, 0)
    with pytest.raises(ValueError, match="positive"):
        Statistics(service_level_s=0)


def test_handling_is_talk_and_after_call_work() -> None:
    engine = opened(city())
    statistics = observed(
        engine,
        """
        0   | join A general
        5   | answer A#1
        65  | end A
        75  | tick
        80  | join B general
        81  | answer B#1
        101 | leave B
        """,
    )
    assert statistics.view(102).total.aht_s == 70
    observed(engine, "111 | tick", statistics)
    assert statistics.view(112).total.aht_s == (70 + 30) / 2


def test_blocked_calls_are_not_offered() -> None:
    statistics = observed(opened(city(max_calls=1)), "1 | arrive A\n 2 | arrive B\n 3 | join B general")
    view = statistics.view(4)
    assert (view.blocked, view.total.offered, view.total.overflowed) == (1, 0, 0)


def test_late_and_doubled_events_count_nothing() -> None:
    statistics = observed(
        opened(city()),
        """
        1 | join A general
        2 | join A general
        3 | answer A#1
        4 | answer A#1
        5 | leave A
        6 | leave A
        7 | join A general
        """,
    )
    total = statistics.view(8).total
    assert (total.offered, total.answered, total.abandoned) == (1, 1, 0)


def test_resync_settles_what_happened_meanwhile() -> None:
    statistics = observed(
        opened(city(), ready=False),
        """
        0  | join A general
        1  | join B general
        2  | join C general
        3  | join D general
        4  | lost
        10 | resync A=talks:1001 B=waits:general:9 C E=waits:general:4 F=rings:1009:F#1
        """,
    )
    total = statistics.view(12).total
    assert (total.offered, total.answered, total.abandoned, total.overflowed) == (6, 1, 1, 1)
    assert (total.waiting, total.longest_wait_s, total.asa_s) == (3, 11, 10)


def test_call_that_left_is_not_counted_from_an_older_picture() -> None:
    statistics = observed(opened(city()), "1 | arrive A\n 2 | leave A\n 3 | resync A=waits:general:1")
    assert statistics.view(4).total.offered == 0


def test_new_day_keeps_only_who_waits() -> None:
    engine = opened(city(max_calls=2))
    statistics = observed(
        engine,
        """
        0 | join A general
        1 | answer A#1
        2 | join B general
        3 | arrive C
        """,
    )
    statistics.start_day()
    view = statistics.view(4)
    assert (view.blocked, view.total.offered, view.total.answered, view.total.waiting) == (0, 1, 0, 1)
    observed(engine, "5 | leave A\n 5 | ready 1001\n 6 | answer B#1", statistics)
    total = statistics.view(7).total
    assert (total.offered, total.answered, total.asa_s) == (1, 1, 4)
