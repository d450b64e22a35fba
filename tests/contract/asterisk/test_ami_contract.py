"""What the bridge relies on, held against the fake AMI and a real Asterisk alike.

The real one runs from a folder of its own with only the modules that this needs, without SIP.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callcenter.app.clock import SystemClock
from callcenter.asterisk import process, render
from callcenter.asterisk.bridge import AmiEndpoint, Bridge
from callcenter.asterisk.messages import UserEvent
from callcenter.kernel.errors import Unavailable
from sim.fake_ami import FakeAmi
from tests.adapter.asterisk_harness import USERS, Told, endpoint_of

pytestmark = pytest.mark.contract

_MODULES = """
pbx_config app_userevent app_dial app_mixmonitor app_stack func_callerid func_channel func_strings
func_logic func_global format_wav codec_ulaw bridge_simple res_manager_devicestate
"""
_OWN_FOLDERS = """
astetcdir astvarlibdir astdbdir astkeydir astagidir astspooldir astrundir astlogdir
"""
_TOOLS = Path(os.environ.get("CALLCENTER_VAR", "var")).resolve() / "tools"

_MANAGER = f"""
[general]
enabled=yes
port={{port}}
bindaddr=127.0.0.1
timestampevents=yes
[events]
secret={USERS["events"]}
read=system,call,user
write=
writetimeout=5000
[actions]
secret={USERS["actions"]}
read=
write=call,originate
writetimeout=5000
"""

_DIALPLAN = """
[hold]
exten => s,1,Set(__CC_CALL=${UNIQUEID})
 same => n,Answer()
 same => n,UserEvent(cc-park,Call: ${CC_CALL},Channel: ${CHANNEL},Queue: general,Priority: 3,Language: vi)
 same => n,Wait(60)
