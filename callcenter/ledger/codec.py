"""Call facts to and from JSON values, by class name; a closed set, read strictly. Pure."""

from __future__ import annotations

import math
from dataclasses import MISSING, Field, fields
from functools import cache
from types import MappingProxyType
from typing import Any, get_args, get_type_hints

from callcenter.kernel.errors import BadInput
from callcenter.kernel.ids import call_id
from callcenter.ledger.facts import Fact

FACTS = MappingProxyType({fact.__name__: fact for fact in get_args(Fact)})
"""Every fact class by its name."""


def encode(fact: Fact) -> tuple[str, dict[str, Any]]:
    """The fact's name and its fields as JSON values."""
    return type(fact).__name__, {field.name: getattr(fact, field.name) for field in fields(fact)}


def decode(type_name: str, data: dict[str, Any]) -> Fact:
    """Make the fact again.

    Raises:
        BadInput: no such fact, a field missing, too many, or of another type than declared.
    """
    fact_class = FACTS.get(type_name)
    if fact_class is None:
        raise BadInput("fact_unknown", type=type_name[:64])
    declared = _declared(type_name)
    if unknown := sorted(set(data) - set(declared)):
        raise BadInput("fact_malformed", type=type_name, field=unknown[0][:64])
    values: dict[str, Any] = {}
    for name, (field, wanted) in declared.items():
        if name in data:
            values[name] = _checked(type_name, name, data[name], wanted)
        elif field.default is MISSING:
            raise BadInput("fact_malformed", type=type_name, field=name)
    call_id(values["call"])
    fact: Fact = fact_class(**values)
    return fact


@cache
def _declared(type_name: str) -> dict[str, tuple[Field[Any], type]]:
    hints = get_type_hints(FACTS[type_name])
    return {
        field.name: (field, getattr(hints[field.name], "__supertype__", hints[field.name]))
        for field in fields(FACTS[type_name])
    }


def _checked(type_name: str, name: str, value: object, wanted: type) -> object:
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted or (isinstance(value, float) and not math.isfinite(value)):
        raise BadInput("fact_malformed", type=type_name, field=name)
    return value
