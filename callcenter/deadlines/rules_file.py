"""Reads rules of deadlines from TOML: ours, or a city's own file of the same form."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from callcenter.deadlines.core.rules import Congestion, Duty, Rule, RuleBook, Term, Unit, Urgency
from callcenter.kernel.errors import BadInput

_KNOWN = {
    "name",
    "duty",
    "amount",
    "unit",
    "source",
    "valid_from",
    "valid_until",
    "place",
    "field",
    "urgency",
    "congestion",
    "several_agencies",
    "channels",
}


@cache
def load_rules(path: Path | None = None) -> RuleBook:
    """The rules of ``path``, or those that come with us.

    Raises:
        BadInput: the file is no such TOML, names a condition that does not exist, or contradicts itself.
    """
    here = path or files("callcenter.deadlines") / "data" / "rules.toml"
    try:
        entries = tomllib.loads(here.read_text(encoding="utf-8"))["rule"]
        return RuleBook(rules=tuple(_rule(entry) for entry in entries))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput("deadline_rules_malformed", detail=str(error)) from error


def _rule(entry: dict[str, Any]) -> Rule:
    if unknown := set(entry) - _KNOWN:
        # A misspelt condition would make the rule hold everywhere.
        raise ValueError(f"{entry.get('name')}: {', '.join(sorted(unknown))}")
    channels, several = entry.get("channels"), entry.get("several_agencies")
    if isinstance(channels, str) or not isinstance(several, bool | None):
        raise ValueError(f"{entry.get('name')}: channels, several_agencies")
    return Rule(
        name=str(entry["name"]),
        duty=Duty(entry["duty"]),
        term=Term(amount=_whole(entry["amount"]), unit=Unit(entry["unit"])),
        source=str(entry["source"]),
        valid_from=_date(entry["valid_from"]),
        valid_until=_date(entry["valid_until"]) if "valid_until" in entry else None,
        place=entry.get("place"),
        field=entry.get("field"),
        urgency=Urgency(entry["urgency"]) if "urgency" in entry else None,
        congestion=Congestion(entry["congestion"]) if "congestion" in entry else None,
        several_agencies=several,
        channels=frozenset(channels) if channels is not None else None,
    )


def _date(value: object) -> date:
    if type(value) is not date:
        raise ValueError(f"not a date: {value}")
    return value


def _whole(value: object) -> int:
    if type(value) is not int:
        raise ValueError(f"not a whole number: {value}")
    return value
