"""Each known fault of panoramisk 1.4, and that the bridge does not have it.

Where it is cheap the test first shows the fault in the plain library: should a later version mend it, the
test fails and the fence can go.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
from structlog.testing import capture_logs

from callcenter.asterisk import render
from callcenter.asterisk.messages import AmiEvent, UserEvent
from callcenter.kernel.errors import BadInput, Unavailable
from sim.fake_ami import FakeAmi, Fault, message
from tests.adapter.asterisk_harness import USERS, Told, bridge_to, eventually, plain_panoramisk, user_event

pytestmark = pytest.mark.adapter

CHANNEL = "PJSIP/trunk-00000003"
NAME = "Nguyễn Văn Đức"


def _quiet(loop: asyncio.AbstractEventLoop) -> None:
    """asyncio reports the plain library's failure to the loop; that is what the test is about."""
    loop.set_exception_handler(lambda _loop, _context: None)


async def test_plain_panoramisk_drops_the_link_when_a_handler_fails() -> None:
    _quiet(asyncio.get_running_loop())
    async with FakeAmi(USERS) as ami, plain_panoramisk(ami) as manager:

        def fails(_manager: Any, _event: Any) -> None:
            raise RuntimeError

        manager.register_event("UserEvent", fails)
        (connection,) = ami.live()
        ami.emit(user_event("park"))
        await ami.until(lambda: connection not in ami.live())


async def test_a_failing_handler_does_not_cost_the_link() -> None:
    """Plain panoramisk: the exception reaches asyncio, which closes the transport."""
    told = Told()

    def fails(event: AmiEvent) -> None:
        raise RuntimeError("0912345678")

    async with FakeAmi(USERS) as ami, bridge_to(ami, told) as bridge:
        told.in_handler = fails
        with capture_logs() as logs:
            for number in range(20):
                ami.emit(user_event(f"e{number}"))
            await told.until(lambda: len(told.events) == 20)
        assert (await bridge.send(render.ping())).ok
        assert bridge.stats.handler_errors == 20
        assert ami.logins == 2
        assert told.losses == 0
    assert all("0912345678" not in str({k: v for k, v in log.items() if k[:4] != "pii_"}) for log in logs)


async def test_a_fault_of_our_own_in_reading_does_not_cost_the_link() -> None:
    told = Told()

    def fails(_headers: object) -> None:
        raise RuntimeError

    async with FakeAmi(USERS) as ami, bridge_to(ami, told) as bridge:
        session = bridge._session
        assert session is not None
        reading, session._events._on_message = session._events._on_message, fails
        ami.emit(user_event("lost"))
        await eventually(lambda: bridge.stats.handler_errors == 1)
        session._events._on_message = reading
        ami.emit(user_event("park"))
        await told.until(lambda: told.order == ["resync", "park"])


async def test_failing_resync_and_loss_handlers_do_not_cost_the_link() -> None:
    told = Told()

    def fails(*_: object) -> None:
        raise RuntimeError

    async with FakeAmi(USERS) as ami, bridge_to(ami, told) as bridge:
        bridge._on_resync = fails
        bridge._on_link_lost = fails
        ami.drop_all()
        await ami.until(lambda: ami.logins == 4)
        ami.emit(user_event("park"))
        await told.until(lambda: "park" in told.order)
        assert bridge.stats.handler_errors == 2


async def test_plain_panoramisk_sends_an_unanswered_redirect_again() -> None:
    async with FakeAmi(USERS) as ami, plain_panoramisk(ami) as manager:
        ami.faults["redirect"] = Fault.DROP_BEFORE_REPLY
        manager.send_action({"Action": "Redirect", "Channel": CHANNEL, "Context": "offer"})
        await ami.until(lambda: len(ami.received("redirect")) == 2)
        ami.faults.clear()


