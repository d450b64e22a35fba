"""One more call than the house takes: it is told so, may leave a message, and is never turned away unheard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from callcenter.kernel import ticket_code
from tests.helpers.books import faults
from tests.helpers.callcentre import call_centre
from tests.helpers.hearing import from_ulaw, from_wav, likeness
from tests.helpers.phones import Phones, set_up

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

FULL_AND_PROMPT_S = 5.0 + 6.4 + 6.2
"""Greeting, "we are full", and "leave a message after the tone"."""


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phones]:
    """A call centre for one call, and that call is up."""
    with call_centre(tmp_path_factory.mktemp("crowded"), speech=False, max_calls=1) as centre:
        set_up(centre)
        phones = Phones(centre, centre.add_desks(2))
        phones.operator(talk_s=600.0)
        served = phones.citizen(leave_s=600.0)
        phones.live(served)
        yield phones
        phones.close()
        assert phones.booked(served)["outcome"] == "answered"
        phones.ticket(phones.booked(served)["call"])
        assert faults(centre) == []


@pytest.mark.seed("S0-05", "S0-13")
def test_whoever_finds_the_house_full_leaves_a_message_or_nothing(crowded: Phones) -> None:
    speaks = crowded.citizen(
        "", leave_s=FULL_AND_PROMPT_S + 6, speaks="vinh_south_man", speak_s=FULL_AND_PROMPT_S + 1
    )
    silent = crowded.citizen("", leave_s=FULL_AND_PROMPT_S + 7)
    leaves = crowded.citizen("", leave_s=2)

    message = crowded.booked(speaks, 60)
    assert (message["outcome"], message["overflow_reason"]) == ("message_left", "full")
    assert 3 < message["message_s"] < 8
    ticket = crowded.ticket(message["call"])
    assert ticket_code.parse(ticket["code"]).sequence >= 1
    assert (ticket["transcript_status"], ticket["transcript_reason"]) == ("missing", "no_model")
    kept = crowded.rows("select * from recording where call = ?", message["call"])
    assert [(row["kind"], row["problem"]) for row in kept] == [("message", None)]
    assert kept[0]["duration_s"] > 3
    _the_citizen_is_in_it(crowded, message["call"])

    for citizen in (silent, leaves):
        call = crowded.booked(citizen)
        assert call["outcome"] == "overflowed"
        assert crowded.rows("select * from ticket where call = ?", call["call"]) == []
    story = speaks.wait(1)
    (told,) = from_wav(crowded.prompt("full"))
    assert likeness(from_ulaw(story.heard), told) > 0.8


def _the_citizen_is_in_it(phones: Phones, call: str) -> None:
    out = phones.centre.folder / "message.wav"
    phones.centre.cli("recording", "export", call, "--out", str(out))
    said = from_wav(phones.clips["vinh_south_man"].wav)[0][8000:16000]
    assert max(likeness(channel, said) for channel in from_wav(out)) > 0.5
