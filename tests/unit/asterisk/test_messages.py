"""AMI messages into events: the shapes are those of a real Asterisk 22.10.1."""

from __future__ import annotations

from typing import Any

import pytest

from callcenter.asterisk.messages import (
    BridgeEnter,
    BridgeLeave,
    ContactStatus,
    DeviceState,
    DialBegin,
    DialEnd,
    FullyBooted,
    Hangup,
    RecordingStarted,
    RecordingStopped,
    Shutdown,
    UserEvent,
    concerns_us,
    parse,
)
from callcenter.asterisk.wire import decode

pytestmark = pytest.mark.unit

AT = 1795320503.252209
CHANNEL = {"Channel": "PJSIP/trunk-00000003", "Uniqueid": "node1-1795320502.7"}
SNAPSHOT = (
    "Event: UserEvent\r\nPrivilege: user,all\r\nTimestamp: 1795320503.252209\r\nSystemName: node1\r\n"
    "Channel: PJSIP/trunk-00000003\r\nChannelState: 6\r\nChannelStateDesc: Up\r\nCallerIDNum: 123\r\n"
    "CallerIDName: x\r\nConnectedLineNum: <unknown>\r\nConnectedLineName: <unknown>\r\nLanguage: en\r\n"
    "AccountCode: \r\nContext: hold\r\nExten: s\r\nPriority: 4\r\nUniqueid: node1-1795320502.7\r\n"
    "Linkedid: node1-1795320502.6\r\n"
)


@pytest.mark.parametrize(
    ("message", "event"),
    [
        (
            {"Event": "Hangup", **CHANNEL, "Linkedid": "node1-1795320502.6", "Cause": "16"},
            Hangup(
                channel="PJSIP/trunk-00000003",
                uniqueid="node1-1795320502.7",
                linkedid="node1-1795320502.6",
                cause=16,
                at=AT,
            ),
        ),
        (
            {"Event": "DialBegin", "DestChannel": "PJSIP/1010-1", "DestUniqueid": "node1-1.8"},
            DialBegin(channel="", dest_channel="PJSIP/1010-1", dest_uniqueid="node1-1.8", at=AT),
        ),
        (
            {"Event": "DialEnd", **CHANNEL, "DestChannel": "PJSIP/1010-1", "DialStatus": "NOANSWER"},
            DialEnd(channel="PJSIP/trunk-00000003", dest_channel="PJSIP/1010-1", status="NOANSWER", at=AT),
        ),
        (
            {"Event": "DeviceStateChange", "Device": "PJSIP/1010", "State": "INUSE"},
            DeviceState(device="PJSIP/1010", state="INUSE", at=AT),
        ),
        (
            {"Event": "ContactStatus", "AOR": "1010", "ContactStatus": "Reachable"},
            ContactStatus(aor="1010", status="Reachable", at=AT),
        ),
        (
            {"Event": "MixMonitorStart", **CHANNEL},
            RecordingStarted(channel="PJSIP/trunk-00000003", uniqueid="node1-1795320502.7", at=AT),
        ),
        (
            {"Event": "MixMonitorStop", **CHANNEL},
            RecordingStopped(channel="PJSIP/trunk-00000003", uniqueid="node1-1795320502.7", at=AT),
        ),
        (
            {"Event": "BridgeEnter", "BridgeUniqueid": "b-1", **CHANNEL},
            BridgeEnter(bridge="b-1", channel="PJSIP/trunk-00000003", uniqueid="node1-1795320502.7", at=AT),
        ),
        (
            {"Event": "BridgeLeave", "BridgeUniqueid": "b-1", **CHANNEL},
            BridgeLeave(bridge="b-1", channel="PJSIP/trunk-00000003", uniqueid="node1-1795320502.7", at=AT),
        ),
        ({"Event": "FullyBooted", "Uptime": "24", "Status": "Fully Booted"}, FullyBooted(uptime_s=24)),
        ({"Event": "Shutdown", "Shutdown": "Cleanly", "Restart": "False"}, Shutdown()),
    ],
)
def test_each_event_that_the_switchboard_needs(message: dict[str, str], event: object) -> None:
    assert parse({**message, "Timestamp": "1795320503.252209"}) == event


