"""What commands make: private, but for what Asterisk must read; and each process can be the first to start."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from callcenter.app import bootstrap
from callcenter.app.settings import Settings
from callcenter.kernel.errors import Unavailable
from ivr.prompts.manifest import load_manifest
from tests.helpers.audio_files import write_tone

pytestmark = pytest.mark.adapter

LANGUAGES = ("vi", "en")


def command(*arguments: str, var: Path, mask: int, **settings: object) -> subprocess.CompletedProcess[str]:
    """One command in a process of its own, started by somebody with that umask; no Asterisk is there."""
    own = {"var": var, "assets": var.parent / "assets", **settings}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLCENTER_")}
    environment |= {f"CALLCENTER_{name.upper()}": str(value) for name, value in own.items()}
    return subprocess.run(
        [sys.executable, "-m", "callcenter.app.cli", *arguments],
        env=environment | {"PATH": "/nowhere"}, capture_output=True, text=True, timeout=60, umask=mask,
        check=False,
    )  # fmt: skip


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def studio(folder: Path) -> Path:
    """A recording of every prompt."""
    sound = write_tone(folder / "one.wav", 0.3).read_bytes()
    for language in LANGUAGES:
        (folder / language).mkdir()
        for name in load_manifest().names():
            (folder / language / f"{name}.wav").write_bytes(sound)
    return folder


@pytest.mark.parametrize("mask", [0o022, 0o000, 0o077])
def test_a_new_house_is_its_owners_alone(tmp_path: Path, mask: int) -> None:
    var = tmp_path / "deep" / "var"
    done = command("up", var=var, mask=mask)
    assert "asterisk_missing" in done.stderr, "it ends before anything runs"
    readable = [
        str(path.relative_to(var)) for path in var.rglob("*") if path.is_file() and mode(path) & 0o077
    ]
    assert readable == []
    assert (var / "callcenter.sqlite3").exists()
    way = [var, var / "spool"]
    for folder in [path for path in var.rglob("*") if path.is_dir() and path not in way]:
        assert mode(folder) & 0o077 == 0, folder
    for folder in way:
        assert mode(folder) & 0o066 == 0, folder
        assert bool(mode(folder) & 0o001) == (os.geteuid() == 0), "Asterisk passes as an ordinary user"


def test_a_house_from_before_becomes_its_owners_alone(tmp_path: Path) -> None:
    var = tmp_path / "var"
    (var / "log").mkdir(parents=True)
    (var / "log" / "worker.log").write_text("0905123456")
    (var / "callcenter.sqlite3-wal").touch()
    for path in (var / "callcenter.sqlite3", var / "jobs.sqlite3"):
        path.touch(mode=0o644)
    command("up", var=var, mask=0o022)
    assert mode(var / "log") == 0o700
    for path in var.glob("*.sqlite3*"):
        assert mode(path) == 0o600, path


def test_prompts_are_readable_for_asterisk_whoever_builds_them(tmp_path: Path) -> None:
    made = command("prompts", "build", "--studio", str(studio(tmp_path)), var=tmp_path / "assets", mask=0o077)
    assert made.returncode == 0, made.stderr
    prompts = tmp_path / "assets" / "prompts"
    for folder in (prompts, prompts / "vi"):
        assert mode(folder) & 0o005 == 0o005
    assert mode(prompts / "vi" / "greeting.wav") & 0o004


def test_the_studios_recordings_stay_when_everything_is_set_up_again(tmp_path: Path) -> None:
    recorded = studio(tmp_path)
    own = {"var": tmp_path / "var", "mask": 0o022}
    assert command("prompts", "build", studio=recorded, **own).returncode == 0  # type: ignore[arg-type]
    again = command("prompts", "build", studio=recorded, **own)  # type: ignore[arg-type]
    assert (again.returncode, again.stdout) == (0, ""), "nothing is made again, no synthetic voice is needed"
    without = command("prompts", "build", studio="", **own)  # type: ignore[arg-type]
    assert "espeak_missing" in without.stderr


def test_an_empty_folder_setting_is_none() -> None:
    assert Settings.model_validate({"studio": "", "assets": ""}).studio is None
    assert Settings.model_validate({"studio": "", "assets": ""}).assets is None


def test_each_process_prepares_a_fresh_machine_once(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path / "var")
    faults: list[Exception] = []

    def start() -> None:
        try:
            bootstrap.ensure_prepared(settings)
        except Exception as error:
            faults.append(error)

    units = [threading.Thread(target=start) for _ in range(4)]
    for unit in units:
        unit.start()
    for unit in units:
        unit.join(30)
    assert faults == []
    assert settings.snapshot.exists()
    assert sorted(path.name for path in settings.keys.iterdir()) == [
        "recordings.identity",
        "recordings.recipient",
    ]
    before = settings.snapshot.stat().st_mtime_ns
    bootstrap.ensure_prepared(settings)
    assert settings.snapshot.stat().st_mtime_ns == before, "only when there is no snapshot"


@pytest.mark.parametrize("role", ["asterisk", "switchboard", "web", "worker"])
def test_every_process_prepares(tmp_path: Path, role: str) -> None:
    """Seen by what it says of a database that is nowhere: it asked."""
    nowhere = f"sqlite:///{tmp_path / 'folder'}"
    (tmp_path / "folder").mkdir()
    done = command(role, var=tmp_path / "var", mask=0o022, database=nowhere)
    assert "database_unavailable" in done.stderr
    assert done.returncode == 1


def test_a_database_that_is_away_stops_nobody_who_has_a_snapshot(tmp_path: Path) -> None:
    bootstrap.prepare(Settings(var=tmp_path / "var"))
    (tmp_path / "folder").mkdir()
    away = Settings(var=tmp_path / "var", database=f"sqlite:///{tmp_path / 'folder'}")
    bootstrap.prepare(away)
    away.snapshot.unlink()
    with pytest.raises(Unavailable):
        bootstrap.prepare(away)
