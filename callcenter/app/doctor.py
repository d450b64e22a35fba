"""``callcenter doctor``: what this machine has of what the call centre needs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from callcenter.app.secrets import ensure_token
from callcenter.app.settings import Settings
from callcenter.asterisk import process
from callcenter.i18n import explain
from callcenter.kernel.errors import CallcenterError
from callcenter.storage.engine import open_database
from callcenter.switchboard.client import SwitchboardClient
from recordings.models import choose, find_models


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One part: ``ok``, ``missing`` (needed) or ``absent`` (the call centre works without)."""

    part: str
    state: str
    detail: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def examine(settings: Settings, language: str) -> list[Finding]:
    """Look at every part; nothing is changed and nothing is started."""
    return list(_findings(settings, language))


def _findings(settings: Settings, language: str) -> Iterator[Finding]:
    yield _asterisk(settings, language)
    yield _prompts(settings)
    yield _speech(settings)
    yield _database(settings, language)
    free_mb = shutil.disk_usage(settings.var if settings.var.exists() else settings.var.parent).free // 2**20
    yield Finding(
        part="disk", state="ok" if free_mb >= settings.min_free_mb else "missing", detail=f"{free_mb} MB"
    )
    keys = sorted(path.name for path in settings.keys.glob("*")) if settings.keys.exists() else []
    yield Finding(part="keys", state="ok" if keys else "absent", detail=", ".join(keys) or str(settings.keys))
    yield _switchboard(settings, language)


def _asterisk(settings: Settings, language: str) -> Finding:
    try:
        found = process.find(settings.tools)
    except CallcenterError as error:
        return Finding(part="asterisk", state="missing", detail=explain(error, language))
    return Finding(part="asterisk", state="ok", detail=f"{'.'.join(map(str, found.version))} {found.program}")


def _prompts(settings: Settings) -> Finding:
    counts = {folder: len(list((settings.prompts / folder).glob("*.wav"))) for folder in ("vi", "en")}
    state = "ok" if all(counts.values()) else "missing"
    return Finding(
        part="prompts", state=state, detail=", ".join(f"{name}: {n}" for name, n in counts.items())
    )


def _speech(settings: Settings) -> Finding:
    models = find_models(settings.models)
    chosen = choose(models, settings.speech_model or None, "vi")
    names = ", ".join(f"{model.name} ({model.engine})" for model in models)
    if chosen is None:
        return Finding(part="speech", state="absent", detail=names or str(settings.models))
    return Finding(part="speech", state="ok", detail=f"{chosen.name} / {names}")


def _database(settings: Settings, language: str) -> Finding:
    try:
        database = open_database(settings.database_url)
        database.check()
    except CallcenterError as error:
        return Finding(part="database", state="missing", detail=explain(error, language))
    return Finding(part="database", state="ok", detail=database.dialect)


def _switchboard(settings: Settings, language: str) -> Finding:
    token = ensure_token(settings.run / "switchboard.token")
    try:
        state = SwitchboardClient(settings.switchboard_port, token).state()
    except CallcenterError as error:
        return Finding(part="switchboard", state="absent", detail=explain(error, language))
    return Finding(part="switchboard", state="ok", detail=f"link {state['link']}")
