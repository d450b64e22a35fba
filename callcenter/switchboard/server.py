"""Runs the switchboard process: the service, the FastAGI server, the loopback API, until a signal."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
import uvicorn

from callcenter.kernel.clock import Clock
from callcenter.switchboard.api import build_api
from callcenter.switchboard.reception import LookUpState, Reception
from callcenter.switchboard.service import Switchboard, SwitchboardConfig
from ivr.fastagi import FastAgiServer
from ivr.loader import FLOWS, load_flow
from ivr.prompts.manifest import load_manifest
from ivr.runner import IvrRunner

log = structlog.get_logger()


class _Server(uvicorn.Server):
    """Leaves the signals to us: the order in which the parts end is ours."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    config: SwitchboardConfig,
    *,
    agi_port: int,
    api_port: int,
    token: str,
    prompts: Path,
    look_up: LookUpState,
    clock: Clock,
) -> None:
    """Serve until SIGTERM or SIGINT. Calls in progress go on without us."""
    manifest = load_manifest()
    names = frozenset(manifest.names())
    flow = load_flow(FLOWS / "main.toml", names)
    versions = {name: str(manifest.version(name)) for name in names}
    switchboard = Switchboard(config, clock)
    reception = Reception(switchboard, flow, versions, look_up)
    fastagi = FastAgiServer("127.0.0.1", agi_port, {"ivr": IvrRunner(reception, prompts)})
    api = _Server(
        uvicorn.Config(
            build_api(switchboard, token),
            host="127.0.0.1",
            port=api_port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await fastagi.start()
    await switchboard.start()
    serving = asyncio.create_task(api.serve())
    await asyncio.wait({serving, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
    log.info("switchboard ends")
    await fastagi.close()
    api.should_exit = True
    await serving
    await switchboard.close()
