"""The audio of prompts, made by the real espeak-ng and from recordings of every kind."""

from __future__ import annotations

import os
import shutil
import time
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from callcenter.kernel.errors import BadInput, Unavailable
from ivr.prompts.audio import LEVEL_DBFS, RATE, telephone_wav
from ivr.prompts.builder import Built, build
from ivr.prompts.manifest import LANGUAGES, Manifest, load_manifest, parse_manifest

pytestmark = pytest.mark.adapter

TOOLS = Path(os.environ.get("CALLCENTER_VAR", Path(__file__).parents[3] / "var")) / "tools"
needs_espeak = pytest.mark.skipif(
    not (shutil.which("espeak-ng") or (TOOLS / "bin" / "espeak-ng").exists()),
    reason="espeak-ng is not installed",
)
TWO = '[one]\nversion = 1\nvi = "một"\nen = "one"\n[two]\nversion = 1\nvi = "hai"\nen = "two"\n'


def manifest(text: str = TWO) -> Manifest:
    return parse_manifest(text)


def run(folder: Path, **options: object) -> Built:
    return build(folder, tools=TOOLS, say=lambda line: None, **options)  # type: ignore[arg-type]


def tone(
    path: Path, *, hertz: float = 440.0, rate: int = 44100, channels: int = 2, subtype: str = "PCM_24"
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = 0.05 * np.sin(2 * np.pi * hertz * np.arange(rate) / rate)
    soundfile.write(path, np.stack([samples] * channels, axis=1), rate, subtype=subtype)


def samples_of(wav: Path | bytes) -> np.ndarray:
    if isinstance(wav, bytes):
        return np.frombuffer(wav[44:], "<i2") / 32768
    return soundfile.read(wav)[0]


def dbfs(samples: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(samples**2))))


@needs_espeak
def test_every_prompt_is_made_soon_and_the_second_run_finds_all_in_order(tmp_path: Path) -> None:
    names = load_manifest().names()
    begun = time.monotonic()
    first = run(tmp_path)
    assert time.monotonic() - begun < 20
    assert set(first.made) == {f"{lang}/{name}" for lang in LANGUAGES for name in names}
    for key in first.made:
        with wave.open(str(tmp_path / f"{key}.wav")) as made:
            assert (made.getframerate(), made.getnchannels(), made.getsampwidth()) == (RATE, 1, 2)
            assert made.getnframes() > 0.3 * RATE
        assert dbfs(samples_of(tmp_path / f"{key}.wav")) == pytest.approx(LEVEL_DBFS, abs=3)
    begun = time.monotonic()
    second = run(tmp_path)
    assert time.monotonic() - begun < 0.5
    assert (second.made, second.replaced) == ((), ())
    assert set(second.kept) == set(first.made)


@needs_espeak
def test_only_what_changed_is_made_again(tmp_path: Path) -> None:
    run(tmp_path, manifest=manifest())
    (tmp_path / "en" / "two.wav").write_bytes(b"cut short")
    changed = run(tmp_path, manifest=manifest(TWO.replace('"một"', '"một nhé"')))
    assert set(changed.made) == {"vi/one", "en/two"}
    raised = run(
        tmp_path,
        manifest=manifest(TWO.replace('"một"', '"một nhé"').replace("version = 1", "version = 2", 1)),
    )
    assert set(raised.made) == {"vi/one", "en/one"}


@needs_espeak
def test_a_prompt_that_left_the_manifest_goes_and_foreign_files_stay(tmp_path: Path) -> None:
    run(tmp_path, manifest=manifest())
    (tmp_path / "vi" / "by_hand.wav").write_bytes(b"x")
    built = run(tmp_path, manifest=manifest(TWO.split("[two]")[0]))
    assert set(built.removed) == {"vi/two", "en/two"}
    assert sorted(path.name for path in (tmp_path / "vi").iterdir()) == ["by_hand.wav", "one.wav"]


@needs_espeak
def test_a_studio_recording_wins_until_it_is_taken_away(tmp_path: Path) -> None:
    folder, studio = tmp_path / "prompts", tmp_path / "studio"
    run(folder, manifest=manifest())
    voice = (folder / "vi" / "one.wav").read_bytes()
    tone(studio / "vi" / "one.wav")
    built = run(folder, studio=studio, manifest=manifest())
    assert (built.made, built.replaced) == ((), ("vi/one",))
    assert dbfs(samples_of(folder / "vi" / "one.wav")) == pytest.approx(LEVEL_DBFS, abs=0.5)
    assert run(folder, studio=studio, manifest=manifest()).replaced == ()
    (studio / "vi" / "one.wav").unlink()
    assert run(folder, studio=studio, manifest=manifest()).made == ("vi/one",)
    assert len((folder / "vi" / "one.wav").read_bytes()) == len(voice)


