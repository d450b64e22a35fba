from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from callcenter.kernel.errors import Unavailable
from recordings.core.dialogue import Speaker
from recordings.models import EngineName, SpeechModel
from recordings.transcriber.port import FailureCode, TranscriptionFailed
from recordings.transcriber.worker_process import CHILD, ChildLimits, ChildTranscriber
from tests.helpers import speech_child
from tests.helpers.speech_audio import poison, silence, voice, write

pytestmark = pytest.mark.adapter

Start = Callable[..., ChildTranscriber]


def model(folder: Path, engine: EngineName = EngineName.WHISPER) -> SpeechModel:
    return SpeechModel(name="test", engine=engine, languages=("vi",), path=folder, source="test")


@pytest.fixture
def start(tmp_path: Path):
    started: list[ChildTranscriber] = []

    def begin(temper: str, **limits: object) -> ChildTranscriber:
        command = (sys.executable, str(Path(speech_child.__file__)), temper)
        transcriber = ChildTranscriber(model(tmp_path), ChildLimits(**limits), command)  # type: ignore[arg-type]
        started.append(transcriber)
        return transcriber

    yield begin
    for transcriber in started:
        transcriber.close()


def failure(transcriber: ChildTranscriber, wav: Path) -> FailureCode:
    with pytest.raises(TranscriptionFailed) as caught:
        transcriber.transcribe(wav, Speaker.CITIZEN, "vi")
    return caught.value.reason


