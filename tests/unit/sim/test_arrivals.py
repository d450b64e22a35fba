"""The made-up city: reproducible, with the means that it promises."""

from __future__ import annotations

import statistics
from collections import Counter

import pytest

from callcenter.kernel.errors import BadInput
from sim.arrivals import ALIASES, MENU, Traffic, fictitious_caller, first

pytestmark = pytest.mark.unit

TRAFFIC = Traffic(calls_per_s=0.5, talk_mean_s=180, patience_mean_s=120)


def test_same_seed_same_city() -> None:
    assert first(TRAFFIC, seed=1, count=200) == first(TRAFFIC, seed=1, count=200)
    assert first(TRAFFIC, seed=1, count=200) != first(TRAFFIC, seed=2, count=200)


def test_means_are_kept() -> None:
    calls = first(TRAFFIC, seed=7, count=20_000)
    assert calls[-1].at_s / len(calls) == pytest.approx(2.0, rel=0.05)
    assert statistics.fmean(call.talk_s for call in calls) == pytest.approx(180, rel=0.05)
    assert statistics.fmean(call.patience_s for call in calls) == pytest.approx(120, rel=0.05)
    assert statistics.median(call.talk_s for call in calls) < 140, "lognormal: the median is below the mean"


def test_shares_are_kept() -> None:
    calls = first(TRAFFIC, seed=7, count=20_000)
    keys = Counter(call.key for call in calls)
    aliases = Counter(call.dialled for call in calls)
    assert {key: count / len(calls) for key, count in keys.items()} == pytest.approx(dict(MENU), abs=0.02)
    assert {key: count / len(calls) for key, count in aliases.items()} == pytest.approx(
        dict(ALIASES), abs=0.02
    )


def test_times_rise() -> None:
    times = [call.at_s for call in first(TRAFFIC, seed=3, count=500)]
    assert times == sorted(times)


def test_callers_are_made_up() -> None:
    assert all(call.caller.startswith("0900000") for call in first(TRAFFIC, seed=3, count=500))
    assert fictitious_caller(1007) == "0900000007"


def test_impossible_traffic_is_refused() -> None:
    with pytest.raises(BadInput, match="traffic_out_of_range"):
        Traffic(calls_per_s=0)
