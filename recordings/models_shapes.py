"""Recognises speech models by the shape of their directory. Reads names and small files, loads nothing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

ANY_LANGUAGE = "*"
NOTE = "model-source.json"
"""Left beside the files by the installer: where they came from, under which licence, for which languages."""

_ENGLISH_WHISPER_TOKENS = 51_864  # every multilingual Whisper has at least one token more
_LANGUAGE_SPELLINGS = {"vn": "vi", "cn": "zh", "kr": "ko"}


class EngineName(StrEnum):
    """Which engine reads a model."""

    VOSK = "vosk"
    WHISPER = "whisper"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechModel:
    """A model that is there. ``languages`` holds ISO 639-1 codes, ``*`` for any; empty when nothing tells."""

    name: str
    engine: EngineName
    languages: tuple[str, ...]
    path: Path
    source: str

    def understands(self, language: str) -> bool:
        """Say whether it is known to understand ``language``."""
        return language in self.languages or ANY_LANGUAGE in self.languages


def recognise(path: Path) -> SpeechModel | None:
    """Give the model in directory ``path`` itself, or None when there is none (or a part is missing)."""
    engine = _engine(path)
    if engine is None:
        return None
    note = _json(path / NOTE)
    languages = note.get("languages") or _languages(path, engine)
    return SpeechModel(
        name=path.name,
        engine=engine,
        languages=tuple(str(language) for language in languages),
        path=path,
        source=str(note.get("source", "folder")),
    )


def _engine(path: Path) -> EngineName | None:
    def has(*names: str) -> bool:
        return all((path / name).is_file() and (path / name).stat().st_size > 0 for name in names)

    if has("model.bin", "config.json") and (has("tokenizer.json") or _vocabulary(path) is not None):
        return EngineName.WHISPER
    graph = has("graph/HCLG.fst") or has("graph/HCLr.fst", "graph/Gr.fst")
    if has("am/final.mdl", "conf/mfcc.conf") and graph:
        return EngineName.VOSK
    flat_graph = has("HCLG.fst") or has("HCLr.fst", "Gr.fst")
    if has("final.mdl", "mfcc.conf") and flat_graph:
        return EngineName.VOSK
    return None


def _languages(path: Path, engine: EngineName) -> tuple[str, ...]:
    name = path.resolve().name.lower()
    if engine is EngineName.VOSK:
        match = re.match(r"vosk-(?:model-)?(?:small-)?([a-z]{2})(?:-|$)", name)
        return (_LANGUAGE_SPELLINGS.get(match[1], match[1]),) if match else ()
    if "phowhisper" in name:
        return ("vi",)
    size = _vocabulary_size(path)
    return ("en",) if size is not None and size <= _ENGLISH_WHISPER_TOKENS else (ANY_LANGUAGE,)


def _vocabulary(path: Path) -> Path | None:
    return next(
        (path / name for name in ("vocabulary.json", "vocabulary.txt") if (path / name).is_file()), None
    )


def _vocabulary_size(path: Path) -> int | None:
    vocabulary = _vocabulary(path)
    if vocabulary is None:
        return None
    text = vocabulary.read_text(encoding="utf-8", errors="replace")
    if vocabulary.suffix == ".txt":
        return text.count("\n") + (not text.endswith("\n"))
    try:
        return len(json.loads(text))
    except (ValueError, TypeError):
        return None


def _json(path: Path) -> dict[str, Any]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}
