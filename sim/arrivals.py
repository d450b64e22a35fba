"""Who calls when, for how long and how patiently. Pure: a seed gives the same city again, on both sides.

Calls arrive as a Poisson process, talk is lognormal and patience exponential, which is what call centres
measure (Brown et al., "Statistical analysis of a telephone call center", JASA 2005).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

from callcenter.kernel.errors import BadInput

ALIASES = MappingProxyType({"1022": 0.8, "0888247247": 0.15, "02363881022": 0.05})
"""Numbers that the city publishes for the one hotline, and the share of calls that each gets."""

MENU = MappingProxyType({"1": 0.55, "0": 0.25, "2": 0.12, "3": 0.05, "4": 0.03})
"""Key of the main menu and its share: 1 report, 2 procedures, 3 state by code, 4 disaster, 0 operator."""

FICTITIOUS_PREFIX = "0900000"
"""Callers are 0900000000 to 0900000999, a block kept for made-up people; no real subscriber is imitated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What a stretch of traffic is like.

    Raises:
        BadInput: a rate or a mean isn't positive.
    """

    calls_per_s: float
    talk_mean_s: float = 180.0
    talk_sigma: float = 0.8
    """Spread of the logarithm of talk; 0.8 is typical of service calls."""
    patience_mean_s: float = 120.0
    menu: tuple[tuple[str, float], ...] = tuple(MENU.items())
    aliases: tuple[tuple[str, float], ...] = tuple(ALIASES.items())
    decline_recording: float = 0.03
    """Share of citizens who press 9 at the recording notice."""

    def __post_init__(self) -> None:
        if min(self.calls_per_s, self.talk_mean_s, self.patience_mean_s) <= 0 or self.talk_sigma < 0:
            raise BadInput("traffic_out_of_range")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One citizen's call, decided before it is made."""

    number: int
    at_s: float
    """Seconds after the start."""
    caller: str
    dialled: str
    key: str
    declines_recording: bool
    talk_s: float
    patience_s: float


def fictitious_caller(number: int) -> str:
    """The made-up telephone number of the ``number``-th citizen; repeats after a thousand."""
    return f"{FICTITIOUS_PREFIX}{number % 1000:03d}"


def lognormal_s(rng: Random, mean_s: float, sigma: float) -> float:
    """A lognormal duration whose mean (not median) is ``mean_s``."""
    return rng.lognormvariate(math.log(mean_s) - sigma * sigma / 2, sigma)


def arrivals(traffic: Traffic, *, seed: int) -> Iterator[Arrival]:
    """The endless stream of calls that ``seed`` decides, in order of time."""
    rng = Random(seed)
    keys, key_weights = zip(*traffic.menu, strict=True)
    aliases, alias_weights = zip(*traffic.aliases, strict=True)
    at_s = 0.0
    number = 0
    while True:
        at_s += rng.expovariate(traffic.calls_per_s)
        yield Arrival(
            number=number,
            at_s=at_s,
            caller=fictitious_caller(rng.randrange(1000)),
            dialled=rng.choices(aliases, alias_weights)[0],
            key=rng.choices(keys, key_weights)[0],
            declines_recording=rng.random() < traffic.decline_recording,
            talk_s=lognormal_s(rng, traffic.talk_mean_s, traffic.talk_sigma),
            patience_s=rng.expovariate(1 / traffic.patience_mean_s),
        )
        number += 1


def first(traffic: Traffic, *, seed: int, count: int) -> list[Arrival]:
    """The first ``count`` calls of the stream."""
    stream = arrivals(traffic, seed=seed)
    return [next(stream) for _ in range(count)]
