"""Events a second through the engine with 100 desks, while 1,000 and 10,000 callers wait, and the ratio.

``python bench/engine_speed.py [SECONDS]``. One cycle is a whole call's life seen by the engine: an arrival, a
join, one caller giving up somewhere in line, a ring, an answer, the end, and the operator ready again.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from itertools import count

from acd.core.commands import OfferCall
from acd.core.config import AgentSettings, Configuration, QueueSettings
from acd.core.engine import Engine
from acd.core.events import (
    AgentLoggedIn,
    AgentReady,
    CallArrived,
    CallerJoined,
    CallLeft,
    DeviceSeen,
    Event,
    OfferAnswered,
    OfferRinging,
    Resynchronised,
    TalkEnded,
)
from acd.core.states import CallState
from callcenter.kernel.ids import AgentId, CallId, QueueName

DESKS = 100
QUEUES = tuple(QueueName(name) for name in ("general", "urgent", "permits", "english"))


def configuration() -> Configuration:
    """100 desks in ten different sets of skills over four queues."""
    return Configuration(
        queues=tuple(
            QueueSettings(name=name, priority_minutes=2.0 * n, max_wait_s=86_400.0, wrap_up_s=30.0)
            for n, name in enumerate(QUEUES)
        ),
        agents=tuple(
            AgentSettings(
                agent=AgentId(str(1000 + n)),
                queues=frozenset(QUEUES[: n % 4 + 1]),
                languages=frozenset({"vi", "en"} if n % 5 == 0 else {"vi"}),
            )
            for n in range(DESKS)
        ),
        max_calls=1_000_000,
    )


class Bench:
    """One engine and the world that answers it."""

    def __init__(self, waiting: int) -> None:
        self.engine = Engine(configuration())
        self.now = 0.0
        self.events = 0
        self.spent_s = 0.0
        self.numbers = count()
        self.line: deque[CallId] = deque()
        self.talking: deque[tuple[CallId, AgentId]] = deque()
        phones = tuple(
            DeviceSeen(agent=AgentId(str(1000 + n)), reachable=True, in_use=False) for n in range(DESKS)
        )
        self.feed(Resynchronised(calls=(), devices=phones))
        for n in range(DESKS):
            self.feed(AgentLoggedIn(agent=AgentId(str(1000 + n))))
            self.feed(AgentReady(agent=AgentId(str(1000 + n))))
        for _ in range(waiting + DESKS):
            self.join()

    def feed(self, event: Event) -> None:
        """Hand over one event, timed alone, and let the world answer."""
        self.now += 0.01
        began = time.perf_counter()
        commands = self.engine.handle(event, self.now)
        self.spent_s += time.perf_counter() - began
        self.events += 1
        for command in commands:
            if isinstance(command, OfferCall):
                self.talking.append((command.call, command.agent))
                self.feed(OfferRinging(offer=command.offer))
                self.feed(OfferAnswered(offer=command.offer))

    def join(self) -> None:
        """A caller comes and waits."""
        n = next(self.numbers)
        call = CallId(f"node1-1.{n}")
        self.feed(CallArrived(call=call))
        language = "en" if n % 10 == 0 else "vi"
        self.feed(
            CallerJoined(call=call, queue=QUEUES[n % 4], language=language, priority_minutes=float(n % 3))
        )
        self.line.append(call)

    def somebody_waiting(self) -> CallId:
        """A caller from the middle of the line, who has not been served meanwhile."""
        self.line.rotate(-len(self.line) // 2)
        while True:
            call = self.line.popleft()
            if (seen := self.engine.house.calls.get(call)) and seen.state is CallState.WAITING:
                return call

    def cycle(self) -> None:
        """One call ends, its operator asks for the next; two callers come, one in line gives up."""
        self.join()
        self.join()
        self.feed(CallLeft(call=self.somebody_waiting()))
        call, agent = self.talking.popleft()
        self.feed(TalkEnded(call=call))
        self.feed(CallLeft(call=call))
        self.feed(AgentReady(agent=agent))


def measure(waiting: int, seconds: float) -> float:
    """Events a second, the set-up not counted."""
    bench = Bench(waiting)
    bench.events, bench.spent_s = 0, 0.0
    while bench.spent_s < seconds:
        for _ in range(100):
            bench.cycle()
    return bench.events / bench.spent_s


def main() -> None:
    """Print both figures and their ratio."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    small, large = measure(1_000, seconds), measure(10_000, seconds)
    print(f"desks {DESKS}, waiting  1,000: {small:>9,.0f} events/s")
    print(f"desks {DESKS}, waiting 10,000: {large:>9,.0f} events/s")
    print(f"10,000 against 1,000 waiting: {large / small:.2f}")


if __name__ == "__main__":
    main()
