"""Audio: two legs into one stereo FLAC, a message into a mono FLAC, and FLAC back into WAV.

pydub mixes, soundfile compresses. Every FLAC is read back and compared before anybody relies on it,
because the legs are deleted afterwards.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import soundfile

from callcenter.kernel.errors import Unavailable
from recordings.core.mixing import RATE, SAMPLE_BYTES, Source, Span, plan
from recordings.files import FileBytes, io_errors, open_private, sync_file
from recordings.legs import Leg, Legs

with warnings.catch_warnings():
    # pydub warns that ffmpeg is absent; nothing here needs it.
    warnings.simplefilter("ignore")
    from pydub import AudioSegment

_BLOCK_FRAMES = 1 << 16


def mix_to_flac(legs: Legs, flac_path: Path) -> int:
    """Write citizen left, operator right, padded to equal length, as 8 kHz 16-bit FLAC; frames written.

    A leg without audio becomes silence. Memory does not grow with the length of the call.

    Raises:
        Unavailable: ``disk_full``, ``recording_io`` or ``audio_write_failed``.
    """
    return _write(_mixed(legs), flac_path, channels=2)


def compress_message(leg: Leg, flac_path: Path) -> int:
    """Write a message as mono 8 kHz 16-bit FLAC; frames written. Raises as ``mix_to_flac``."""
    return _write(_mono(leg), flac_path, channels=1)


def decode_to_wav(flac_path: Path, wav_path: Path) -> None:
    """Write the WAV whose samples are exactly those of the FLAC; readable by us alone.

    Raises:
        Unavailable: ``audio_unreadable``, ``audio_write_failed``, ``disk_full`` or ``recording_io``.
    """
    with io_errors("decode"):
        try:
            with soundfile.SoundFile(flac_path) as source:
                rate, channels = source.samplerate, source.channels
                _write(_pcm_blocks(source), wav_path, channels=channels, container="WAV", rate=rate)
        except soundfile.SoundFileError as error:
            raise Unavailable("audio_unreadable", file=flac_path.name) from error
        sync_file(wav_path)


def _mixed(legs: Legs) -> Iterator[bytes]:
    with _LegReader(legs.in_) as left, _LegReader(legs.out) as right:
        for block in plan(left.source, right.source):
            sides = [left.read(block.left, block.frames), right.read(block.right, block.frames)]
            yield AudioSegment.from_mono_audiosegments(*sides).raw_data


def _mono(leg: Leg) -> Iterator[bytes]:
    with _LegReader(leg) as reader:
        for block in plan(reader.source, Source(frames=0)):
            yield reader.read(block.left, block.frames).raw_data


class _LegReader:
    """Blocks of one leg as mono segments at ``RATE``; of nothing, silence."""

    def __init__(self, leg: Leg) -> None:
        self._facts = leg.facts
        self._file = FileBytes(leg.path) if leg.usable else None
        self.source = Source(frames=leg.facts.frames, rate=leg.facts.rate) if leg.usable else Source(frames=0)

    def __enter__(self) -> _LegReader:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def read(self, span: Span, frames: int) -> AudioSegment:
        """The samples of ``span``, converted if need be, padded or cut to ``frames``."""
        pcm = self._converted(span) if self._file and span.count else b""
        length = frames * SAMPLE_BYTES
        return _segment(pcm[:length].ljust(length, b"\0"), rate=RATE, channels=1)

    def _converted(self, span: Span) -> bytes:
        assert self._file is not None
        facts = self._facts
        frame = SAMPLE_BYTES * facts.channels
        start = facts.data_offset + span.start * frame
        pcm = self._file[start : start + span.count * frame]
        if facts.rate == RATE and facts.channels == 1:
            return pcm
        segment = _segment(pcm, rate=facts.rate, channels=facts.channels)
        converted: bytes = segment.set_channels(1).set_frame_rate(RATE).raw_data
        return converted


def _segment(pcm: bytes, *, rate: int, channels: int) -> AudioSegment:
    return AudioSegment(data=pcm, sample_width=SAMPLE_BYTES, frame_rate=rate, channels=channels)


def _write(
    blocks: Iterator[bytes], path: Path, *, channels: int, container: str = "FLAC", rate: int = RATE
) -> int:
    """Write 16-bit audio, read it back and compare; frames written."""
    written = hashlib.sha256()
    frames = 0
    with io_errors("write_audio"):
        os.close(open_private(path))
        try:
            with soundfile.SoundFile(path, "w", rate, channels, subtype="PCM_16", format=container) as file:
                for block in blocks:
                    file.buffer_write(block, dtype="int16")
                    written.update(block)
                    frames += len(block) // (SAMPLE_BYTES * channels)
            kept = _pcm_hash(path)
        except (soundfile.SoundFileError, AssertionError) as error:
            # soundfile asserts that every frame was taken: false when the disk is full.
            raise Unavailable("audio_write_failed", file=path.name) from error
    if kept != written.hexdigest():
        raise Unavailable("audio_write_failed", file=path.name)
    return frames


def _pcm_hash(path: Path) -> str:
    digest = hashlib.sha256()
    with soundfile.SoundFile(path) as file:
        for block in _pcm_blocks(file):
            digest.update(block)
    return digest.hexdigest()


def _pcm_blocks(source: soundfile.SoundFile) -> Iterator[bytes]:
    while block := bytes(source.buffer_read(_BLOCK_FRAMES, dtype="int16")):
        yield block
