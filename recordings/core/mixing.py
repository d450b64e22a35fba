"""How two legs become one stereo recording, block by block. Pure arithmetic over frame counts.

Blocks of a fixed time keep memory the same for a call of a minute and of a whole day, so no length of
call needs refusing. Both legs begin at the same instant: MixMonitor keeps them aligned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

RATE = 8_000
"""Hz of every stored recording: what the trunk carries."""

SAMPLE_BYTES = 2

BLOCK_S = 30
"""Seconds mixed at once: 480 kB a leg at 8 kHz."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Length of one leg; ``frames=0`` for a leg that is missing, whose side stays silent."""

    frames: int
    rate: int = RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Frames to read of a leg, in the leg's own rate."""

    start: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One step of the mix: what to read, and how many frames at ``RATE`` must come out."""

    left: Span
    right: Span
    frames: int


def mixed_frames(left: Source, right: Source) -> int:
    """Frames, at ``RATE``, of the mix: of the longer leg, rounded up."""
    return max(_at_rate(left), _at_rate(right))


def plan(left: Source, right: Source) -> Iterator[Block]:
    """Steps that cover the longer leg completely, in order, without gap or overlap."""
    total = mixed_frames(left, right)
    for number, start in enumerate(range(0, total, BLOCK_S * RATE)):
        yield Block(
            left=_span(left, number),
            right=_span(right, number),
            frames=min(BLOCK_S * RATE, total - start),
        )


def _at_rate(source: Source) -> int:
    return -(-source.frames * RATE // source.rate)


def _span(source: Source, number: int) -> Span:
    start = min(number * BLOCK_S * source.rate, source.frames)
    return Span(start=start, count=min(BLOCK_S * source.rate, source.frames - start))
