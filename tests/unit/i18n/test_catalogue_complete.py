"""Every text that the source asks for is in the catalogue, in both languages, with the same fields."""

from __future__ import annotations

import ast
import re
import string
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from callcenter.i18n import languages
from callcenter.i18n.catalogue import catalogue

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
PACKAGES = ("callcenter", "acd", "ivr", "recordings")
"""Not ``sim``: its errors are for those who run the tests, in English."""
ALWAYS = {"error.unexpected"}
"""Asked for by the catalogue itself."""

ASKING = {"t", "say"}
"""Functions whose first argument is a key."""

_IN_TEMPLATE = re.compile(r"""\bt\(\s*["']([A-Za-z0-9_.-]+)["']\s*([,)~+])""")


@cache
def trees() -> dict[Path, ast.Module]:
    paths = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return {path.relative_to(ROOT): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


@cache
def error_classes() -> frozenset[str]:
    """Names of all classes below CallcenterError."""
    bases = {
        node.name: {
            base.id if isinstance(base, ast.Name) else getattr(base, "attr", "") for base in node.bases
        }
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    known = {"CallcenterError"}
    while more := {name for name, parents in bases.items() if parents & known} - known:
        known |= more
    return frozenset(known)


def literals(node: ast.expr) -> Iterator[str]:
    """The texts an argument can be: a literal, or either side of a conditional.

    Of a text put together at run time, its fixed beginning and ``*``.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)
    elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        yield f"{node.values[0].value}*"


Use = tuple[str, frozenset[str] | None]
"""Where a key is used, and the fields given there; None when they cannot be known from the source."""


@cache
def uses() -> dict[str, list[Use]]:
    found: dict[str, list[Use]] = defaultdict(list)
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name not in error_classes() | ASKING:
                continue
            given = [keyword.arg for keyword in node.keywords]
            fields = None if None in given else frozenset(arg for arg in given if arg and arg != "lang")
            for text in literals(node.args[0]):
                key = text if name in ASKING else f"error.{text}"
                found[key].append((f"{path}:{node.lineno}", fields))
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.html")):
            for key, after in _IN_TEMPLATE.findall(path.read_text(encoding="utf-8")):
                key += "*" if after in "~+" else ""
                found[key].append((str(path.relative_to(ROOT)), None))
    return found


def fields_of(text: str) -> frozenset[str]:
    names = (name for _, name, _, _ in string.Formatter().parse(text) if name is not None)
    return frozenset(re.split(r"[.\[]", name)[0] for name in names)


def known(key: str, lang: str) -> bool:
    if key.endswith("*"):
        return any(text.startswith(key[:-1]) for text in catalogue(lang))
    return key in catalogue(lang)


def test_every_key_in_the_source_has_both_translations() -> None:
    missing = [
        f"{lang}: {key}   ({where}; fields: {', '.join(sorted(fields or ())) or 'none'})"
        for key, places in sorted(uses().items())
        for where, fields in places[:1]
        for lang in languages
        if not known(key, lang)
    ]
    assert not missing, "texts missing in callcenter/i18n/locale:\n" + "\n".join(missing)


def test_both_languages_have_the_same_keys() -> None:
    assert set(catalogue("vi")) == set(catalogue("en"))


def test_both_languages_have_the_same_fields() -> None:
    unlike = {
        key: (sorted(fields_of(text)), sorted(fields_of(catalogue("en")[key])))
        for key, text in catalogue("vi").items()
        if fields_of(text) != fields_of(catalogue("en").get(key, text))
    }
    assert not unlike


def test_every_field_of_a_text_is_given_wherever_it_is_used() -> None:
    lacking = [
        f"{key} wants {sorted(fields_of(text) - fields)} at {where}"
        for key, places in sorted(uses().items())
        if (text := catalogue("vi").get(key))
        for where, fields in places
        if fields is not None and not fields_of(text) <= fields
    ]
    assert not lacking, "\n".join(lacking)


def test_the_scan_sees_the_source() -> None:
    assert "error.call_id_malformed" in uses()
    assert {"BadInput", "NotFound", "Conflict", "Unavailable", "JournalDamaged"} <= error_classes()


def test_what_the_catalogue_itself_asks_for_is_there() -> None:
    assert set(catalogue("vi")) >= ALWAYS
