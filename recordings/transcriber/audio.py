"""Reads a recorded leg as 16 kHz mono, a window at a time, whatever is in the file.

The file may be anything: cut off, empty, random bytes, NaN. It is opened only inside the speech child, and
only by libsndfile, which knows no playlists and no network as FFmpeg's demuxers do.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from recordings.transcriber.port import FailureCode, TranscriptionFailed

RATE = 16_000
"""Samples per second that both engines and the voice detector want."""

Samples = NDArray[np.float32]

_RATES = range(4_000, 192_001)
_MOST_CHANNELS = 8
_WAV_HEADER_BYTES = 44


class Leg:
    """An opened leg. ``seconds`` is its length as the file really holds it."""

    def __init__(self, path: Path) -> None:
        """Open ``path``.

        Raises:
            TranscriptionFailed: ``audio_unreadable`` or ``audio_empty``.
        """
        try:
            size = path.stat().st_size
            if size == 0:
                raise TranscriptionFailed(FailureCode.AUDIO_EMPTY)
            self._file = soundfile.SoundFile(str(path))
        except (OSError, RuntimeError) as error:
            raise TranscriptionFailed(FailureCode.AUDIO_UNREADABLE, detail=str(error)[-200:]) from error
        if self._file.samplerate not in _RATES or self._file.channels > _MOST_CHANNELS:
            self._file.close()
            raise TranscriptionFailed(FailureCode.AUDIO_UNREADABLE, rate=self._file.samplerate)
        if self._file.frames <= 0:
            self._file.close()
            # More bytes than a header, and yet no frame: the length was never written at the close.
            unfinished = size > _WAV_HEADER_BYTES + RATE
            raise TranscriptionFailed(FailureCode.AUDIO_UNREADABLE if unfinished else FailureCode.AUDIO_EMPTY)
        self.seconds = self._file.frames / self._file.samplerate

    def windows(self, window_s: float) -> Iterator[Samples]:
        """Give the leg at 16 kHz mono in windows of ``window_s`` seconds (the last is shorter).

        Memory is bounded by the window, not by the leg.

        Raises:
            TranscriptionFailed: ``audio_unreadable``: the file breaks off inside.
        """
        wanted = int(window_s * RATE)
        pieces: list[Samples] = []
        held = 0
        with self._file:
            for piece in self._resampled():
                pieces.append(piece)
                held += len(piece)
                while held >= wanted:
                    joined = np.concatenate(pieces)
                    yield joined[:wanted]
                    pieces = [joined[wanted:]]
                    held -= wanted
        if held:
            yield np.concatenate(pieces)

    def _resampled(self) -> Iterator[Samples]:
        rate = self._file.samplerate
        if rate == RATE:
            yield from self._mono_seconds()
            return
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        for second in self._mono_seconds():
            frame = av.AudioFrame.from_ndarray(second.reshape(1, -1), format="flt", layout="mono")
            frame.sample_rate = rate
            yield from (_flat(out) for out in resampler.resample(frame))
        yield from (_flat(out) for out in resampler.resample(None))

    def _mono_seconds(self) -> Iterator[Samples]:
        while True:
            try:
                block = self._file.read(self._file.samplerate, dtype="float32", always_2d=True)
            except RuntimeError as error:
                raise TranscriptionFailed(FailureCode.AUDIO_UNREADABLE, detail=str(error)[-200:]) from error
            if not len(block):
                return
            # Before the channels are mixed: infinity minus infinity is NaN again.
            sane = np.clip(np.nan_to_num(block, nan=0.0), -1.0, 1.0)
            yield np.ascontiguousarray(sane.mean(axis=1), dtype=np.float32)


def _flat(frame: av.AudioFrame) -> Samples:
    return np.asarray(frame.to_ndarray(), dtype=np.float32).reshape(-1)
