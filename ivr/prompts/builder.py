"""Makes the audio of every prompt, by espeak-ng or from studio recordings, in the folder Asterisk plays from.

Only what changed is made again: ``index.json`` in the folder keeps a digest of what each file was made of. A
recording in the studio folder wins for as long as it is there. Every file is replaced whole, so Asterisk may
be playing from the folder meanwhile.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

from callcenter.kernel.errors import BadInput, Unavailable
from ivr.prompts.manifest import LANGUAGES, Language, Manifest, load_manifest

VOICES: Mapping[Language, str] = {"vi": "vi", "en": "en-gb"}
"""Voices of espeak-ng."""
WORDS_PER_MINUTE = 150
_FORMAT = 1
"""Raise it when the audio of the same text comes out differently, so that all prompts are made again."""
_WORKERS = 2
_ESPEAK_TIMEOUT_S = 30.0
_INDEX = "index.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What a build did, as ``vi/greeting`` etc.: ``made`` by espeak-ng, ``replaced`` by studio recordings."""

    made: tuple[str, ...]
    kept: tuple[str, ...]
    replaced: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One file in the index: the digest of what it was made of, and its size."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """One file to be there."""

    key: str
    lang: Language
    text: str
    digest: str
    studio: Path | None


def _to_stdout(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def build(
    prompts_dir: Path,
    *,
    tools: Path,
    studio: Path | None = None,
    say: Callable[[str], None] = _to_stdout,
    manifest: Manifest | None = None,
) -> Built:
    """Bring ``prompts_dir/{vi,en}/NAME.wav`` up to date with the manifest and the studio folder.

    ``tools`` holds ``bin/espeak-ng`` for machines without the package. ``say`` gets one line per file made.
    Unavailable: "espeak_missing", "espeak_failed". BadInput: "studio_missing", "studio_recording_unreadable".
    What was finished before an error stays.
    """
    if studio is not None and not studio.is_dir():
        raise BadInput("studio_missing", path=str(studio))
    tell = say  # lines of names and counts, nothing to translate
    wanted = {one.key: one for one in _wanted(manifest or load_manifest(), studio)}
    index = _read_index(prompts_dir)
    current = {
        key: index[key] for key, one in wanted.items() if _is_current(prompts_dir, one, index.get(key))
    }
    stale = [one for key, one in wanted.items() if key not in current]
    kept = tuple(current)
    for lang in LANGUAGES:
        (prompts_dir / lang).mkdir(parents=True, exist_ok=True)
    # Written before anything is made: a build that is killed half way leaves no file under a wrong digest.
    _write_index(prompts_dir, current)
    removed = tuple(key for key in index if key not in wanted)
    for key in removed:
        _path(prompts_dir, key).unlink(missing_ok=True)
        tell(f"- {key}")
    try:
        for one, size in _make(prompts_dir, stale, tools):
            current[one.key] = _Entry(digest=one.digest, size=size)
            tell(f"[{len(current)}/{len(wanted)}] {one.key}{' (studio)' if one.studio else ''}")
    finally:
        _write_index(prompts_dir, current)
    return Built(
        made=tuple(one.key for one in stale if one.studio is None),
        kept=kept,
        replaced=tuple(one.key for one in stale if one.studio is not None),
        removed=removed,
    )


def espeak_ng(tools: Path) -> str:
    """The espeak-ng to run: the machine's own, else that of our toolbox. Unavailable("espeak_missing")."""
    found = shutil.which("espeak-ng") or shutil.which(tools / "bin" / "espeak-ng")
    if found is None:
        raise Unavailable("espeak_missing", path=str(tools / "bin" / "espeak-ng"))
    return found


def _wanted(manifest: Manifest, studio: Path | None) -> Iterator[_Wanted]:
    for name in manifest.names():
        for lang in LANGUAGES:
            text = manifest.text(name, lang)
            recording = studio / lang / f"{name}.wav" if studio is not None else None
            if recording is None or not recording.is_file():
                recording = None
                source = json.dumps(
                    [_FORMAT, text, manifest.version(name), VOICES[lang], WORDS_PER_MINUTE]
                ).encode()
            else:
                source = b"studio %d " % _FORMAT + _recording(recording)
            digest = hashlib.sha256(source).hexdigest()
            yield _Wanted(key=f"{lang}/{name}", lang=lang, text=text, digest=digest, studio=recording)


def _recording(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput("studio_recording_unreadable", path=str(path), reason=str(error)) from error


def _make(prompts_dir: Path, stale: list[_Wanted], tools: Path) -> Iterator[tuple[_Wanted, int]]:
    """Make the files, two at a time, and give each with its size as it is there."""
    if not stale:
        return
    voice = espeak_ng(tools) if any(one.studio is None for one in stale) else ""
    with ThreadPoolExecutor(max_workers=_WORKERS, thread_name_prefix="prompts") as pool:
        running = {pool.submit(_make_one, _path(prompts_dir, one.key), one, voice): one for one in stale}
        try:
            for done in as_completed(running):
                yield running[done], done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _make_one(path: Path, wanted: _Wanted, espeak: str) -> int:
    from ivr.prompts.audio import telephone_wav  # numpy and soundfile: not for a run that finds all in order

    if wanted.studio is None:
        wav = telephone_wav(_spoken(espeak, wanted), origin=wanted.key)
    else:
        wav = telephone_wav(_recording(wanted.studio), origin=str(wanted.studio))
    _replace(path, wav)
    return len(wav)


def _spoken(espeak: str, wanted: _Wanted) -> bytes:
    command = [
        espeak,
        "-b",
        "1",
        "-v",
        VOICES[wanted.lang],
        "-s",
        str(WORDS_PER_MINUTE),
        "--stdin",
        "--stdout",
    ]
    try:
        done = subprocess.run(
            command, input=wanted.text.encode(), capture_output=True, timeout=_ESPEAK_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable("espeak_failed", prompt=wanted.key, reason=str(error)) from error
    if done.returncode != 0 or not done.stdout:
        reason = done.stderr.decode(errors="replace").strip()[:200]
        raise Unavailable("espeak_failed", prompt=wanted.key, reason=reason)
    return done.stdout


def _path(prompts_dir: Path, key: str) -> Path:
    return prompts_dir / f"{key}.wav"


def _is_current(prompts_dir: Path, wanted: _Wanted, entry: _Entry | None) -> bool:
    if entry is None or entry.digest != wanted.digest:
        return False
    try:
        return _path(prompts_dir, wanted.key).stat().st_size == entry.size
    except FileNotFoundError:
        return False


def _read_index(prompts_dir: Path) -> dict[str, _Entry]:
    """The index of the last build; empty when there is none that can be read, and all is made again."""
    try:
        rows = json.loads((prompts_dir / _INDEX).read_bytes())
        return {key: _Entry(**row) for key, row in rows.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}


def _write_index(prompts_dir: Path, index: Mapping[str, _Entry]) -> None:
    rows = {key: asdict(index[key]) for key in sorted(index)}
    _replace(prompts_dir / _INDEX, json.dumps(rows, indent=1).encode())


def _replace(path: Path, content: bytes) -> None:
    """Put a file in place whole. Our umask lets the user read it whom Asterisk runs as."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
