"""The loader on both databases: exactly once, whatever is cut off where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import pytest
from sqlmodel import Session, select
from structlog.testing import capture_logs

from callcenter.calls import outbox
from callcenter.calls.models import CallRow, PostCallJobRow
from callcenter.journal.writer import JournalWriter
from callcenter.ledger.facts import CallStarted, Fact
from callcenter.storage.engine import Database, open_database
from callcenter.storage.migrations import migrate
from callcenter.tickets import service as tickets
from callcenter.tickets.models import ReporterRow
from callcenter.worker.loader import Loader, LoaderRunner
from tests.helpers.databases import database, database_url
from tests.helpers.journals import (
    StepClock,
    abandoned_call,
    answered_call,
    message_call,
    write_facts,
)

pytestmark = pytest.mark.contract
__all__ = ["database", "database_url"]


def loader(database: Database, journal: Path) -> Loader:
    return Loader(database, journal, StepClock())


def rows(database: Database) -> tuple[dict[str, dict[str, object]], list[str], Counter[str | None]]:
    """Calls by id, calls that owe a job, and tickets by call."""
    with database.reading() as tx:
        calls = {row.call: row.model_dump() for row in tx.exec(select(CallRow)).all()}
        jobs = sorted(row.call for row in tx.exec(select(PostCallJobRow)).all())
        found = Counter(ticket.call for ticket in tickets.list_recent(tx, 1000))
    return calls, jobs, found


def test_an_answered_call_becomes_a_record_a_ticket_and_a_job(database: Database, tmp_path: Path) -> None:
    write_facts(tmp_path, answered_call(1))
    with capture_logs() as logs:
        assert loader(database, tmp_path).load_once() == 9
    calls, jobs, found = rows(database)
    (record,) = calls.values()
    assert record["outcome"] == "answered"
    assert record["agent"] == "1001"
    assert record["talk_s"] == 2.0  # the clock of these journals moves a second with each record
    assert record["wrap_up_s"] == 2.0
    assert record["offers"][0]["result"] == "answered"  # type: ignore[index]
    assert jobs == list(calls)
    assert found == Counter(list(calls))
    with database.reading() as tx:
        (ticket,) = tickets.list_recent(tx)
    assert (ticket.outcome, ticket.answered_by, ticket.language) == ("answered", "1001", None)
    (line,) = [log for log in logs if log["event"] == "call"]
    assert line["outcome"] == "answered"
    assert [key for key, value in line.items() if value == "0905000001"] == ["pii_caller"]


def test_the_ticket_is_there_while_they_still_talk(database: Database, tmp_path: Path) -> None:
    write_facts(tmp_path, answered_call(1)[:4])
    loader(database, tmp_path).load_once()
    calls, jobs, found = rows(database)
    assert calls == {}
    assert jobs == []
    assert found == Counter({"node1-1763782800.1": 1})


def test_a_message_opens_a_ticket_and_an_abandoned_call_none(database: Database, tmp_path: Path) -> None:
    write_facts(tmp_path, [*message_call(1), *abandoned_call(2)])
    loader(database, tmp_path).load_once()
    calls, jobs, found = rows(database)
    assert [record["outcome"] for _, record in sorted(calls.items())] == ["message_left", "abandoned"]
    assert jobs == sorted(calls)
    assert found == Counter({"node1-1763782800.1": 1})


def test_asking_again_loads_nothing_and_later_records_are_found(database: Database, tmp_path: Path) -> None:
    one = loader(database, tmp_path)
    assert one.load_once() == 0
    write_facts(tmp_path, answered_call(1))
    assert one.load_once() == 9
    before = rows(database)
    assert one.load_once() == 0
    assert loader(database, tmp_path).load_once() == 0
    assert rows(database) == before
    write_facts(tmp_path, answered_call(2))
    assert one.load_once() == 9


def test_every_node_is_loaded_on_its_own(database: Database, tmp_path: Path) -> None:
    write_facts(tmp_path, answered_call(1))
    write_facts(tmp_path, answered_call(1, node="node2"), node="node2")
    loader(database, tmp_path).load_once()
    calls, _, found = rows(database)
    assert sorted(calls) == ["node1-1763782800.1", "node2-1763782800.1"]
    assert sum(found.values()) == 2


class PowerCut(BaseException):
    """Stands for the end of the process: nothing of ours catches it."""


class CutDatabase(Database):
    """The real database, whose process dies at the transaction number ``at``: before or after its commit."""

    def __init__(self, real: Database, at: int, *, committed: bool) -> None:
        super().__init__(real.engine)
        self._left = at
        self._committed = committed

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        self._left -= 1
        with super().transaction() as tx:
            yield tx
            if self._left == 0 and not self._committed:
                raise PowerCut
        if self._left == 0:
            raise PowerCut


def mixed_facts() -> list[Fact]:
    """Three calls whose facts are interleaved, and a fourth."""
    ways = zip_longest(answered_call(1), answered_call(2, "1002"), message_call(3))
    return [*(fact for group in ways for fact in group if fact), *abandoned_call(4)]


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("at", range(1, 9))
def test_a_cut_anywhere_loses_nothing_and_doubles_nothing(
    database: Database, tmp_path: Path, at: int, committed: bool
) -> None:
    write_facts(tmp_path, mixed_facts())
    cut = Loader(CutDatabase(database, at, committed=committed), tmp_path, StepClock(), batch_records=3)
    with pytest.raises(PowerCut):
        cut.load_once()
    Loader(database, tmp_path, StepClock(), batch_records=3).load_once()
    calls, jobs, found = rows(database)
    assert [record["outcome"] for _, record in sorted(calls.items())] == [
        "answered",
        "answered",
        "message_left",
        "abandoned",
    ]
    assert [record["wrap_up_s"] > 0 for _, record in sorted(calls.items())] == [True, True, False, False]
    assert jobs == sorted(calls)
    assert sorted(found.values()) == [1, 1, 1]
    with database.reading() as tx:
        kinds = [entry.kind for one in tickets.list_recent(tx) for entry in tickets.history(tx, one.code)]
        place = outbox.position(tx, "node1")
    assert kinds == ["opened"] * 3
    assert place is not None
    assert place.seq == len(mixed_facts()) + 1


def test_a_fact_that_is_not_understood_does_not_hold_up_the_rest(database: Database, tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "node1", clock=StepClock(), boot="b")
    writer.append("call", "FactOfAnotherVersion", {"call": "node1-1.1"})
    writer.close()
    write_facts(tmp_path, answered_call(1))
    with capture_logs() as logs:
        loader(database, tmp_path).load_once()
    assert len(rows(database)[0]) == 1
    assert [log["reason"] for log in logs if log["log_level"] == "error"] == ["fact_unknown"]


def test_hostile_numbers_and_endless_text_are_loaded(database: Database, tmp_path: Path) -> None:
    begin, *rest = answered_call(1)
    assert isinstance(begin, CallStarted)
    nasty = replace(begin, caller="\x00'; DROP TABLE call; --" + "x" * 5000, trunk="\x00" * 500)
    write_facts(tmp_path, [nasty, *rest])
    loader(database, tmp_path).load_once()
    ((record,), _, found) = (rows(database)[0].values(), *rows(database)[1:])
    assert str(record["caller"]).startswith("'; DROP TABLE")
    assert record["trunk"] == ""
    assert sum(found.values()) == 1


def test_damage_stops_its_node_only_and_keeps_what_is_before_it(database: Database, tmp_path: Path) -> None:
    write_facts(tmp_path, answered_call(1))
    (file,) = tmp_path.glob("node1-*.jsonl")
    file.write_bytes(file.read_bytes() + b"not a record\n")
    write_facts(tmp_path, answered_call(1, node="node2"), node="node2")
    runner = LoaderRunner(loader(database, tmp_path))
    with capture_logs() as logs:
        for _ in range(3):
            runner.step()
    assert len(rows(database)[0]) == 2
    assert runner.failing == "journal_malformed"
    assert len([log for log in logs if log["event"] == "loading journals fails"]) == 1


def test_a_journal_that_cannot_be_read_is_waited_for(database: Database, tmp_path: Path) -> None:
    in_the_way = tmp_path / "node1-1763782800-000001.jsonl"
    in_the_way.mkdir()
    runner = LoaderRunner(loader(database, tmp_path))
    with capture_logs() as logs:
        runner.step()
        runner.step()
        assert runner.failing == "journal_unreadable"
        in_the_way.rmdir()
        write_facts(tmp_path, answered_call(1))
        runner.step()
    assert [log["event"] for log in logs] == [
        "loading journals fails",
        "call",
        "loading journals works again",
    ]


def test_a_database_that_is_away_only_delays(tmp_path: Path) -> None:
    """It comes back as an empty file that is migrated then; every record arrives."""
    journal, folder = tmp_path / "journal", tmp_path / "database"
    write_facts(journal, [*answered_call(1), *message_call(2)])
    folder.mkdir()
    away = open_database(f"sqlite:///{folder / 'd.sqlite3'}")
    folder.rmdir()
    runner = LoaderRunner(loader(away, journal))
    with capture_logs() as logs:
        waits = [runner.step() for _ in range(6)]
        assert runner.failing == "database_unavailable"
        folder.mkdir()
        migrate(away)
        waits.append(runner.step())
    assert waits == [0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 0.2]
    assert runner.failing is None
    assert [log["event"] for log in logs if log["event"] != "call"] == [
        "loading journals fails",
        "loading journals works again",
    ]
    calls, jobs, found = rows(away)
    assert (len(calls), len(jobs), sum(found.values())) == (2, 2, 2)
    away.close()


def test_a_number_dialled_without_area_code_is_one_of_our_city(database: Database, tmp_path: Path) -> None:
    started_local, *rest = answered_call(1)
    assert isinstance(started_local, CallStarted)
    write_facts(tmp_path, [replace(started_local, caller="38225678"), *rest])
    Loader(database, tmp_path, StepClock(), home_area_code="28").load_once()
    with database.reading() as tx:
        (reporter,) = tx.exec(select(ReporterRow)).all()
    assert reporter.phone_e164 == "+842838225678"
