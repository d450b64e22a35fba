from __future__ import annotations

import io
import struct
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.core.wav import WavFacts, WavStatus, inspect_wav, mended_header

pytestmark = pytest.mark.property

samples = st.binary(max_size=600).map(lambda pcm: pcm[: len(pcm) // 2 * 2])
HEADER = 44


def wav(pcm: bytes, channels: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(2)
        writer.setframerate(8000)
        writer.writeframes(pcm)
    return file.getvalue()


def heard(data: bytes, facts: WavFacts) -> bytes:
    """What an independent reader hears after the header was mended."""
    audio = data[facts.data_offset : facts.data_offset + facts.data_bytes]
    with wave.open(io.BytesIO(mended_header(data, facts) + audio)) as reader:
        assert reader.getnframes() == facts.frames
        return reader.readframes(reader.getnframes())


@given(pcm=samples, cut=st.integers(min_value=0, max_value=700))
def test_cut_at_any_byte_every_whole_sample_is_heard(pcm: bytes, cut: int) -> None:
    data = wav(pcm)[:cut]
    left = max(0, len(data) - HEADER) // 2 * 2

    facts = inspect_wav(data)

    if left == 0:
        assert facts.status is WavStatus.EMPTY
    else:
        whole = len(data) == HEADER + len(pcm)
        assert facts.status is (WavStatus.OK if whole else WavStatus.TRUNCATED)
        assert heard(data, facts) == pcm[:left]


@given(pcm=samples, cut=st.integers(min_value=0, max_value=700))
def test_killed_at_any_byte_with_lengths_never_written(pcm: bytes, cut: int) -> None:
    whole = wav(pcm)
    data = (whole[:4] + struct.pack("<I", 36) + whole[8:40] + struct.pack("<I", 0) + whole[44:])[:cut]
    left = max(0, len(data) - HEADER) // 2 * 2

    facts = inspect_wav(data)

    assert facts.data_bytes == left
    if left:
        assert facts.status is WavStatus.REPAIRED
        assert heard(data, facts) == pcm[:left]


@given(pcm=samples, riff=st.integers(0, 2**32 - 1), audio=st.integers(0, 2**32 - 1))
def test_whatever_lengths_the_header_says_the_mended_file_is_sound(pcm: bytes, riff: int, audio: int) -> None:
    whole = wav(pcm)
    data = whole[:4] + struct.pack("<I", riff) + whole[8:40] + struct.pack("<I", audio) + whole[44:]

    facts = inspect_wav(data)

    if facts.has_audio:
        mended = mended_header(data, facts) + data[facts.data_offset :][: facts.data_bytes]
        again = inspect_wav(mended)
        assert (again.status, again.frames) == (WavStatus.OK, facts.frames)
        assert pcm.startswith(heard(data, facts))
    else:
        assert facts.status is WavStatus.EMPTY


@given(prefix=st.sampled_from([b"", b"RIFF", b"RIFF\0\0\0\0WAVE", wav(b"")[:36], wav(b"")]), junk=st.binary())
def test_no_bytes_make_it_raise_or_claim_audio_that_is_not_there(prefix: bytes, junk: bytes) -> None:
    data = prefix + junk

    facts = inspect_wav(data)

    assert facts.data_offset + facts.data_bytes <= len(data)
    assert facts.has_audio == (facts.status not in (WavStatus.EMPTY, WavStatus.NOT_WAV))
    if facts.has_audio:
        assert facts.frames > 0
        assert facts.duration_s > 0
