from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from callcenter.kernel.errors import Unavailable
from recordings.legs import LegState, check_leg, check_legs

pytestmark = pytest.mark.adapter

Writer = Callable[..., Path]


def kill_header(path: Path) -> None:
    """What Asterisk leaves behind when it is killed: lengths as at the beginning, the last buffer gone."""
    data = path.read_bytes()
    path.write_bytes(data[:4] + (36).to_bytes(4, "little") + data[8:40] + bytes(4) + data[44:-7])


def test_a_sound_leg_is_left_alone(tmp_path: Path, write_wav: Writer, noise: Callable[[int], bytes]) -> None:
    path = write_wav(tmp_path / "a.wav", noise(12_000))
    before = path.stat().st_ino

    leg = check_leg(path)

    assert (leg.state, leg.repaired, leg.duration_s) == (LegState.OK, False, 1.5)
    assert path.stat().st_ino == before


def test_a_killed_leg_is_mended_in_place(
    tmp_path: Path, write_wav: Writer, noise: Callable[[int], bytes]
) -> None:
    pcm = noise(1_200_000)  # more than one copy block
    path = write_wav(tmp_path / "a.wav", pcm)
    kill_header(path)

    leg = check_leg(path)

    assert (leg.state, leg.repaired) == (LegState.REPAIRED, True)
    with wave.open(str(path)) as file:
        assert file.getnframes() == 1_200_000 - 4
        assert file.readframes(1_200_000) == pcm[:-8]
    assert [item.name for item in tmp_path.iterdir()] == ["a.wav"]
    assert check_leg(path).state is LegState.OK


def test_a_cut_leg_is_mended_too(tmp_path: Path, write_wav: Writer, noise: Callable[[int], bytes]) -> None:
    path = write_wav(tmp_path / "a.wav", noise(8000))
    path.write_bytes(path.read_bytes()[:8044])

    leg = check_leg(path)

    assert (leg.state, leg.repaired, leg.duration_s) == (LegState.TRUNCATED, True, 0.5)


@pytest.mark.parametrize(
    ("content", "state"),
    [
        (None, LegState.MISSING),
        (b"", LegState.EMPTY),
        (b"RIFF\x24\0\0\0WAVE", LegState.EMPTY),
        (b"\x89PNG" * 1000, LegState.NOT_WAV),
    ],
)
def test_poison_is_named_and_left_alone(tmp_path: Path, content: bytes | None, state: LegState) -> None:
    path = tmp_path / "a.wav"
    if content is not None:
        path.write_bytes(content)

    leg = check_leg(path)

    assert (leg.state, leg.usable, leg.duration_s) == (state, False, 0.0)
    assert (path.read_bytes() if content is not None else None) == content


def test_both_legs_together(tmp_path: Path, write_wav: Writer, noise: Callable[[int], bytes]) -> None:
    write_wav(tmp_path / "in.wav", noise(8000))
    kill_header(write_wav(tmp_path / "out.wav", noise(16_000)))

    legs = check_legs(tmp_path / "in.wav", tmp_path / "out.wav")

    assert legs.repaired
    assert not legs.in_.repaired
    assert legs.duration_s == legs.out.duration_s == pytest.approx(2.0, abs=0.001)


def test_a_disk_that_refuses_is_a_typed_error_and_the_leg_stays(
    tmp_path: Path, write_wav: Writer, noise: Callable[[int], bytes], small_disk: Callable[[int], object]
) -> None:
    path = write_wav(tmp_path / "a.wav", noise(100_000))
    kill_header(path)
    before = path.read_bytes()

    with small_disk(50_000), pytest.raises(Unavailable, match="recording_io"):  # type: ignore[attr-defined]
        check_leg(path)

    assert path.read_bytes() == before
    assert check_leg(path).state is LegState.REPAIRED


def test_a_folder_in_the_place_of_a_leg_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="recording_io"):
        check_leg(tmp_path)
