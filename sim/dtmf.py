"""Keys as sound and as RTP events. Pure.

In-band: two sines (ITU-T Q.23). RFC 4733: an event of growing duration, its last packet sent three times.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from callcenter.kernel.errors import BadInput

RATE = 8000
FRAME = 160
"""Samples of 20 ms, one RTP packet."""
_ROWS = (697, 770, 852, 941)
_COLUMNS = (1209, 1336, 1477, 1633)
_PAD = ("123A", "456B", "789C", "*0#D")
FREQUENCIES = {
    key: (_ROWS[row], _COLUMNS[column]) for row, keys in enumerate(_PAD) for column, key in enumerate(keys)
}
EVENTS = "0123456789*#ABCD"
"""Position is the event code of RFC 4733, 3.2."""


def tone(key: str, *, milliseconds: int) -> bytes:
    """``key`` as 16-bit mono sound at 8 kHz, each sine at about -9 dB of full scale.

    Raises:
        BadInput: there is no such key.
    """
    if key not in FREQUENCIES:
        raise BadInput("key_unknown", key=key)
    low, high = FREQUENCIES[key]
    count = RATE * milliseconds // 1000
    samples = (
        int(11000 * (math.sin(2 * math.pi * low * n / RATE) + math.sin(2 * math.pi * high * n / RATE)))
        for n in range(count)
    )
    return struct.pack(f"<{count}h", *samples)


def keys_sound(keys: str, *, tone_ms: int = 120, gap_ms: int = 120) -> bytes:
    """``keys`` pressed one after the other, each followed by silence, as 16-bit mono sound at 8 kHz."""
    silence = bytes(2 * RATE * gap_ms // 1000)
    return b"".join(tone(key, milliseconds=tone_ms) + silence for key in keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPacket:
    """One RTP packet of a key: what differs from an audio packet."""

    marker: bool
    payload: bytes
    """Event, end bit and volume, duration in samples: 4 bytes (RFC 4733, 2.3)."""


def event_packets(key: str, *, milliseconds: int = 120, volume: int = 10) -> Iterator[EventPacket]:
    """The packets of one press, 20 ms apart; all carry the timestamp of the first.

    Raises:
        BadInput: there is no such key.
    """
    if len(key) != 1 or key not in EVENTS:
        raise BadInput("key_unknown", key=key)
    event = EVENTS.index(key)
    frames = max(2, milliseconds // 20)
    for frame in range(1, frames):
        yield EventPacket(marker=frame == 1, payload=struct.pack("!BBH", event, volume, frame * FRAME))
    for _ in range(3):
        yield EventPacket(marker=False, payload=struct.pack("!BBH", event, 0x80 | volume, frames * FRAME))
