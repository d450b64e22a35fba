"""The FastAGI server against a peer that speaks as Asterisk does, and against peers that misbehave."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from panoramisk.utils import parse_agi_result
from structlog.testing import capture_logs

from callcenter.kernel.errors import BadInput, Unavailable
from ivr.fastagi import AgiChannel, ChannelGone, FastAgiServer, Handler, Limits

pytestmark = pytest.mark.adapter

HEADERS = (
    "agi_network: yes\nagi_network_script: {script}\nagi_request: agi://127.0.0.1:4573/{script}\n"
    "agi_channel: PJSIP/trunk-00000001\nagi_uniqueid: hub-1700000000.1\nagi_callerid: 0905123456\n"
    "agi_calleridname: {name}\nagi_accountcode: \nagi_context: arrive\nagi_extension: 1022\n\n"
)
QUICK = Limits(headers_s=0.3, command_s=0.3, media_s=2.0, connections=3)


class Asterisk:
    """Our side of a connection: what Asterisk would say."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def say(self, text: str) -> None:
        self.writer.write(text.encode())

    async def heard(self) -> str:
        """The next command; "" when the server has closed."""
        async with asyncio.timeout(5):
            return (await self.reader.readline()).decode().rstrip("\n")

    async def closed(self) -> bool:
        """True once the server has closed, with nothing more to say."""
        with suppress(ConnectionError):
            return await self.heard() == ""
        return True


@asynccontextmanager
async def serving(handler: Handler, limits: Limits = QUICK) -> AsyncIterator[FastAgiServer]:
    server = FastAgiServer("127.0.0.1", 0, {"ivr": handler}, limits=limits)
    await server.start()
    try:
        yield server
    finally:
        await server.close()


