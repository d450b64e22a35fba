"""``python -m sim load`` as people run it: its exit code is the verdict."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from callcenter.kernel.errors import Unavailable
from sim.programs import find_program, var_dir
from sim.sipp_jobs import DeskAccount
from tests.adapter.sim_asterisk import ScratchAsterisk

pytestmark = pytest.mark.e2e

ACCOUNTS = [
    DeskAccount(number=f"1{n:03d}", sip_username=f"desk1{n:03d}", sip_secret=f"secret-{n}") for n in range(3)
]
BOOKS = """
import json, pathlib, sys
spool, lost, what = sys.argv[1], int(sys.argv[2]), sys.argv[3]
calls = sorted(path.name.removesuffix("-in.wav") for path in pathlib.Path(spool).glob("*-in.wav"))
if what == "tickets":
    calls = calls[lost:]
print(json.dumps([{"call": call, "outcome": "answered", "recording": call} for call in calls]))
"""
"""Stands in for ``callcenter calls --json`` and ``tickets --json``: the books of the scratch Asterisk."""


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("lost", "exit_code"), [(0, 0), (1, 1)])
def test_exit_code_is_the_verdict(lost: int, exit_code: int, tmp_path: Path) -> None:
    try:
        for name in ("sipp", "asterisk"):
            find_program(name, var_dir())
    except Unavailable as missing:
        pytest.skip(f"{missing}: run asterisk-conf/install.py")
    (tmp_path / "accounts.json").write_text(json.dumps([asdict(each) for each in ACCOUNTS]), encoding="utf-8")
    (tmp_path / "books.py").write_text(BOOKS, encoding="utf-8")
    with ScratchAsterisk(tmp_path, var_dir(), ACCOUNTS) as asterisk:
        books = f"{sys.executable} {tmp_path / 'books.py'} {asterisk.spool} {lost}"
        command = [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "sim",
            "load",
            "--json",
            "--calls",
            "3",
            "--desks",
            "3",
        ]
        command += [
            "--seconds",
            "1",
            "--dialled",
            "7000",
            "--then-keys",
            "",
            "--settle",
            "2",
            "--dispatch",
            "4",
        ]
        command += ["--accounts", str(tmp_path / "accounts.json"), "--asterisk", asterisk.address]
        done = subprocess.run(
            [*command, "--callcenter", books], capture_output=True, text=True, check=False, timeout=100
        )
    assert done.returncode == exit_code, done.stderr
    said = json.loads(done.stdout)
    assert said["agrees"] is (exit_code == 0)
    assert said["peak"] == 3
    assert "desks registered: 3" in done.stderr
