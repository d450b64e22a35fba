"""The store: kept once whatever crashes, opened only with the key, tampering named."""

from __future__ import annotations

import json
import os
import shutil
import wave
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.kernel.errors import BadInput, Conflict, NotFound, Unavailable
from callcenter.kernel.ids import CallId
from recordings.audio import compress_message
from recordings.chain import CHAIN_FILE
from recordings.core.integrity import Anchor, BrokenLink, Damage, Verified
from recordings.core.naming import RecordingKind
from recordings.crypto import Identity, Recipient
from recordings.legs import check_leg
from recordings.store import RecordingStore, StoredRecording

pytestmark = pytest.mark.adapter

Keys = tuple[Identity, Recipient]
STARTED = datetime(2026, 11, 22, 20, tzinfo=UTC)  # the 23rd in Viet Nam


def call(number: int) -> CallId:
    return CallId(f"node1-1763782800.{number}")


@pytest.fixture
def flac(tmp_path: Path, write_wav: Callable[..., Path], noise: Callable[[int], bytes]) -> Path:
    path = tmp_path / "a.flac"
    compress_message(check_leg(write_wav(tmp_path / "a.wav", noise(4000))), path)
    return path


@pytest.fixture
def five(store: RecordingStore, flac: Path) -> list[StoredRecording]:
    return [store.put(call(number), flac, STARTED, 0.5) for number in range(1, 6)]


def chain_lines(store: RecordingStore) -> list[bytes]:
    return (store.root / CHAIN_FILE).read_bytes().splitlines(keepends=True)


def fresh(store: RecordingStore, keys: Keys) -> RecordingStore:
    """The same recordings, seen by another process."""
    return RecordingStore(store.root, keys[1], keys[0])


@pytest.mark.seed("S0-31")
def test_what_is_put_is_found_encrypted_and_opened_whole(
    store: RecordingStore, flac: Path, keys: Keys
) -> None:
    kept = store.put(call(1), flac, STARTED, 0.5)

    assert kept.path == "2026/11/23/node1-1763782800.1.flac.age"
    assert (kept.seq, kept.duration_s, kept.started_at) == (1, 0.5, STARTED)
    on_disk = (store.root / kept.path).read_bytes()
    assert kept.bytes == len(on_disk)
    assert on_disk.startswith(b"age-encryption.org/v1")
    assert fresh(store, keys).find(call(1)) == kept
    assert store.read_plain(call(1)) == flac.read_bytes()
    assert store.find(call(2)) is None


