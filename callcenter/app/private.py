"""Who may read what we make: decided here and nowhere else.

All that lies in the house's folder is its owner's alone: databases, journal and logs hold citizens' numbers and
words. Two things are not: models and prompts hold nothing personal and are read by whoever runs the call
centre or Asterisk; and when we are root, Asterisk, which then runs as an ordinary user, must be able to pass
through the folders above its own.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from callcenter.app.settings import Settings

_PUBLIC_COMMANDS = frozenset({"models", "prompts"})


def set_umask(command: str | None) -> None:
    """For this process and its children, whatever umask the person who started it has."""
    os.umask(0o022 if command in _PUBLIC_COMMANDS else 0o077)


def make_folders(settings: Settings) -> None:
    """Make the house's folders, and take from others what an earlier version let them read."""
    for folder in (settings.var, settings.var / "spool"):
        _make_way(folder)
    closed = [settings.legs, settings.messages, settings.journal, settings.recordings, settings.run]
    for folder in closed:
        folder.mkdir(parents=True, exist_ok=True)
    for folder in [
        *closed,
        settings.keys,
        settings.var / "log",
        settings.var / "work",
        settings.var / "asterisk",
    ]:
        _close(folder)
    for database in settings.var.glob("*.sqlite3*"):
        _close(database)


def _make_way(folder: Path) -> None:
    """Make ``folder`` and what is missing above it; Asterisk may pass through, not look around."""
    made = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        for passed in {folder, *made}:
            passed.chmod(stat.S_IMODE(passed.stat().st_mode) | 0o011)


def _close(path: Path) -> None:
    if not path.exists():
        return
    status = path.stat()
    if stat.S_IMODE(status.st_mode) & 0o077 and os.geteuid() in (0, status.st_uid):
        path.chmod(stat.S_IMODE(status.st_mode) & 0o700)