@pytest.mark.parametrize(
    ("rate", "channels", "subtype"),
    [(48000, 2, "PCM_24"), (44100, 1, "FLOAT"), (8000, 1, "PCM_U8"), (8000, 1, "ALAW"), (22050, 2, "PCM_16")],
)
def test_recordings_of_every_kind_are_taken(tmp_path: Path, rate: int, channels: int, subtype: str) -> None:
    tone(tmp_path / "a.wav", rate=rate, channels=channels, subtype=subtype)
    samples = samples_of(telephone_wav((tmp_path / "a.wav").read_bytes(), origin="a"))
    assert len(samples) == pytest.approx(RATE, abs=8)
    assert dbfs(samples) == pytest.approx(LEVEL_DBFS, abs=0.5)
    assert np.argmax(np.abs(np.fft.rfft(samples))) == pytest.approx(440, abs=2)


def test_sound_above_the_telephone_band_does_not_fold_into_the_voice(tmp_path: Path) -> None:
    rate = 44100
    beat = np.arange(rate) / rate
    both = 0.1 * np.sin(2 * np.pi * 440 * beat) + 0.1 * np.sin(2 * np.pi * 6000 * beat)
    soundfile.write(tmp_path / "a.wav", both, rate)
    spectrum = np.abs(np.fft.rfft(samples_of(telephone_wav((tmp_path / "a.wav").read_bytes(), origin="a"))))
    assert spectrum[1990:2010].max() < spectrum[440] / 100  # 6000 Hz would fold to 2000 Hz


@pytest.mark.parametrize("content", [b"", b"RIFF", b"\x00" * 5000, b"ID3 not a wav"])
def test_a_recording_that_is_none_is_named_in_the_error(tmp_path: Path, content: bytes) -> None:
    bad = tmp_path / "studio" / "en" / "two.wav"
    bad.parent.mkdir(parents=True)
    bad.write_bytes(content)
    for key in ("vi/one", "vi/two", "en/one"):
        tone(tmp_path / "studio" / f"{key}.wav")
    with pytest.raises(BadInput) as refused:
        run(tmp_path / "prompts", studio=tmp_path / "studio", manifest=manifest())
    assert refused.value.code == "studio_recording_unreadable"
    assert refused.value.fields["path"] == str(bad)


@pytest.mark.parametrize(
    ("amplitude", "seconds", "reason"), [(0.0, 1, "silent"), (0.1, 121, "longer"), (0.1, 0, "empty")]
)
def test_silent_endless_and_empty_recordings_are_refused(
    tmp_path: Path, amplitude: float, seconds: int, reason: str
) -> None:
    soundfile.write(tmp_path / "a.wav", np.full(8000 * seconds, amplitude), 8000)
    with pytest.raises(BadInput, match=reason):
        telephone_wav((tmp_path / "a.wav").read_bytes(), origin="a")


def test_without_espeak_the_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="espeak_missing"):
        build(tmp_path / "prompts", tools=tmp_path, say=lambda line: None)


def test_an_espeak_that_fails_is_reported_and_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "bin" / "espeak-ng"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho no voice >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))  # without the machine's own espeak-ng
    with pytest.raises(Unavailable) as failed:
        build(tmp_path / "prompts", tools=tmp_path, say=lambda line: None, manifest=manifest())
    assert failed.value.code == "espeak_failed"
    assert failed.value.fields["reason"] == "no voice"
    assert [path.name for path in (tmp_path / "prompts").rglob("*") if path.is_file()] == ["index.json"]


def test_a_studio_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="studio_missing"):
        run(tmp_path / "prompts", studio=tmp_path / "none", manifest=manifest())


@needs_espeak
def test_progress_is_said_and_files_can_be_read_by_other_users(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build(tmp_path, tools=TOOLS, manifest=manifest())
    assert "[4/4]" in capsys.readouterr().out
    assert (tmp_path / "vi" / "one.wav").stat().st_mode & 0o044 == 0o044
