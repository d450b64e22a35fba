"""Renders the transition tables as Mermaid state diagrams. Writing files is not its job."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from acd.core.states import (
    AGENT_RESYNC,
    AGENT_TRANSITIONS,
    CALL_RESYNC,
    CALL_TRANSITIONS,
    AgentState,
    CallState,
)

_State = TypeVar("_State", bound=StrEnum)
_Trigger = TypeVar("_Trigger", bound=StrEnum)


def render() -> str:
    """The whole page ``docs/diagrams/acd.md``."""
    return "\n".join(
        [
            "# States of the distribution",
            "",
            "Made from the tables in `acd/core/states.py` by `python -m acd.diagrams`; do not edit.",
            "",
            "## Calls",
            "",
            *_diagram(CALL_TRANSITIONS, start=CallState.IN_HOUSE),
            "",
            "A resynchronisation follows Asterisk from any state but `left`:",
            "",
            *_truths(CALL_RESYNC),
            "",
            "## Agents",
            "",
            *_diagram(AGENT_TRANSITIONS, start=AgentState.LOGGED_OUT),
            "",
            "A resynchronisation follows Asterisk from any state:",
            "",
            *_truths(AGENT_RESYNC),
            "",
        ]
    )


def _diagram(table: Mapping[_State, Mapping[_Trigger, _State]], *, start: _State) -> list[str]:
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {start}"]
    for state, row in table.items():
        triggers: dict[_State, list[_Trigger]] = {}
        for trigger, follows in row.items():
            triggers.setdefault(follows, []).append(trigger)
        lines += [f"    {state} --> {follows}: {' / '.join(names)}" for follows, names in triggers.items()]
        if not row:
            lines.append(f"    {state} --> [*]")
    return [*lines, "```"]


def _truths(table: Mapping[_Trigger, _State]) -> list[str]:
    return [
        "| trigger | state after |",
        "|---|---|",
        *(f"| `{trigger}` | `{state}` |" for trigger, state in table.items()),
    ]
