"""A running house is its owner's alone, and a call goes its whole way all the same."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.books import faults
from tests.helpers.callcentre import call_centre, until
from tests.helpers.phones import Phones

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

OUTSIDE = {"up.log", "operators.csv"}
"""Written by the test's own hand."""


def open_to_others(var: Path) -> list[str]:
    """Files, pipes and folders that somebody else could read."""
    found = []
    for path in var.rglob("*"):
        try:
            mode = stat.S_IMODE(path.lstat().st_mode)
        except FileNotFoundError:
            continue
        if mode & 0o066 and not path.is_symlink() and path.name not in OUTSIDE:
            found.append(f"{mode:o} {path.relative_to(var)}")
    return found


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody can reach, as pytest's own is not."""
    with tempfile.TemporaryDirectory(prefix="callcenter-house-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_nobody_else_can_read_what_a_call_leaves(place: Path) -> None:
    with call_centre(place, speech=False, qualify_s=2) as centre:
        accounts = centre.add_desks(1)
        until(lambda: centre.state()["desks"], 10, why="the desk is known")
        phones = Phones(centre, accounts)
        try:
            phones.operator()
            citizen = phones.citizen(leave_s=12.0)
            phones.until_fact(phones.live(citizen), "RecordingStarted")
            legs = centre.var / "spool" / "legs"
            until(lambda: list(legs.iterdir()), 5, why="Asterisk may write the legs")
            assert open_to_others(centre.var) == []
            assert {"jobs.sqlite3", "callcenter.sqlite3-wal", "log"} <= {p.name for p in centre.var.iterdir()}
            if os.geteuid() == 0:
                assert centre.role("asterisk").username() == "nobody"
            row = phones.booked(citizen)
            assert row["outcome"] == "answered"
            assert citizen.wait(20).heard.strip(b"\xff\x7f"), "Asterisk may read the prompts"
        finally:
            phones.close()
        until(lambda: not faults(centre), 30, why="the recording is kept and its legs are gone")
        assert open_to_others(centre.var) == []
