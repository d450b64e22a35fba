"""The lists of a resync, read: entries as a real Asterisk 22.10.1 writes them."""

from __future__ import annotations

import pytest

from callcenter.asterisk.limits import Backoff
from callcenter.asterisk.resync import ChannelSeen, channels_seen, devices_seen
from callcenter.asterisk.wire import decode

pytestmark = pytest.mark.unit

STATUS = (
    "Event: Status\r\nPrivilege: Call\r\nChannel: Local/s@hold-00000001;2\r\nChannelState: 6\r\n"
    "ChannelStateDesc: Up\r\nCallerIDNum: 123\r\nCallerIDName: x\r\nConnectedLineNum: 1010\r\n"
    "ConnectedLineName: x\r\nLanguage: en\r\nAccountCode: \r\nContext: hold\r\nExten: s\r\nPriority: 5\r\n"
    "Uniqueid: node1-1795320481.3\r\nLinkedid: node1-1795320481.2\r\nType: Local\r\nDNID: \r\n"
    "BridgeID: \r\nApplication: Wait\r\nData: 100\r\nSeconds: 41\r\n"
)


def test_a_channel_with_its_variables() -> None:
    entry = decode((STATUS + "Variable: CC_CALL=node1-1795320481.3\r\nVariable: CC_QUEUE=general").encode())
    assert channels_seen([entry], ["CC_CALL", "CC_QUEUE"]) == (
        ChannelSeen(
            channel="Local/s@hold-00000001;2",
            uniqueid="node1-1795320481.3",
            linkedid="node1-1795320481.2",
            state="Up",
            context="hold",
            exten="s",
            application="Wait",
            duration_s=41,
            bridge_id="",
            connected_line="1010",
            variables={"CC_CALL": "node1-1795320481.3", "CC_QUEUE": "general"},
        ),
    )


def test_a_variable_that_is_not_set_is_absent() -> None:
    """Asterisk 22 writes ``(null)`` for it."""
    entry = decode((STATUS + "Variable: CC_CALL=(null)\r\nVariable: CC_QUEUE=").encode())
    (channel,) = channels_seen([entry], ["CC_CALL", "CC_QUEUE"])
    assert channel.variables == {"CC_QUEUE": ""}


def test_one_variable_alone_and_values_with_equals_signs() -> None:
    (channel,) = channels_seen([decode((STATUS + "Variable: CC_X=a=b").encode())], ["CC_X"])
    assert channel.variables == {"CC_X": "a=b"}


def test_a_smuggled_variable_does_not_replace_an_earlier_one() -> None:
    lines = "Variable: CC_CALL=good\r\nVariable: CC_TEXT=x\r\nVariable: CC_CALL=forged\r\nVariable: EVIL=1"
    (channel,) = channels_seen([decode((STATUS + lines).encode())], ["CC_CALL", "CC_TEXT"])
    assert channel.variables == {"CC_CALL": "good", "CC_TEXT": "x"}


def test_entries_that_are_incomplete_or_of_another_kind_are_left_out() -> None:
    assert channels_seen([{"event": "Status"}, {"event": "Other", "channel": "x", "uniqueid": "y"}], []) == ()
    assert devices_seen(
        [
            {"event": "DeviceStateChange", "device": "PJSIP/1010", "state": "NOT_INUSE"},
            {"event": "DeviceStateChange", "state": "INUSE"},
            {"event": "Other", "device": "x"},
        ]
    ) == (("PJSIP/1010", "NOT_INUSE"),)


def test_odd_seconds_are_nought() -> None:
    entry = {"event": "Status", "channel": "x", "uniqueid": "y", "seconds": "-3"}
    (channel,) = channels_seen([entry], [])
    assert channel.duration_s == 0
    assert channel.linkedid == "y"


def test_delays_double_to_the_most_and_are_cut_by_at_most_half() -> None:
    longest = Backoff(1.0, 30.0, chance=lambda: 1.0)
    assert [longest.next_s() for _ in range(7)] == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    shortest = Backoff(1.0, 30.0, chance=lambda: 0.0)
    assert [shortest.next_s() for _ in range(3)] == [0.5, 1.0, 2.0]
    for _ in range(2000):
        assert longest.next_s() == 30.0
    longest.reset()
    assert longest.next_s() == 1.0
