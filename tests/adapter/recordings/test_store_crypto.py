from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from callcenter.kernel.errors import Conflict, Unavailable
from recordings.crypto import (
    IDENTITY_FILE,
    RECIPIENT_FILE,
    Identity,
    Recipient,
    create_keys,
    decrypt_file,
    encrypt_file,
    load_identity,
    load_recipient,
)

pytestmark = pytest.mark.adapter

Keys = tuple[Identity, Recipient]
SIZES = [0, 1, 1000, 65_535, 65_536, 65_537, 300_000]


@pytest.mark.seed("S0-31")
@pytest.mark.parametrize("size", SIZES)
def test_locked_with_the_recipient_opened_with_the_identity(tmp_path: Path, keys: Keys, size: int) -> None:
    content = bytes(index % 253 for index in range(size))
    (tmp_path / "plain").write_bytes(content)

    encrypt_file(tmp_path / "plain", tmp_path / "locked", keys[1])
    decrypt_file(tmp_path / "locked", tmp_path / "opened", keys[0])

    locked = (tmp_path / "locked").read_bytes()
    assert (tmp_path / "opened").read_bytes() == content
    assert locked.startswith(b"age-encryption.org/v1")
    assert size < 1000 or content[:100] not in locked
    assert (tmp_path / "locked").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "opened").stat().st_mode & 0o777 == 0o600


@pytest.mark.seed("S0-31")
def test_another_identity_opens_nothing(tmp_path: Path, keys: Keys) -> None:
    stranger, _ = create_keys(tmp_path / "stranger")
    (tmp_path / "plain").write_bytes(b"secret" * 1000)
    encrypt_file(tmp_path / "plain", tmp_path / "locked", keys[1])

    with pytest.raises(Unavailable, match="recording_undecryptable"):
        decrypt_file(tmp_path / "locked", tmp_path / "opened", stranger)

    assert (tmp_path / "opened").read_bytes() == b""


@pytest.mark.parametrize("hurt", [0, 30, 200, -1])
def test_a_changed_file_opens_not(tmp_path: Path, keys: Keys, hurt: int) -> None:
    (tmp_path / "plain").write_bytes(b"secret" * 1000)
    encrypt_file(tmp_path / "plain", tmp_path / "locked", keys[1])
    content = bytearray((tmp_path / "locked").read_bytes())
    content[hurt] ^= 1
    (tmp_path / "locked").write_bytes(content)

    with pytest.raises(Unavailable, match="recording_undecryptable"):
        decrypt_file(tmp_path / "locked", tmp_path / "opened", keys[0])


@pytest.mark.parametrize(
    ("size", "room"), [(1000, 1000), (6000, 700), (6000, 1300), (72_536, 66_000), (300_000, 300_000)]
)
def test_a_disk_that_is_full_is_never_a_short_file_without_an_error(
    tmp_path: Path, keys: Keys, small_disk: Callable[[int], object], size: int, room: int
) -> None:
    (tmp_path / "plain").write_bytes(bytes(size))
    encrypt_file(tmp_path / "plain", tmp_path / "locked", keys[1])

    with small_disk(room), pytest.raises(Unavailable, match="recording_io"):  # type: ignore[attr-defined]
        encrypt_file(tmp_path / "plain", tmp_path / "again", keys[1])
    with small_disk(size - 1), pytest.raises(Unavailable, match="recording_io"):  # type: ignore[attr-defined]
        decrypt_file(tmp_path / "locked", tmp_path / "opened", keys[0])


def test_dev_full_is_disk_full(tmp_path: Path, keys: Keys) -> None:
    (tmp_path / "plain").write_bytes(bytes(300_000))

    with pytest.raises(Unavailable, match="disk_full"):
        encrypt_file(tmp_path / "plain", Path("/dev/full"), keys[1])


def test_key_files_are_as_private_as_they_must_be(tmp_path: Path, keys: Keys) -> None:
    folder = tmp_path / "keys"

    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / IDENTITY_FILE).stat().st_mode & 0o777 == 0o600
    assert load_identity(folder) == keys[0]
    assert load_recipient(folder) == keys[1]
    assert keys[0].secret not in repr(keys[0])


def test_keys_are_never_replaced(tmp_path: Path, keys: Keys) -> None:
    with pytest.raises(Conflict, match="recording_keys_exist"):
        create_keys(tmp_path / "keys")

    assert load_identity(tmp_path / "keys") == keys[0]


def test_missing_and_malformed_keys_have_their_own_codes(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="recording_identity_missing"):
        load_identity(tmp_path)
    with pytest.raises(Unavailable, match="recording_recipient_missing"):
        load_recipient(tmp_path)
    (tmp_path / IDENTITY_FILE).write_text("AGE-SECRET-KEY-1WRONG\n")
    (tmp_path / RECIPIENT_FILE).write_bytes(b"\xff\xfe\n")
    with pytest.raises(Unavailable, match="recording_identity_malformed") as caught:
        load_identity(tmp_path)
    assert "WRONG" not in str(caught.value)
    with pytest.raises(Unavailable, match="recording_recipient_malformed"):
        load_recipient(tmp_path)
