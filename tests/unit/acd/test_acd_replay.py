"""The journal's codec and the replay."""

from __future__ import annotations

import json
from typing import Any

import pytest
from acd_scenario import agent, city

from acd.core.config import QueueSettings
from acd.core.events import (
    AgentReady,
    CallerJoined,
    CallLeft,
    CallSeen,
    Configured,
    DeviceSeen,
    Event,
    OfferFailed,
    OfferFailure,
    Resynchronised,
)
from acd.core.replay import decode, encode, replay
from callcenter.kernel.errors import BadInput
from callcenter.kernel.ids import AgentId, CallId, OfferId, QueueName

pytestmark = pytest.mark.unit


class TestCodec:
    def test_flat_event(self) -> None:
        event = CallerJoined(call=CallId("A"), queue=QueueName("general"), priority_minutes=2.5)
        assert encode(event) == {
            "type": "CallerJoined",
            "call": "A",
            "queue": "general",
            "priority_minutes": 2.5,
            "language": "vi",
            "waited_s": 0.0,
        }

    @pytest.mark.parametrize(
        "event",
        [
            None,
            CallLeft(call=CallId("A")),
            OfferFailed(offer=OfferId("A#1"), failure=OfferFailure.NOT_LANDED),
            Resynchronised(
                calls=(CallSeen(call=CallId("A"), talking_to=AgentId("1001")),),
                devices=(DeviceSeen(agent=AgentId("1001"), reachable=True, in_use=True),),
            ),
            Configured(
                configuration=city(
                    agent("1001", "urgent", "general", languages="vi en"),
                    queues=(
                        QueueSettings(name=QueueName("general"), max_wait_s=9.5, max_waiting=3),
                        QueueSettings(name=QueueName("urgent")),
                    ),
                )
            ),
        ],
    )
    def test_comes_back_through_json(self, event: Event | None) -> None:
        assert decode(json.loads(json.dumps(encode(event)))) == event

    def test_sets_are_written_sorted(self) -> None:
        record = encode(Configured(configuration=city(agent("1001", languages="vi en fr"))))
        assert record["configuration"]["agents"][0]["languages"] == ["en", "fr", "vi"]

    def test_fields_with_a_default_may_be_absent(self) -> None:
        assert decode({"type": "CallerJoined", "call": "A", "queue": "general"}) == CallerJoined(
            call=CallId("A"), queue=QueueName("general")
        )

    @pytest.mark.parametrize(
        ("record", "code"),
        [
            ([], "event_malformed"),
            ({}, "event_unknown"),
            ({"type": ["CallLeft"]}, "event_unknown"),
            ({"type": "Engine"}, "event_unknown"),
            ({"type": "Tick", "call": "A"}, "event_unknown"),
            ({"type": "CallLeft"}, "event_field_missing"),
            ({"type": "CallLeft", "call": "A", "why": "x"}, "event_field_unknown"),
            ({"type": "CallLeft", "call": 5}, "event_malformed"),
            ({"type": "CallLeft", "call": None}, "event_malformed"),
            ({"type": "OfferFailed", "offer": "A#1", "failure": "bored"}, "event_malformed"),
            ({"type": "OfferFailed", "offer": "A#1", "failure": ["busy"]}, "event_malformed"),
            ({"type": "DeviceChanged", "agent": "1", "reachable": 1, "in_use": False}, "event_malformed"),
            ({"type": "CallerJoined", "call": "A", "queue": "q", "waited_s": "9"}, "event_malformed"),
            ({"type": "CallerJoined", "call": "A", "queue": "q", "waited_s": True}, "event_malformed"),
            (
                {"type": "CallerJoined", "call": "A", "queue": "q", "waited_s": float("nan")},
                "event_malformed",
            ),
            ({"type": "Resynchronised", "calls": {}, "devices": []}, "event_malformed"),
            ({"type": "Resynchronised", "calls": ["A"], "devices": []}, "event_malformed"),
            (
                {"type": "Configured", "configuration": {"queues": [], "agents": []}},
                "configuration_without_queue",
            ),
        ],
    )
    def test_malformed_is_refused(self, record: Any, code: str) -> None:
        with pytest.raises(BadInput) as refused:
            decode(record)
        assert refused.value.code == code


def test_replay_answers_step_by_step() -> None:
    truth = Resynchronised(
        calls=(CallSeen(call=CallId("A"), talking_to=AgentId("1001")),),
        devices=(DeviceSeen(agent=AgentId("1001"), reachable=True, in_use=True),),
    )
    answers = replay(
        city(),
        [
            (1.0, truth),
            (2.0, CallLeft(call=CallId("A"))),
            (12.0, None),
            (13.0, AgentReady(agent=AgentId("1001"))),
        ],
    )
    assert [[type(command).__name__ for command in step] for step in answers] == [
        ["AgentChanged"],
        ["AgentChanged"],
        ["AgentChanged"],
        ["Ignored"],
    ]
