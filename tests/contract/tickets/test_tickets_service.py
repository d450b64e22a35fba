"""Tickets of calls on both databases: one per call, codes without a gap or a double, the reporter apart."""

from __future__ import annotations

import threading
from dataclasses import fields
from datetime import UTC, date, datetime

import pytest

from callcenter.kernel.errors import Conflict, NotFound
from callcenter.storage.engine import Database
from callcenter.tickets import repository, service
from callcenter.tickets.models import TicketRow
from callcenter.tickets.service import CallFacts, Ticket
from callcenter.tickets.states import TicketState, TranscriptStatus, check
from recordings.core.dialogue import Dialogue, Speaker, Turn
from tests.helpers.databases import database, database_url

pytestmark = pytest.mark.contract
__all__ = ["database", "database_url"]

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 5, 10, tzinfo=UTC)
CALL = "node1-1763782800.1"


def facts(call: str = CALL, **changed: object) -> CallFacts:
    given: dict[str, object] = {
        "call": call,
        "alias": "1022",
        "caller": "0905123456",
        "opened_at": NOON,
        "language": "vi",
        "answered_by": "1001",
    }
    return CallFacts(**(given | changed))  # type: ignore[arg-type]


def opened(database: Database, call: str = CALL, **changed: object) -> Ticket:
    with database.transaction() as tx:
        return service.open_for_call(tx, facts(call, **changed))


def kinds(database: Database, code: str) -> list[str]:
    with database.reading() as tx:
        return [entry.kind for entry in service.history(tx, code)]


def test_a_call_has_one_ticket_however_often_it_is_opened(database: Database) -> None:
    first, again = opened(database), opened(database)
    assert first == again
    assert first.code.startswith("1022-261122-00001-")
    assert first.state is TicketState.DRAFT
    assert first.transcript_status is TranscriptStatus.PENDING
    assert kinds(database, first.code) == ["opened"]


def test_codes_count_the_day_of_viet_nam(database: Database) -> None:
    before_midnight = opened(database, "n-1.1", opened_at=datetime(2026, 11, 22, 16, 59, 59, tzinfo=UTC))
    after_midnight = opened(database, "n-1.2", opened_at=datetime(2026, 11, 22, 17, 0, 0, tzinfo=UTC))
    next_one = opened(database, "n-1.3", opened_at=datetime(2026, 11, 22, 18, 0, 0, tzinfo=UTC))
    assert [ticket.code[:17] for ticket in (before_midnight, after_midnight, next_one)] == [
        "1022-261122-00001",
        "1022-261123-00001",
        "1022-261123-00002",
    ]
    with database.reading() as tx:
        assert service.today_count(tx, date(2026, 11, 22)) == 1
        assert service.today_count(tx, date(2026, 11, 23)) == 2
        assert service.today_count(tx, date(2026, 11, 24)) == 0


def test_many_at_once_get_numbers_without_gap_or_double(database: Database) -> None:
    """Eight threads open forty calls' tickets, each call from two threads."""
    failures: list[BaseException] = []
    gate = threading.Barrier(8)

    def work(share: int) -> None:
        gate.wait()
        try:
            for number in range(10):
                opened(database, f"n-1.{share // 2 * 10 + number}")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(share,)) for share in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.reading() as tx:
        tickets = service.list_recent(tx, 100)
    assert len(tickets) == 40
    assert sorted(int(ticket.code.split("-")[2]) for ticket in tickets) == list(range(1, 41))
    assert len({ticket.call for ticket in tickets}) == 40


