"""The numbers that bound the bridge, its counters, and how long it waits before it tries again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeLimits:
    """Every bound of the bridge. Times in seconds, sizes in bytes."""

    action_s: float = 2.0
    """Deadline of one action; a redirect takes milliseconds, so 2 s means that something is wrong."""
    resync_s: float = 5.0
    """Deadline of each list that a resync asks for; Asterisk lists 300 channels in well under 1 s."""
    connect_s: float = 3.0
    ping_interval_s: float = 5.0
    ping_s: float = 2.0
    """Together they bound how long a half-open connection can go unseen: 7 s."""
    queue: int = 20_000
    """Messages waiting to be handled: minutes of a full house, and about 10 MB."""
    message_bytes: int = 65_536
    slice_s: float = 0.005
    """Longest stretch of handling messages before the loop gets its turn; no reader may stall 10 ms."""
    retry_first_s: float = 0.1
    retry_most_s: float = 2.0
    """Asterisk away: callers are waiting, a refused connect costs nothing, so ask often."""
    rejected_first_s: float = 1.0
    rejected_most_s: float = 30.0
    """Wrong secret: it will not mend itself, and asking often fills logs and gets us banned."""
    settled_s: float = 5.0
    """A link that lived this long was a good one: the next retry starts from the first delay again."""


@dataclass(slots=True)
class BridgeStats:
    """Counters since the start; only ever grow."""

    events: int = 0
    malformed: int = 0
    ignored: int = 0
    links: int = 0
    reconnects: int = 0
    rejected_logins: int = 0
    half_open: int = 0
    overflow: int = 0
    oversize: int = 0
    action_timeouts: int = 0
    stray_replies: int = 0
    handler_errors: int = 0


@dataclass(slots=True)
class Backoff:
    """Delays that double from ``first_s`` to ``most_s``, each shortened at random by up to half.

    The chance keeps several switchboards from knocking at one Asterisk in step.
    """

    first_s: float
    most_s: float
    chance: Callable[[], float] = random.random
    _tries: int = field(default=0, init=False)

    def next_s(self) -> float:
        """How long to wait now, in seconds."""
        whole = min(self.most_s, self.first_s * 2.0 ** min(self._tries, 32))
        self._tries += 1
        return whole * (0.5 + 0.5 * self.chance())

    def reset(self) -> None:
        """It went well: start small next time."""
        self._tries = 0
