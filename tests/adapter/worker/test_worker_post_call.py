"""The work after a call, with real audio, recordings and database; only who hears is a double."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from callcenter.calls import outbox, repository
from callcenter.calls.models import AlarmRow
from callcenter.kernel.errors import Unavailable
from callcenter.kernel.ids import CallId
from callcenter.ledger.facts import Fact, RecordingDeclined, RecordingStarted
from callcenter.storage.engine import Database, open_database
from callcenter.storage.migrations import migrate
from callcenter.tickets import service as tickets
from callcenter.tickets.service import Ticket
from callcenter.worker.loader import Loader
from callcenter.worker.post_call import Folders, PostCall, Speech
from recordings.core.dialogue import LegTranscript, Speaker, Word
from recordings.crypto import create_keys
from recordings.store import RecordingStore
from recordings.transcriber.port import FailureCode, TranscriptionFailed
from tests.helpers.audio_files import write_legs, write_tone
from tests.helpers.journals import StepClock, abandoned_call, answered_call, message_call, write_facts

pytestmark = pytest.mark.adapter

CALL = CallId("node1-1763782800.1")


class SaysThings:
    """A ``Transcriber`` that hears the same on every citizen's leg, or fails."""

    def __init__(self, text: str = "đèn đường hỏng", failure: Exception | None = None) -> None:
        self._text = text
        self._failure = failure
        self.heard: list[str] = []

    def transcribe(self, wav: Path, speaker: Speaker, language: str) -> LegTranscript:
        assert wav.is_file()
        self.heard.append(f"{speaker.value}:{language}")
        if self._failure:
            raise self._failure
        words = (Word(text=self._text, start_s=0.0, end_s=1.0, confidence=1.0),)
        return LegTranscript(
            speaker=speaker, words=words, engine="double", model="double", seconds_of_speech=1.0
        )


class House:
    """One call in a real database, and its audio."""

    def __init__(self, folder: Path) -> None:
        self.folders = Folders(legs=folder / "legs", messages=folder / "messages", work=folder / "work")
        self.journal = folder / "journal"
        self.database: Database = open_database(f"sqlite:///{folder / 'd.sqlite3'}")
        migrate(self.database)
        identity, recipient = create_keys(folder / "keys")
        self.store = RecordingStore(folder / "recordings", recipient, identity)

    def load(self, facts: list[Fact]) -> None:
        write_facts(self.journal, facts)
        Loader(self.database, self.journal, StepClock()).load_once()

    def work(self, transcriber: SaysThings | None = None) -> PostCall:
        speech = Speech(transcriber=transcriber, engine="double", model="double")
        return PostCall(self.database, self.store, speech, self.folders, StepClock(), floor_bytes=1 << 20)

    def do_all(self, transcriber: SaysThings | None = None) -> None:
        work = self.work(transcriber)
        work.keep_recording(CALL)
        work.transcribe(CALL)
        work.finish(CALL)

    def ticket(self) -> Ticket | None:
        with self.database.reading() as tx:
            return tickets.find_by_call(tx, CALL)

    def alarms(self) -> list[tuple[str, str]]:
        with self.database.reading() as tx:
            return [(row.kind, row.detail) for row in repository.open_alarms(tx)]

    def done(self) -> bool:
        with self.database.reading() as tx:
            return outbox.job(tx, CALL).finished_at is not None


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.database.close()


