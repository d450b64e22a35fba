"""What a WAV file really holds, whatever its header says. Pure over bytes.

Asterisk writes the lengths in the header only when it closes the file (main/file.c, format_wav.c): a
file of a killed Asterisk says 0 bytes of audio and holds all but the last two seconds. Length of the
file is therefore believed over length in the header, unless what follows the audio is a sound tail of
further chunks.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

MAX_CHUNKS = 64
"""Chunks looked at before giving up: a file made of a million empty chunks must not hold us up."""

_PCM = 1
_EXTENSIBLE = 0xFFFE
_UNKNOWN_LENGTH = 0xFFFFFFFF
"""What writers into pipes put where they cannot know the length."""

RATES = range(8_000, 48_001)
"""Sampling rates, in Hz, that we take for a telephone's or a headset's."""


class WavStatus(StrEnum):
    """What is the matter with a file."""

    OK = "ok"
    REPAIRED = "repaired"
    """The header's lengths are stale; all audio is there."""
    TRUNCATED = "truncated"
    """The header promises more audio than there is: the rest is lost, what is there can be heard."""
    EMPTY = "empty"
    """A WAV file, or the beginning of one, without a single sample."""
    NOT_WAV = "not_wav"
    """Not a WAV file of 16-bit PCM in one or two channels."""


class Sliced(Protocol):
    """Bytes, or a file that is read like bytes."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WavFacts:
    """What was found. ``data_offset`` and ``data_bytes`` bound whole frames that are really there."""

    status: WavStatus
    rate: int = 0
    channels: int = 0
    data_offset: int = 0
    data_bytes: int = 0

    @property
    def frames(self) -> int:
        """Samples per channel."""
        return self.data_bytes // (2 * self.channels) if self.channels else 0

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate if self.rate else 0.0

    @property
    def has_audio(self) -> bool:
        """There is something to hear once the header is mended."""
        return self.data_bytes > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Format:
    rate: int
    channels: int


def inspect_wav(data: Sliced) -> WavFacts:
    """Say what ``data`` holds. Never raises on any content."""
    head = data[0:12]
    if not (b"RIFF".startswith(head[:4]) or head[:4] == b"RIFF"):
        return WavFacts(status=WavStatus.NOT_WAV)
    if len(head) < 12:
        return _beginning(head)
    if head[8:12] != b"WAVE":
        return WavFacts(status=WavStatus.NOT_WAV)
    return _inspect_chunks(data, riff_bytes=struct.unpack("<I", head[4:8])[0])


def mended_header(data: Sliced, facts: WavFacts) -> bytes:
    """Header of ``data`` with the lengths that ``facts`` found; ``facts.data_bytes`` of audio follow it."""
    header = bytearray(data[0 : facts.data_offset])
    struct.pack_into("<I", header, 4, min(facts.data_offset - 8 + facts.data_bytes, _UNKNOWN_LENGTH))
    struct.pack_into("<I", header, facts.data_offset - 4, min(facts.data_bytes, _UNKNOWN_LENGTH))
    return bytes(header)


def _beginning(head: bytes) -> WavFacts:
    """A file cut within its first 12 bytes."""
    could_be = b"WAVE".startswith(head[8:12])
    return WavFacts(status=WavStatus.EMPTY if could_be else WavStatus.NOT_WAV)


def _inspect_chunks(data: Sliced, *, riff_bytes: int) -> WavFacts:
    found: _Format | None = None
    offset = 12
    for _ in range(MAX_CHUNKS):
        name, size = _chunk(data, offset)
        body = offset + 8
        if name is None:
            return WavFacts(status=WavStatus.EMPTY)
        if name == b"fmt ":
            if len(data) < body + 16:
                return WavFacts(status=WavStatus.EMPTY)
            found = _format(data[body : body + 26], size)
            if found is None:
                return WavFacts(status=WavStatus.NOT_WAV)
        elif name == b"data":
            if found is None:
                return WavFacts(status=WavStatus.NOT_WAV)
            return _audio(data, body, declared=size, riff_bytes=riff_bytes, fmt=found)
        offset = body + size + size % 2
    return WavFacts(status=WavStatus.NOT_WAV)


def _chunk(data: Sliced, offset: int) -> tuple[bytes | None, int]:
    """Name and declared size of the chunk at ``offset``; no name when the file ends before."""
    head = data[offset : offset + 8]
    if len(head) < 8:
        return None, 0
    return head[:4], struct.unpack("<I", head[4:])[0]


def _format(body: bytes, size: int) -> _Format | None:
    """Format from a ``fmt`` chunk; ``None`` unless it is 16-bit PCM that we can mix."""
    codec, channels, rate, _, _, bits = struct.unpack("<HHIIHH", body[:16])
    if codec == _EXTENSIBLE and size >= 26 and len(body) == 26:
        codec = struct.unpack("<H", body[24:26])[0]
    if codec != _PCM or bits != 16 or channels not in (1, 2) or rate not in RATES:
        return None
    return _Format(rate=rate, channels=channels)


def _audio(data: Sliced, offset: int, *, declared: int, riff_bytes: int, fmt: _Format) -> WavFacts:
    present = len(data) - offset
    frame = 2 * fmt.channels
    if declared <= present and _tail_is_sound(data, offset + declared):
        held = declared - declared % frame
        intact = held == declared and riff_bytes == len(data) - 8
        status = WavStatus.OK if intact else WavStatus.REPAIRED
    else:
        held = present - present % frame
        cut = declared > present and declared != _UNKNOWN_LENGTH
        status = WavStatus.TRUNCATED if cut else WavStatus.REPAIRED
    if held == 0:
        status = WavStatus.EMPTY
    return WavFacts(status=status, rate=fmt.rate, channels=fmt.channels, data_offset=offset, data_bytes=held)


def _tail_is_sound(data: Sliced, offset: int) -> bool:
    """Whether nothing, one byte of padding, or whole chunks to the very end follow the audio."""
    offset += offset % 2
    for _ in range(MAX_CHUNKS):
        if offset >= len(data):
            return True
        name, size = _chunk(data, offset)
        if name is None or not all(0x20 <= letter < 0x7F for letter in name):
            return False
        offset += 8 + size
        if offset > len(data):
            return False
        offset += size % 2
    return False