@asynccontextmanager
async def connected(server: FastAgiServer) -> AsyncIterator[Asterisk]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield Asterisk(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def calling(server: FastAgiServer, script: str = "ivr", name: str = "Lan") -> AsyncIterator[Asterisk]:
    async with connected(server) as asterisk:
        asterisk.say(HEADERS.format(script=script, name=name))
        yield asterisk


class Script:
    """A handler that is an object, as the product's is; it keeps how its work came out."""

    def __init__(self, work: Callable[[AgiChannel], Awaitable[object]]) -> None:
        self._work = work
        self.outcome: asyncio.Future[object] = asyncio.get_running_loop().create_future()

    async def __call__(self, channel: AgiChannel) -> None:
        try:
            self.outcome.set_result(await self._work(channel))
        except BaseException as error:
            self.outcome.set_result(error)
            raise

    async def result(self) -> object:
        async with asyncio.timeout(5):
            return await self.outcome


async def answer(reply: str, work: Callable[[AgiChannel], Awaitable[object]]) -> tuple[str, object]:
    """The command that ``work`` sends, and what it makes of the reply."""
    script = Script(work)
    async with serving(script) as server, calling(server) as asterisk:
        command = await asterisk.heard()
        asterisk.say(reply)
        return command, await script.result()


# What a script can do


@pytest.mark.parametrize(
    ("work", "command", "reply", "given"),
    [
        (lambda c: c.stream_file("/p/m", "01*"), 'STREAM FILE "/p/m" "01*"', "200 result=49 endpos=9", "1"),
        (lambda c: c.stream_file("/p/menu", ""), 'STREAM FILE "/p/menu" ""', "200 result=0 endpos=9", ""),
        (lambda c: c.stream_file("/nhà/m", "*"), 'STREAM FILE "/nhà/m" "*"', "200 result=42 endpos=1", "*"),
        (lambda c: c.wait_for_digit(5000), "WAIT FOR DIGIT 5000", "200 result=35", "#"),
        (lambda c: c.wait_for_digit(0), "WAIT FOR DIGIT 0", "200 result=0", ""),
        (lambda c: c.get_variable("CC_CALL"), "GET VARIABLE CC_CALL", "200 result=1 (hub-1.1)", "hub-1.1"),
        (lambda c: c.get_variable("CC_CALL"), "GET VARIABLE CC_CALL", "200 result=0", None),
        (lambda c: c.get_variable("CC_CALL"), "GET VARIABLE CC_CALL", "200 result=1 ()", ""),
        (lambda c: c.set_variable("CC_KIND", "all"), 'SET VARIABLE CC_KIND "all"', "200 result=1", None),
        (lambda c: c.set_variable("CC_ROUTE", ""), 'SET VARIABLE CC_ROUTE ""', "200 result=1", None),
        (lambda c: c.hangup(), "HANGUP", "200 result=1", None),
    ],
)  # fmt: skip
async def test_commands_and_their_replies(
    work: Callable[[AgiChannel], Awaitable[object]], command: str, reply: str, given: object
) -> None:
    assert await answer(reply + "\n", work) == (command, given)


@pytest.mark.parametrize("value", ["hangup", "a) result=-1 (b", 'Nguyễn "Văn" Đức', "(x)", "200 result=-1"])
async def test_a_value_from_a_caller_is_only_a_value(value: str) -> None:
    reply = f"200 result=1 ({value})\n"
    assert (await answer(reply, lambda channel: channel.get_variable("CC_NAME")))[1] == value


async def test_panoramisk_takes_the_value_hangup_for_the_end_of_the_call() -> None:
    assert parse_agi_result("200 result=1 (hangup)")["error"] == "AGIResultHangup"


async def test_the_request_tells_of_the_call_whatever_the_caller_is_named() -> None:
    async def work(channel: AgiChannel) -> object:
        return dict(channel.request)

    script = Script(work)
    name = 'Trần "Đức": 1\\$ {x} agi_uniqueid: fake'
    async with serving(script) as server, calling(server, name=name) as asterisk:
        request = await script.result()
        assert await asterisk.closed()
    assert isinstance(request, dict)
    assert request["calleridname"] == name
    assert request["uniqueid"] == "hub-1700000000.1"
    assert (request["channel"], request["extension"], request["context"]) == (
        "PJSIP/trunk-00000001",
        "1022",
        "arrive",
    )
    assert request["accountcode"] == ""


async def test_bytes_that_are_no_utf8_do_not_break_the_headers() -> None:
    async def work(channel: AgiChannel) -> object:
        return channel.request["extension"]

    script = Script(work)
    async with serving(script) as server, connected(server) as asterisk:
        asterisk.writer.write(HEADERS.format(script="ivr", name="@").encode().replace(b"@", b"\xff\xfe"))
        assert await script.result() == "1022"


@pytest.mark.parametrize(
    "value", ["a\nb", "a\rb", 'a"b', "${EVIL}", "{x}", "$[1]", "a\\b", "Đức", "a;b", "x" * 1025]
)
async def test_a_value_outside_the_allow_list_is_never_sent(value: str) -> None:
    async def work(channel: AgiChannel) -> object:
        with pytest.raises(BadInput, match="agi_value_refused"):
            await channel.set_variable("CC_ROUTE", value)
        return await channel.get_variable("CC_NEXT")

    assert await answer("200 result=0\n", work) == ("GET VARIABLE CC_NEXT", None)


@pytest.mark.parametrize(
    "work",
    [
        lambda c: c.set_variable('A "', "1"),
        lambda c: c.get_variable("A B"),
        lambda c: c.get_variable("SHELL(reboot)"),
        lambda c: c.stream_file('/p/"x', ""),
        lambda c: c.stream_file("/p/x\nHANGUP", ""),
        lambda c: c.stream_file("menu", ""),
        lambda c: c.stream_file("/p/x", '1"'),
        lambda c: c.wait_for_digit(-1),
    ],
)
async def test_malformed_arguments_are_never_sent(work: Callable[[AgiChannel], Awaitable[object]]) -> None:
    script = Script(work)
    async with serving(script) as server, calling(server) as asterisk:
        assert isinstance(await script.result(), BadInput)
        assert await asterisk.closed()


async def test_a_missing_prompt_is_logged_by_its_name() -> None:
    reply = "200 result=-1 endpos=0\n"  # and Asterisk ends the script
    with capture_logs() as logs:
        outcome = (await answer(reply, lambda channel: channel.stream_file("/p/vi/none", "1")))[1]
    assert isinstance(outcome, ChannelGone)
    assert ("warning", "/p/vi/none") in [(line["log_level"], line.get("path")) for line in logs]


async def test_a_provisional_reply_is_passed_over() -> None:
    reply = "100 result=0 Trying...\n200 result=49\n"
    assert (await answer(reply, lambda channel: channel.wait_for_digit(10)))[1] == "1"


# How a call ends


@pytest.mark.parametrize(
    "reply",
    [
        "200 result=-1 endpos=80\n",
        "HANGUP\n",
        "HANGUP\n200 result=-1\n",
        "511 Command Not Permitted on a dead channel\n",
    ],
)
async def test_hang_up_in_the_middle_ends_the_script_cleanly(reply: str) -> None:
    script = Script(lambda channel: channel.stream_file("/p/vi/menu", "1"))
    with capture_logs() as logs:
        async with serving(script) as server, calling(server) as asterisk:
            await asterisk.heard()
            asterisk.say(reply)
            assert isinstance(await script.result(), ChannelGone)
            assert await asterisk.closed()
    assert [line["event"] for line in logs] == ["caller left the script"]


async def test_after_an_in_band_hangup_no_late_reply_is_taken_for_that_of_the_next_command() -> None:
    async def work(channel: AgiChannel) -> object:
        with suppress(ChannelGone):
            await channel.stream_file("/p/vi/menu", "1")
        return await channel.get_variable("CC_CALL")

    assert isinstance((await answer("HANGUP\n200 result=1 (late)\n", work))[1], ChannelGone)


async def test_the_end_of_the_connection_is_the_end_of_the_call() -> None:
    script = Script(lambda channel: channel.stream_file("/p/vi/menu", "1"))
    async with serving(script) as server, calling(server) as asterisk:
        await asterisk.heard()
        asterisk.writer.close()
        assert isinstance(await script.result(), ChannelGone)


async def test_a_reset_connection_is_the_end_of_the_call() -> None:
    script = Script(lambda channel: channel.wait_for_digit(100_000))
    async with serving(script) as server, calling(server) as asterisk:
        await asterisk.heard()
        asterisk.writer.transport.abort()
        assert isinstance(await script.result(), ChannelGone)


async def test_hanging_up_twice_is_once() -> None:
    async def work(channel: AgiChannel) -> object:
        await channel.hangup()
        await channel.hangup()
        with pytest.raises(ChannelGone):
            await channel.get_variable("CC_CALL")
        return "done"

    assert await answer("200 result=1\n", work) == ("HANGUP", "done")


# Deadlines and refusals


async def test_a_command_that_is_never_answered_ends_the_script() -> None:
    async def work(channel: AgiChannel) -> object:
        with pytest.raises(Unavailable, match="agi_timeout"):
            await channel.get_variable("CC_CALL")
        with pytest.raises(ChannelGone):  # its reply may still come
            await channel.get_variable("CC_ALIAS")
        return "done"

    assert (await answer("", work))[1] == "done"


async def test_media_may_take_longer_than_a_command() -> None:
    limits = Limits(command_s=0.05, media_s=5)
    script = Script(lambda channel: channel.stream_file("/p/vi/menu", ""))
    async with serving(script, limits) as server, calling(server) as asterisk:
        await asterisk.heard()
        await asyncio.sleep(0.2)  # a prompt that plays
        asterisk.say("200 result=0 endpos=1600\n")
        assert await script.result() == ""


async def test_waiting_for_a_key_may_take_its_time() -> None:
    limits = Limits(command_s=0.1)
    script = Script(lambda channel: channel.wait_for_digit(2000))
    async with serving(script, limits) as server, calling(server) as asterisk:
        await asterisk.heard()
        await asyncio.sleep(0.3)
        asterisk.say("200 result=0\n")
        assert await script.result() == ""


async def test_a_command_cut_short_by_its_caller_leaves_no_reply_behind() -> None:
    async def work(channel: AgiChannel) -> object:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                await channel.wait_for_digit(60_000)
        return await channel.get_variable("CC_CALL")

    assert isinstance((await answer("", work))[1], ChannelGone)


@pytest.mark.parametrize(
    "reply", ["510 Invalid or unknown command\n", "nonsense\n", "200 what\n", "x" * 20_000 + "\n"]
)
async def test_a_refused_command_is_an_error(reply: str) -> None:
    outcome = (await answer(reply, lambda channel: channel.get_variable("CC_CALL")))[1]
    assert isinstance(outcome, Unavailable)
    assert outcome.code == "agi_refused"


async def test_the_lines_of_a_usage_text_are_taken_for_no_reply() -> None:
    async def work(channel: AgiChannel) -> object:
        with pytest.raises(Unavailable, match="agi_refused"):
            await channel.get_variable("CC_CALL")
        return await channel.get_variable("CC_ALIAS")

    reply = "520-Invalid command syntax.  Usage follows:\nUsage: GET\n200 result=1 (no)\n520 End of usage.\n"
    assert isinstance((await answer(reply, work))[1], ChannelGone)


# Peers that misbehave, and scripts that fail


SPIN_GUARD = """
import asyncio, os, signal, sys
from panoramisk.fast_agi import Application
from ivr.fastagi import FastAgiServer

signal.signal(signal.SIGALRM, lambda *_: os._exit(7))  # runs even when the event loop spins

async def main():
    if sys.argv[1] == "panoramisk":
        application = Application(loop=asyncio.get_running_loop())
        server = await asyncio.start_server(application.handler, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
    else:
        ours = FastAgiServer("127.0.0.1", 0, {})
        await ours.start()
        port = ours.port
    signal.setitimer(signal.ITIMER_REAL, 2.0)
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    await asyncio.sleep(0.3)
    os._exit(0)

asyncio.run(main())
"""


@pytest.mark.parametrize(("whose", "code"), [("panoramisk", 7), ("ours", 0)])
def test_a_bare_connect_and_close_stops_panoramisk_and_not_us(whose: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SPIN_GUARD, whose], capture_output=True, timeout=30, check=False
    )
    assert done.returncode == code, done.stderr.decode()


