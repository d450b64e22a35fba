"""One call centre for all tests here that need nothing special; its books are checked at the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sim.sipp_jobs import DeskAccount
from tests.helpers.books import faults
from tests.helpers.callcentre import CallCentre, call_centre
from tests.helpers.phones import Phones, set_up

DESKS = 30


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CallCentre, list[DeskAccount]]]:
    """A running call centre without a speech model, with desks that ring for 4 s."""
    with call_centre(tmp_path_factory.mktemp("house"), speech=False, qualify_s=2) as centre:
        set_up(centre)
        yield centre, centre.add_desks(DESKS)
        assert faults(centre) == []


@pytest.fixture
def phones(house: tuple[CallCentre, list[DeskAccount]]) -> Iterator[Phones]:
    """Telephones that are hung up after the test."""
    telephones = Phones(*house)
    yield telephones
    telephones.close()
