"""What state follows what, for calls and for agents: every rule about states is in these tables.

A trigger that a state does not list is illegal: the engine checks outside events first and ignores what
cannot be, so an illegal trigger is a bug of ours and raises. The second table of each kind holds what a
resynchronisation may do: it follows Asterisk from any state, because Asterisk is the truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class CallState(StrEnum):
    """Where a citizen's call is, as the distribution sees it."""

    IN_HOUSE = "in_house"
    """In the IVR, or leaving a message: not ours to distribute."""
    WAITING = "waiting"
    OFFERED = "offered"
    """A desk is reserved for it, and rings or is about to."""
    TALKING = "talking"
    LEFT = "left"
    """Gone. Such a call is forgotten at once."""


class CallTrigger(StrEnum):
    """What moves a call from state to state."""

    JOINED = "joined"
    OFFERED = "offered"
    RETURNED = "returned"
    ANSWERED = "answered"
    OVERFLOWED = "overflowed"
    TALK_ENDED = "talk_ended"
    LEFT = "left"
    SEEN_IN_HOUSE = "seen_in_house"
    SEEN_WAITING = "seen_waiting"
    SEEN_RINGING = "seen_ringing"
    SEEN_TALKING = "seen_talking"


class AgentState(StrEnum):
    """What an operator is doing, as the distribution sees it."""

    LOGGED_OUT = "logged_out"
    AVAILABLE = "available"
    RESERVED = "reserved"
    """An offer is ringing at the desk, or on its way there."""
    ON_CALL = "on_call"
    ACW = "acw"
    """After-call work."""
    PAUSED = "paused"


class AgentTrigger(StrEnum):
    """What moves an agent from state to state."""

    LOGGED_IN = "logged_in"
    LOGGED_OUT = "logged_out"
    READY = "ready"
    PAUSED = "paused"
    RESERVED = "reserved"
    RELEASED = "released"
    ANSWERED = "answered"
    TALK_ENDED = "talk_ended"
    WRAP_UP_ENDED = "wrap_up_ended"
    SEEN_RINGING = "seen_ringing"
    SEEN_TALKING = "seen_talking"


CALL_TRANSITIONS: Mapping[CallState, Mapping[CallTrigger, CallState]] = {
    CallState.IN_HOUSE: {
        CallTrigger.JOINED: CallState.WAITING,
        CallTrigger.OVERFLOWED: CallState.IN_HOUSE,
        CallTrigger.LEFT: CallState.LEFT,
    },
    CallState.WAITING: {
        CallTrigger.OFFERED: CallState.OFFERED,
        CallTrigger.OVERFLOWED: CallState.IN_HOUSE,
        CallTrigger.LEFT: CallState.LEFT,
    },
    CallState.OFFERED: {
        CallTrigger.RETURNED: CallState.WAITING,
        CallTrigger.ANSWERED: CallState.TALKING,
        CallTrigger.LEFT: CallState.LEFT,
    },
    CallState.TALKING: {
        CallTrigger.TALK_ENDED: CallState.IN_HOUSE,
        CallTrigger.LEFT: CallState.LEFT,
    },
    CallState.LEFT: {},
}
"""In the ordinary course."""

CALL_RESYNC: Mapping[CallTrigger, CallState] = {
    CallTrigger.SEEN_IN_HOUSE: CallState.IN_HOUSE,
    CallTrigger.SEEN_WAITING: CallState.WAITING,
    CallTrigger.SEEN_RINGING: CallState.OFFERED,
    CallTrigger.SEEN_TALKING: CallState.TALKING,
}
"""From any state but ``left``, at a resynchronisation only."""

AGENT_TRANSITIONS: Mapping[AgentState, Mapping[AgentTrigger, AgentState]] = {
    AgentState.LOGGED_OUT: {
        AgentTrigger.LOGGED_IN: AgentState.PAUSED,
    },
    AgentState.AVAILABLE: {
        AgentTrigger.RESERVED: AgentState.RESERVED,
        AgentTrigger.PAUSED: AgentState.PAUSED,
        AgentTrigger.LOGGED_OUT: AgentState.LOGGED_OUT,
    },
    AgentState.RESERVED: {
        AgentTrigger.RELEASED: AgentState.AVAILABLE,
        AgentTrigger.ANSWERED: AgentState.ON_CALL,
        AgentTrigger.PAUSED: AgentState.PAUSED,
        AgentTrigger.LOGGED_OUT: AgentState.LOGGED_OUT,
    },
    AgentState.ON_CALL: {
        AgentTrigger.TALK_ENDED: AgentState.ACW,
    },
    AgentState.ACW: {
        AgentTrigger.READY: AgentState.AVAILABLE,
        AgentTrigger.WRAP_UP_ENDED: AgentState.AVAILABLE,
        AgentTrigger.PAUSED: AgentState.PAUSED,
        AgentTrigger.LOGGED_OUT: AgentState.LOGGED_OUT,
    },
    AgentState.PAUSED: {
        AgentTrigger.READY: AgentState.AVAILABLE,
        AgentTrigger.PAUSED: AgentState.PAUSED,
        AgentTrigger.LOGGED_OUT: AgentState.LOGGED_OUT,
    },
}
"""In the ordinary course."""

AGENT_RESYNC: Mapping[AgentTrigger, AgentState] = {
    AgentTrigger.SEEN_RINGING: AgentState.RESERVED,
    AgentTrigger.SEEN_TALKING: AgentState.ON_CALL,
}
"""From any state, at a resynchronisation only."""


class IllegalTransition(RuntimeError):
    """The engine asked for a transition that the tables do not have: our bug, never an outside event's."""


def next_call_state(state: CallState, trigger: CallTrigger) -> CallState:
    """The state after ``trigger``.

    Raises:
        IllegalTransition: the tables do not have it.
    """
    if (follows := CALL_TRANSITIONS[state].get(trigger)) is not None:
        return follows
    if state is not CallState.LEFT and trigger in CALL_RESYNC:
        return CALL_RESYNC[trigger]
    raise IllegalTransition(f"call in {state} cannot take {trigger}")


def next_agent_state(state: AgentState, trigger: AgentTrigger) -> AgentState:
    """The state after ``trigger``.

    Raises:
        IllegalTransition: the tables do not have it.
    """
    if (follows := AGENT_TRANSITIONS[state].get(trigger)) is not None:
        return follows
    if trigger in AGENT_RESYNC:
        return AGENT_RESYNC[trigger]
    raise IllegalTransition(f"agent in {state} cannot take {trigger}")