async def test_an_unanswered_redirect_fails_at_once_and_is_not_sent_again() -> None:
    """Plain panoramisk: sent again after the next login, to a caller who may be talking by then."""
    told = Told()
    async with FakeAmi(USERS) as ami, bridge_to(ami, told, action_s=30.0) as bridge:
        ami.faults["redirect"] = Fault.DROP_BEFORE_REPLY
        with pytest.raises(Unavailable) as caught:
            await bridge.send(render.redirect(CHANNEL, "offer"))
        assert caught.value.code == "ami_down"
        await told.until(lambda: len(told.resyncs) == 2)
        ami.faults.clear()
        await bridge.send(render.ping())
        assert len(ami.received("redirect")) == 1


async def test_an_action_without_an_answer_ends_at_its_deadline() -> None:
    """Plain panoramisk: waits for ever."""
    told = Told()
    async with FakeAmi(USERS) as ami, bridge_to(ami, told) as bridge:
        ami.faults["redirect"] = Fault.NEVER_ANSWER
        with pytest.raises(Unavailable) as caught:
            await bridge.send(render.redirect(CHANNEL, "offer"), deadline_s=0.05)
        assert caught.value.code == "ami_timeout"
        assert (await bridge.send(render.ping())).ok
        assert bridge.stats.action_timeouts == 1
        assert told.losses == 0

        (late,) = ami.received("redirect")
        (connection,) = ami.live("actions")
        connection.writer.write(message({"Response": "Success", "ActionID": late["actionid"]}))
        assert (await bridge.send(render.ping())).ok
        assert bridge.stats.stray_replies == 1


async def test_a_cancelled_sender_leaves_nothing_behind() -> None:
    told = Told()
    async with FakeAmi(USERS) as ami, bridge_to(ami, told) as bridge:
        ami.faults["redirect"] = Fault.NEVER_ANSWER
        sender = asyncio.create_task(bridge.send(render.redirect(CHANNEL, "offer"), deadline_s=30))
        await ami.until(lambda: bool(ami.received("redirect")))
        sender.cancel()
        await asyncio.wait({sender})
        assert sender.cancelled()
        session = bridge._session
        assert session is not None
        assert session._actions.protocol.responses == {}


@pytest.mark.parametrize("user", ["events", "actions"])
async def test_a_half_open_connection_is_found_and_replaced(user: str) -> None:
    """Plain panoramisk: pings for ever and never looks for an answer."""
    told = Told()
    async with FakeAmi(USERS) as ami, bridge_to(ami, told, ping_interval_s=0.05, ping_s=0.1) as bridge:
        (connection,) = ami.live(user)
        connection.deaf = True
        await told.until(lambda: told.losses == 1)
        await told.until(lambda: len(told.resyncs) == 2)
        assert bridge.stats.half_open == 1
        assert (await bridge.send(render.ping())).ok


async def test_a_talking_connection_is_not_taken_for_half_open() -> None:
    """The answer to a ping may wait behind events; bytes that come are life enough."""
    told = Told()
    async with FakeAmi(USERS) as ami, bridge_to(ami, told, ping_interval_s=0.05, ping_s=0.1) as bridge:
        (connection,) = ami.live("events")
        ami.faults["ping"] = Fault.NEVER_ANSWER
        (other,) = ami.live("actions")
        while bridge.stats.action_timeouts < 4:
            ami.emit(user_event("tick"))
            other.writer.write(message({"Response": "Success", "ActionID": "nobody's"}))
            await asyncio.sleep(0.01)
        assert bridge.stats.half_open == 0
        assert connection in ami.live()
        assert told.losses == 0


async def test_a_rejected_login_is_retried_ever_more_slowly_and_logged_once() -> None:
    """Plain panoramisk: every 2 s for ever, a line in Asterisk's log and in ours each time."""
    told = Told()
    loop = asyncio.get_running_loop()
    async with FakeAmi(USERS) as ami:
        ami.reject_logins = True
        with capture_logs() as logs:
            async with bridge_to(ami, told, wait=False, rejected_first_s=0.04) as bridge:
                times = []
                for number in range(1, 7):
                    await ami.until(lambda number=number: ami.logins >= number)
                    times.append(loop.time())
                gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
                for tries, gap in enumerate(gaps):
                    assert gap >= 0.04 * 2**tries * 0.5
                assert gaps[-1] > 3 * gaps[0]
                ami.reject_logins = False
                await told.until(lambda: bool(told.resyncs))
                assert bridge.stats.rejected_logins >= 6
    assert [log["event"] for log in logs if log["log_level"] == "warning"] == ["ami_link_not_up"]
    assert not any(USERS["events"] in str(log) for log in logs)