def test_an_answered_call_is_kept_heard_and_filled_in(house: House) -> None:
    house.load(answered_call(1))
    write_legs(house.folders.legs, CALL)
    transcriber = SaysThings()
    house.do_all(transcriber)
    ticket = house.ticket()
    assert ticket is not None
    assert (ticket.text, ticket.state, ticket.transcript_reason) == ("đèn đường hỏng", "received", None)
    assert transcriber.heard == ["citizen:vi", "operator:vi"]
    assert list(house.folders.legs.iterdir()) == []
    assert house.alarms() == []
    assert house.done()
    with house.database.reading() as tx:
        (recording,) = repository.recordings(tx, CALL)
        transcript = repository.transcript(tx, CALL)
    stored = house.store.find(CALL)
    assert stored is not None
    assert (recording.path, recording.sha256, recording.chain_seq) == (stored.path, stored.sha256, stored.seq)
    assert transcript is not None
    assert (transcript.status, transcript.model) == ("ready", "double")


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_steps_done_again_change_nothing(house: House, steps: int) -> None:
    house.load(answered_call(1))
    write_legs(house.folders.legs, CALL)
    work = house.work(SaysThings())
    for step in (work.keep_recording, work.transcribe, work.finish)[:steps]:
        step(CALL)
    house.do_all(SaysThings("something else"))
    ticket = house.ticket()
    assert ticket is not None
    assert ticket.text == ("đèn đường hỏng" if steps > 1 else "something else")
    assert house.alarms() == []
    with house.database.reading() as tx:
        assert len(repository.recordings(tx, CALL)) == 1
        kinds = [entry.kind for entry in tickets.history(tx, ticket.code)]
    assert kinds == ["opened", "transcript", "state"]


def test_a_call_answered_but_never_recorded_raises_an_alarm_once(house: House) -> None:
    house.load([fact for fact in answered_call(1) if not isinstance(fact, RecordingStarted)])
    with capture_logs() as logs:
        house.do_all(SaysThings())
        house.do_all(SaysThings())
    assert house.alarms() == [("answered_not_recorded", "never_started")]
    errors = [log for log in logs if log["log_level"] == "error"]
    assert [log["event"] for log in errors] == ["answered call not recorded"]
    ticket = house.ticket()
    assert ticket is not None
    assert ticket.transcript_reason == "no_recording"
    assert house.done()


def test_legs_without_sound_raise_the_same_alarm(house: House) -> None:
    house.load(answered_call(1))
    for side in ("in", "out"):
        write_tone(house.folders.legs / f"{CALL}-{side}.wav", 0.0)
    house.do_all(SaysThings())
    assert house.alarms() == [("answered_not_recorded", "empty")]
    assert list(house.folders.legs.iterdir()) == []


def test_what_cannot_be_read_stays_for_a_person(house: House) -> None:
    house.load(answered_call(1))
    house.folders.legs.mkdir()
    for side in ("in", "out"):
        (house.folders.legs / f"{CALL}-{side}.wav").write_bytes(b"not a wav file" * 100)
    house.do_all(SaysThings())
    assert house.alarms() == [("answered_not_recorded", "unreadable")]
    assert len(list(house.folders.legs.iterdir())) == 2
    assert house.done()


def test_one_missing_leg_is_kept_and_told(house: House) -> None:
    house.load(answered_call(1))
    write_tone(house.folders.legs / f"{CALL}-in.wav", 5.0)
    house.do_all(SaysThings())
    assert house.alarms() == [("recording_one_leg", "one_leg")]
    ticket = house.ticket()
    assert ticket is not None
    assert ticket.text == "đèn đường hỏng"


def test_a_recording_much_shorter_than_the_talk_is_told(house: House) -> None:
    facts = answered_call(1)
    talk = next(index for index, fact in enumerate(facts) if isinstance(fact, RecordingStarted))
    padding: list[Fact] = [replace(facts[talk], base=f"{CALL}") for _ in range(20)]  # type: ignore[call-arg]
    house.load(facts[:talk] + padding + facts[talk:])  # a second of talk with each record
    write_legs(house.folders.legs, CALL, 3.0)
    house.do_all(SaysThings())
    assert [kind for kind, _ in house.alarms()] == ["recording_short"]


def test_declined_recording_leaves_nothing_and_is_no_fault(house: House) -> None:
    begin, *rest = [fact for fact in answered_call(1) if not isinstance(fact, RecordingStarted)]
    house.load([begin, RecordingDeclined(call=CALL), *rest])
    write_legs(house.folders.legs, CALL)
    transcriber = SaysThings()
    house.do_all(transcriber)
    assert transcriber.heard == []
    assert house.alarms() == []
    assert house.store.find(CALL) is None
    assert list(house.folders.legs.iterdir()) == []
    ticket = house.ticket()
    assert ticket is not None
    assert ticket.recording_declined
    assert ticket.transcript_reason == "recording_declined"


