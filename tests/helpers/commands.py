"""The command line in this process, over a call centre's folder of its own with a real database.

Use it in a module with ``from tests.helpers.commands import House, house``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from callcenter.app import bootstrap, console
from callcenter.app.cli import app
from callcenter.app.settings import Settings
from callcenter.storage.engine import Database, open_database


class House:
    """A prepared folder, and the commands over it."""

    def __init__(self, var: Path, set_environment: Callable[[str, str], None]) -> None:
        self.var = var
        self._set_environment = set_environment
        self.set(var=var)
        bootstrap.prepare(console.settings())
        self.database: Database = open_database(console.settings().database_url)

    def set(self, **settings: object) -> Settings:
        """Change settings, as the environment of the next command would."""
        for name, value in settings.items():
            self._set_environment(f"CALLCENTER_{name.upper()}", str(value))
        console.settings.cache_clear()
        return console.settings()

    def run(self, *arguments: str) -> Result:
        """One command, whatever comes of it."""
        return CliRunner().invoke(app, list(arguments))

    def say(self, *arguments: str) -> str:
        """What a command prints; its error is raised."""
        done = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    def json(self, *arguments: str) -> Any:
        """The same with ``--json``."""
        return json.loads(self.say(*arguments, "--json"))


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Commands in Vietnamese, over a new folder; the process is left as it was."""
    mask = os.umask(0o022)
    for name in [name for name in os.environ if name.startswith("CALLCENTER_")]:
        monkeypatch.delenv(name)
    made = House(tmp_path / "var", monkeypatch.setenv)
    yield made
    made.database.close()
    console.settings.cache_clear()
    os.umask(mask)
