"""Bringing a database to the schema of this version; Alembic without an ini file.

Processes that start together may all migrate: a lock lets one do it and the others find it done.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from callcenter.kernel.errors import Unavailable
from callcenter.storage.engine import Database

_LOCK = 1022_0001
"""Key of the advisory lock that serialises migrations on PostgreSQL."""


def migrate(database: Database) -> None:
    """Apply what is missing, all or nothing. Again is harmless.

    Raises:
        Unavailable: the database cannot be reached.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    with _exclusive(database) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(database: Database) -> bool:
    """Whether the schema is the one this version expects; for readiness probes.

    Raises:
        Unavailable: the database cannot be reached.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    with database.reading() as session:
        found = MigrationContext.configure(session.connection()).get_current_revision()
    return found == ScriptDirectory.from_config(config).get_current_head()


@contextmanager
def _exclusive(database: Database) -> Iterator[Connection]:
    """A transaction that no other migration runs beside."""
    try:
        with _alone(database), database.engine.begin() as connection:
            if database.dialect == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            yield connection
    except OperationalError as error:
        raise Unavailable("database_unavailable", reason=type(error.orig).__name__) from error


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """On SQLite, one migrating process at a time from its very first connection.

    That connection turns a new file to WAL, and SQLite refuses two who try that at once without waiting.
    """
    file = database.engine.url.database
    if database.dialect != "sqlite" or file is None:
        yield
        return
    with FileLock(f"{file}.migrating"):
        yield