def test_nothing_kept_is_readable_by_others(store: RecordingStore, five: list[StoredRecording]) -> None:
    for path in [store.root, *store.root.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_second_put_is_the_first(store: RecordingStore, flac: Path, keys: Keys) -> None:
    first = store.put(call(1), flac, STARTED, 0.5)

    assert store.put(call(1), flac, STARTED, 0.5) == first
    assert fresh(store, keys).put(call(1), flac, STARTED, 99.0) == first
    assert len(chain_lines(store)) == 1


def test_conversation_and_message_of_one_call_stand_beside_each_other(
    store: RecordingStore, flac: Path
) -> None:
    talk = store.put(call(1), flac, STARTED, 0.5)
    message = store.put(call(1), flac, STARTED, 0.5, kind=RecordingKind.MESSAGE)

    assert talk.path != message.path
    assert store.find(call(1)) == talk
    assert store.find(call(1), kind=RecordingKind.MESSAGE) == message


def test_bad_names_and_times_are_refused(store: RecordingStore, flac: Path) -> None:
    with pytest.raises(BadInput):
        store.put(CallId("../../x"), flac, STARTED, 0.5)
    with pytest.raises(BadInput):
        store.put(call(1), flac, STARTED.replace(tzinfo=None), 0.5)


@pytest.mark.seed("S0-31")
def test_without_the_identity_all_can_be_kept_and_nothing_heard(
    tmp_path: Path, flac: Path, keys: Keys
) -> None:
    store = RecordingStore(tmp_path / "recordings", keys[1])
    store.put(call(1), flac, STARTED, 0.5)

    with pytest.raises(Unavailable, match="recording_identity_missing"):
        store.read_plain(call(1))
    assert store.verify() == Verified(count=1, head=store.find(call(1)).chain_hash)  # type: ignore[union-attr]


def test_the_opened_file_is_private_and_gone_afterwards(store: RecordingStore, flac: Path) -> None:
    store.put(call(1), flac, STARTED, 0.5)

    with store.open_plain(call(1)) as plain:
        assert plain.read_bytes() == flac.read_bytes()
        assert plain.stat().st_mode & 0o077 == 0
        assert plain.parent.stat().st_mode & 0o077 == 0
    assert not plain.parent.exists()


def test_an_export_is_whole_and_replaces_only_when_told(
    store: RecordingStore, flac: Path, tmp_path: Path, noise: Callable[[int], bytes]
) -> None:
    store.put(call(1), flac, STARTED, 0.5)
    out = tmp_path / "out.wav"
    out.write_bytes(b"mine")

    with pytest.raises(Conflict, match="export_exists"):
        store.export(call(1), out)
    assert out.read_bytes() == b"mine"
    store.export(call(1), out, overwrite=True)
    store.export(call(1), tmp_path / "new.wav")

    for path in (out, tmp_path / "new.wav"):
        with wave.open(str(path)) as file:
            assert file.readframes(4000) == noise(4000)
    assert not list(tmp_path.glob(".*.part"))


def test_what_is_not_there_is_said_to_be_so(
    store: RecordingStore, five: list[StoredRecording], tmp_path: Path
) -> None:
    with pytest.raises(NotFound):
        store.read_plain(call(9))
    (store.root / five[0].path).unlink()
    with pytest.raises(Unavailable, match="recording_file_missing"):
        store.export(call(1), tmp_path / "x.wav")


def test_a_file_exchanged_for_another_sound_one_is_not_played(
    store: RecordingStore, flac: Path, tmp_path: Path, five: list[StoredRecording]
) -> None:
    other = tmp_path / "other.flac"
    other.write_bytes(flac.read_bytes() + b"\0")
    exchanged = store.put(call(7), other, STARTED, 0.5)
    shutil.copy(store.root / exchanged.path, store.root / five[0].path)

    with pytest.raises(Unavailable, match="recording_damaged"):
        store.read_plain(call(1))


def test_verify_tells_its_progress(store: RecordingStore, five: list[StoredRecording]) -> None:
    told: list[int] = []

    assert store.verify(told.append) == Verified(count=5, head=five[-1].chain_hash)
    assert told == [1, 2, 3, 4, 5]


@pytest.mark.seed("S0-31")
def test_a_flipped_byte_in_a_file_is_named(store: RecordingStore, five: list[StoredRecording]) -> None:
    path = store.root / five[2].path
    content = bytearray(path.read_bytes())
    content[500] ^= 1
    path.write_bytes(content)

    assert store.verify() == BrokenLink(seq=3, call=call(3), why=Damage.FILE_CHANGED)


@pytest.mark.seed("S0-31")
def test_a_deleted_file_is_named(store: RecordingStore, five: list[StoredRecording]) -> None:
    (store.root / five[3].path).unlink()

    assert store.verify() == BrokenLink(seq=4, call=call(4), why=Damage.FILE_MISSING)


@pytest.mark.seed("S0-31")
def test_a_deleted_row_is_named(store: RecordingStore, five: list[StoredRecording]) -> None:
    lines = chain_lines(store)
    (store.root / CHAIN_FILE).write_bytes(b"".join(lines[:1] + lines[2:]))

    assert store.verify() == BrokenLink(seq=2, call=None, why=Damage.ENTRY_REMOVED)


def test_exchanged_rows_are_named(store: RecordingStore, five: list[StoredRecording]) -> None:
    lines = chain_lines(store)
    (store.root / CHAIN_FILE).write_bytes(b"".join([*lines[:3], lines[4], lines[3]]))

    assert store.verify() == BrokenLink(seq=4, call=call(4), why=Damage.ORDER_CHANGED)


@pytest.mark.seed("S0-31")
def test_a_chain_rebuilt_as_a_whole_is_caught_by_the_anchor(
    store: RecordingStore, five: list[StoredRecording], flac: Path, keys: Keys
) -> None:
    anchor = Anchor(seq=5, hash=five[-1].chain_hash)
    assert isinstance(store.verify(anchor=anchor), Verified)
    shutil.rmtree(store.root)
    for number in (1, 2, 4, 5, 6):
        store.put(call(number), flac, STARTED, 0.5)

    assert isinstance(store.verify(), Verified)
    assert store.verify(anchor=anchor) == BrokenLink(seq=5, call=call(6), why=Damage.REBUILT)


def test_an_unreadable_chain_stops_puts_loudly(
    store: RecordingStore, five: list[StoredRecording], flac: Path, keys: Keys
) -> None:
    lines = chain_lines(store)
    (store.root / CHAIN_FILE).write_bytes(b"".join([lines[0], b"rubbish\n", *lines[2:]]))

    with pytest.raises(Unavailable, match="chain_damaged"):
        fresh(store, keys).put(call(9), flac, STARTED, 0.5)


def test_an_erasure_leaves_the_chain_sound_and_nothing_to_hear(
    store: RecordingStore, five: list[StoredRecording], flac: Path, keys: Keys
) -> None:
    store.erase(call(2), STARTED)
    store.erase(call(2), STARTED)

    assert not (store.root / five[1].path).exists()
    assert isinstance(store.verify(), Verified)
    assert store.find(call(2)) is None
    assert fresh(store, keys).find(call(2)) is None
    assert json.loads(chain_lines(store)[-1])["event"] == "erased"
    assert len(chain_lines(store)) == 6
    with pytest.raises(Conflict, match="recording_erased"):
        store.put(call(2), flac, STARTED, 0.5)
    with pytest.raises(NotFound):
        store.erase(call(9), STARTED)


def test_a_line_torn_at_any_byte_is_cut_and_written_anew(
    store: RecordingStore, flac: Path, keys: Keys
) -> None:
    store.put(call(1), flac, STARTED, 0.5)
    sound = chain_lines(store)[0]
    store.put(call(2), flac, STARTED, 0.5)
    torn = chain_lines(store)[1]

    for length in range(0, len(torn), 7):
        (store.root / CHAIN_FILE).write_bytes(sound + torn[:length])
        again = fresh(store, keys)
        assert isinstance(again.verify(), Verified)
        assert again.find(call(2)) is None
        assert again.put(call(2), flac, STARTED, 0.5).seq == 2
        assert again.verify() == Verified(count=2, head=again.find(call(2)).chain_hash)  # type: ignore[union-attr]


def put_in_child_that_dies(store: RecordingStore, flac: Path, *, at: int) -> bool:
    """Put in a process that is gone at its ``at``-th step towards the disk; whether it died there."""
    child = os.fork()
    if child == 0:
        own = RecordingStore(store.root, store._recipient)
        steps = 0

        def fatal(real: Callable[..., object]) -> Callable[..., object]:
            def step(*arguments: object, **named: object) -> object:
                nonlocal steps
                steps += 1
                if steps == at:
                    os._exit(9)
                return real(*arguments, **named)

            return step

        for name in ("fsync", "replace", "open", "fchmod"):
            setattr(os, name, fatal(getattr(os, name)))
        try:
            own.put(call(2), flac, STARTED, 0.5)
        except BaseException:
            os._exit(3)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 9), code
    return code == 9


