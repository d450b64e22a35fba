"""Real audio, keys and stores in a temporary folder."""

from __future__ import annotations

import resource
import wave
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest

from recordings.crypto import Identity, Recipient, create_keys
from recordings.store import RecordingStore

RATE = 8000


@pytest.fixture
def tone() -> Callable[..., bytes]:
    """PCM of a sine."""

    def make(hertz: float, seconds: float, rate: int = RATE) -> bytes:
        time = np.arange(round(seconds * rate)) / rate
        return (9000 * np.sin(2 * np.pi * hertz * time)).astype("<i2").tobytes()

    return make


@pytest.fixture
def noise() -> Callable[[int], bytes]:
    """PCM that no codec can shorten: full-range noise, always the same."""

    def make(samples: int) -> bytes:
        return np.random.default_rng(1022).integers(-32768, 32768, samples).astype("<i2").tobytes()

    return make


@pytest.fixture
def write_wav() -> Callable[..., Path]:
    def write(path: Path, pcm: bytes, *, rate: int = RATE, channels: int = 1) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(pcm)
        return path

    return write


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Identity, Recipient]:
    return create_keys(tmp_path / "keys")


@pytest.fixture
def store(tmp_path: Path, keys: tuple[Identity, Recipient]) -> RecordingStore:
    identity, recipient = keys
    return RecordingStore(tmp_path / "recordings", recipient, identity)


@pytest.fixture
def small_disk() -> Callable[[int], AbstractContextManager[None]]:
    """A disk on which no file can grow beyond so many bytes: the kernel itself refuses the write."""

    @contextmanager
    def limit(size: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limit
