"""The supervisor with real processes: restarts what dies, stops what runs, leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from callcenter.app.supervisor import Role, Supervisor

pytestmark = pytest.mark.adapter

SLEEPER = (sys.executable, "-c", "import time; time.sleep(600)")


async def until(condition: Callable[[], object]) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("not within ten seconds")


async def test_a_role_that_dies_is_said_and_started_again(tmp_path: Path) -> None:
    said: list[tuple[str, dict[str, object]]] = []
    role = Role(name="sleeper", command=SLEEPER, log=tmp_path / "log")
    supervisor = Supervisor([role], say=lambda key, fields: said.append((key, fields)), first_backoff_s=0.05)
    running = asyncio.create_task(supervisor.run())
    await until(lambda: supervisor.pid("sleeper"))
    first = supervisor.pid("sleeper")
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await until(lambda: supervisor.pid("sleeper") not in {None, first})
    assert ("supervisor.died", {"role": "sleeper", "code": -9, "backoff_s": 0.1}) in said
    second = supervisor.pid("sleeper")
    supervisor.stop()
    await running
    assert second is not None
    assert not psutil.pid_exists(second)


async def test_all_roles_end_with_the_supervisor_in_reverse_order(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import signal, sys, time
        def end(*_):
            with open(sys.argv[1], "a") as out:
                out.write(sys.argv[2])
            sys.exit(0)
        signal.signal(signal.SIGTERM, end)
        with open(sys.argv[1] + sys.argv[2], "w"):
            pass
        time.sleep(600)
    """)
    order = tmp_path / "order"
    roles = [
        Role(name=name, command=(sys.executable, "-c", script, str(order), name), log=tmp_path / name)
        for name in ("a", "b", "c")
    ]
    supervisor = Supervisor(roles, say=lambda _key, _fields: None)
    running = asyncio.create_task(supervisor.run())
    await until(lambda: all(Path(f"{order}{name}").exists() for name in "abc"))
    supervisor.stop()
    await running
    assert order.read_text() == "cba"


def test_children_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        import asyncio, sys
        from pathlib import Path
        from callcenter.app.supervisor import Role, Supervisor
        role = Role(name="sleeper", command={SLEEPER!r}, log=Path({str(tmp_path / "log")!r}))
        supervisor = Supervisor([role], say=lambda key, fields: print(fields.get("pid"), flush=True))
        asyncio.run(supervisor.run())
    """)
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait(10)
    parent.stdout.close()
    child.wait(10)
    assert not child.is_running()
