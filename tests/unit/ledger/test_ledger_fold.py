"""The record of each kind of call, with its numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.journal.record import Record
from callcenter.kernel.errors import BadInput
from callcenter.kernel.ids import AgentId, CallId, OfferId, QueueName
from callcenter.ledger.codec import encode
from callcenter.ledger.facts import (
    BulletinHeard,
    CallAnswered,
    CallEnded,
    CallLost,
    CallStarted,
    Fact,
    FallbackServed,
    LanguageChosen,
    MenuChosen,
    MessageLeft,
    OfferEnded,
    OfferStarted,
    Overflowed,
    QueueJoined,
    RecordingDeclined,
    RecordingNoticePlayed,
    RecordingStarted,
    StateAsked,
    TalkEnded,
    WrapUpEnded,
)
from callcenter.ledger.fold import Bookmark, Ledger
from callcenter.ledger.record import CallRecord, Note, Outcome

pytestmark = pytest.mark.unit

START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
CALL = CallId("node1-1763782800.42")
AN, BINH = AgentId("1010"), AgentId("1011")
FIRST, SECOND = OfferId(f"{CALL}#1"), OfferId(f"{CALL}#2")

STARTED = CallStarted(call=CALL, channel="PJSIP/t-1", alias="02361022", caller="0888247247", trunk="vnpt")
JOINED = QueueJoined(call=CALL, queue=QueueName("general"))
RINGS_AN = OfferStarted(call=CALL, offer=FIRST, agent=AN)
RINGS_BINH = OfferStarted(call=CALL, offer=SECOND, agent=BINH)
ANSWERED = CallAnswered(call=CALL, offer=FIRST, agent=AN)
TALK_ENDED = TalkEnded(call=CALL, agent=AN)
ENDED = CallEnded(call=CALL, cause=16, by_caller=True)
LOST = CallLost(call=CALL, why="asterisk_restarted")
OVERFLOWED = Overflowed(call=CALL, reason="max_wait")
MESSAGE = MessageLeft(call=CALL, file="m.wav", duration_s=12.5)
FALLBACK = FallbackServed(call=CALL, how="queue")
BULLETIN = BulletinHeard(call=CALL, prompt="storm")
ASKED = StateAsked(call=CALL, code="1022-261122-00417-3", found=False)


def fold(*timeline: tuple[float, Fact]) -> CallRecord:
    """The record of facts at seconds after the start."""
    ledger = Ledger(boot="b")
    for second, fact in timeline:
        ledger.apply(START + timedelta(seconds=second), fact, mono=1000 + second)
    record = ledger.peek(CALL)
    assert record is not None
    return record


def test_an_answered_call_with_everything() -> None:
    record = fold(
        (0, STARTED),
        (1, LanguageChosen(call=CALL, language="vi")),
        (2, RecordingNoticePlayed(call=CALL, prompt="notice", version="3")),
        (5, MenuChosen(call=CALL, menu="main", choice="1")),
        (8, MenuChosen(call=CALL, menu="roads", choice="0")),
        (10, JOINED),
        (12, RINGS_AN),
        (27, OfferEnded(call=CALL, offer=FIRST, agent=AN, failure="no_answer")),
        (28, RINGS_BINH),
        (33, CallAnswered(call=CALL, offer=SECOND, agent=BINH)),
        (33.5, RecordingStarted(call=CALL, base=CALL)),
        (93, TalkEnded(call=CALL, agent=BINH)),
        (93.1, ENDED),
        (103, WrapUpEnded(call=CALL, agent=BINH)),
    )
    assert record.outcome is Outcome.ANSWERED
    assert (record.wait_s, record.talk_s, record.wrap_up_s) == (23.0, 60.0, 10.0)
    assert record.duration_s == pytest.approx(93.1)
    assert (record.alias, record.caller, record.language) == ("02361022", "0888247247", "vi")
    assert (record.queue, record.agent, record.rings) == ("general", BINH, 2)
    assert [(o.agent, o.ring_s, o.result) for o in record.offers] == [
        (AN, 15.0, "no_answer"),
        (BINH, 5.0, "answered"),
    ]
    assert record.menu_path == ("main=1", "roads=0")
    assert record.recording_notice == "notice@3"
    assert (record.recording_base, record.recording_bases) == (CALL, (CALL,))
    assert (record.started_at, record.joined_at) == (START, START + timedelta(seconds=10))
    assert record.ended_by_caller is True
    assert record.notes == ()


@pytest.mark.parametrize(
    ("outcome", "facts"),
    [
        (Outcome.ANSWERED, [JOINED, RINGS_AN, ANSWERED, ENDED]),
        (Outcome.ANSWERED, [JOINED, RINGS_AN, ANSWERED, LOST]),
        (Outcome.ANSWERED, [JOINED, OVERFLOWED, JOINED, RINGS_AN, ANSWERED, ENDED]),
        (Outcome.ABANDONED, [JOINED, ENDED]),
        (Outcome.ABANDONED, [JOINED, RINGS_AN, ENDED]),
        (Outcome.ABANDONED, [BULLETIN, JOINED, ENDED]),
        (Outcome.ABANDONED, [RINGS_AN, ENDED]),
        (Outcome.ABANDONED_IVR, [ENDED]),
        (Outcome.ABANDONED_IVR, [MenuChosen(call=CALL, menu="main", choice="4"), ENDED]),
        (Outcome.SELF_SERVED, [BULLETIN, ENDED]),
        (Outcome.SELF_SERVED, [ASKED, ENDED]),
        (Outcome.MESSAGE_LEFT, [JOINED, OVERFLOWED, MESSAGE, ENDED]),
        (Outcome.MESSAGE_LEFT, [FALLBACK, MESSAGE, ENDED]),
        (Outcome.MESSAGE_LEFT, [JOINED, OVERFLOWED, ENDED, MESSAGE]),
        (Outcome.OVERFLOWED, [OVERFLOWED, ENDED]),
        (Outcome.OVERFLOWED, [JOINED, OVERFLOWED, ENDED]),
        (Outcome.FALLBACK, [JOINED, FALLBACK, ENDED]),
        (Outcome.FALLBACK, [FALLBACK, LOST]),
        (Outcome.LOST, [LOST]),
        (Outcome.LOST, [JOINED, RINGS_AN, LOST]),
        (Outcome.LOST, [JOINED, OVERFLOWED, LOST]),
    ],
)
def test_outcome(outcome: Outcome, facts: list[Fact]) -> None:
    record = fold((0, STARTED), *((second, fact) for second, fact in enumerate(facts, start=1)))
    assert record.outcome is outcome


def test_an_open_call_has_no_outcome_yet() -> None:
    ledger = Ledger()
    for second, fact in enumerate([STARTED, JOINED, RINGS_AN, ANSWERED]):
        assert ledger.apply(START + timedelta(seconds=second), fact, mono=second) is None
    (record,) = ledger.open_calls()
    assert record.outcome is None
    assert (record.ended_at, record.duration_s, record.wait_s) == (None, None, 2.0)


def test_ringing_counts_as_waiting_and_a_ring_ends_with_the_call() -> None:
    record = fold((0, STARTED), (10, JOINED), (15, RINGS_AN), (22, ENDED))
    assert record.wait_s == 12.0
    assert [(o.ring_s, o.result) for o in record.offers] == [(7.0, "left")]


def test_waiting_ends_when_served_otherwise() -> None:
    assert fold((0, STARTED), (10, JOINED), (40, OVERFLOWED), (70, MESSAGE), (71, ENDED)).wait_s == 30.0
    assert fold((0, STARTED), (10, JOINED), (25, FALLBACK), (90, ENDED)).wait_s == 15.0
    assert fold((0, STARTED), (30, ENDED)).wait_s is None


def test_a_call_that_ends_without_word_of_the_talk_ends_the_talk() -> None:
    record = fold((0, STARTED), (1, JOINED), (2, RINGS_AN), (5, ANSWERED), (65, ENDED), (66, TALK_ENDED))
    assert (record.talk_s, record.agent) == (60.0, AN)
    wrapped = fold((0, STARTED), (5, ANSWERED), (65, ENDED), (75, WrapUpEnded(call=CALL, agent=AN)))
    assert wrapped.wrap_up_s == 10.0


def test_a_transfer_sums_the_talks_and_names_the_last_operator() -> None:
    record = fold(
        (0, STARTED),
        (1, JOINED),
        (2, RINGS_AN),
        (5, ANSWERED),
        (25, TALK_ENDED),
        (26, QueueJoined(call=CALL, queue=QueueName("land"))),
        (30, RINGS_BINH),
        (35, CallAnswered(call=CALL, offer=SECOND, agent=BINH)),
        (65, TalkEnded(call=CALL, agent=BINH)),
        (66, ENDED),
    )
    assert (record.wait_s, record.talk_s, record.agent, record.queue) == (4.0, 50.0, BINH, "general")


def test_doubled_reports_count_once() -> None:
    record = fold(
        (0, STARTED),
        (1, JOINED),
        (1.1, JOINED),
        (2, RINGS_AN),
        (2.1, RINGS_AN),
        (5, ANSWERED),
        (5.1, ANSWERED),
        (9, TALK_ENDED),
        (9.1, TALK_ENDED),
        (10, ENDED),
        (10.1, ENDED),
        (11, LOST),
    )
    assert (record.outcome, record.rings, record.wait_s, record.talk_s) == (Outcome.ANSWERED, 1, 4.0, 4.0)
    assert record.duration_s == 10.0


def test_a_call_without_a_beginning_still_counts() -> None:
    record = fold((3, JOINED), (9, ENDED))
    assert record.outcome is Outcome.ABANDONED
    assert Note.START_MISSING in record.notes


def test_recording_against_the_citizens_will_is_noted() -> None:
    record = fold(
        (0, STARTED),
        (1, RecordingDeclined(call=CALL)),
        (2, RecordingStarted(call=CALL, base="x")),
        (3, ENDED),
    )
    assert record.recording_declined
    assert record.notes == (Note.RECORDED_THOUGH_DECLINED,)


def test_late_facts_give_the_record_again_and_old_ones_nothing() -> None:
    ledger = Ledger()
    wrap = WrapUpEnded(call=CALL, agent=AN)
    assert ledger.apply(START, STARTED, mono=0) is None
    assert ledger.apply(START, ANSWERED, mono=1) is None
    ended = ledger.apply(START, ENDED, mono=2)
    assert ended is not None
    assert ended.wrap_up_s == 0.0
    later = ledger.apply(START, wrap, mono=5)
    assert later is not None
    assert later.wrap_up_s == 3.0
    assert ledger.apply(START, wrap, mono=5) is None


def test_ended_calls_are_forgotten_in_the_end() -> None:
    ledger = Ledger(keep_ended=1)
    other = CallId("node1-1763782800.43")
    ledger.apply(START, STARTED, mono=0)
    ledger.apply(START, ENDED, mono=1)
    assert ledger.apply(START, CallEnded(call=other, cause=0, by_caller=False), mono=2) is not None
    assert ledger.peek(CALL) is None
    assert ledger.apply(START, WrapUpEnded(call=CALL, agent=AN), mono=3) is None
    assert list(ledger.open_calls()) == []


def journal(*entries: tuple[float, float, Fact | str]) -> list[Record]:
    """Records at (wall second, monotonic second); a text is the boot id of a boot note."""
    records = []
    for seq, (second, mono, entry) in enumerate(entries, start=1):
        at = START + timedelta(seconds=second)
        if isinstance(entry, str):
            boot = {"boot": entry}
            records.append(Record(seq=seq, at=at, mono=mono, kind="note", type="boot", data=boot))
        else:
            name, data = encode(entry)
            records.append(Record(seq=seq, at=at, mono=mono, kind="call", type=name, data=data))
    return records


def run(records: list[Record], ledger: Ledger) -> CallRecord:
    results = [result for record in records if (result := ledger.apply_record(record)) is not None]
    return results[-1]


def test_a_restart_of_ours_keeps_monotonic_durations() -> None:
    records = journal(
        (0, 100, "boot-1"), (0, 100, STARTED), (1, 101, JOINED), (3600, 105, "boot-1"), (3605, 110, ENDED)
    )
    record = run(records, Ledger())
    assert (record.wait_s, record.notes) == (9.0, ())


def test_across_a_restart_of_the_machine_the_wall_clock_measures() -> None:
    records = journal(
        (0, 900, "boot-1"), (0, 900, STARTED), (1, 901, JOINED), (60, 5, "boot-2"), (61, 6, LOST)
    )
    record = run(records, Ledger())
    assert (record.wait_s, record.outcome) == (60.0, Outcome.LOST)
    assert record.notes == (Note.LOST, Note.WALL_CLOCK)


def test_across_a_restart_with_the_clock_set_back_nothing_is_negative() -> None:
    records = journal(
        (0, 900, "boot-1"), (0, 900, STARTED), (1, 901, JOINED), (-50, 5, "boot-2"), (-49, 6, LOST)
    )
    record = run(records, Ledger())
    assert (record.wait_s, record.duration_s) == (0.0, 0.0)


def test_a_bookmark_brings_the_open_calls_back() -> None:
    other = CallId("node1-1763782800.43")
    records = journal(
        (0, 100, "boot-1"),
        (0, 100, CallStarted(call=other, channel="c", alias="1022", caller="", trunk="t")),
        (1, 101, STARTED),
        (2, 102, JOINED),
        (3, 103, CallEnded(call=other, cause=16, by_caller=True)),
        (3, 104, "boot-1"),
        (9, 110, ENDED),
    )
    before = Ledger()
    assert before.bookmark() == Bookmark(after_seq=0, boot="")
    for record in records[:6]:
        before.apply_record(record)
    bookmark = before.bookmark()
    assert bookmark == Bookmark(after_seq=2, boot="boot-1")
    after = Ledger(boot=bookmark.boot)
    result = run(records[bookmark.after_seq :], after)
    assert result == run(records, Ledger())
    assert (result.wait_s, result.notes) == (8.0, ())
    assert after.bookmark() == Bookmark(after_seq=7, boot="boot-1")


def test_a_bookmark_waits_for_the_wrap_up() -> None:
    records = journal(
        (0, 100, STARTED), (5, 105, ANSWERED), (9, 109, ENDED), (19, 119, WrapUpEnded(call=CALL, agent=AN))
    )
    before = Ledger(boot="b")
    for record in records[:3]:
        before.apply_record(record)
    bookmark = before.bookmark()
    assert bookmark == Bookmark(after_seq=0, boot="b")
    assert run(records[bookmark.after_seq :], Ledger(boot=bookmark.boot)).wrap_up_s == 10.0
    before.apply_record(records[3])
    assert before.bookmark() == Bookmark(after_seq=4, boot="b")


def test_engine_records_are_passed_over_and_foreign_ones_refused() -> None:
    ledger = Ledger()
    engine = Record(seq=1, at=START, mono=0.0, kind="engine", type="LinkLost", data={})
    assert ledger.apply_record(engine) is None
    with pytest.raises(BadInput, match="fact_unknown"):
        ledger.apply_record(Record(seq=2, at=START, mono=0.0, kind="call", type="LinkLost", data={}))
