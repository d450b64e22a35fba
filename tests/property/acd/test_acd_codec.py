"""Every event that can be made comes back from the journal as it was."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.core.config import AgentSettings, Configuration, QueueSettings
from acd.core.events import CallerJoined, CallSeen, Event
from acd.core.replay import decode, encode
from callcenter.kernel.errors import BadInput
from callcenter.kernel.ids import AgentId, QueueName

pytestmark = pytest.mark.property

seconds = st.floats(allow_nan=False, allow_infinity=False)
queue_names = st.sampled_from([QueueName("general"), QueueName("urgent"), QueueName("permits")])


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    names = draw(st.lists(queue_names, min_size=1, unique=True))
    limits = st.floats(0.1, 1e6)
    return Configuration(
        queues=tuple(
            QueueSettings(
                name=name,
                ring_timeout_s=draw(limits),
                wrap_up_s=draw(limits),
                max_wait_s=draw(st.none() | limits),
                max_waiting=draw(st.none() | st.integers(0, 100)),
                overflow_when_empty=draw(st.booleans()),
                priority_minutes=draw(limits),
            )
            for name in names
        ),
        agents=tuple(
            AgentSettings(
                agent=AgentId(str(1000 + n)),
                queues=draw(st.frozensets(st.sampled_from(names))),
                languages=draw(st.frozensets(st.text(max_size=3))),
            )
            for n in range(draw(st.integers(0, 3)))
        ),
        max_calls=draw(st.integers(1, 1000)),
    )


st.register_type_strategy(Configuration, configurations())
for _kind in (CallSeen, CallerJoined):
    st.register_type_strategy(_kind, st.builds(_kind, waited_s=seconds, priority_minutes=seconds))
events = st.one_of([st.from_type(kind) for kind in get_args(Event)])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | seconds | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(events)
def test_round_trip(event: Event) -> None:
    assert decode(json.loads(json.dumps(encode(event)))) == event


@given(events, st.data())
def test_damaged_record_is_refused_or_is_another_event(event: Event, data: st.DataObject) -> None:
    """Never anything but ``BadInput``, and never an event that would not encode again."""
    record: dict[str, Any] = encode(event)
    record[data.draw(st.sampled_from(sorted(record)) | st.text())] = data.draw(json_values)
    try:
        decoded = decode(record)
    except BadInput:
        return
    assert decode(encode(decoded)) == decoded