def test_a_message_is_kept_and_heard(house: House) -> None:
    house.load(message_call(1))
    write_tone(house.folders.messages / f"{CALL}.wav", 4.0)
    house.do_all(SaysThings("ổ gà trước nhà"))
    ticket = house.ticket()
    assert ticket is not None
    assert (ticket.text, ticket.state) == ("ổ gà trước nhà", "received")
    assert list(house.folders.messages.iterdir()) == []
    assert house.alarms() == []


def test_an_abandoned_call_owes_nothing_more(house: House) -> None:
    house.load(abandoned_call(1))
    house.do_all(SaysThings())
    assert house.done()
    assert house.alarms() == []
    assert house.ticket() is None
    with house.database.reading() as tx:
        assert repository.transcript(tx, CALL) is None


def test_an_engine_that_fails_costs_the_words_only(house: House) -> None:
    house.load(answered_call(1))
    write_legs(house.folders.legs, CALL)
    house.do_all(SaysThings(failure=TranscriptionFailed(FailureCode.ENGINE_CRASHED)))
    ticket = house.ticket()
    assert ticket is not None
    assert (ticket.state, ticket.transcript_reason) == ("received", "engine_crashed")
    assert house.store.find(CALL) is not None
    assert house.done()


def test_failures_of_the_work_end_with_a_person_and_keep_the_legs(house: House) -> None:
    house.load(answered_call(1))
    write_legs(house.folders.legs, CALL)
    work = house.work()
    waits = []
    for attempt in range(5):
        assert not house.done()
        work.failed(CALL, ValueError("a secret of the citizen"))
        with house.database.reading() as tx:
            job = outbox.job(tx, CALL)
            waits.append(job.not_before)
            assert (job.attempts, job.last_error) == (attempt + 1, "ValueError")
    assert waits == sorted(waits, key=str)
    assert house.done()
    assert house.alarms() == [("post_call_given_up", "ValueError")]
    ticket = house.ticket()
    assert ticket is not None
    assert (ticket.problem, ticket.state) == ("ValueError", "received")
    assert len(list(house.folders.legs.iterdir())) == 2


def test_parts_that_are_away_are_waited_for_without_end(house: House) -> None:
    house.load(answered_call(1))
    for _ in range(20):
        house.work().failed(CALL, Unavailable("disk_full"))
    assert not house.done()
    with house.database.reading() as tx:
        assert tx.get(AlarmRow, ("post_call_given_up", CALL)) is None
        job = outbox.job(tx, CALL)
        assert outbox.due(tx, StepClock().utcnow(), 10) == []
        assert job.not_before is not None
        assert outbox.due(tx, job.not_before, 10) == [(CALL, 20)]


def test_a_full_disk_is_one_alarm_which_ends_with_the_first_recording_that_is_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.load([*answered_call(1), *abandoned_call(2)])
    write_legs(house.folders.legs, CALL)
    work = house.work()
    real = shutil.disk_usage("/")

    def leave_free(free: int) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _folder: real._replace(free=free))

    def refused() -> None:
        with pytest.raises(Unavailable) as caught:
            work.keep_recording(CALL)
        work.failed(CALL, caught.value)

    leave_free(1000)
    with capture_logs() as logs:
        refused()
        refused()
    assert house.alarms() == [("disk_full", "1000 B free, 1048576 B needed")]
    assert [line["event"] for line in logs] == ["disk full: recordings wait"]
    work.keep_recording("node1-1763782800.2")
    assert house.alarms(), "a call of which nothing is kept says nothing of the disk"
    leave_free(1 << 40)
    work.keep_recording(CALL)
    assert house.alarms() == []
    leave_free(999)
    refused()
    assert house.alarms() == [("disk_full", "999 B free, 1048576 B needed")], "an alarm again"
