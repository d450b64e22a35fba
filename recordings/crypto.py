"""Encryption of recordings at rest: age with X25519 keys, through pyrage.

The worker that stores recordings needs only the recipient (public); listening, exporting and disclosing
need the identity (secret), which can live on another machine.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pyrage

from callcenter.kernel.errors import Conflict, Unavailable
from recordings.files import io_errors, make_folders, open_private, sync_folder

IDENTITY_FILE = "recordings.identity"
RECIPIENT_FILE = "recordings.recipient"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Public key, ``age1...``: can only lock."""

    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Secret key, ``AGE-SECRET-KEY-1...``: opens every recording locked for its recipient."""

    secret: str = field(repr=False)


def create_keys(folder: Path) -> tuple[Identity, Recipient]:
    """Make a new pair of key files, the identity readable by us alone.

    Raises:
        Conflict: ``recording_keys_exist``; a new identity would make every old recording unreadable.
        Unavailable: the disk failed.
    """
    made = pyrage.x25519.Identity.generate()
    identity, recipient = Identity(secret=str(made)), Recipient(public=str(made.to_public()))
    with io_errors("create_keys"):
        make_folders(folder)
        _write_new(folder / IDENTITY_FILE, identity.secret, mode=0o600)
        _write_new(folder / RECIPIENT_FILE, recipient.public, mode=0o644)
        sync_folder(folder)
    return identity, recipient


def load_recipient(folder: Path) -> Recipient:
    """The public key.

    Raises:
        Unavailable: ``recording_recipient_missing`` or ``recording_recipient_malformed``.
    """
    text = _read(folder / RECIPIENT_FILE, missing="recording_recipient_missing")
    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise Unavailable("recording_recipient_malformed", file=RECIPIENT_FILE) from error
    return Recipient(public=text)


def load_identity(folder: Path) -> Identity:
    """The secret key.

    Raises:
        Unavailable: ``recording_identity_missing`` or ``recording_identity_malformed``.
    """
    text = _read(folder / IDENTITY_FILE, missing="recording_identity_missing")
    try:
        pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError:
        # Not chained: the message of the library could quote the key.
        raise Unavailable("recording_identity_malformed", file=IDENTITY_FILE) from None
    return Identity(secret=text)


def encrypt_file(plain: Path, stored: Path, recipient: Recipient) -> None:
    """Lock the content of ``plain`` into ``stored`` (created or replaced, readable by us alone).

    Raises:
        Unavailable: ``disk_full`` or ``recording_io``.
    """
    key = pyrage.x25519.Recipient.from_str(recipient.public)
    with io_errors("encrypt"), plain.open("rb") as source, open(open_private(stored), "wb") as target:
        watched = _Watched(source, target)
        try:
            pyrage.encrypt_io(watched, watched, [key])
        except pyrage.EncryptError:
            watched.raise_failure()
            raise
        watched.raise_failure()


def decrypt_file(stored: Path, plain: Path, identity: Identity) -> None:
    """Open ``stored`` into ``plain`` (created or replaced, readable by us alone).

    Raises:
        Unavailable: ``recording_undecryptable`` when the key does not fit or the file was changed;
            ``disk_full``, ``recording_io``.
    """
    key = pyrage.x25519.Identity.from_str(identity.secret)
    with io_errors("decrypt"), stored.open("rb") as source, open(open_private(plain), "wb") as target:
        watched = _Watched(source, target)
        try:
            pyrage.decrypt_io(watched, watched, [key])
        except (pyrage.DecryptError, OSError) as error:
            # pyrage reports a changed payload as an OSError without a number.
            watched.raise_failure()
            raise Unavailable("recording_undecryptable", file=stored.name) from error
        watched.raise_failure()


class _Watched:
    """Source and target of one pass, keeping the first failure of the disk.

    pyrage writes its last block while it lets go of its buffer, and swallows an error there: without
    this, a disk that fills up with the last block would leave a short file and no error.
    """

    def __init__(self, source: BinaryIO, target: BinaryIO) -> None:
        self._source = source
        self._target = target
        self._failure: OSError | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            return self._source.read(size)
        except OSError as error:
            self._failure = self._failure or error
            raise

    def write(self, block: bytes) -> int:
        try:
            return self._target.write(block)
        except OSError as error:
            self._failure = self._failure or error
            raise

    def flush(self) -> None:
        try:
            self._target.flush()
        except OSError as error:
            self._failure = self._failure or error
            raise

    def raise_failure(self) -> None:
        """Raise what the disk said, also when nobody passed it on."""
        if self._failure:
            raise self._failure


def _write_new(path: Path, text: str, *, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise Conflict("recording_keys_exist", file=path.name) from None
    with open(descriptor, "w", encoding="ascii") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path, *, missing: str) -> str:
    try:
        with io_errors("read_key"):
            return path.read_text(encoding="ascii", errors="replace").strip()
    except Unavailable as error:
        if error.fields.get("errno") == "ENOENT":
            raise Unavailable(missing, file=path.name) from None
        raise
