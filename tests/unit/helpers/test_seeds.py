"""The marks of tests name demands that exist."""

from __future__ import annotations

import pytest

from tests.helpers.seeds import demands, proofs

pytestmark = pytest.mark.unit


def test_every_mark_names_a_demand() -> None:
    assert set(proofs()) <= set(demands())


def test_every_document_is_there() -> None:
    assert {number[:2] for number in demands()} == {"S0", "S1", "S2", "S3", "S4"}