async def test_plain_panoramisk_loses_a_letter_split_between_two_chunks() -> None:
    names = []
    async with FakeAmi(USERS) as ami, plain_panoramisk(ami) as manager:
        came = asyncio.Event()
        manager.register_event("UserEvent", lambda _m, event: (names.append(event.caller), came.set()))
        data = message(user_event("start", Caller=NAME))
        await ami.send_split(data, data.index("ễ".encode()) + 1)
        await came.wait()
    assert names != [NAME]


async def test_letters_split_between_chunks_survive() -> None:
    """Plain panoramisk: decodes each chunk by itself and ignores what does not decode."""
    told = Told()
    data = message(user_event("start", Caller=NAME))
    inside = [at for at, byte in enumerate(data) if byte & 0xC0 == 0x80]
    async with FakeAmi(USERS) as ami, bridge_to(ami, told):
        for at in [*inside, len(data) - 1, len(data) - 2, len(data) - 3]:
            await ami.send_split(data, at)
        await told.until(lambda: len(told.events) == len(inside) + 3)
    assert all(isinstance(event, UserEvent) and event.fields["caller"] == NAME for event in told.events)


async def test_bytes_that_are_not_text_are_replaced_and_harm_nothing_else() -> None:
    told = Told()
    async with FakeAmi(USERS) as ami, bridge_to(ami, told):
        ami.send_raw(message(user_event("start", Call="c", Caller="?")).replace(b"?", b"a\xff\xfeb"))
        await told.until(lambda: len(told.events) == 1)
    (event,) = told.events
    assert isinstance(event, UserEvent)
    assert event.fields["caller"] == "a\ufffd\ufffdb"


ORIGINATE = {"Action": "Originate", "Channel": "PJSIP/1010", "Context": "callback", "Exten": "s"}


async def test_plain_panoramisk_drops_the_link_on_originate_without_async() -> None:
    _quiet(asyncio.get_running_loop())
    async with FakeAmi(USERS) as ami, plain_panoramisk(ami) as manager:
        (connection,) = ami.live()
        manager.send_action({**ORIGINATE, "Priority": "1"})
        await ami.until(lambda: connection not in ami.live())


async def test_originate_without_async_is_answered() -> None:
    """Plain panoramisk: ``KeyError`` while reading the answer, so the link drops and it is sent again."""
    told = Told()
    async with FakeAmi(USERS) as ami, bridge_to(ami, told) as bridge:
        result = await bridge.send({**ORIGINATE, "Priority": "1"})
        assert result.ok
        assert (await bridge.send(render.ping())).ok
        assert told.losses == 0
        assert len(ami.received("originate")) == 1


INJECTED = "Đức\r\n\r\nAction: Hangup\r\nChannel: PJSIP/victim-1"


async def test_plain_panoramisk_lets_a_name_become_an_action() -> None:
    async with FakeAmi(USERS) as ami, plain_panoramisk(ami) as manager:
        manager.send_action({"Action": "Setvar", "Variable": "CC_NAME", "Zname": INJECTED})
        await ami.until(lambda: bool(ami.received("hangup")))


async def test_a_name_with_line_ends_never_reaches_the_wire() -> None:
    """Plain panoramisk: the caller's own action is carried out with our rights."""
    told = Told()
    async with FakeAmi(USERS) as ami, bridge_to(ami, told) as bridge:
        with pytest.raises(BadInput):
            await bridge.send({"Action": "Setvar", "Variable": "CC_NAME", "Value": INJECTED})
        with pytest.raises(BadInput):
            await bridge.send(render.setvar(CHANNEL, "CC_NAME", INJECTED))
        assert (await bridge.send(render.ping())).ok
        assert not ami.received("hangup")
        assert not ami.received("setvar")
