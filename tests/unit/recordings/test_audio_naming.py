from __future__ import annotations

from datetime import UTC, datetime

import pytest

from callcenter.kernel.errors import BadInput
from callcenter.kernel.ids import CallId
from recordings.core.naming import RecordingKind, in_leg_name, message_name, out_leg_name, stored_path

pytestmark = pytest.mark.unit

CALL = CallId("node1-1763782800.42")
HOSTILE = ["../../etc/passwd", "a/b-1.2", "node1-1.2\n", "node1-1.2;rm", "", "500&PJSIP/x", "node1-1.2/.."]


def test_names_come_from_the_call_id_alone() -> None:
    assert in_leg_name(CALL) == "node1-1763782800.42-in.wav"
    assert out_leg_name(CALL) == "node1-1763782800.42-out.wav"
    assert message_name(CALL) == "node1-1763782800.42.wav"


def test_the_day_is_viet_nams() -> None:
    late = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)  # 00:00 on 1 January in Viet Nam

    assert str(stored_path(CALL, late)) == "2027/01/01/node1-1763782800.42.flac.age"


def test_a_message_does_not_lie_over_the_conversation() -> None:
    started_at = datetime(2026, 11, 22, tzinfo=UTC)

    assert stored_path(CALL, started_at, RecordingKind.MESSAGE) != stored_path(CALL, started_at)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_is_made_from_anything_but_a_call_id(text: str) -> None:
    call = CallId(text)
    for name in (in_leg_name, out_leg_name, message_name):
        with pytest.raises(BadInput):
            name(call)
    with pytest.raises(BadInput):
        stored_path(call, datetime(2026, 11, 22, tzinfo=UTC))


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(BadInput, match="time_without_zone"):
        stored_path(CALL, datetime(2026, 11, 22))  # noqa: DTZ001
