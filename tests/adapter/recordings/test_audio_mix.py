from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from callcenter.kernel.errors import Unavailable
from recordings.audio import compress_message, decode_to_wav, mix_to_flac
from recordings.legs import check_leg, check_legs

pytestmark = pytest.mark.adapter

Writer = Callable[..., Path]
Tone = Callable[..., bytes]


def loudest_hertz(samples: np.ndarray, rate: int = 8000) -> float:
    spectrum = np.abs(np.fft.rfft(samples))
    return float(np.argmax(spectrum) * rate / len(samples))


@pytest.mark.seed("S0-31")
def test_citizen_is_left_and_operator_right(tmp_path: Path, write_wav: Writer, tone: Tone) -> None:
    write_wav(tmp_path / "in.wav", tone(440, 2))
    write_wav(tmp_path / "out.wav", tone(1300, 3))

    frames = mix_to_flac(check_legs(tmp_path / "in.wav", tmp_path / "out.wav"), tmp_path / "mix.flac")

    samples, rate = soundfile.read(tmp_path / "mix.flac", dtype="int16")
    facts = soundfile.info(tmp_path / "mix.flac")
    assert (rate, samples.shape, frames) == (8000, (24_000, 2), 24_000)
    assert (facts.format, facts.subtype) == ("FLAC", "PCM_16")
    assert loudest_hertz(samples[:16_000, 0]) == pytest.approx(440, abs=1)
    assert loudest_hertz(samples[:, 1]) == pytest.approx(1300, abs=1)
    assert not samples[16_000:, 0].any()


def test_the_mix_is_bit_exact_over_block_borders(
    tmp_path: Path, write_wav: Writer, noise: Callable[[int], bytes]
) -> None:
    left, right = noise(8000 * 61 + 3), noise(8000 * 31)
    write_wav(tmp_path / "in.wav", left)
    write_wav(tmp_path / "out.wav", right)

    mix_to_flac(check_legs(tmp_path / "in.wav", tmp_path / "out.wav"), tmp_path / "mix.flac")

    samples, _ = soundfile.read(tmp_path / "mix.flac", dtype="int16")
    assert samples[:, 0].tobytes() == left
    assert samples[: 8000 * 31, 1].tobytes() == right
    assert not samples[8000 * 31 :, 1].any()


@pytest.mark.parametrize("present", ["in.wav", "out.wav"])
def test_a_missing_leg_is_silence(tmp_path: Path, write_wav: Writer, tone: Tone, present: str) -> None:
    pcm = tone(440, 1)
    write_wav(tmp_path / present, pcm)

    mix_to_flac(check_legs(tmp_path / "in.wav", tmp_path / "out.wav"), tmp_path / "mix.flac")

    samples, _ = soundfile.read(tmp_path / "mix.flac", dtype="int16")
    side = 0 if present == "in.wav" else 1
    assert samples[:, side].tobytes() == pcm
    assert not samples[:, 1 - side].any()


def test_a_stereo_leg_at_another_rate_keeps_tone_and_time(
    tmp_path: Path, write_wav: Writer, tone: Tone
) -> None:
    pcm = np.frombuffer(tone(700, 32, 16_000), "<i2")
    write_wav(tmp_path / "in.wav", np.repeat(pcm, 2).tobytes(), rate=16_000, channels=2)

    frames = mix_to_flac(check_legs(tmp_path / "in.wav", tmp_path / "none.wav"), tmp_path / "mix.flac")

    samples, _ = soundfile.read(tmp_path / "mix.flac", dtype="int16")
    assert frames == 32 * 8000
    assert loudest_hertz(samples[:, 0]) == pytest.approx(700, abs=1)


@pytest.mark.parametrize("channels", [1, 2])
def test_flac_and_back_is_bit_exact(
    tmp_path: Path, write_wav: Writer, noise: Callable[[int], bytes], channels: int
) -> None:
    pcm = noise(70_000)
    path = write_wav(tmp_path / "in.wav", pcm)
    if channels == 1:
        compress_message(check_leg(path), tmp_path / "a.flac")
    else:
        mix_to_flac(check_legs(path, path), tmp_path / "a.flac")

    decode_to_wav(tmp_path / "a.flac", tmp_path / "back.wav")

    samples, _ = soundfile.read(tmp_path / "back.wav", dtype="int16", always_2d=True)
    assert samples.shape[1] == channels
    assert all(samples[:, side].tobytes() == pcm for side in range(channels))
    assert soundfile.info(tmp_path / "back.wav").subtype == "PCM_16"
    assert (tmp_path / "back.wav").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "a.flac").stat().st_mode & 0o777 == 0o600


def test_speech_like_audio_gets_smaller(tmp_path: Path, write_wav: Writer, tone: Tone) -> None:
    write_wav(tmp_path / "in.wav", tone(440, 10))

    mix_to_flac(check_legs(tmp_path / "in.wav", tmp_path / "none.wav"), tmp_path / "mix.flac")

    assert (tmp_path / "mix.flac").stat().st_size < (tmp_path / "in.wav").stat().st_size


def test_memory_does_not_grow_with_the_call(tmp_path: Path, write_wav: Writer) -> None:
    path = write_wav(tmp_path / "in.wav", bytes(2 * 8000 * 60 * 20))  # 20 minutes, 19 MB a leg
    legs = check_legs(path, path)
    tracemalloc.start()
    try:
        mix_to_flac(legs, tmp_path / "mix.flac")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 8_000_000


def test_a_disk_that_fills_up_is_an_error_never_a_short_file(
    tmp_path: Path,
    write_wav: Writer,
    noise: Callable[[int], bytes],
    small_disk: Callable[[int], object],
) -> None:
    path = write_wav(tmp_path / "in.wav", noise(200_000))
    legs = check_legs(path, path)
    mix_to_flac(legs, tmp_path / "whole.flac")

    with small_disk(100_000):  # type: ignore[attr-defined]
        with pytest.raises(Unavailable):
            mix_to_flac(legs, tmp_path / "mix.flac")
        with pytest.raises(Unavailable):
            decode_to_wav(tmp_path / "whole.flac", tmp_path / "back.wav")


def test_a_codec_that_writes_anything_else_is_caught(
    tmp_path: Path, write_wav: Writer, noise: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_wav(tmp_path / "in.wav", noise(8000))
    real = soundfile.SoundFile.buffer_write

    def wrong(file: soundfile.SoundFile, block: bytes, dtype: str) -> None:
        real(file, bytes([block[0] ^ 1]) + block[1:], dtype)

    monkeypatch.setattr(soundfile.SoundFile, "buffer_write", wrong)

    with pytest.raises(Unavailable, match="audio_write_failed"):
        mix_to_flac(check_legs(path, path), tmp_path / "mix.flac")


@pytest.mark.parametrize("content", [b"", b"fLaC", b"no audio at all" * 100])
def test_what_is_no_flac_is_a_typed_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.flac").write_bytes(content)

    with pytest.raises(Unavailable, match="audio_unreadable"):
        decode_to_wav(tmp_path / "a.flac", tmp_path / "back.wav")
