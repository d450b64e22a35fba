"""Actions: what they look like, and that nobody's text ever makes a header."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from callcenter.asterisk import render
from callcenter.kernel.errors import BadInput

pytestmark = pytest.mark.unit

CHANNEL = "PJSIP/trunk-00000003"


def test_redirect() -> None:
    assert render.redirect(CHANNEL, "offer") == {
        "Action": "Redirect",
        "Channel": CHANNEL,
        "Context": "offer",
        "Exten": "s",
        "Priority": "1",
    }


def test_originate_is_always_asynchronous() -> None:
    assert render.originate(
        "PJSIP/1010",
        "callback",
        variables={"__CC_CALL": "node1-1.7", "CC_QUEUE": "general"},
        timeout_ms=20_000,
        callerid_num="1022",
    ) == {
        "Action": "Originate",
        "Channel": "PJSIP/1010",
        "Context": "callback",
        "Exten": "s",
        "Priority": "1",
        "Timeout": "20000",
        "Async": "true",
        "CallerID": "1022",
        "Variable": ["__CC_CALL=node1-1.7", "CC_QUEUE=general"],
    }


def test_the_other_actions() -> None:
    assert render.setvar(None, "CC_BEAT", "1795320503") == {
        "Action": "Setvar",
        "Variable": "CC_BEAT",
        "Value": "1795320503",
    }
    assert render.setvar(CHANNEL, "CHANNEL(language)", "vi")["Channel"] == CHANNEL
    assert render.getvar(None, "CC_BEAT") == {"Action": "Getvar", "Variable": "CC_BEAT"}
    assert render.getvar(CHANNEL, "CC_CALL")["Channel"] == CHANNEL
    assert render.hangup(CHANNEL, 17) == {"Action": "Hangup", "Channel": CHANNEL, "Cause": "17"}
    assert render.status() == {"Action": "Status"}
    assert render.status(variables=["CC_CALL", "CHANNEL(language)"])["Variables"] == (
        "CC_CALL,CHANNEL(language)"
    )
    assert render.core_show_channels() == {"Action": "CoreShowChannels"}
    assert render.device_state_list() == {"Action": "DeviceStateList"}
    assert render.ping() == {"Action": "Ping"}
    assert render.mixmonitor_mute(CHANNEL, "both", True) == {
        "Action": "MixMonitorMute",
        "Channel": CHANNEL,
        "Direction": "both",
        "State": "1",
    }
    assert render.mixmonitor_mute(CHANNEL, "read", False)["State"] == "0"


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: render.redirect("", "offer"),
        lambda: render.redirect("PJSIP/1\r\nAction: Originate", "offer"),
        lambda: render.redirect(CHANNEL, "offer,s,1"),
        lambda: render.redirect(CHANNEL, "offer", "${SHELL(id)}"),
        lambda: render.redirect(CHANNEL, "offer", priority=0),
        lambda: render.redirect(CHANNEL, "offer", priority=True),
        lambda: render.setvar(None, "SHELL(id)", "1"),
        lambda: render.setvar(None, "GLOBAL(${X})", "1"),
        lambda: render.setvar(CHANNEL, "CC_NAME", "${SHELL(id)}"),
        lambda: render.setvar(CHANNEL, "CC_NAME", "a,b"),
        lambda: render.setvar(CHANNEL, "CC_NAME", "x" * 1025),
        lambda: render.getvar(None, "a=b"),
        lambda: render.hangup(CHANNEL, 128),
        lambda: render.status(variables=["A,B"]),
        lambda: render.mixmonitor_mute(CHANNEL, "both\r\nX: y", True),  # type: ignore[arg-type]
        lambda: render.originate("PJSIP/1", "c", callerid_num='"x" <1>'),
        lambda: render.originate("PJSIP/1", "c", timeout_ms=0),
        lambda: render.originate("PJSIP/1", "c", variables={"A": "1\r\nApplication: System"}),
    ],
)
def test_what_is_not_allowed_is_refused(attempt: Callable[[], object]) -> None:
    with pytest.raises(BadInput) as caught:
        attempt()
    assert caught.value.code == "ami_value_refused"
    assert set(caught.value.fields) == {"field"}, "the value may be a caller's and errors are logged"


@pytest.mark.parametrize("text", ["a\rb", "a\nb", "a\x00b"])
@pytest.mark.parametrize("place", ["value", "list", "name"])
def test_the_last_check_before_the_wire(text: str, place: str) -> None:
    action = {"value": {"Value": text}, "list": {"Variable": ["ok", text]}, "name": {text: "1"}}[place]
    with pytest.raises(BadInput, match="ami_control_character"):
        render.refuse_control(action)


def test_text_that_cannot_be_encoded_is_refused() -> None:
    """panoramisk would log it and leave its future hanging."""
    with pytest.raises(BadInput, match="ami_not_text"):
        render.refuse_control({"Value": "\ud800"})