[offer]
exten => s,1,UserEvent(cc-offer,Call: ${CC_CALL},Offer: ${CC_CALL}#1,Agent: 1010)
 same => n,Wait(60)
[far]
exten => s,1,Answer()
 same => n,Wait(60)
"""


@asynccontextmanager
async def real_asterisk(folder: Path) -> AsyncIterator[AmiEndpoint]:
    try:
        asterisk = process.find(_TOOLS)
    except Unavailable as missing:
        pytest.skip(str(missing))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    directories = [f"{name} => {folder}" for name in _OWN_FOLDERS.split()]
    directories += [f"astmoddir => {asterisk.modules}", f"astdatadir => {asterisk.data}"]
    files = {
        "asterisk.conf": "[directories]\n" + "\n".join(directories) + "\n[options]\nsystemname = node1\n",
        "modules.conf": "[modules]\nautoload=no\n"
        + "\n".join(f"load={name}.so" for name in _MODULES.split()),
        "manager.conf": _MANAGER.format(port=port),
        "extensions.conf": _DIALPLAN,
        "logger.conf": "",
    }
    for name, text in files.items():
        (folder / name).write_text(text + "\n", encoding="utf-8")
    with (folder / "output.txt").open("wb") as output:
        running = await asyncio.create_subprocess_exec(
            asterisk.program,
            "-C",
            str(folder / "asterisk.conf"),
            "-f",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield AmiEndpoint(
            host="127.0.0.1",
            port=port,
            events_user="events",
            events_secret=USERS["events"],
            actions_user="actions",
            actions_secret=USERS["actions"],
        )
    finally:
        running.terminate()
        await running.wait()


@asynccontextmanager
async def fake_asterisk() -> AsyncIterator[AmiEndpoint]:
    async with FakeAmi(USERS) as ami:
        yield endpoint_of(ami)


@asynccontextmanager
async def either(which: str, folder: Path) -> AsyncIterator[tuple[Bridge, Told, AmiEndpoint]]:
    told = Told()
    async with real_asterisk(folder) if which == "real" else fake_asterisk() as endpoint:
        bridge = Bridge(
            endpoint,
            on_event=told.on_event,
            on_resync=told.on_resync,
            on_link_lost=told.on_link_lost,
            variables=("CC_CALL", "CC_QUEUE"),
            clock=SystemClock(),
        )
        await bridge.start()
        try:
            await told.until(lambda: bool(told.resyncs), seconds=30)
            yield bridge, told, endpoint
        finally:
            await bridge.close()


@pytest.mark.parametrize("which", ["fake", "real"])
async def test_link_answers_and_refusals(which: str, tmp_path: Path) -> None:
    async with either(which, tmp_path) as (bridge, told, endpoint):
        (resync,) = told.resyncs
        assert resync.channels == ()
        assert not resync.link.restarted

        nobody = await bridge.send(render.redirect("PJSIP/nobody-1", "offer"))
        assert (nobody.ok, nobody.message) == (False, "Channel does not exist: PJSIP/nobody-1")
        assert (await bridge.send(render.hangup("PJSIP/nobody-1"))).message == "No such channel"
        assert not (await bridge.send(render.mixmonitor_mute("PJSIP/nobody-1", "both", True))).ok
        assert (await bridge.send(render.setvar(None, "CC_BEAT", "17"))).message == "Variable Set"
        assert (await bridge.send(render.getvar(None, "CC_BEAT"))).headers["value"] == "17"
        assert (await bridge.send(render.getvar(None, "CC_NOTHING"))).headers["value"] == ""
        assert (await bridge.send(render.ping())).headers["ping"] == "Pong"
        assert await bridge.send_list(render.status(variables=["CC_CALL"])) == []
        assert await bridge.send_list(render.device_state_list()) == []
        unknown = await bridge.send({"Action": "Foo"})
        assert not unknown.ok
        assert unknown.message.startswith("Invalid/unknown command: Foo")
        queued = await bridge.send(render.originate("Local/s@nowhere", "hold"))
        assert (queued.ok, queued.message) == (True, "Originate successfully queued")
        assert told.losses == 0

        wrong = AmiEndpoint(
            host=endpoint.host,
            port=endpoint.port,
            events_user="events",
            events_secret="wrong",
            actions_user="actions",
            actions_secret="wrong",
        )
        stranger = Bridge(
            wrong,
            on_event=print,
            on_resync=print,
            on_link_lost=lambda: None,
            variables=(),
            clock=SystemClock(),
        )
        await stranger.start()
        async with asyncio.timeout(10):
            while not stranger.stats.rejected_logins:  # noqa: ASYNC110 - nobody tells of a rejection
                await asyncio.sleep(0.01)
        await stranger.close()


async def test_a_call_through_the_real_one(tmp_path: Path) -> None:
    """Park, redirect, mute, resync with variables, hang up: with the least permissions that we ask for."""
    async with either("real", tmp_path) as (bridge, told, endpoint):
        assert (await bridge.send(render.originate("Local/s@hold/n", "far"))).ok
        await told.until(lambda: "park" in told.order)
        parked = next(event for event in told.events if isinstance(event, UserEvent))
        channel = parked.fields["channel"]
        assert parked.fields["priority"] == "3"
        assert parked.fields["language"] == "vi"
        assert parked.at is not None

        second = Told()
        other = Bridge(
            endpoint,
            on_event=second.on_event,
            on_resync=second.on_resync,
            on_link_lost=second.on_link_lost,
            variables=("CC_CALL", "CC_QUEUE"),
            clock=SystemClock(),
        )
        await other.start()
        await second.until(lambda: bool(second.resyncs))
        await other.close()
        (seen,) = (each for each in second.resyncs[0].channels if each.channel == channel)
        assert seen.variables == {"CC_CALL": parked.fields["call"]}
        assert (seen.context, seen.application, seen.state) == ("hold", "Wait", "Up")

        assert (await bridge.send(render.redirect(channel, "offer"))).ok
        await told.until(lambda: "offer" in told.order)
        assert (await bridge.send(render.hangup(channel, 17))).ok
        await told.until(lambda: "Hangup" in told.order)
        assert bridge.stats.malformed == 0
        assert told.losses == 0