def test_the_reporter_lies_apart_and_is_the_same_for_every_way_of_writing_the_number(
    database: Database,
) -> None:
    opened(database, "n-1.1", caller="0905 123 456")
    opened(database, "n-1.2", caller="+84905123456")
    opened(database, "n-1.3", caller="anonymous")
    opened(database, "n-1.4", caller="\x00" + "9" * 300)
    with database.reading() as tx:
        one, two = repository.reporter(tx, "n-1.1"), repository.reporter(tx, "n-1.2")
        assert one is not None
        assert two is not None
        assert one.id == two.id
        assert one.phone_e164 == "+84905123456"
        assert repository.reporter(tx, "n-1.3") is None
        assert repository.reporter(tx, "n-1.4") is not None
    assert not {field.name for field in fields(Ticket)} & {"caller", "reporter", "phone"}
    assert not any("phone" in name or "reporter" in name for name in TicketRow.model_fields)


def test_a_transfer_changes_who_answers_for_it(database: Database) -> None:
    code = opened(database).code
    assert opened(database, answered_by="1002", opened_at=LATER).answered_by == "1002"
    assert kinds(database, code) == ["opened", "answered"]


DIALOGUE = Dialogue(
    turns=(
        Turn(speaker=Speaker.OPERATOR, start_s=0.0, end_s=1.0, text="1022 xin nghe"),
        Turn(speaker=Speaker.CITIZEN, start_s=1.0, end_s=3.0, text="đèn đường bị hỏng"),
    )
)


def test_the_transcript_fills_the_ticket_and_receives_it(database: Database) -> None:
    code = opened(database).code
    for _ in range(2):
        with database.transaction() as tx:
            ticket = service.fill_from_transcript(tx, CALL, DIALOGUE, None, now=LATER)
    assert ticket.text == "đèn đường bị hỏng"
    assert ticket.state is TicketState.RECEIVED
    assert ticket.transcript_status is TranscriptStatus.READY
    assert kinds(database, code) == ["opened", "transcript", "state"]


def test_without_a_transcript_the_reason_stands_there(database: Database) -> None:
    opened(database)
    with database.transaction() as tx:
        ticket = service.fill_from_transcript(tx, CALL, None, "no_model", now=LATER)
        assert (ticket.transcript_status, ticket.transcript_reason) == (TranscriptStatus.MISSING, "no_model")
        assert ticket.state is TicketState.RECEIVED
        assert service.fill_from_transcript(tx, CALL, DIALOGUE, None, now=LATER).text == "đèn đường bị hỏng"
        kept = service.fill_from_transcript(tx, CALL, None, "no_model", now=LATER)
    assert kept.transcript_status is TranscriptStatus.READY


def test_declined_recording_outcome_and_problem_are_noted_once(database: Database) -> None:
    code = opened(database).code
    for _ in range(2):
        with database.transaction() as tx:
            service.set_recording_declined(tx, CALL, now=LATER)
            service.set_outcome(tx, CALL, "answered")
            ticket = service.set_problem(tx, CALL, "disk_full", now=LATER)
    assert ticket.recording_declined
    assert (ticket.outcome, ticket.problem, ticket.state) == ("answered", "disk_full", TicketState.RECEIVED)
    assert kinds(database, code) == ["opened", "recording_declined", "problem", "state"]


def test_a_ticket_is_found_by_its_code_as_spoken(database: Database) -> None:
    code = opened(database).code
    with database.reading() as tx:
        for said in (code, code.replace("-", ""), f" {code.replace('-', ' ')} "):
            found = service.find_by_code(tx, said)
            assert found is not None
            assert found.call == CALL
        wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
        assert service.find_by_code(tx, wrong) is None
        assert service.find_by_code(tx, "x' OR 1=1 --") is None


def test_a_call_without_a_ticket_is_said_so(database: Database) -> None:
    with pytest.raises(NotFound), database.transaction() as tx:
        service.set_outcome(tx, CALL, "answered")
    with pytest.raises(NotFound), database.reading() as tx:
        service.history(tx, "1022-261122-00001-0")


def test_a_received_ticket_never_becomes_a_draft_again() -> None:
    with pytest.raises(Conflict):
        check(TicketState.RECEIVED, TicketState.DRAFT)