async def test_others_are_served_while_peers_come_and_go() -> None:
    script = Script(lambda channel: channel.get_variable("CC_CALL"))
    async with serving(script) as server:
        for _ in range(20):
            async with connected(server):
                pass
        async with connected(server), calling(server) as asterisk:  # one that connects and says nothing
            await asterisk.heard()
            asterisk.say("200 result=1 (hub-1.1)\n")
            assert await script.result() == "hub-1.1"


async def test_a_silent_peer_is_closed_in_time() -> None:
    async with serving(_never) as server, connected(server) as asterisk:
        asterisk.say("agi_network: yes\n")
        assert await asterisk.closed()


async def test_endless_headers_are_refused() -> None:
    with capture_logs() as logs:
        async with serving(_never, Limits()) as server, connected(server) as asterisk:
            asterisk.say("agi_x: " + "y" * 17_000)
            assert await asterisk.closed()
    assert logs[0]["error"] == "LimitOverrunError"


async def test_headers_that_end_too_early() -> None:
    async with serving(_never) as server, connected(server) as asterisk:
        asterisk.say("agi_network: yes\n")
        asterisk.writer.write_eof()
        assert await asterisk.closed()


@pytest.mark.parametrize("script", ["other", "", "ivr/../x", "ivr?x=1"])
async def test_an_unknown_script_is_closed(script: str) -> None:
    with capture_logs() as logs:
        async with serving(_never) as server, calling(server, script=script) as asterisk:
            assert await asterisk.closed()
    assert [line["event"] for line in logs] == ["FastAGI script unknown"]


