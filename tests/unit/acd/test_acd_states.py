"""The transition tables, and the diagrams that are made from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from acd.core.diagrams import render
from acd.core.states import (
    AGENT_RESYNC,
    AGENT_TRANSITIONS,
    CALL_RESYNC,
    CALL_TRANSITIONS,
    AgentState,
    AgentTrigger,
    CallState,
    CallTrigger,
    IllegalTransition,
    next_agent_state,
    next_call_state,
)
from acd.diagrams import DEFAULT, main

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("state", CallState)
@pytest.mark.parametrize("trigger", CallTrigger)
def test_calls_follow_the_tables_and_nothing_else(state: CallState, trigger: CallTrigger) -> None:
    expected = CALL_TRANSITIONS[state].get(trigger)
    if expected is None and state is not CallState.LEFT:
        expected = CALL_RESYNC.get(trigger)
    if expected is None:
        with pytest.raises(IllegalTransition, match=f"{state} cannot take {trigger}"):
            next_call_state(state, trigger)
    else:
        assert next_call_state(state, trigger) is expected


@pytest.mark.parametrize("state", AgentState)
@pytest.mark.parametrize("trigger", AgentTrigger)
def test_agents_follow_the_tables_and_nothing_else(state: AgentState, trigger: AgentTrigger) -> None:
    expected = AGENT_TRANSITIONS[state].get(trigger) or AGENT_RESYNC.get(trigger)
    if expected is None:
        with pytest.raises(IllegalTransition, match=f"{state} cannot take {trigger}"):
            next_agent_state(state, trigger)
    else:
        assert next_agent_state(state, trigger) is expected


def test_every_state_can_be_reached_and_left() -> None:
    for table, start in ((CALL_TRANSITIONS, CallState.IN_HOUSE), (AGENT_TRANSITIONS, AgentState.LOGGED_OUT)):
        reached, new = {start}, [start]
        while new:
            follows = set(table[new.pop()].values()) - reached
            reached |= follows
            new += follows
        assert reached == set(table)
    assert [state for state, row in CALL_TRANSITIONS.items() if not row] == [CallState.LEFT]


def test_a_reserved_or_talking_desk_is_never_reserved_again() -> None:
    for state in (AgentState.RESERVED, AgentState.ON_CALL, AgentState.ACW, AgentState.PAUSED):
        assert AgentTrigger.RESERVED not in AGENT_TRANSITIONS[state]


def test_committed_diagrams_are_current() -> None:
    assert DEFAULT.read_text(encoding="utf-8") == render(), "run: python -m acd.diagrams"


def test_diagrams_name_every_transition(tmp_path: Path) -> None:
    main([str(tmp_path / "made" / "acd.md")])
    page = (tmp_path / "made" / "acd.md").read_text(encoding="utf-8")
    for table in (CALL_TRANSITIONS, AGENT_TRANSITIONS):
        for state, row in table.items():
            for trigger, follows in row.items():
                line = next(text for text in page.splitlines() if f"{state} --> {follows}:" in text)
                assert trigger in line
