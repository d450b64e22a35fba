"""Finds a half-open connection: one whose other end is gone without a word.

WHY ours: panoramisk sends pings and never looks for the answers, so a dead firewall entry or a frozen
Asterisk goes unseen until TCP gives up, a quarter of an hour later.
"""

from __future__ import annotations

import asyncio

from callcenter.asterisk import render
from callcenter.asterisk.limits import BridgeLimits, BridgeStats
from callcenter.asterisk.wire import Login
from callcenter.kernel.errors import Unavailable


async def watch(login: Login, limits: BridgeLimits, stats: BridgeStats) -> None:
    """Ping until a ping goes unanswered, then cut the connection."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(limits.ping_interval_s)
        asked_at = loop.time()
        try:
            await login.ask(render.ping(), as_list=False, deadline_s=limits.ping_s)
        except Unavailable as problem:
            if problem.code == "ami_down":
                return
            if login.heard_at > asked_at:
                continue  # it talks: the answer waits behind a burst of events
            stats.half_open += 1
            login.abort("half_open")
            return
