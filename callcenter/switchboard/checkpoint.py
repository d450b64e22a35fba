"""What Asterisk cannot tell the switchboard after a crash: operators' seats, and which calls were open.

Written beside the journal every few seconds; the journal after it completes it. Losing it loses no call:
only operators would have to log in again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from acd.core.events import AgentSeat
from callcenter.kernel.errors import BadInput
from callcenter.kernel.ids import AgentId, CallId, agent_id, call_id


@dataclass(slots=True)
class Memory:
    """Seats and open calls as of journal record ``seq``."""

    seq: int = 0
    seats: dict[AgentId, AgentSeat] = field(default_factory=dict)
    open_calls: dict[CallId, None] = field(default_factory=dict)

    def learn(self, seq: int, kind: str, name: str, data: dict[str, Any]) -> None:
        """Take in one journal record that came after."""
        self.seq = seq
        if kind == "call":
            call = call_id(str(data.get("call", "")))
            if name in {"CallEnded", "CallLost"}:
                self.open_calls.pop(call, None)
            elif name == "CallStarted":
                self.open_calls[call] = None
        elif kind == "note" and name == "Seat":
            agent = agent_id(str(data.get("agent", "")))
            paused = data.get("paused")
            self.seats[agent] = AgentSeat(
                agent=agent, logged_in=data.get("logged_in") is True, paused=str(paused) if paused else None
            )


def load(path: Path) -> Memory:
    """The last checkpoint; an empty memory when there is none or it is damaged."""
    memory = Memory()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        memory.seq = int(found["seq"])
        memory.open_calls = dict.fromkeys(call_id(call) for call in found["open_calls"])
        for seat in found["seats"]:
            agent = agent_id(seat["agent"])
            memory.seats[agent] = AgentSeat(
                agent=agent, logged_in=bool(seat["logged_in"]), paused=seat["paused"]
            )
    except (OSError, ValueError, KeyError, TypeError, BadInput):
        return Memory()
    return memory


def save(path: Path, seq: int, seats: Iterable[AgentSeat], open_calls: Iterable[CallId]) -> None:
    """Write the checkpoint whole or not at all."""
    draft = path.with_suffix(".new")
    listed = [{"agent": seat.agent, "logged_in": seat.logged_in, "paused": seat.paused} for seat in seats]
    text = json.dumps({"seq": seq, "seats": listed, "open_calls": list(open_calls)})
    with draft.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    os.replace(draft, path)
