"""Journals into the database: in order, exactly once, in batches; a database that is away only delays.

Call records, tickets, the jobs wanted and the place in the journal are one transaction, so a crash anywhere
leaves either all of a batch or nothing of it. After a restart the ledger learns the open calls again from
the journal, beginning before the oldest of them; what was loaded already has no effect a second time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from callcenter.calls import outbox, repository
from callcenter.calls.models import JournalPositionRow
from callcenter.journal.reader import JournalDamaged, follow
from callcenter.journal.reader import nodes as journal_nodes
from callcenter.journal.record import Record
from callcenter.kernel.clock import Clock
from callcenter.kernel.errors import BadInput, Unavailable
from callcenter.kernel.ids import CallId
from callcenter.kernel.phone import HOME_AREA_CODE
from callcenter.ledger.canonical import canonical
from callcenter.ledger.codec import decode
from callcenter.ledger.facts import CallAnswered, CallEnded, CallLost, MessageLeft
from callcenter.ledger.fold import Ledger
from callcenter.ledger.record import CallRecord
from callcenter.storage.engine import Database
from callcenter.tickets import service as tickets
from callcenter.tickets.service import CallFacts

BATCH_RECORDS = 500

_log = structlog.get_logger()


class Loader:
    """Loads the journals of every node below ``journal_dir``. One per database; for one thread."""

    def __init__(
        self,
        database: Database,
        journal_dir: Path,
        clock: Clock,
        *,
        batch_records: int = BATCH_RECORDS,
        home_area_code: str = HOME_AREA_CODE,
    ) -> None:
        self._database = database
        self._journal_dir = journal_dir
        self._clock = clock
        self._batch_records = batch_records
        self._home_area_code = home_area_code
        self._nodes: dict[str, _Node] = {}

    def load_once(self) -> int:
        """Load what the journals hold beyond the last time; how many records that was.

        Raises:
            Unavailable: the database is away; nothing was lost, ask again later.
            JournalDamaged: a journal is not what a writer leaves; what is before the damage is loaded.
        """
        loaded = 0
        damage: JournalDamaged | None = None
        for name in journal_nodes(self._journal_dir):
            try:
                loaded += self._load_node(name)
            except JournalDamaged as error:
                damage = damage or error  # one node's damage must not hold up the others
        if damage:
            raise damage
        return loaded

    def _load_node(self, name: str) -> int:
        try:
            node = self._nodes.get(name)
            if node is None:
                node = self._nodes[name] = _Node(
                    self._database,
                    self._journal_dir,
                    name,
                    self._clock,
                    self._batch_records,
                    self._home_area_code,
                )
            loaded = 0
            while count := node.load_batch():
                loaded += count
            return loaded
        except BaseException:
            # Its ledger may be ahead of the database now: begin anew from what is committed.
            self._nodes.pop(name, None)
            raise


class _Node:
    """One node's journal and the ledger folded from it."""

    def __init__(
        self,
        database: Database,
        journal_dir: Path,
        name: str,
        clock: Clock,
        batch_records: int,
        home_area_code: str,
    ) -> None:
        self._database = database
        self._name = name
        self._clock = clock
        self._batch_records = batch_records
        self._home_area_code = home_area_code
        with database.reading() as tx:
            place = outbox.position(tx, name) or JournalPositionRow(
                node=name, seq=0, resume_after_seq=0, resume_boot=""
            )
        self._seq = place.seq
        self._ledger = Ledger(boot=place.resume_boot)
        self._follower = follow(journal_dir, name, place.resume_after_seq)
        self._records: Iterator[Record] = iter(())

    def load_batch(self) -> int:
        """Load up to ``batch_records`` in one transaction; 0 when there are no more for now."""
        batch, damage = self._next_batch()
        if batch:
            changed: dict[CallId, CallRecord] = {}
            ended: list[CallId] = []
            with self._database.transaction() as tx:
                for record in batch:
                    self._apply(tx, record, changed, ended)
                self._store(tx, changed)
            self._seq = max(self._seq, batch[-1].seq)
            for call in ended:
                _log.info("call", **canonical(changed[call]))
        if damage:
            raise damage
        return len(batch)

    def _next_batch(self) -> tuple[list[Record], JournalDamaged | None]:
        """The next records, and the damage that follows them, if any."""
        batch: list[Record] = []
        try:
            batch.extend(islice(self._records, self._batch_records))
            if not batch:
                self._records = iter(self._follower)
                batch.extend(islice(self._records, self._batch_records))
        except JournalDamaged as damage:
            return batch, damage
        return batch, None

    def _apply(
        self, tx: Session, record: Record, changed: dict[CallId, CallRecord], ended: list[CallId]
    ) -> None:
        try:
            news = self._ledger.apply_record(record)
            fact = decode(record.type, record.data) if record.kind == "call" else None
        except BadInput as error:
            # A fact of another version: loading the rest matters more than this one.
            _log.error("journal record not understood", node=self._name, seq=record.seq, reason=error.code)
            return
        if record.seq <= self._seq:
            return
        if isinstance(fact, CallAnswered):
            self._open_ticket(tx, fact.call, record.at, agent=fact.agent)
        elif isinstance(fact, MessageLeft):
            self._open_ticket(tx, fact.call, record.at)
        if news:
            changed[news.call] = news
            if isinstance(fact, CallEnded | CallLost):
                ended.append(news.call)

    def _open_ticket(self, tx: Session, call: CallId, at: datetime, *, agent: str | None = None) -> None:
        known = self._ledger.peek(call)
        assert known is not None
        tickets.open_for_call(
            tx,
            CallFacts(
                call=call,
                alias=known.alias,
                caller=known.caller,
                opened_at=at,
                language=known.language,
                answered_by=agent,
            ),
            home_area_code=self._home_area_code,
        )

    def _store(self, tx: Session, changed: dict[CallId, CallRecord]) -> None:
        now = self._clock.utcnow()
        for call in changed.values():
            repository.put_call(tx, call_values(call))
            outbox.want(tx, call.call, now)
            if call.outcome and tickets.find_by_call(tx, call.call):
                tickets.set_outcome(tx, call.call, call.outcome.value)
                if call.recording_declined:
                    tickets.set_recording_declined(tx, call.call, now=now)
        bookmark = self._ledger.bookmark()
        outbox.put_position(
            tx,
            self._name,
            seq=max(self._seq, self._follower.after_seq),
            resume_after_seq=bookmark.after_seq,
            resume_boot=bookmark.boot,
        )


