"""Whatever comes over the wire, reading never raises; whatever text goes in, only our headers go out."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.asterisk import render
from callcenter.asterisk.messages import concerns_us, parse
from callcenter.asterisk.wire import Request, decode
from callcenter.kernel.errors import BadInput

pytestmark = pytest.mark.property


_NAMES = st.sampled_from(
    [
        *("Event", "UserEvent", "Channel", "Uniqueid", "Linkedid", "Cause", "Timestamp", "Uptime", "Device"),
        *("State", "DestChannel", "DestUniqueid", "DialStatus", "BridgeUniqueid", "ChannelState", "AOR"),
    ]
)
_VALUES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["Hangup", "UserEvent", "DialEnd", "FullyBooted", "BridgeEnter", "cc-park", "16", "1e999"]
    ),
)


@given(st.dictionaries(_NAMES | st.text(max_size=8), _VALUES | st.lists(_VALUES, max_size=3), max_size=12))
def test_no_message_makes_it_raise(message: dict[str, str | list[str]]) -> None:
    event = parse(message)
    if event is not None:
        assert concerns_us(message)


@given(st.binary(max_size=400))
def test_no_bytes_make_it_raise(block: bytes) -> None:
    headers = decode(b"Event: UserEvent\r\nUserEvent: cc-x\r\n" + block)
    assert all(name == name.lower() for name in headers)
    parse(headers)


_TEXTS = st.text(max_size=60) | st.sampled_from(
    ["\r\nAction: Hangup", "a\nb", "${SHELL(rm -rf /)}", "x\r\n\r\n", "Nguyễn Văn Đức", "0912 345 678"]
)


def _on_the_wire(action: render.Action) -> bytes:
    async def write() -> bytes:  # panoramisk makes a future for each action
        return str(Request(action)).encode()

    return asyncio.run(write())


@given(_TEXTS, _TEXTS, _TEXTS)
def test_any_text_gives_exactly_the_intended_headers(name: str, number: str, variable: str) -> None:
    """Either refused, or on the wire exactly one action with exactly these headers."""
    try:
        action = render.originate("PJSIP/1010", "callback", variables={variable: name}, callerid_num=number)
    except BadInput:
        return
    wire = _on_the_wire(action)
    assert wire.count(b"\r\n\r\n") == 1
    assert wire.endswith(b"\r\n\r\n")
    headers = decode(wire.removesuffix(b"\r\n\r\n"))
    assert headers.pop("actionid")
    assert headers == {
        "action": "Originate",
        "channel": "PJSIP/1010",
        "context": "callback",
        "exten": "s",
        "priority": "1",
        "timeout": "30000",
        "async": "true",
        "callerid": number,
        "variable": f"{variable}={name}",
    }


@given(st.text(alphabet="abz AZ09_.:@/+#-", max_size=60))
def test_plain_text_passes_unchanged(value: str) -> None:
    wire = _on_the_wire(render.setvar("PJSIP/1010-1", "CC_NOTE", value))
    assert decode(wire.removesuffix(b"\r\n\r\n"))["value"] == value
