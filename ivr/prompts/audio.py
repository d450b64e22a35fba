"""Sound of any kind to what Asterisk plays: 8 kHz, mono, 16 bit, at one level, as a wav file."""

from __future__ import annotations

import io
import warnings
import wave

import numpy as np
import soundfile
from numpy.typing import NDArray

from callcenter.kernel.errors import BadInput

with warnings.catch_warnings():
    # pydub says at import that it found no ffmpeg; none is needed, soundfile decodes.
    warnings.simplefilter("ignore")
    from pydub import AudioSegment

RATE = 8000
"""Samples a second of a telephone line."""
LEVEL_DBFS = -16.0
"""Mean level: every prompt is as loud as the next, whoever spoke it."""
_PEAK_DBFS = -0.5
_CUT_OFF_HZ = 3700.0
"""Just below half of RATE: what is above would come back as noise when samples are left out."""
_LONGEST_S = 120.0
_SILENT = 1e-4
"""Mean amplitude, of 1: raised to the level this would be noise only."""
_BENT_FROM = 0.6
"""Amplitude, of 1, above which peaks are bent."""


def telephone_wav(sound: bytes, *, origin: str) -> bytes:
    """A wav file (8 kHz, mono, 16 bit, level about LEVEL_DBFS) of a sound file of any rate and width.

    ``origin`` names the sound in errors. BadInput("studio_recording_unreadable") when it is no sound file, or
    empty, silent, or longer than two minutes.
    """
    samples, rate = _decoded(sound, origin)
    mono = samples.mean(axis=1)
    if rate > RATE:
        mono = _low_pass(mono, rate)
    whole = np.rint(_limited(mono, origin) * 32767).astype("<i2")
    segment = AudioSegment(data=whole.tobytes(), sample_width=2, frame_rate=rate, channels=1)
    resampled = segment.set_frame_rate(RATE)
    levelled = resampled.apply_gain(min(LEVEL_DBFS - resampled.dBFS, _PEAK_DBFS - resampled.max_dBFS))
    written = io.BytesIO()
    with wave.open(written, "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(levelled.raw_data)
    return written.getvalue()


def _decoded(sound: bytes, origin: str) -> tuple[NDArray[np.float64], int]:
    try:
        with soundfile.SoundFile(io.BytesIO(sound)) as opened:
            rate = int(opened.samplerate)
            if opened.frames > _LONGEST_S * rate:
                raise BadInput("studio_recording_unreadable", path=origin, reason="longer than two minutes")
            samples: NDArray[np.float64] = opened.read(dtype="float64", always_2d=True)
    except (soundfile.LibsndfileError, ValueError, TypeError) as error:
        raise BadInput("studio_recording_unreadable", path=origin, reason=str(error)) from error
    if not samples.size:
        raise BadInput("studio_recording_unreadable", path=origin, reason="empty")
    return samples, rate


def _low_pass(samples: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """Windowed-sinc filter: pydub resamples by interpolation, which folds high sounds into the voice."""
    half = 8 * rate // RATE
    steps = np.arange(-half, half + 1) * (2 * _CUT_OFF_HZ / rate)
    taps = np.sinc(steps) * np.hamming(2 * half + 1)
    # "full" and a cut, for "same" gives as many samples as the longer of the two has.
    filtered: NDArray[np.float64] = np.convolve(samples, taps / taps.sum())[half : half + len(samples)]
    return filtered


def _limited(samples: NDArray[np.float64], origin: str) -> NDArray[np.float64]:
    """Raised to the level, with peaks bent, not cut: a voice's few peaks would else keep it 4 dB too low."""
    mean = float(np.sqrt(np.mean(np.square(samples))))
    if not mean > _SILENT:
        raise BadInput("studio_recording_unreadable", path=origin, reason="silent")
    raised = samples * (10 ** (LEVEL_DBFS / 20) / mean)
    over = np.maximum(np.abs(raised) - _BENT_FROM, 0.0) / (1 - _BENT_FROM)
    bent: NDArray[np.float64] = np.sign(raised) * (
        np.minimum(np.abs(raised), _BENT_FROM) + (1 - _BENT_FROM) * np.tanh(over)
    )
    return bent
