"""How commands speak: tables for people, JSON for programs, one sentence for an error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NoReturn

from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from callcenter.app.settings import Settings
from callcenter.i18n import t
from callcenter.kernel.clock import VIETNAM

_console = Console(highlight=False, soft_wrap=True)
_WIDE = 100_000
"""Columns where nobody looks: a program that reads a table must find whole ids in it."""


@cache
def settings() -> Settings:
    """The settings of this process. A setting that makes no sense is one sentence, not a trace."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(
            f"CALLCENTER_{'_'.join(map(str, fault['loc'])).upper()}: {fault['msg']}"
            for fault in error.errors()
        )
        fail(wrong, code="settings")


def language() -> str:
    """In which language the commands speak."""
    return settings().language


def say(key: str, **fields: object) -> None:
    """One line of the catalogue, for a person."""
    _console.print(t(key, lang=language(), **fields), markup=False)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")


def print_table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """A table whose headings come from the catalogue (``column.<name>``). Nothing in it is ever cut."""
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(t(f"column.{column}", lang=language()), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    if _console.is_terminal:
        _console.print(table)
    else:
        Console(highlight=False, width=_WIDE).print(table)


def local_time(at: datetime) -> str:
    """An instant as people in Viet Nam read it."""
    return at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S")


def _cell(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, float):
        return f"{value:.1f}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def fail(sentence: str, *, code: str) -> NoReturn:
    """Say why, and end with exit code 1."""
    print(f"callcenter: {sentence} [{code}]", file=sys.stderr)
    sys.exit(1)
