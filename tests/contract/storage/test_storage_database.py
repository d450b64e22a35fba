"""Transactions and migrations mean the same on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import Session

import callcenter.calls.models as calls_models
import callcenter.desks.models as desks_models
import callcenter.tickets.models as tickets_models
from callcenter.kernel.errors import BadInput, Unavailable
from callcenter.storage.engine import Database, open_database
from callcenter.storage.migrations import is_current, migrate
from callcenter.storage.models import Table
from tests.helpers.databases import database, database_url, open_again

pytestmark = pytest.mark.contract
__all__ = ["database", "database_url", "open_again"]

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def heartbeat(executor: str, at: datetime = NOW) -> calls_models.WorkerHeartbeatRow:
    return calls_models.WorkerHeartbeatRow(executor=executor, beat_at=at)


def test_the_migrated_schema_is_the_models_schema(database: Database) -> None:
    assert {desks_models.QueueRow, tickets_models.TicketRow}  # every package's tables are in the metadata
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_migrating_again_changes_nothing_and_is_seen_as_current(database: Database) -> None:
    migrate(database)
    assert is_current(database)
    with database.reading() as tx:
        assert tx.execute(text("SELECT count(*) FROM queue")).scalar_one() == 1


def test_an_empty_database_is_not_current(database_url: str) -> None:
    opened = open_database(database_url)
    assert not is_current(opened)
    with pytest.raises(Unavailable), opened.reading() as tx:
        tx.execute(text("SELECT count(*) FROM queue"))
    opened.close()


def test_processes_may_migrate_at_the_same_time(open_again: Callable[[], Database]) -> None:
    ways = [open_again() for _ in range(4)]
    failures: list[BaseException] = []

    def one(way: Database) -> None:
        try:
            migrate(way)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=one, args=(way,)) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert is_current(ways[0])


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    def cut() -> None:
        with database.transaction() as tx:
            tx.add(heartbeat("worker-1"))
            tx.flush()
            raise RuntimeError("cut")

    with pytest.raises(RuntimeError):
        cut()
    with database.reading() as tx:
        assert tx.get(calls_models.WorkerHeartbeatRow, "worker-1") is None


def test_an_instant_comes_back_as_the_same_instant_in_utc(database: Database) -> None:
    vietnam = NOW.astimezone(timezone(timedelta(hours=7)))
    with database.transaction() as tx:
        tx.add(heartbeat("worker-1", vietnam))
    with database.reading() as tx:
        row = tx.get(calls_models.WorkerHeartbeatRow, "worker-1")
    assert row is not None
    assert row.beat_at == NOW
    assert row.beat_at.utcoffset() == timedelta(0)


def test_a_naive_datetime_is_refused(database: Database) -> None:
    with pytest.raises((StatementError, ValueError)), database.transaction() as tx:
        tx.add(heartbeat("worker-1", NOW.replace(tzinfo=None)))


def test_foreign_keys_are_enforced(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as tx:
        tx.add(desks_models.OperatorQueueRow(operator="1001", queue="general"))


def test_a_reader_sees_the_last_commit_while_a_writer_writes(database: Database) -> None:
    with database.transaction() as tx:
        tx.add(heartbeat("worker-1"))
        tx.flush()
        with database.reading() as beside:
            assert beside.get(calls_models.WorkerHeartbeatRow, "worker-1") is None


def test_writers_take_turns_and_lose_no_update(database: Database) -> None:
    with database.transaction() as tx:
        tx.add(calls_models.JournalPositionRow(node="n", seq=0, resume_after_seq=0, resume_boot=""))

    def add(times: int) -> None:
        for _ in range(times):
            with database.transaction() as tx:
                tx.execute(text("UPDATE journal_position SET seq = seq + 1"))

    threads = [threading.Thread(target=add, args=(10,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert position(session) == 40


def position(session: Session) -> int:
    row = session.get(calls_models.JournalPositionRow, "n")
    assert row is not None
    return row.seq


def test_a_database_that_is_away_is_unavailable() -> None:
    away = open_database("postgresql://nobody@127.0.0.1:9/none")
    with pytest.raises(Unavailable) as caught:
        away.check()
    assert caught.value.code == "database_unavailable"
    away.close()


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(BadInput):
        open_database(url)
