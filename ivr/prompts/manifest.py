"""The texts of all prompts, from ``manifest.toml`` beside this module. Knows nothing of audio.

A prompt has one text per language and a version. The version is what a log quotes to say which wording a
caller heard (the recording notice needs that), and raising it has the audio made again.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, get_args

from callcenter.kernel.errors import BadInput, NotFound

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_NAME = re.compile(r"[a-z0-9_]{1,64}")
_LONGEST_TEXT = 600
"""Characters; a caller stops listening long before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One thing that is said, in every language."""

    vi: str
    en: str
    version: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """All prompts by name, in the order of the file."""

    prompts: Mapping[str, Prompt]

    def names(self) -> tuple[str, ...]:
        """The names of all prompts."""
        return tuple(self.prompts)

    def text(self, name: str, lang: Language) -> str:
        """What the prompt says. NotFound("prompt_unknown")."""
        prompt = self._prompt(name)
        return prompt.vi if lang == "vi" else prompt.en

    def version(self, name: str) -> int:
        """The version of the prompt's wording, from 1. NotFound("prompt_unknown")."""
        return self._prompt(name).version

    def _prompt(self, name: str) -> Prompt:
        try:
            return self.prompts[name]
        except KeyError:
            raise NotFound("prompt_unknown", name=name) from None


@cache
def load_manifest() -> Manifest:
    """The manifest that ships with this package. BadInput as of ``parse_manifest``."""
    return parse_manifest(resources.files(__package__).joinpath("manifest.toml").read_text("utf-8"))


def parse_manifest(text: str) -> Manifest:
    """Read and check a manifest.

    BadInput: "prompts_malformed" (not TOML), "prompt_name_malformed", "prompt_fields_malformed",
    "prompt_text_malformed", "prompt_version_malformed".
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput("prompts_malformed", reason=str(error)) from error
    return Manifest({name: _prompt(name, table) for name, table in tables.items()})


def _prompt(name: str, table: object) -> Prompt:
    if not _NAME.fullmatch(name):
        raise BadInput("prompt_name_malformed", name=name)
    if not isinstance(table, dict) or set(table) != {"vi", "en", "version"}:
        raise BadInput("prompt_fields_malformed", name=name)
    version = table["version"]
    if type(version) is not int or version < 1:
        raise BadInput("prompt_version_malformed", name=name)
    return Prompt(vi=_text(name, table["vi"]), en=_text(name, table["en"]), version=version)


def _text(name: str, text: object) -> str:
    if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST_TEXT or not text.isprintable():
        raise BadInput("prompt_text_malformed", name=name)
    return text
