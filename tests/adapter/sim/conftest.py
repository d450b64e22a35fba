"""Shared parts of the simulator's tests: tools, clips, accounts and a scratch Asterisk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.kernel.errors import Unavailable
from sim.clips import Clip, fetch_clips
from sim.programs import find_program, var_dir
from sim.sipp_jobs import DeskAccount
from tests.adapter.sim_asterisk import ScratchAsterisk

ACCOUNTS = tuple(
    DeskAccount(number=str(number), sip_username=f"desk{number}", sip_secret=f"secret-of-{number}")
    for number in range(1010, 1014)
)


def _program(name: str) -> Path:
    try:
        return find_program(name, var_dir())
    except Unavailable:
        pytest.skip(f"{name} isn't installed: run asterisk-conf/install.py")


@pytest.fixture(scope="session")
def sipp() -> Path:
    return _program("sipp")


@pytest.fixture(scope="session")
def baresip() -> Path:
    return _program("baresip")


@pytest.fixture(scope="session")
def clips() -> list[Clip]:
    return fetch_clips(var_dir())


@pytest.fixture
def accounts() -> tuple[DeskAccount, ...]:
    return ACCOUNTS


@pytest.fixture
def asterisk(tmp_path: Path) -> Iterator[ScratchAsterisk]:
    _program("asterisk")
    with ScratchAsterisk(tmp_path, var_dir(), ACCOUNTS) as running:
        yield running
