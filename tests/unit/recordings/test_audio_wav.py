from __future__ import annotations

import io
import struct
import wave

import pytest

from recordings.core.wav import WavStatus, inspect_wav, mended_header

pytestmark = pytest.mark.unit


def wav(frames: int, *, rate: int = 8000, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(width)
        writer.setframerate(rate)
        writer.writeframes(bytes(index % 251 for index in range(frames * channels * width)))
    return file.getvalue()


def with_sizes(data: bytes, *, riff: int, audio: int) -> bytes:
    return data[:4] + struct.pack("<I", riff) + data[8:40] + struct.pack("<I", audio) + data[44:]


def with_chunk_before_audio(data: bytes, name: bytes, body: bytes) -> bytes:
    chunk = name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    grown = data[:36] + chunk + data[36:]
    return grown[:4] + struct.pack("<I", len(grown) - 8) + grown[8:]


def mended(data: bytes) -> bytes:
    facts = inspect_wav(data)
    return mended_header(data, facts) + data[facts.data_offset : facts.data_offset + facts.data_bytes]


def test_a_sound_file_is_ok() -> None:
    facts = inspect_wav(wav(8000))

    assert facts.status is WavStatus.OK
    assert (facts.rate, facts.channels, facts.frames, facts.duration_s) == (8000, 1, 8000, 1.0)


def test_the_file_of_a_killed_asterisk_is_repaired() -> None:
    whole = wav(16384)
    killed = with_sizes(whole, riff=36, audio=0)

    facts = inspect_wav(killed)

    assert facts.status is WavStatus.REPAIRED
    assert facts.frames == 16384
    assert mended(killed) == whole


def test_a_header_short_of_the_audio_is_repaired() -> None:
    facts = inspect_wav(with_sizes(wav(16384), riff=36 + 16384, audio=16384))

    assert (facts.status, facts.frames) == (WavStatus.REPAIRED, 16384)


def test_a_header_beyond_the_file_means_lost_audio() -> None:
    cut = wav(16384)[:-1001]

    facts = inspect_wav(cut)

    assert facts.status is WavStatus.TRUNCATED
    assert facts.frames == 16384 - 501  # the half sample goes too
    assert inspect_wav(mended(cut)).status is WavStatus.OK


def test_the_length_of_a_pipe_writer_is_only_unknown() -> None:
    facts = inspect_wav(with_sizes(wav(100), riff=0xFFFFFFFF, audio=0xFFFFFFFF))

    assert (facts.status, facts.frames) == (WavStatus.REPAIRED, 100)


@pytest.mark.parametrize("body", [b"odd", b"even", b""])
def test_chunks_before_and_after_the_audio_are_not_audio(body: bytes) -> None:
    data = with_chunk_before_audio(wav(50), b"LIST", body)
    tail = b"LIST" + struct.pack("<I", 4) + b"INFO"
    data = data[:4] + struct.pack("<I", len(data) + len(tail) - 8) + data[8:] + tail

    facts = inspect_wav(data)

    assert (facts.status, facts.frames) == (WavStatus.OK, 50)


def test_half_a_sample_and_its_padding_are_not_audio() -> None:
    tail = b"\0" + b"LIST" + struct.pack("<I", 4) + b"INFO"
    data = with_sizes(wav(50)[:-1], riff=36 + 99 + len(tail), audio=99) + tail

    facts = inspect_wav(data)

    assert (facts.status, facts.frames) == (WavStatus.REPAIRED, 49)


@pytest.mark.parametrize("length", [0, 1, 4, 11, 12, 20, 36, 43, 44, 45])
def test_what_has_no_sample_is_empty(length: int) -> None:
    assert inspect_wav(wav(100)[:length]).status is WavStatus.EMPTY


@pytest.mark.parametrize(
    "data",
    [
        b"hello",
        b"\0" * 5000,
        b"RIFF\x24\0\0\0AVI " + b"\0" * 100,
        b"RIFF\x24\0\0\0JP",
        wav(100, width=1),
        wav(100, width=3),
        wav(100, rate=4000),
        wav(100, rate=192_000),
        wav(100, channels=6),
        wav(100)[:20] + b"\x07\0" + wav(100)[22:],  # mu-law
        b"RIFF\x24\0\0\0WAVEdata\x10\0\0\0" + b"\0" * 16,  # audio of unknown format
        b"RIFF\x24\0\0\0WAVE" + b"junk\0\0\0\0" * 100_000,
    ],
)
def test_what_we_cannot_play_is_not_wav(data: bytes) -> None:
    facts = inspect_wav(data)

    assert facts.status is WavStatus.NOT_WAV
    assert not facts.has_audio


def test_the_extensible_spelling_of_pcm_is_read() -> None:
    plain = wav(100)
    fmt = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 8000, 16000, 2, 16, 22, 16, 4) + struct.pack("<H14x", 1)
    data = plain[:12] + b"fmt " + struct.pack("<I", len(fmt)) + fmt + plain[36:]
    data = data[:4] + struct.pack("<I", len(data) - 8) + data[8:]

    facts = inspect_wav(data)

    assert (facts.status, facts.frames, facts.rate) == (WavStatus.OK, 100, 8000)
