"""The real speech child with an engine of a known temper: ``python speech_child.py TEMPER CONFIG``.

Everything but the recogniser is the product's: limits, protocol, reading, voice detection, packing. The
folder that the model path names takes the marks of what happened.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from recordings.core.dialogue import Word
from recordings.transcriber.audio import RATE, Samples
from recordings.transcriber.child import ChildConfig, main

FRAGILE_S = 3.0
PAUSE_S = 0.3


def _steady(samples: Samples, folder: Path) -> None:
    """Hear it."""


def _noisy(samples: Samples, folder: Path) -> None:
    print("Decoder chatter that is no JSON", flush=True)
    os.write(1, b'{"words": []}\n')


def _fragile(samples: Samples, folder: Path) -> None:
    if len(samples) > FRAGILE_S * RATE:
        os.abort()


def _hanging(samples: Samples, folder: Path) -> None:
    time.sleep(3_600)


def _slow_at_first(samples: Samples, folder: Path) -> None:
    mark = folder / "hearing"
    if not mark.exists():
        mark.touch()
        time.sleep(3_600)


def _hungry(samples: Samples, folder: Path) -> None:
    np.ones(1024**3, dtype=np.float64)


TEMPERS: dict[str, Callable[[Samples, Path], None]] = {
    "steady": _steady,
    "noisy": _noisy,
    "fragile": _fragile,
    "hanging": _hanging,
    "slow_at_first": _slow_at_first,
    "hungry": _hungry,
}


class OneWordARun:
    """An engine that writes one word over every loud stretch, with the times where it is."""

    name = "one-word"

    def __init__(self, temper: Callable[[Samples, Path], None], folder: Path) -> None:
        self._temper = temper
        self._folder = folder

    def begin(self, language: str) -> OneWordARun:
        return self

    def words(self, samples: Samples) -> list[Word]:
        self._temper(samples, self._folder)
        loud = np.flatnonzero(np.abs(samples) > 0.01)
        if not len(loud):
            return []
        breaks = np.flatnonzero(np.diff(loud) > PAUSE_S * RATE)
        first, last = loud[np.r_[0, breaks + 1]], loud[np.r_[breaks, len(loud) - 1]]
        return [
            Word(text="nghe", start_s=float(start / RATE), end_s=float(end / RATE), confidence=1.0)
            for start, end in zip(first, last, strict=True)
        ]


def load(config: ChildConfig) -> OneWordARun:
    return OneWordARun(TEMPERS[sys.argv[1]], Path(config.path))


if __name__ == "__main__":
    main(sys.argv[2], load)