def call_values(record: CallRecord) -> dict[str, Any]:
    """The columns of the call's row: values that both databases store, tuples as JSON lists."""
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    for name, value in values.items():
        if isinstance(value, tuple):
            values[name] = list(value)
    values["offers"] = [
        asdict(offer) | {"started_at": offer.started_at.isoformat()} for offer in record.offers
    ]
    values["outcome"] = record.outcome.value if record.outcome else None
    values["notes"] = [note.value for note in record.notes]
    return values


class LoaderRunner:
    """Runs the loader again and again, waits longer while it fails, and logs each change once."""

    MOST_BACKOFF_S = 5.0

    def __init__(self, loader: Loader, *, every_s: float = 0.2) -> None:
        self._loader = loader
        self._every_s = every_s
        self._backoff_s = every_s
        self.failing: str | None = None
        """Code of the present failure; ``None`` while all is well."""

    def step(self) -> float:
        """Load once; seconds to wait before the next step."""
        try:
            self._loader.load_once()
        except (Unavailable, JournalDamaged) as error:
            return self._failed(error.code, where=str(error))
        except SQLAlchemyError as error:
            # The database is there and refuses: its schema or its disk. Its text may quote personal data.
            return self._failed("database_refused", where=type(error).__name__)
        except OSError as error:
            return self._failed("journal_unreadable", where=type(error).__name__)
        if self.failing:
            _log.info("loading journals works again", after=self.failing)
            self.failing = None
        self._backoff_s = self._every_s
        return self._every_s

    def _failed(self, reason: str, *, where: str) -> float:
        if self.failing != reason:
            _log.error("loading journals fails", reason=reason, where=where)
            self.failing = reason
        self._backoff_s = min(self._backoff_s * 2, self.MOST_BACKOFF_S)
        return self._backoff_s
