"""Looks texts up by key and fills their named fields. Never raises for a text: a person waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from babel.messages.pofile import read_po

from callcenter.kernel.errors import CallcenterError

languages = ("vi", "en")
"""In order of precedence; the first is the default."""


def t(key: str, /, lang: str = "vi", **fields: object) -> str:
    """The text of ``key`` in ``lang`` with its ``{name}`` fields filled.

    A text missing in ``lang`` comes in the other language, one missing in both is the key itself; a field
    not given stays as ``{name}``.
    """
    return _fill(_template(key, lang) or key, fields)


def explain(error: CallcenterError, lang: str = "vi") -> str:
    """What a person reads of ``error``: the text ``error.<code>``, or a general one that quotes the code."""
    template = _template(f"error.{error.code}", lang)
    if template is None:
        return t("error.unexpected", lang, code=error.code)
    return _fill(template, error.fields)


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """All texts of ``lang`` by key; empty for a language that we do not have."""
    if lang not in languages:
        return MappingProxyType({})
    with (files("callcenter.i18n") / "locale" / f"{lang}.po").open("rb") as file:
        messages = read_po(file, locale=lang, charset="utf-8")
    return MappingProxyType({str(m.id): str(m.string) for m in messages if m.id and m.string})


def _template(key: str, lang: str) -> str | None:
    for candidate in (lang, *languages):
        if text := catalogue(candidate).get(key):
            return text
    return None


def _fill(template: str, fields: Mapping[str, object]) -> str:
    try:
        return template.format_map(_Fields({name: _shown(value) for name, value in fields.items()}))
    except (ValueError, LookupError, AttributeError, TypeError):
        # A template that a translator broke is still better read as it stands than not at all.
        return template


def _shown(value: object) -> object:
    """Lists read as words with commas; None as a dash."""
    if value is None:
        return "-"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(item) for item in value)
    return value


class _Fields(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return "{" + name + "}"
