"""Opening the database: SQLite by default, PostgreSQL in production, one way to hold a transaction.

Queries do not live here; repositories do that. Writers on SQLite take the write lock at ``BEGIN``, since a
deferred transaction that upgrades from reading to writing fails at once instead of waiting its turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlmodel import Session

from callcenter.kernel.errors import BadInput, Unavailable

BUSY_TIMEOUT_MS = 5000
"""How long a SQLite writer waits for another writer before the database counts as away."""

_CONNECT_TIMEOUT_S = 5
_UNDEFINED_TABLE = "42P01"
_READ_ONLY = "callcenter_read_only"


class Database:
    """One database. Safe to share between threads; hand it down, never keep it in a global."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction at the edge: committed when the block ends, rolled back when it raises.

        Raises:
            Unavailable: the database cannot be reached, or stayed locked for ``BUSY_TIMEOUT_MS``.
        """
        with _translated(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent view for reading; never waits for a writer and never makes one wait.

        Raises:
            Unavailable: the database cannot be reached.
        """
        with (
            _translated(),
            self.engine.connect().execution_options(**{_READ_ONLY: True}) as connection,
            Session(connection, expire_on_commit=False) as session,
        ):
            yield session

    def check(self) -> None:
        """Ask the database for anything at all; for readiness probes.

        Raises:
            Unavailable: it did not answer.
        """
        with self.reading() as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open ``sqlite:///path`` or ``postgresql://...``; nothing is connected before the first use.

    Errors never quote the values of a statement: those are citizens' names, numbers and words.

    Raises:
        BadInput: the URL is malformed or of another kind of database.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise BadInput("database_url_malformed") from error
    match parsed.get_backend_name():
        case "sqlite":
            return Database(_sqlite(parsed))
        case "postgresql":
            return Database(_postgresql(parsed))
        case other:
            raise BadInput("database_kind_unknown", kind=other)


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        # Threads each hold a connection, and in memory each connection would be another database.
        raise BadInput("database_in_memory")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000, "isolation_level": None},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgresql(url: URL) -> Engine:
    query = {"connect_timeout": str(_CONNECT_TIMEOUT_S), **url.query}
    return create_engine(
        url.set(drivername="postgresql+psycopg", query=query),
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=10,
        connect_args={"options": "-c timezone=UTC"},
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # FULL, not NORMAL: legs are deleted once their recording is committed, so a commit that a power cut
    # could take back would lose a citizen's recording. We commit a few times a second; the cost is small.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@contextmanager
def _translated() -> Iterator[None]:
    """Let a database that is away look the same to callers, whichever database it is."""
    try:
        yield
    except OperationalError as error:
        raise Unavailable("database_unavailable", reason=type(error.orig).__name__) from error
    except DBAPIError as error:
        # SQLite calls a table that is not there yet an operational error; here it is the same to callers.
        if error.connection_invalidated or getattr(error.orig, "sqlstate", None) == _UNDEFINED_TABLE:
            raise Unavailable("database_unavailable", reason=type(error.orig).__name__) from error
        raise
