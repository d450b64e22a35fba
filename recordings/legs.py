"""The two leg files that MixMonitor left: looked at, mended when Asterisk was killed, measured."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import structlog

from recordings.core.wav import WavFacts, WavStatus, inspect_wav, mended_header
from recordings.files import BLOCK_BYTES, FileBytes, io_errors, open_private, publish

log = structlog.get_logger()


class LegState(StrEnum):
    """A ``WavStatus``, or that there is no file."""

    OK = "ok"
    REPAIRED = "repaired"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    NOT_WAV = "not_wav"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One side of a call as a file. When ``usable``, the file has a sound header by now."""

    path: Path
    state: LegState
    facts: WavFacts

    @property
    def duration_s(self) -> float:
        """Seconds of audio that can be heard."""
        return self.facts.duration_s

    @property
    def repaired(self) -> bool:
        """The header was wrong and has been rewritten."""
        return self.state in (LegState.REPAIRED, LegState.TRUNCATED)

    @property
    def usable(self) -> bool:
        """There is audio."""
        return self.facts.has_audio


@dataclass(frozen=True, slots=True, kw_only=True)
class Legs:
    """Both sides of a call: ``in_`` from the citizen, ``out`` to the citizen (the operator)."""

    in_: Leg
    out: Leg

    @property
    def duration_s(self) -> float:
        """Length of the call's audio: of the longer leg."""
        return max(self.in_.duration_s, self.out.duration_s)

    @property
    def repaired(self) -> bool:
        """At least one header was rewritten."""
        return self.in_.repaired or self.out.repaired


def check_legs(in_path: Path, out_path: Path) -> Legs:
    """Look at both legs, mend stale headers. No content makes it raise.

    Raises:
        Unavailable: the disk failed (``recording_io``) or is full (``disk_full``).
    """
    return Legs(in_=check_leg(in_path), out=check_leg(out_path))


def check_leg(path: Path) -> Leg:
    """Look at one leg, mend its header when stale; as ``check_legs``."""
    with io_errors("check_leg"):
        try:
            source = FileBytes(path)
        except FileNotFoundError:
            return Leg(path=path, state=LegState.MISSING, facts=WavFacts(status=WavStatus.EMPTY))
        with source:
            facts = inspect_wav(source)
            if facts.status in (WavStatus.REPAIRED, WavStatus.TRUNCATED):
                _mend(path, source, facts)
                log.warning("recording.header_mended", file=path.name, duration_s=facts.duration_s)
    return Leg(path=path, state=LegState(facts.status), facts=facts)


def _mend(path: Path, source: FileBytes, facts: WavFacts) -> None:
    """Rewrite the file with true lengths; a crash leaves the old one or the new one, never half."""
    temporary = path.with_name(f".{path.name}.part")
    with open(open_private(temporary), "wb") as target:
        target.write(mended_header(source, facts))
        end = facts.data_offset + facts.data_bytes
        for offset in range(facts.data_offset, end, BLOCK_BYTES):
            target.write(source[offset : min(offset + BLOCK_BYTES, end)])
    publish(temporary, path)