@pytest.mark.seed("S0-06")
def test_killed_at_any_step_a_second_put_keeps_it_once(tmp_path: Path, flac: Path, keys: Keys) -> None:
    died = 0
    for at in range(1, 60):
        root = tmp_path / f"root{at}"
        store = RecordingStore(root, keys[1], keys[0])
        store.put(call(1), flac, STARTED, 0.5)

        if not put_in_child_that_dies(store, flac, at=at):
            break
        died += 1
        assert isinstance(store.verify(), Verified)
        kept = store.put(call(2), flac, STARTED, 0.5)
        assert kept.seq == 2
        assert store.verify() == Verified(count=2, head=kept.chain_hash)
        assert store.read_plain(call(2)) == flac.read_bytes()
        assert not [path for path in root.rglob(".*") if path.name.endswith(".part")]
    else:
        pytest.fail("the child never came to its end")
    assert died >= 8


def test_several_threads_share_one_store(store: RecordingStore, flac: Path) -> None:
    def work(worker: int) -> list[StoredRecording | None]:
        kept = [store.put(call(number), flac, STARTED, 0.5) for number in range(worker, 20, 2)]
        return [store.find(one.call) for one in kept]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, [0, 1, 0, 1]))

    assert all(one for many in found for one in many)
    verdict = store.verify()
    assert isinstance(verdict, Verified)
    assert verdict.count == 20


def test_several_processes_put_at_once(store: RecordingStore, flac: Path) -> None:
    children = []
    for worker in range(3):
        child = os.fork()
        if child == 0:
            try:
                own = RecordingStore(store.root, store._recipient)
                for number in range(10):
                    own.put(call(number * 2 + worker % 2), flac, STARTED, 0.5)
            except BaseException:
                os._exit(3)
            os._exit(0)
        children.append(child)

    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]

    assert codes == [0, 0, 0]
    verdict = store.verify()
    assert isinstance(verdict, Verified)
    assert verdict.count == 20
