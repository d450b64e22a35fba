"""What each process is told comes from the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.app.processes import worker_config
from callcenter.app.settings import Settings

pytestmark = pytest.mark.unit


def test_the_worker_knows_the_area_code_of_the_city(tmp_path: Path) -> None:
    assert worker_config(Settings(var=tmp_path, home_area_code="28")).home_area_code == "28"