async def test_a_failing_script_closes_only_its_own_connection() -> None:
    async def work(channel: AgiChannel) -> None:
        if await channel.get_variable("CC_CALL") == "bad":
            raise RuntimeError("our fault")
        await channel.set_variable("IVR_OK", "1")

    with capture_logs() as logs:
        async with serving(work) as server, calling(server) as good, calling(server) as bad:
            await good.heard()
            await bad.heard()
            bad.say("200 result=1 (bad)\n")
            assert await bad.closed()
            good.say("200 result=1 (good)\n")
            assert await good.heard() == 'SET VARIABLE IVR_OK "1"'
            good.say("200 result=1\n")
            assert await good.closed()
    assert [(line["event"], line["log_level"]) for line in logs] == [("FastAGI script failed", "error")]


async def test_no_more_connections_than_the_limit() -> None:
    script = Script(lambda channel: channel.get_variable("CC_CALL"))
    async with (
        serving(script, Limits(headers_s=60, connections=2)) as server,
        calling(server) as first,
        connected(server),
    ):
        await first.heard()
        async with connected(server) as third:
            assert await third.closed()
        first.say("200 result=0\n")
        assert await first.closed()
        async with connected(server) as fourth:  # there is room again
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await fourth.reader.read()


async def test_closing_the_server_cancels_running_scripts() -> None:
    script = Script(lambda channel: channel.wait_for_digit(60_000))
    server = FastAgiServer("127.0.0.1", 0, {"ivr": script}, limits=QUICK)
    await server.start()
    async with calling(server) as asterisk:
        await asterisk.heard()
        with capture_logs() as logs:
            async with asyncio.timeout(2):
                await server.close()
        assert logs == []  # cancellation went through, it was not taken for a failure of the script
        assert isinstance(await script.result(), asyncio.CancelledError)
        assert await asterisk.closed()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", server.port)


async def test_a_port_that_is_taken() -> None:
    async with serving(_never) as server:
        with pytest.raises(Unavailable, match="agi_port_taken"):
            await FastAgiServer("127.0.0.1", server.port, {}).start()


async def test_ninety_calls_at_once() -> None:
    async def work(channel: AgiChannel) -> None:
        call = await channel.get_variable("CC_CALL")
        await channel.set_variable("CC_ECHO", call or "")

    async def call(server: FastAgiServer, number: int) -> str:
        async with calling(server) as asterisk:
            await asterisk.heard()
            asterisk.say(f"200 result=1 (hub-{number})\n")
            echoed = await asterisk.heard()
            asterisk.say("200 result=1\n")
            await asterisk.closed()
            return echoed

    async with serving(work, Limits()) as server:
        echoed = await asyncio.gather(*(call(server, number) for number in range(90)))
    assert echoed == [f'SET VARIABLE CC_ECHO "hub-{number}"' for number in range(90)]


async def _never(channel: AgiChannel) -> None:
    raise AssertionError("no script was to run")