@pytest.mark.parametrize("timestamp", ["", "soon", "nan", "inf", "-5", "0"])
def test_a_time_that_is_none_is_none(timestamp: str) -> None:
    event = parse(
        {"Event": "DeviceStateChange", "Device": "PJSIP/1", "State": "INUSE", "Timestamp": timestamp}
    )
    assert event == DeviceState(device="PJSIP/1", state="INUSE", at=None)


def test_headers_of_ours_win_over_the_snapshot_of_the_channel() -> None:
    """``Priority`` and ``Language`` of a queue come under the names of the dialplan's own."""
    block = SNAPSHOT + (
        "UserEvent: cc-park\r\nCall: node1-1795320502.7\r\nChannel: PJSIP/trunk-00000003\r\n"
        "Queue: general\r\nPriority: 3\r\nLanguage: vi"
    )
    event = parse(decode(block.encode()))
    assert event == UserEvent(
        name="park",
        fields={
            "call": "node1-1795320502.7",
            "channel": "PJSIP/trunk-00000003",
            "queue": "general",
            "priority": "3",
            "language": "vi",
        },
        at=AT,
    )


def test_the_snapshot_of_the_channel_is_not_taken_for_ours() -> None:
    event = parse(decode((SNAPSHOT + "UserEvent: cc-offer\r\nCall: node1-1.7\r\nAgent: 1010").encode()))
    assert isinstance(event, UserEvent)
    assert event.fields == {"call": "node1-1.7", "agent": "1010"}


def test_a_line_smuggled_in_by_a_caller_does_not_replace_ours() -> None:
    """Our dialplan puts caller's text last, so what he smuggles in comes second."""
    block = SNAPSHOT + "UserEvent: cc-start\r\nCall: node1-1.7\r\nCaller: x\r\ncall: node1-1.666"
    event = parse(decode(block.encode()))
    assert isinstance(event, UserEvent)
    assert event.fields["call"] == "node1-1.7"


def test_control_characters_do_not_pass() -> None:
    event = parse({"Event": "UserEvent", "UserEvent": "cc-start", "Caller": "a\x1b[2J\nb\x00c\rd"})
    assert isinstance(event, UserEvent)
    assert event.fields["caller"] == "a [2J b c d"


@pytest.mark.parametrize(
    "message",
    [
        {"Event": "Hangup"},
        {"Event": "Hangup", **CHANNEL, "Linkedid": "x", "Cause": "sixteen"},
        {"Event": "Hangup", **CHANNEL, "Linkedid": "x", "Cause": "-1"},
        {"Event": "Hangup", **CHANNEL, "Linkedid": "x", "Cause": "²"},
        {"Event": "DialEnd", "DestChannel": "PJSIP/1"},
        {"Event": "DialBegin", "DestChannel": "PJSIP/1"},
        {"Event": "BridgeEnter", **CHANNEL},
        {"Event": "FullyBooted"},
        {"Event": "UserEvent", "UserEvent": "cc-"},
        {"Event": "ContactStatus", "AOR": ["", "1010"], "ContactStatus": "Reachable"},
    ],
)
def test_malformed_is_none_and_known_as_ours(message: dict[str, Any]) -> None:
    assert parse(message) is None
    assert concerns_us(message)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"Event": "Newexten", **CHANNEL},
        {"Event": "UserEvent", "UserEvent": "somebody-else"},
        {"Event": []},
        {"Response": "Success", "Message": "Hangup"},
    ],
)
def test_what_is_not_for_us_is_none_and_not_malformed(message: dict[str, Any]) -> None:
    assert parse(message) is None
    assert not concerns_us(message)
