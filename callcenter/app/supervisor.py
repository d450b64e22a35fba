"""Runs the processes of the embedded call centre: starts them, restarts one that dies, stops them cleanly.

Hides no failure: each death is said, with its exit code, and each restart.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from callcenter.app.children import die_with_parent

STOP_DEADLINE_S = 15.0
STEADY_S = 20.0
"""A process that lived this long starts its back-off anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One process to keep alive."""

    name: str
    command: Sequence[str]
    log: Path


class Supervisor:
    """Keeps ``roles`` alive until stopped; stops them in reverse order."""

    def __init__(
        self,
        roles: Sequence[Role],
        *,
        say: Callable[[str, dict[str, object]], None],
        first_backoff_s: float = 0.3,
    ) -> None:
        self._roles = roles
        self._say = say
        self._first_backoff_s = first_backoff_s
        self._stopping = asyncio.Event()
        self._processes: dict[str, asyncio.subprocess.Process] = {}

    def stop(self) -> None:
        """Ask for the clean end; ``run`` returns when every process has ended."""
        self._stopping.set()

    def pid(self, role: str) -> int | None:
        """The process id of a role that runs now."""
        process = self._processes.get(role)
        return process.pid if process and process.returncode is None else None

    async def run(self) -> None:
        """Start every role and keep it alive until ``stop``."""
        keepers = [asyncio.create_task(self._keep(role)) for role in self._roles]
        await self._stopping.wait()
        for role in reversed(self._roles):
            await self._end(role)
        await asyncio.gather(*keepers)

    async def _keep(self, role: Role) -> None:
        backoff_s = self._first_backoff_s
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            started = loop.time()
            process = await self._start(role)
            code = await process.wait()
            if self._stopping.is_set():
                return
            lived_s = loop.time() - started
            backoff_s = self._first_backoff_s if lived_s > STEADY_S else min(backoff_s * 2, 10.0)
            self._say("supervisor.died", {"role": role.name, "code": code, "backoff_s": round(backoff_s, 1)})
            await self._pause(backoff_s)

    async def _start(self, role: Role) -> asyncio.subprocess.Process:
        with role.log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                *role.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                preexec_fn=die_with_parent,
            )
        self._processes[role.name] = process
        self._say("supervisor.started", {"role": role.name, "pid": process.pid})
        return process

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass

    async def _end(self, role: Role) -> None:
        process = self._processes.get(role.name)
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(STOP_DEADLINE_S):
                await process.wait()
        except TimeoutError:
            self._say("supervisor.killed", {"role": role.name})
            process.kill()
            await process.wait()


def role(name: str, logs: Path) -> Role:
    """One of the call centre's own processes."""
    command = (sys.executable, "-m", "callcenter.app.cli", name, "--supervised")
    return Role(name=name, command=command, log=logs / f"{name}.log")


def stop_on_signals(supervisor: Supervisor) -> None:
    """SIGTERM and Ctrl-C end the call centre cleanly."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.stop)
