"""The worker as a program of its own, for tests that kill it: ``tests.helpers.worker_program FOLDER NAME``.

Everything is real; there is no speech model, so tickets say ``no_model``. The folder holds ``settings.json``
with ``database_url`` and ``jobs_url``; ``NAME`` is the worker slot's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from callcenter.app.clock import SystemClock
from callcenter.worker.main import WorkerConfig, run


def configuration(folder: Path, executor: str = "worker-1") -> WorkerConfig:
    """A worker whose every folder is below ``folder``."""
    given = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    return WorkerConfig(
        database_url=given["database_url"],
        jobs_url=given["jobs_url"],
        journal=folder / "journal",
        legs=folder / "legs",
        messages=folder / "messages",
        recordings=folder / "recordings",
        keys=folder / "keys",
        models=folder / "models",
        work=folder / "work",
        run=folder / "run" / executor,
        clock=SystemClock(),
        min_free_bytes=1 << 20,
        executor=executor,
    )


if __name__ == "__main__":
    run(configuration(Path(sys.argv[1]), sys.argv[2]))
