"""Secrets that the embedded call centre makes for itself at first start, each in a file of mode 0600."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from callcenter.asterisk.config import AmiAccounts


def ensure_token(path: Path) -> str:
    """The secret in ``path``, made now if it isn't there."""
    if not path.exists():
        _write_private(path, secrets.token_urlsafe(32))
    return path.read_text(encoding="utf-8").strip()


def ensure_ami_accounts(path: Path) -> AmiAccounts:
    """The two AMI logins, made now if they aren't there."""
    if not path.exists():
        made = {"events_secret": secrets.token_hex(24), "actions_secret": secrets.token_hex(24)}
        _write_private(path, json.dumps(made))
    return AmiAccounts(**json.loads(path.read_text(encoding="utf-8")))


def _write_private(path: Path, text: str) -> None:
    """Exclusively, so that two processes starting at once agree on one secret."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
