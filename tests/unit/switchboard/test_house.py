"""What Asterisk says, and what it means: AMI events in, engine events and facts out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.core import events as acd
from callcenter.asterisk import messages as ami
from callcenter.asterisk.resync import ChannelSeen, LinkUp, Resync
from callcenter.kernel.ids import AgentId, CallId, OfferId, QueueName
from callcenter.ledger import facts
from callcenter.switchboard.house import Heard, House

pytestmark = pytest.mark.unit

CALL = CallId("node1-1795320866.0")
CHANNEL = "PJSIP/trunk-local-00000001"
OFFER = OfferId(f"{CALL}#1")
AGENT = AgentId("1010")
QUEUE = QueueName("general")


def user(name: str, **fields: str) -> ami.UserEvent:
    return ami.UserEvent(name=name, fields={"call": CALL, **fields}, at=1.0)


def start() -> ami.UserEvent:
    return user("start", channel=CHANNEL, alias="1022", caller="0900000001", trunk="trunk-local")


def house_with_offer() -> House:
    house = House()
    house.hear(start())
    house.hear(user("park", queue="general", priority="0", language="vi"))
    house.hear(user("offer", offer=OFFER, agent="1010"))
    return house


def offer_end(status: str, cause: str = "16") -> ami.UserEvent:
    return user("offer-end", offer=OFFER, agent="1010", status=status, cause=cause, answered="0")


def test_a_call_that_is_answered_and_ended_by_the_citizen() -> None:
    house = House()
    started = house.hear(start())
    assert started.events == [acd.CallArrived(call=CALL)]
    assert started.facts == [
        facts.CallStarted(call=CALL, channel=CHANNEL, alias="1022", caller="0900000001", trunk="trunk-local")
    ]
    parked = house.hear(user("park", queue="general", priority="2", language="en"))
    assert parked.events == [acd.CallerJoined(call=CALL, queue=QUEUE, priority_minutes=2.0, language="en")]
    assert house.hear(user("offer", offer=OFFER, agent="1010")).events == [acd.OfferRinging(offer=OFFER)]
    answered = house.hear(
        ami.DialEnd(channel=CHANNEL, dest_channel="PJSIP/desk1010-2", status="ANSWER", at=2.0)
    )
    assert answered.events == [acd.OfferAnswered(offer=OFFER)]
    assert answered.facts == [facts.CallAnswered(call=CALL, offer=OFFER, agent=AGENT)]
    ended = house.hear(user("end", cause="16", bycaller="yes"))
    assert ended.events == [acd.CallLeft(call=CALL)]
    assert ended.facts == [
        facts.TalkEnded(call=CALL, agent=AGENT),
        facts.CallEnded(call=CALL, cause=16, by_caller=True),
    ]


def test_the_operator_ends_the_talk_first() -> None:
    house = house_with_offer()
    house.hear(ami.DialEnd(channel=CHANNEL, dest_channel="PJSIP/desk1010-2", status="ANSWER", at=2.0))
    ended = house.hear(offer_end("ANSWER"))
    assert ended.events == [acd.TalkEnded(call=CALL)]
    assert house.hear(user("end", cause="16", bycaller="no")).facts == [
        facts.CallEnded(call=CALL, cause=16, by_caller=False)
    ]


@pytest.mark.parametrize(
    ("status", "cause", "failure"),
    [
        ("NOANSWER", "19", acd.OfferFailure.NO_ANSWER),
        ("BUSY", "17", acd.OfferFailure.REFUSED),
        ("CHANUNAVAIL", "21", acd.OfferFailure.REFUSED),
        ("CHANUNAVAIL", "20", acd.OfferFailure.UNREACHABLE),
        ("CONGESTION", "34", acd.OfferFailure.UNREACHABLE),
    ],
)
def test_an_offer_that_fails(status: str, cause: str, failure: acd.OfferFailure) -> None:
    heard = house_with_offer().hear(offer_end(status, cause))
    assert heard.events == [acd.OfferFailed(offer=OFFER, failure=failure)]


def test_busy_means_busy_only_when_the_phone_is_in_a_call() -> None:
    house = house_with_offer()
    house.hear(ami.DeviceState(device="PJSIP/desk1010", state="INUSE", at=1.0))
    heard = house.hear(offer_end("BUSY", "17"))
    assert heard.events == [acd.OfferFailed(offer=OFFER, failure=acd.OfferFailure.BUSY)]


def test_a_caller_who_hangs_up_while_the_desk_rings_is_no_failure_of_the_desk() -> None:
    house = house_with_offer()
    assert house.hear(offer_end("CANCEL")) == Heard()
    assert house.hear(user("end", cause="16", bycaller="yes")).events == [acd.CallLeft(call=CALL)]


def test_back_on_hold_the_caller_does_not_join_twice() -> None:
    house = house_with_offer()
    house.hear(offer_end("NOANSWER"))
    assert house.hear(user("park", queue="general", priority="0", language="vi")) == Heard()


def test_the_hang_up_event_alone_ends_a_call_once() -> None:
    house = house_with_offer()
    hangup = ami.Hangup(channel=CHANNEL, uniqueid=CALL, linkedid=CALL, cause=16, at=3.0)
    assert house.hear(hangup).events == [acd.CallLeft(call=CALL)]
    assert house.hear(user("end", cause="16", bycaller="yes")) == Heard()


@pytest.mark.parametrize(
    ("status", "seconds", "left"),
    [
        ("DTMF", "12", True),
        ("HANGUP", "4", True),
        ("SILENCE", "5", False),
        ("SILENCE", "30", True),
        ("HANGUP", "1", False),
        ("ERROR", "9", False),
    ],
)
def test_a_message_counts_only_when_something_was_said(status: str, seconds: str, left: bool) -> None:
    house = House()
    house.hear(start())
    heard = house.hear(user("message", reason="full", status=status, seconds=seconds))
    assert bool(heard.facts) is left


def test_a_feature_code_names_operator_and_wish() -> None:
    feature = (
        House().hear(ami.UserEvent(name="feature", fields={"agent": "1010", "code": "ready"}, at=1.0)).feature
    )
    assert feature is not None
    assert (feature.agent, feature.code) == ("1010", "ready")


@pytest.mark.parametrize(
    "state", ["NOT_INUSE", "RINGING", "INUSE", "BUSY", "ONHOLD", "RINGINUSE", "UNAVAILABLE", "INVALID"]
)
def test_phones(state: str) -> None:
    [event] = House().hear(ami.DeviceState(device="PJSIP/desk1010", state=state, at=1.0)).events
    assert event == acd.DeviceChanged(
        agent=AGENT,
        reachable=state not in {"UNAVAILABLE", "INVALID"},
        in_use=state in {"INUSE", "BUSY", "ONHOLD", "RINGINUSE"},
    )
    assert House().hear(ami.DeviceState(device="PJSIP/trunk-local", state=state, at=1.0)) == Heard()


def channel(state: str, **changes: object) -> ChannelSeen:
    variables = {
        "CC_CALL": CALL, "CC_STATE": state, "CC_ALIAS": "1022", "CC_CALLER": "0900000001",
        "CC_QUEUE": "general", "CC_PRIORITY": "0", "CC_LANGUAGE": "vi", "CC_SINCE": "1000",
    }  # fmt: skip
    variables.update(changes.pop("variables", {}))  # type: ignore[call-overload]
    values: dict[str, object] = {
        "channel": CHANNEL, "uniqueid": CALL, "linkedid": CALL, "state": "Up", "context": "hold",
        "exten": "s", "application": "MusicOnHold", "duration_s": 30, "bridge_id": "", "connected_line": "",
        "variables": variables,
    }  # fmt: skip
    return ChannelSeen(**{**values, **changes})  # type: ignore[arg-type]


def resync(house: House, *channels: ChannelSeen, known: tuple[CallId, ...] = ()) -> Heard:
    truth = Resync(
        link=LinkUp(uptime_s=10, restarted=False),
        channels=channels,
        devices=(("PJSIP/desk1010", "NOT_INUSE"),),
    )
    return house.resync(truth, known=known, wall_now=1030.0, why_lost="link_lost")


def test_phones_that_came_before_their_desks_were_known_are_told_again() -> None:
    house = House()
    house.hear(ami.DeviceState(device="PJSIP/desk1010", state="NOT_INUSE", at=1.0))
    house.hear(ami.DeviceState(device="PJSIP/desk1011", state="NOT_INUSE", at=1.0))
    house.hear(ami.DeviceState(device="PJSIP/desk1011", state="INUSE", at=1.0))
    told = house.phones_of({AgentId("1011"), AgentId("1012")})
    assert told.events == [acd.DeviceChanged(agent=AgentId("1011"), reachable=True, in_use=True)]


def test_a_waiting_call_is_found_again_with_its_place() -> None:
    heard = resync(House(), channel("waiting"))
    [event] = heard.events
    assert isinstance(event, acd.Resynchronised)
    assert event.calls == (acd.CallSeen(call=CALL, waiting_in=QUEUE, waited_s=30.0),)
    assert event.devices == (acd.DeviceSeen(agent=AGENT, reachable=True, in_use=False),)
    assert [type(fact) for fact in heard.facts] == [facts.CallStarted, facts.QueueJoined]


def test_ringing_and_talking_are_told_apart_by_the_bridge() -> None:
    offered = {"CC_OFFER": OFFER, "CC_AGENT": "1010", "CC_RECORDING": "0x1"}
    [ringing] = resync(House(), channel("offered", variables=offered)).events
    assert isinstance(ringing, acd.Resynchronised)
    assert (ringing.calls[0].ringing, ringing.calls[0].talking_to) == (AGENT, None)
    heard = resync(House(), channel("offered", variables=offered, bridge_id="b1"))
    [talking] = heard.events
    assert isinstance(talking, acd.Resynchronised)
    assert (talking.calls[0].ringing, talking.calls[0].talking_to) == (None, AGENT)
    assert facts.RecordingStarted(call=CALL, base=CALL) in heard.facts


def test_the_desks_own_leg_is_not_a_call() -> None:
    leg = channel("offered", uniqueid="node1-1795320866.1", channel="PJSIP/desk1010-00000002")
    [event] = resync(House(), leg).events
    assert isinstance(event, acd.Resynchronised)
    assert event.calls == ()


def test_calls_that_asterisk_no_longer_has_are_lost_and_said_so_once() -> None:
    house = House()
    house.hear(start())
    other = CallId("node1-1795320800.7")
    heard = resync(house, known=(other,))
    assert heard.facts == [
        facts.CallLost(call=CALL, why="link_lost"),
        facts.CallLost(call=other, why="link_lost"),
    ]
    assert resync(house).facts == []


@given(
    st.sampled_from(
        ["start", "park", "offer", "offer-end", "recording", "message", "fallback", "end", "feature", "x"]
    ),
    st.dictionaries(
        st.sampled_from(
            ["call", "offer", "agent", "queue", "status", "cause", "seconds", "priority", "code", "base"]
        ),
        st.one_of(st.text(max_size=20), st.just(CALL), st.just(OFFER), st.just("1010")),
    ),
)
def test_nothing_that_asterisk_says_raises(name: str, fields: dict[str, str]) -> None:
    house = house_with_offer()
    house.hear(ami.UserEvent(name=name, fields=fields, at=None))


def test_a_call_that_the_backup_queue_served_is_answered_all_the_same() -> None:
    house = House()
    house.hear(start())
    house.hear(user("fallback", how="queue"))
    answered = house.hear(
        ami.DialEnd(channel=CHANNEL, dest_channel="PJSIP/desk1010-00000009", status="ANSWER", at=2.0)
    )
    assert answered.events == []
    assert answered.facts == [facts.CallAnswered(call=CALL, offer=OfferId(f"{CALL}#0"), agent=AGENT)]
    ended = house.hear(user("end", cause="16", bycaller="yes"))
    assert ended.facts[0] == facts.TalkEnded(call=CALL, agent=AGENT)


def test_after_our_absence_a_backup_conversation_is_known_with_its_operator() -> None:
    served = channel("fallback", bridge_id="b1", variables={"MEMBERINTERFACE": "PJSIP/desk1010"})
    heard = resync(House(), served)
    assert facts.FallbackServed(call=CALL, how="queue") in heard.facts
    assert facts.CallAnswered(call=CALL, offer=OfferId(f"{CALL}#0"), agent=AGENT) in heard.facts
