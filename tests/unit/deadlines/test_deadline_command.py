"""``callcenter deadlines explain`` as people and programs see it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from callcenter.app import console
from callcenter.app.cli import app
from callcenter.kernel.errors import BadInput, CallcenterError, NotFound

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _plain_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("CALLCENTER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CALLCENTER_VAR", str(tmp_path))
    console.settings.cache_clear()
    yield
    console.settings.cache_clear()


def run(*arguments: str, received: str = "2026-02-13T09:00") -> Result:
    return CliRunner().invoke(app, ["deadlines", "explain", "--received", received, *arguments])


def test_the_due_date_and_the_sentence() -> None:
    lines = run("--working-days", "3").stdout.splitlines()
    assert lines[0] == "Hạn: 25/02/2026 17:00"
    assert lines[1].startswith("Tiếp nhận lúc 09:00 thứ Sáu 13/02/2026")
    assert lines[1].endswith("hạn là 17:00 thứ Tư 25/02/2026.")
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("arguments", "due"),
    [
        (("--working-days", "3"), "2026-02-25T17:00:00+07:00"),
        (("--working-hours", "8"), "2026-02-23T09:30:00+07:00"),
        (("--days", "7"), "2026-02-23T17:00:00+07:00"),
        (("--minutes", "5"), "2026-02-13T09:05:00+07:00"),
        (("--field", "ha-tang/giao-thong"), "2026-02-24T17:00:00+07:00"),
        (("--place", "buon-ma-thuot", "--channel", "zalo"), "2026-02-25T17:00:00+07:00"),
        (("--place", "ha-noi", "--urgency", "urgent"), "2026-02-13T15:00:00+07:00"),
        (("--duty", "forward"), "2026-02-13T09:05:00+07:00"),
        (("--place", "tp-hcm", "--several-agencies"), "2026-03-02T17:00:00+07:00"),
        (("--place", "da-nang", "--congestion", "agency"), "2026-02-23T17:00:00+07:00"),
    ],
)
def test_json_for_programs(arguments: tuple[str, ...], due: str) -> None:
    answer = json.loads(run(*arguments, "--json").stdout)
    assert answer["due"] == due
    assert set(answer["sentence"]) == {"vi", "en"}
    assert (answer["source"] is None) is (
        arguments[0] in {"--working-days", "--working-hours", "--days", "--minutes"}
    )


def test_a_time_with_a_zone_is_read_as_that_time() -> None:
    answer = json.loads(run("--minutes", "5", "--json", received="2026-02-13T02:00+00:00").stdout)
    assert answer["received"] == "2026-02-13T09:00:00+07:00"


@pytest.mark.parametrize(
    ("arguments", "received", "error", "code"),
    [
        (("--working-days", "3"), "hôm qua", BadInput, "datetime_malformed"),
        (("--working-days", "3"), "0001-01-01T00:00+14:00", BadInput, "datetime_malformed"),
        (("--working-days", "3"), "1975-04-30T11:30", BadInput, "calendar_years_malformed"),
        (("--working-days", "0"), "2026-02-13T09:00", BadInput, "deadline_amount_malformed"),
        (("--minutes", "99999999999"), "2026-02-13T09:00", BadInput, "deadline_amount_malformed"),
        (("--days", "1", "--minutes", "1"), "2026-02-13T09:00", BadInput, "deadline_term_twice"),
        (("--working-days", "5000"), "2026-02-13T09:00", NotFound, "calendar_year_missing"),
        ((), "2012-02-13T09:00", NotFound, "deadline_rule_missing"),
    ],
)
def test_what_cannot_be_answered_is_an_error_of_ours(
    arguments: tuple[str, ...], received: str, error: type[CallcenterError], code: str
) -> None:
    failed = run(*arguments, received=received).exception
    assert type(failed) is error
    assert failed.code == code
