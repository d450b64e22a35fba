"""What the engine must know of the city: queues, agents and limits, as one validated snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.kernel.errors import BadInput
from callcenter.kernel.ids import AgentId, QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """One queue."""

    name: QueueName
    ring_timeout_s: float = 15.0
    """How long a desk rings before it counts as RONA."""
    wrap_up_s: float = 10.0
    """After-call work granted after each call; the operator may end it early."""
    max_wait_s: float | None = None
    """Longest wait before overflow; ``None`` waits for ever."""
    max_waiting: int | None = None
    """Most callers waiting at once in this queue; ``None`` for only ``max_calls``."""
    overflow_when_empty: bool = False
    """Overflow at once when no operator of this queue is logged in."""
    priority_minutes: float = 0.0
    """Granted to each caller of this queue on top of the caller's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    """One operator: which queues they serve."""

    agent: AgentId
    queues: frozenset[QueueName]
    languages: frozenset[str] = frozenset({"vi"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The snapshot. Validated on construction, so that the engine never meets a broken one.

    Raises:
        BadInput: two queues or agents of one name, an agent of an unknown queue, or a limit out of range.
    """

    queues: tuple[QueueSettings, ...]
    agents: tuple[AgentSettings, ...]
    max_calls: int = 90
    """Calls in the house at once, IVR included (S0-29)."""
    offer_deadline_s: float = 2.0
    """How long Asterisk may take to confirm that the caller landed in the offer."""

    def __post_init__(self) -> None:
        names = [queue.name for queue in self.queues]
        if not names:
            raise BadInput("configuration_without_queue")
        if len(set(names)) != len(names):
            raise BadInput("queue_twice", names=sorted({n for n in names if names.count(n) > 1}))
        agents = [agent.agent for agent in self.agents]
        if len(set(agents)) != len(agents):
            raise BadInput("agent_twice", agents=sorted({a for a in agents if agents.count(a) > 1}))
        for agent in self.agents:
            if unknown := sorted(agent.queues - set(names)):
                raise BadInput("agent_of_unknown_queue", agent=agent.agent, queues=unknown)
        for queue in self.queues:
            if queue.ring_timeout_s <= 0 or queue.wrap_up_s < 0 or queue.priority_minutes < 0:
                raise BadInput("queue_out_of_range", queue=queue.name)
            if queue.max_wait_s is not None and queue.max_wait_s <= 0:
                raise BadInput("queue_out_of_range", queue=queue.name)
        if self.max_calls < 1 or self.offer_deadline_s <= 0:
            raise BadInput("limit_out_of_range", max_calls=self.max_calls)
