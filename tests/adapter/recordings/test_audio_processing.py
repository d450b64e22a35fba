"""From legs to a kept recording, with what Asterisk may leave behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile

from callcenter.kernel.errors import BadInput, Unavailable
from callcenter.kernel.ids import CallId
from recordings.core.integrity import Verified
from recordings.core.naming import RecordingKind
from recordings.processing import (
    Problem,
    Processed,
    discard_legs,
    discard_message,
    process,
    process_message,
)
from recordings.store import RecordingStore

pytestmark = pytest.mark.adapter

CALL = CallId("node1-1763782800.42")
STARTED = datetime(2026, 11, 22, 3, tzinfo=UTC)
FLOOR = 1 << 20
Writer = Callable[..., Path]
Noise = Callable[[int], bytes]


@pytest.fixture
def legs_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "legs"
    folder.mkdir()
    return folder


@pytest.fixture
def run(tmp_path: Path, store: RecordingStore, legs_dir: Path) -> Callable[[], Processed]:
    def one() -> Processed:
        return process(CALL, legs_dir, store, STARTED, tmp_path / "work", floor_bytes=FLOOR)

    return one


def in_leg(legs_dir: Path) -> Path:
    return legs_dir / f"{CALL}-in.wav"


def out_leg(legs_dir: Path) -> Path:
    return legs_dir / f"{CALL}-out.wav"


@pytest.mark.seed("S0-06")
@pytest.mark.seed("S0-31")
def test_a_call_is_kept_and_its_legs_stay_for_the_transcript(
    run: Callable[[], Processed], store: RecordingStore, legs_dir: Path, write_wav: Writer, noise: Noise
) -> None:
    citizen, operator = noise(16_000), noise(24_000)
    write_wav(in_leg(legs_dir), citizen)
    write_wav(out_leg(legs_dir), operator)

    done = run()

    assert done.recording
    assert (done.problem, done.duration_s, done.repaired) == (None, 3.0, False)
    assert (done.in_wav, done.out_wav) == (in_leg(legs_dir), out_leg(legs_dir))
    with store.open_plain(CALL) as plain:
        samples, rate = soundfile.read(plain, dtype="int16")
    assert rate == 8000
    assert samples[:16_000, 0].tobytes() == citizen
    assert samples[:, 1].tobytes() == operator
    assert in_leg(legs_dir).exists()
    assert isinstance(store.verify(), Verified)


def test_no_readable_copy_is_left(
    run: Callable[[], Processed], tmp_path: Path, write_wav: Writer, legs_dir: Path, noise: Noise
) -> None:
    write_wav(in_leg(legs_dir), noise(8000))
    write_wav(out_leg(legs_dir), noise(8000))

    run()

    assert list((tmp_path / "work").iterdir()) == []
    assert not list(tmp_path.rglob("*.flac"))


def test_run_again_it_gives_the_same_also_after_the_legs_are_gone(
    run: Callable[[], Processed], legs_dir: Path, write_wav: Writer, noise: Noise
) -> None:
    write_wav(in_leg(legs_dir), noise(8000))
    write_wav(out_leg(legs_dir), noise(8000))
    first = run()

    assert run() == first
    discard_legs(CALL, legs_dir)
    discard_legs(CALL, legs_dir)
    later = run()

    assert list(legs_dir.iterdir()) == []
    assert (later.recording, later.problem, later.duration_s) == (first.recording, None, 1.0)
    assert (later.in_wav, later.out_wav) == (None, None)


@pytest.mark.seed("S0-06")
def test_the_legs_of_a_killed_asterisk_lose_no_more_than_their_last_buffer(
    run: Callable[[], Processed], store: RecordingStore, legs_dir: Path, write_wav: Writer, noise: Noise
) -> None:
    spoken = noise(80_000)
    for path in (in_leg(legs_dir), out_leg(legs_dir)):
        whole = write_wav(path, spoken).read_bytes()
        flushed = 44 + (len(spoken) // 32_768) * 32_768 - 44
        path.write_bytes(whole[:4] + (36).to_bytes(4, "little") + whole[8:40] + bytes(4) + whole[44:flushed])

    done = run()

    assert (done.problem, done.repaired) == (None, True)
    assert 10.0 - done.duration_s <= 2.1
    with store.open_plain(CALL) as plain:
        samples, _ = soundfile.read(plain, dtype="int16")
    assert np.array_equal(samples[:, 0], np.frombuffer(spoken, "<i2")[: len(samples)])


@pytest.mark.parametrize(
    ("citizen", "operator", "problem"),
    [
        (None, None, Problem.NO_LEGS),
        (b"", b"", Problem.EMPTY),
        (b"", None, Problem.EMPTY),
        (b"RIFF\x24\0\0\0WAVEfmt ", b"", Problem.EMPTY),
        (b"\x89PNG" * 500, b"\0" * 5000, Problem.UNREADABLE),
        (b"\x89PNG" * 500, None, Problem.UNREADABLE),
    ],
)
def test_poison_is_a_problem_never_a_recording_and_never_an_error(
    run: Callable[[], Processed],
    store: RecordingStore,
    legs_dir: Path,
    citizen: bytes | None,
    operator: bytes | None,
    problem: Problem,
) -> None:
    for path, content in ((in_leg(legs_dir), citizen), (out_leg(legs_dir), operator)):
        if content is not None:
            path.write_bytes(content)

    done = run()

    assert (done.recording, done.problem, done.duration_s) == (None, problem, 0.0)
    assert (done.in_wav, done.out_wav) == (None, None)
    assert store.find(CALL) is None
    assert in_leg(legs_dir).exists() == (citizen is not None)


@pytest.mark.parametrize("other", [None, b"", b"\x89PNG" * 500])
def test_one_good_leg_is_kept_and_the_other_reported(
    run: Callable[[], Processed], legs_dir: Path, write_wav: Writer, noise: Noise, other: bytes | None
) -> None:
    write_wav(out_leg(legs_dir), noise(8000))
    if other is not None:
        in_leg(legs_dir).write_bytes(other)

    done = run()

    assert done.recording
    assert (done.problem, done.duration_s) == (Problem.ONE_LEG, 1.0)
    assert (done.in_wav, done.out_wav) == (None, out_leg(legs_dir))
    assert run() == done


def test_a_single_sample_is_a_recording(
    run: Callable[[], Processed], legs_dir: Path, write_wav: Writer, noise: Noise
) -> None:
    write_wav(in_leg(legs_dir), noise(1))
    write_wav(out_leg(legs_dir), noise(1))

    assert run().problem is None


def test_a_disk_nearly_full_is_refused_before_anything_is_done(
    tmp_path: Path, store: RecordingStore, legs_dir: Path, write_wav: Writer, noise: Noise
) -> None:
    write_wav(in_leg(legs_dir), noise(8000))

    with pytest.raises(Unavailable, match="disk_full"):
        process(CALL, legs_dir, store, STARTED, tmp_path / "work", floor_bytes=1 << 60)

    assert store.find(CALL) is None
    assert in_leg(legs_dir).exists()


@pytest.mark.parametrize("size", [20_000, 60_000, 64_200])
def test_a_disk_that_fills_up_on_the_way_keeps_the_legs_and_the_next_run_succeeds(
    run: Callable[[], Processed],
    store: RecordingStore,
    legs_dir: Path,
    write_wav: Writer,
    noise: Noise,
    small_disk: Callable[[int], object],
    size: int,
) -> None:
    write_wav(in_leg(legs_dir), noise(16_000))
    write_wav(out_leg(legs_dir), noise(16_001)[2:])

    with small_disk(size), pytest.raises(Unavailable):  # type: ignore[attr-defined]
        run()

    assert store.find(CALL) is None
    assert run().problem is None
    assert isinstance(store.verify(), Verified)


def test_a_call_id_that_is_a_path_is_refused(tmp_path: Path, store: RecordingStore, legs_dir: Path) -> None:
    with pytest.raises(BadInput):
        process(CallId("../../x"), legs_dir, store, STARTED, tmp_path / "work", floor_bytes=FLOOR)


@pytest.mark.seed("S0-13")
def test_a_message_is_kept_in_mono(
    tmp_path: Path, store: RecordingStore, write_wav: Writer, noise: Noise
) -> None:
    spoken = noise(12_000)
    path = write_wav(tmp_path / "messages" / f"{CALL}.wav", spoken)

    done = process_message(CALL, path.parent, store, STARTED, tmp_path / "work", floor_bytes=FLOOR)
    discard_message(CALL, path.parent)

    assert done.recording
    assert (done.problem, done.duration_s, done.in_wav, done.out_wav) == (None, 1.5, path, None)
    assert not path.exists()
    with store.open_plain(CALL, kind=RecordingKind.MESSAGE) as plain:
        samples, _ = soundfile.read(plain, dtype="int16", always_2d=True)
    assert samples.shape == (12_000, 1)
    assert samples.tobytes() == spoken


def test_a_missing_message_is_a_problem(tmp_path: Path, store: RecordingStore) -> None:
    done = process_message(CALL, tmp_path / "none", store, STARTED, tmp_path / "work", floor_bytes=FLOOR)

    assert (done.recording, done.problem) == (None, Problem.NO_LEGS)
