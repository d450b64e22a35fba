"""The journal of the engine: events as plain JSON values and back, and the replay of recorded steps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from acd.core.commands import Command
from acd.core.config import Configuration
from acd.core.engine import Engine
from acd.core.events import Event
from callcenter.kernel.errors import BadInput

Record = tuple[float, Event | None]
"""One step: when, and what happened; ``None``: a deadline came."""

TICK = "Tick"
"""Type name of a step without an event."""

_EVENTS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)}


def replay(configuration: Configuration, records: Iterable[Record]) -> list[list[Command]]:
    """What a new engine answers to the records, step by step: the same as the recorded one did."""
    engine = Engine(configuration)
    return [engine.tick(now) if event is None else engine.handle(event, now) for now, event in records]


def encode(event: Event | None) -> dict[str, Any]:
    """``event`` as JSON-able values: ``type`` and the fields. Equal events give equal values."""
    if event is None:
        return {"type": TICK}
    return {"type": type(event).__name__, **_plain_fields(event)}


def decode(record: Mapping[str, Any]) -> Event | None:
    """The event that ``encode`` was given. Fields with a default may be absent, none may be too many.

    Raises:
        BadInput: the type is unknown, or a field is missing, unknown or of the wrong kind.
    """
    if not isinstance(record, Mapping):
        raise BadInput("event_malformed", at="event")
    name = record.get("type")
    rest = {key: value for key, value in record.items() if key != "type"}
    if name == TICK and not rest:
        return None
    if not isinstance(name, str) or name not in _EVENTS:
        raise BadInput("event_unknown", type=repr(name)[:64])
    return cast(Event, _build(_EVENTS[name], rest, name))


def _plain_fields(value: Any) -> dict[str, Any]:
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return _plain_fields(value)
    if isinstance(value, frozenset):
        return sorted(_plain(item) for item in value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, StrEnum) else value


def _build(kind: type[Any], record: Any, at: str) -> Any:
    if not isinstance(record, Mapping):
        raise BadInput("event_malformed", at=at)
    hints = get_type_hints(kind)
    known = {field.name: field for field in fields(kind)}
    if unknown := sorted(str(name) for name in record if name not in known):
        raise BadInput("event_field_unknown", at=at, fields=unknown)
    values = {}
    for name, field in known.items():
        if name in record:
            values[name] = _value(hints[name], record[name], f"{at}.{name}")
        elif _required(field):
            raise BadInput("event_field_missing", at=f"{at}.{name}")
    return kind(**values)


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _value(hint: Any, value: Any, at: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, UnionType):  # a NewType with None makes the one, a class the other
        inner = [option for option in get_args(hint) if option is not NoneType]
        return None if value is None else _value(inner[0], value, at)
    if origin in (tuple, frozenset):
        if not isinstance(value, list):
            raise BadInput("event_malformed", at=at)
        return origin(_value(get_args(hint)[0], item, f"{at}[{n}]") for n, item in enumerate(value))
    if isinstance(hint, type) and is_dataclass(hint):
        return _build(hint, value, at)
    return _scalar(hint, value, at)


def _scalar(hint: Any, value: Any, at: str) -> Any:
    kind = getattr(hint, "__supertype__", hint)
    if kind is float and type(value) in (int, float) and math.isfinite(value):
        return float(value)
    if kind in (bool, int, str) and type(value) is kind:
        return value
    if isinstance(kind, type) and issubclass(kind, StrEnum) and value in list(kind):
        return kind(value)
    raise BadInput("event_malformed", at=at)
