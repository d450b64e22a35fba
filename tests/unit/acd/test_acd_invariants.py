"""The checker finds what is broken, and says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from acd_scenario import agent, city, opened
from acd_scenario import check as run

from acd.core.engine import Engine
from acd.core.events import CallArrived, CallerJoined, Configured, OfferAnswered
from acd.core.invariants import InvariantBroken, check, check_journal, violations
from acd.core.records import Call
from acd.core.states import AgentState, CallState
from callcenter.kernel.errors import BadInput
from callcenter.kernel.ids import AgentId, CallId, OfferId, QueueName

pytestmark = pytest.mark.unit


def busy_engine() -> Engine:
    """A talks at 1001, B rings at 1002, C waits, 1003 does after-call work, 1004 has tea."""
    engine = opened(city(*(agent(number) for number in ("1001", "1002", "1003", "1004"))))
    run(
        engine,
        """
        0 | pause 1004 tea | 1004 paused tea
        1 | join A general | 1001 reserved A; offer A#1 1001
        1 | answer A#1     | 1001 on_call A
        1 | join B general | 1002 reserved B; offer B#1 1002
        1 | join D general | 1003 reserved D; offer D#1 1003
        1 | answer D#1     | 1003 on_call D
        1 | leave D        | 1003 acw D
        1 | join C general |
        """,
    )
    return engine


def lose_a_count(engine: Engine) -> None:
    engine.house.counts.answered += 1


def free_a_desk_behind_its_back(engine: Engine) -> None:
    idle = engine.house.agents[AgentId("1004")]
    idle.state, idle.reason = AgentState.AVAILABLE, None


def give_one_desk_two_calls(engine: Engine) -> None:
    engine.house.calls[CallId("A")].agent = AgentId("1002")


def put_one_call_at_two_desks(engine: Engine) -> None:
    tea = engine.house.agents[AgentId("1004")]
    tea.state, tea.call = AgentState.ON_CALL, CallId("A")


def forget_a_deadline(engine: Engine) -> None:
    engine.house.timers.cancel(engine.house.calls[CallId("B")].offer_timer)


def forget_the_end_of_work(engine: Engine) -> None:
    engine.house.timers.cancel(engine.house.agents[AgentId("1003")].wrap_up_timer)


def lose_a_place(engine: Engine) -> None:
    engine.house.line.leave(engine.house.calls[CallId("C")])


def keep_a_dead_call(engine: Engine) -> None:
    engine.house.calls[CallId("X")] = Call(CallId("X"), state=CallState.LEFT, admitted=False)


def lose_an_offer(engine: Engine) -> None:
    del engine.house.offers[OfferId("B#1")]


def miscount_the_line(engine: Engine) -> None:
    engine.house.waiting[QueueName("general")] += 1


def miscount_the_house(engine: Engine) -> None:
    engine.house.admitted += 1


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lose_a_count, "offered 4"),
        (free_a_desk_behind_its_back, "call C waits beside idle desk 1004"),
        (give_one_desk_two_calls, "agent 1001 is on_call without a call that says so"),
        (put_one_call_at_two_desks, "call A is at 2 desks"),
        (forget_a_deadline, "call B is offered without a deadline"),
        (forget_the_end_of_work, "agent 1003 is acw, which its wrap-up deadline denies"),
        (lose_a_place, "call C is waiting, which its place in line denies"),
        (keep_a_dead_call, "a call that left is still in the house"),
        (lose_an_offer, "offers and offered calls differ"),
        (miscount_the_line, "the count of waiting callers is wrong"),
        (miscount_the_house, "the count of admitted calls is wrong"),
    ],
)
def test_damage_is_found(damage: Callable[[Engine], None], sentence: str) -> None:
    engine = busy_engine()
    check(engine)
    damage(engine)
    assert any(sentence in found for found in violations(engine))
    with pytest.raises(InvariantBroken, match=sentence):
        check(engine)


class TestJournal:
    def test_sound_one(self) -> None:
        records = [
            (1.0, Configured(configuration=city())),
            (2.0, CallArrived(call=CallId("A"))),
            (3.0, CallerJoined(call=CallId("A"), queue=QueueName("general"))),
            (4.0, None),
            (5.0, OfferAnswered(offer=OfferId("A#1"))),
        ]
        assert check_journal(records) == []

    def test_time_that_went_back_is_told(self) -> None:
        records = [(2.0, CallArrived(call=CallId("A"))), (1.5, None)]
        assert check_journal(records, city()) == ["step 1 (deadline): time went back by 0.500 s"]

    def test_broken_step_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An engine with a bug: it takes callers in and forgets to count them."""
        sound = Engine.handle

        def forgetful(self: Engine, event: CallArrived, now: float) -> list[object]:
            commands = sound(self, event, now)
            self.house.admitted -= isinstance(event, CallArrived)
            return list(commands)

        monkeypatch.setattr(Engine, "handle", forgetful)
        found = check_journal([(1.0, CallArrived(call=CallId("A")))], city())
        assert found == ["step 0 (CallArrived): the count of admitted calls is wrong"]

    def test_without_a_configuration(self) -> None:
        with pytest.raises(BadInput, match="journal_without_configuration"):
            check_journal([(1.0, CallArrived(call=CallId("A")))])
