"""Speech models: which are there, which to use, and how to get one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from callcenter.kernel.errors import NotFound
from recordings.models_install import InstallStep, Progress, install
from recordings.models_recipes import RECIPES, Recipe
from recordings.models_shapes import ANY_LANGUAGE, EngineName, SpeechModel, recognise

__all__ = [
    "RECIPES",
    "EngineName",
    "InstallStep",
    "Progress",
    "Recipe",
    "SpeechModel",
    "choose",
    "find_models",
    "install",
    "recognise",
]


def find_models(models_dir: Path) -> list[SpeechModel]:
    """Give every usable model directly below ``models_dir``, by name; none when the folder is not there."""
    if not models_dir.is_dir():
        return []
    folders = sorted(path for path in models_dir.iterdir() if path.is_dir() and not path.name.startswith("."))
    return [model for folder in folders if (model := recognise(folder)) is not None]


def choose(models: Iterable[SpeechModel], settings_name: str | None, language: str) -> SpeechModel | None:
    """Give the model to use for ``language``, or None when no model at hand understands it.

    The name in the settings wins, whatever its language. Else a model made for the language goes before one
    for all languages, and Whisper before Vosk, whose published errors in Vietnamese are twice as many.

    Raises:
        NotFound: ``model_unknown``: the settings name a model that is not there.
    """
    known = list(models)
    if settings_name:
        for model in known:
            if model.name == settings_name:
                return model
        raise NotFound("model_unknown", name=settings_name, known=[model.name for model in known])
    able = [model for model in known if model.understands(language)]
    return min(
        able,
        key=lambda model: (
            ANY_LANGUAGE in model.languages,
            model.engine is not EngineName.WHISPER,
            model.name,
        ),
        default=None,
    )