def until(happened: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


@pytest.mark.parametrize("rate", [8_000, 24_000, 44_100])
def test_words_stand_where_the_voice_is_at_any_rate(start: Start, tmp_path: Path, rate: int) -> None:
    said = voice(1.5, rate)
    pieces = [silence(5, rate), said, silence(20.5, rate), said, silence(2, rate)]
    leg = write(tmp_path / "leg.wav", *pieces, rate=rate)
    heard = start("steady").transcribe(leg, Speaker.OPERATOR, "vi")
    assert heard.speaker is Speaker.OPERATOR
    first, second = heard.words
    assert (first.start_s, first.end_s) == pytest.approx((5.0, 6.5), abs=0.3)
    assert (second.start_s, second.end_s) == pytest.approx((27.0, 28.5), abs=0.3)
    assert heard.seconds_of_speech == pytest.approx(3.0, abs=1.0)


def test_poison_gives_a_reason_or_words_and_never_costs_the_child(start: Start, tmp_path: Path) -> None:
    transcriber = start("steady")
    corpus = tmp_path / "poison"
    corpus.mkdir()
    outcomes: dict[str, str] = {}
    for name, wav in poison(corpus).items():
        try:
            outcomes[name] = f"{len(transcriber.transcribe(wav, Speaker.CITIZEN, 'vi').words)} words"
        except TranscriptionFailed as failed:
            outcomes[name] = failed.code
    pid = transcriber.pid
    good = transcriber.transcribe(write(tmp_path / "good.wav", voice(2)), Speaker.CITIZEN, "vi")
    assert outcomes == {
        "zero_bytes": "audio_empty",
        "header_only": "audio_empty",
        "cut_header": "audio_unreadable",
        "random": "audio_unreadable",
        "unfinished": "audio_unreadable",
        "absurd_rate": "audio_unreadable",
        "not_there": "audio_unreadable",
        "a_folder": "audio_unreadable",
        "one_sample": "0 words",
        "nan": "0 words",
        "infinite": "0 words",
        "white_noise": "0 words",
        "clipped_square": "0 words",
        "cut_data": "1 words",
        "cd_stereo": "1 words",
    }
    assert len(good.words) == 1
    assert transcriber.pid == pid


def test_hours_of_silence_are_cheap_in_time_and_memory(start: Start, tmp_path: Path) -> None:
    transcriber = start("steady")
    transcriber.transcribe(write(tmp_path / "short.wav", voice(2)), Speaker.CITIZEN, "vi")
    pid = transcriber.pid
    assert pid is not None
    hours = write(tmp_path / "hours.wav", *[silence(3_600)] * 3, voice(2))
    began = time.monotonic()
    heard = transcriber.transcribe(hours, Speaker.CITIZEN, "vi")
    took_s = time.monotonic() - began
    status = Path(f"/proc/{pid}/status").read_text()
    peak_mb = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024
    assert [round(word.start_s / 60) for word in heard.words] == [180]
    assert transcriber.pid == pid
    assert took_s < 30
    assert peak_mb < 500  # the leg alone would be 690 MB at 16 kHz


def test_speech_longer_than_a_window_is_heard_whole(start: Start, tmp_path: Path) -> None:
    leg = write(tmp_path / "leg.wav", *[voice(3), silence(7)] * 36)
    heard = start("steady").transcribe(leg, Speaker.CITIZEN, "vi")
    assert heard.seconds_of_speech > 36 * 1.5
    starts = [word.start_s for word in heard.words]
    assert starts == sorted(starts)
    assert heard.words[-1].start_s > 340


def test_an_engine_that_aborts_costs_its_leg_and_not_the_next(start: Start, tmp_path: Path) -> None:
    transcriber = start("fragile")
    long = write(tmp_path / "long.wav", voice(2 * speech_child.FRAGILE_S))
    short = write(tmp_path / "short.wav", voice(1.5))
    assert failure(transcriber, long) is FailureCode.ENGINE_CRASHED
    assert len(transcriber.transcribe(short, Speaker.CITIZEN, "vi").words) == 1


def test_a_child_killed_in_the_middle_is_replaced_and_the_leg_tried_again(
    start: Start, tmp_path: Path
) -> None:
    transcriber = start("slow_at_first")
    leg = write(tmp_path / "leg.wav", voice(2))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(transcriber.transcribe, leg, Speaker.CITIZEN, "vi")
        until((tmp_path / "hearing").exists)
        killed = transcriber.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        heard = waiting.result(30)
    assert len(heard.words) == 1
    assert transcriber.pid != killed


def test_a_hanging_engine_runs_out_of_time_twice(start: Start, tmp_path: Path) -> None:
    transcriber = start("hanging", leg_s=1.0)
    leg = write(tmp_path / "leg.wav", voice(0.7))
    began = time.monotonic()
    assert failure(transcriber, leg) is FailureCode.TIMED_OUT
    assert time.monotonic() - began >= 2 * 4 * 0.7
    assert transcriber.pid is None


def test_memory_beyond_the_limit_is_refused_to_the_engine(start: Start, tmp_path: Path) -> None:
    leg = write(tmp_path / "leg.wav", voice(2))
    assert failure(start("hungry", memory_bytes=4 * 1024**3), leg) is FailureCode.OUT_OF_MEMORY


def test_what_an_engine_prints_does_not_disturb_the_answers(start: Start, tmp_path: Path) -> None:
    leg = write(tmp_path / "leg.wav", voice(2))
    assert len(start("noisy").transcribe(leg, Speaker.CITIZEN, "vi").words) == 1


def test_the_child_is_recycled_after_so_many_legs(start: Start, tmp_path: Path) -> None:
    transcriber = start("steady", legs_per_child=2)
    leg = write(tmp_path / "leg.wav", voice(1))
    pids = []
    for _ in range(3):
        transcriber.transcribe(leg, Speaker.CITIZEN, "vi")
        pids.append(transcriber.pid)
    assert pids[0] is not None
    assert pids[1] is None
    assert pids[2] not in (None, pids[0])


def test_threads_take_turns(start: Start, tmp_path: Path) -> None:
    transcriber = start("steady")
    legs = [write(tmp_path / f"{n}.wav", silence(n), voice(1.5)) for n in range(1, 7)]
    with ThreadPoolExecutor(6) as pool:
        heard = list(pool.map(lambda leg: transcriber.transcribe(leg, Speaker.CITIZEN, "vi"), legs))
    assert [round(leg.words[0].start_s) for leg in heard] == [1, 2, 3, 4, 5, 6]


def test_the_child_is_nice_and_limited(start: Start, tmp_path: Path) -> None:
    transcriber = start("steady", memory_bytes=5 * 1024**3)
    transcriber.transcribe(write(tmp_path / "leg.wav", voice(1)), Speaker.CITIZEN, "vi")
    child = psutil.Process(transcriber.pid)
    assert child.nice() >= 10
    assert child.rlimit(psutil.RLIMIT_AS)[0] == 5 * 1024**3
    assert 0 < child.rlimit(psutil.RLIMIT_CPU)[0] < 600


def test_closing_interrupts_a_leg_without_blaming_it(start: Start, tmp_path: Path) -> None:
    transcriber = start("slow_at_first")
    leg = write(tmp_path / "leg.wav", voice(2))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(transcriber.transcribe, leg, Speaker.CITIZEN, "vi")
        until((tmp_path / "hearing").exists)
        closing = threading.Thread(target=transcriber.close)
        closing.start()
        with pytest.raises(Unavailable, match="transcriber_closed"):
            waiting.result(10)
        closing.join(10)
    assert transcriber.pid is None
    with pytest.raises(Unavailable):
        transcriber.transcribe(leg, Speaker.CITIZEN, "vi")


PARENT = """
import sys, threading, time
from pathlib import Path
from recordings.models import EngineName, SpeechModel
from recordings.core.dialogue import Speaker
from recordings.transcriber.worker_process import ChildTranscriber
child, folder, leg = sys.argv[1:]
model = SpeechModel(name="t", engine=EngineName.VOSK, languages=(), path=Path(folder), source="t")
transcriber = ChildTranscriber(model, command=(sys.executable, child, "slow_at_first"))
threading.Thread(target=transcriber.transcribe, args=(Path(leg), Speaker.CITIZEN, "vi")).start()
for _ in range(1000):
    if (Path(folder) / "hearing").exists():
        break
    time.sleep(0.02)
print(transcriber.pid, flush=True)
"""


def test_the_child_does_not_outlive_a_parent_killed_in_the_middle_of_a_leg(tmp_path: Path) -> None:
    leg = write(tmp_path / "leg.wav", voice(2))
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, speech_child.__file__, str(tmp_path), str(leg)], stdout=subprocess.PIPE
    ) as parent:
        try:
            assert parent.stdout is not None
            child = int(parent.stdout.readline())
            assert psutil.pid_exists(child)
            assert (tmp_path / "hearing").exists()
        finally:
            parent.kill()
    until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


@pytest.mark.parametrize("engine", list(EngineName))
def test_a_folder_that_holds_no_model_is_no_model(tmp_path: Path, engine: EngineName) -> None:
    leg = write(tmp_path / "leg.wav", voice(1))
    with ChildTranscriber(model(tmp_path, engine), command=CHILD) as transcriber:
        assert failure(transcriber, leg) is FailureCode.NO_MODEL
