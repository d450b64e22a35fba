"""Rules for every test: each module says which tier it belongs to."""

from __future__ import annotations

import pytest

TIERS = {"unit", "property", "contract", "adapter", "api", "e2e"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test of no tier, or of two."""
    for item in items:
        tiers = {mark.name for mark in item.iter_markers()} & TIERS
        if len(tiers) != 1:
            raise pytest.UsageError(
                f"{item.nodeid} needs exactly one tier marker, has {sorted(tiers) or 'none'}"
            )
        if "e2e" in tiers and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(300))
