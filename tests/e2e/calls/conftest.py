"""One call centre for all tests here that need nothing special; its books are checked at the end."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.sipp_jobs import DeskAccount
from tests.helpers.books import faults
from tests.helpers.callcentre import CallCentre, call_centre, until
from tests.helpers.phones import Phones, set_up

DESKS = 30


@pytest.fixture(scope="package")
def house() -> Iterator[tuple[CallCentre, list[DeskAccount]]]:
    """A running call centre without a speech model, with desks that ring for 4 s.

    Its folder is one that everybody may read, which pytest's are not: so Asterisk can be an ordinary user.
    """
    with (
        tempfile.TemporaryDirectory(prefix="callcenter-") as folder,
        call_centre(Path(folder), speech=False, qualify_s=2) as centre,
    ):
        set_up(centre)
        accounts = centre.add_desks(DESKS)
        until(lambda: len(centre.state()["desks"]) == DESKS, 10, why="the switchboard knows the desks")
        yield centre, accounts
        assert faults(centre) == []
        assert complaints(centre) == []


def complaints(centre: CallCentre) -> list[str]:
    """What Asterisk's log says of errors, of applications it lacks, of functions it doesn't know."""
    log = (centre.var / "asterisk/log/messages").read_text(errors="replace")
    return [line for line in log.splitlines() if re.search(r"ERROR\[|No application|not registered", line)]


@pytest.fixture
def phones(house: tuple[CallCentre, list[DeskAccount]]) -> Iterator[Phones]:
    """Telephones that are hung up after the test."""
    telephones = Phones(*house)
    yield telephones
    telephones.close()
