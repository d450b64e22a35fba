"""Recordings at rest: encrypted, named by call and day, chained; put once, whatever crashes in between.

Order of a put: encrypt to a hidden file, sync, rename, sync the folder, append to the chain. A crash at
any point leaves either an entry (the put is done) or none (the put is done again over the remains).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from callcenter.kernel.errors import BadInput, Conflict, NotFound, Unavailable
from callcenter.kernel.ids import CallId, call_id
from recordings.audio import decode_to_wav
from recordings.chain import Chain
from recordings.core.integrity import (
    Anchor,
    BrokenLink,
    ChainCheck,
    Damage,
    Entry,
    Event,
    Verified,
    parse,
)
from recordings.core.naming import RecordingKind, stored_path
from recordings.crypto import Identity, Recipient, decrypt_file, encrypt_file
from recordings.files import io_errors, make_folders, publish, sha256_of, sync_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecording:
    """A recording that is on the disk and in the chain."""

    call: CallId
    kind: RecordingKind
    path: str
    """Below the recordings root."""
    sha256: str
    """Of the FLAC file, before encryption."""
    stored_sha256: str
    """Of the encrypted file."""
    bytes: int
    """Of the encrypted file."""
    duration_s: float
    started_at: datetime
    seq: int
    chain_hash: str


class RecordingStore:
    """The recordings below ``root``, for any number of threads and processes; make it after a ``fork``.

    Without an ``identity`` it can put, find, erase and verify, but open nothing.
    """

    def __init__(self, root: Path, recipient: Recipient, identity: Identity | None = None) -> None:
        self.root = root
        self._recipient = recipient
        self._identity = identity
        self._chain = Chain(root)

    def put(
        self,
        call: CallId,
        flac_path: Path,
        started_at: datetime,
        duration_s: float,
        *,
        kind: RecordingKind = RecordingKind.CALL,
    ) -> StoredRecording:
        """Keep ``flac_path`` for good; the same call a second time returns what was kept the first time.

        Raises:
            BadInput: ``call`` is not a call id or ``started_at`` has no time zone.
            Conflict: ``recording_erased``, the call's recording was lawfully deleted.
            Unavailable: ``disk_full``, ``recording_io``, ``chain_locked``, ``chain_damaged``.
        """
        relative = stored_path(call, started_at, kind)
        with self._chain.locked(), io_errors("put"):
            kept = self._chain.newest((call, kind))
            if kept and kept.event is Event.ERASED:
                raise Conflict("recording_erased", call=call)
            if kept:
                return _stored(kept)
            final = self.root / relative
            make_folders(final.parent)
            temporary = final.with_name(f".{final.name}.part")
            encrypt_file(flac_path, temporary, self._recipient)
            stored_sha256, size = sha256_of(temporary), temporary.stat().st_size
            publish(temporary, final)
            entry = Entry(
                seq=0,
                event=Event.STORED,
                call=call,
                kind=kind,
                path=str(relative),
                sha256_plain=sha256_of(flac_path),
                sha256_stored=stored_sha256,
                bytes=size,
                duration_s=round(float(duration_s), 3),
                created_at=started_at.astimezone(UTC).isoformat(),
                prev="",
                hash="",
            )
            return _stored(self._chain.append(entry))

    def find(self, call: CallId, *, kind: RecordingKind = RecordingKind.CALL) -> StoredRecording | None:
        """What is kept of ``call``; ``None`` when nothing was, or when it was erased."""
        entry = self._chain.newest((call, kind))
        return _stored(entry) if entry and entry.event is Event.STORED else None

    @contextmanager
    def open_plain(self, call: CallId, *, kind: RecordingKind = RecordingKind.CALL) -> Iterator[Path]:
        """The FLAC in a private temporary file, gone when the block ends.

        Raises:
            NotFound: ``recording_not_found``.
            Unavailable: ``recording_identity_missing``, ``recording_file_missing``,
                ``recording_undecryptable``, ``recording_damaged``, ``disk_full``, ``recording_io``.
        """
        recording = self._required(call, kind)
        if self._identity is None:
            raise Unavailable("recording_identity_missing", call=call)
        stored = self.root / recording.path
        with io_errors("open_plain"):
            if not stored.exists():
                raise Unavailable("recording_file_missing", call=call)
            folder = tempfile.TemporaryDirectory(prefix="recording-")
        with folder as name:
            plain = Path(name) / f"{call}.flac"
            decrypt_file(stored, plain, self._identity)
            with io_errors("open_plain"):
                if sha256_of(plain) != recording.sha256:
                    raise Unavailable("recording_damaged", call=call)
            yield plain

    def read_plain(self, call: CallId, *, kind: RecordingKind = RecordingKind.CALL) -> bytes:
        """The FLAC's bytes; raises as ``open_plain``."""
        with self.open_plain(call, kind=kind) as plain:
            return plain.read_bytes()

    def export(
        self,
        call: CallId,
        out_wav: Path,
        *,
        overwrite: bool = False,
        kind: RecordingKind = RecordingKind.CALL,
    ) -> None:
        """Write the recording as WAV, whole or not at all, readable by us alone.

        Raises:
            Conflict: ``export_exists``, unless ``overwrite``.
            NotFound, Unavailable: as ``open_plain``.
        """
        if out_wav.exists() and not overwrite:
            raise Conflict("export_exists", file=out_wav.name)
        temporary = out_wav.with_name(f".{out_wav.name}.part")
        with self.open_plain(call, kind=kind) as plain, io_errors("export"):
            try:
                decode_to_wav(plain, temporary)
                if overwrite:
                    os.replace(temporary, out_wav)
                else:
                    _link_new(temporary, out_wav)
                sync_folder(out_wav.parent)
            finally:
                temporary.unlink(missing_ok=True)

    def erase(self, call: CallId, erased_at: datetime, *, kind: RecordingKind = RecordingKind.CALL) -> None:
        """Delete a recording lawfully: the chain says so first, so that ``verify`` does not miss it.

        Again is harmless; it finishes an erasure that a crash interrupted.

        Raises:
            BadInput: ``erased_at`` has no time zone.
            NotFound: ``recording_not_found``.
            Unavailable: as ``put``.
        """
        if erased_at.tzinfo is None:
            raise BadInput("time_without_zone", value=erased_at.isoformat())
        with self._chain.locked(), io_errors("erase"):
            entry = self._chain.newest((call_id(call), kind))
            if entry is None:
                raise NotFound("recording_not_found", call=call)
            if entry.event is Event.STORED:
                self._chain.append(_erasure(entry, erased_at))
            final = self.root / entry.path
            final.unlink(missing_ok=True)
            if final.parent.exists():
                sync_folder(final.parent)

    def verify(
        self, progress: Callable[[int], None] | None = None, anchor: Anchor | None = None
    ) -> Verified | BrokenLink:
        """Check every link and every stored file; the first that is broken is named.

        ``progress`` is told the number of entries checked. Recordings put meanwhile may or may not count.

        Raises:
            Unavailable: the disk failed.
        """
        check = ChainCheck(anchor)
        with io_errors("verify"):
            erased = self._erased()
            for number, line in enumerate(self._chain.lines(), start=1):
                found = check.step(line, self._chain.lines_after(number))
                if isinstance(found, BrokenLink):
                    return found
                key = found.call, found.kind
                damage = None if key in erased else self._file_damage(found)
                # Asked again: the recording may have been erased while we were reading.
                if damage and key not in self._erased():
                    return BrokenLink(seq=found.seq, call=found.call, why=damage)
                if progress:
                    progress(number)
        return check.end()

    def _erased(self) -> set[tuple[str, str]]:
        entries = (parse(line) for line in self._chain.lines())
        return {(entry.call, entry.kind) for entry in entries if entry and entry.event is Event.ERASED}

    def _file_damage(self, entry: Entry) -> Damage | None:
        path = self.root / entry.path
        if not path.is_file():
            return Damage.FILE_MISSING
        return None if sha256_of(path) == entry.sha256_stored else Damage.FILE_CHANGED

    def _required(self, call: CallId, kind: RecordingKind) -> StoredRecording:
        recording = self.find(call_id(call), kind=kind)
        if recording is None:
            raise NotFound("recording_not_found", call=call)
        return recording


def _stored(entry: Entry) -> StoredRecording:
    return StoredRecording(
        call=CallId(entry.call),
        kind=RecordingKind(entry.kind),
        path=entry.path,
        sha256=entry.sha256_plain,
        stored_sha256=entry.sha256_stored,
        bytes=entry.bytes,
        duration_s=entry.duration_s,
        started_at=datetime.fromisoformat(entry.created_at),
        seq=entry.seq,
        chain_hash=entry.hash,
    )


def _erasure(entry: Entry, erased_at: datetime) -> Entry:
    return Entry(
        seq=0,
        event=Event.ERASED,
        call=entry.call,
        kind=entry.kind,
        path=entry.path,
        sha256_plain=entry.sha256_plain,
        sha256_stored=entry.sha256_stored,
        bytes=entry.bytes,
        duration_s=entry.duration_s,
        created_at=erased_at.astimezone(UTC).isoformat(),
        prev="",
        hash="",
    )


def _link_new(temporary: Path, final: Path) -> None:
    """Give the file its name unless the name is taken by now."""
    try:
        os.link(temporary, final)
    except FileExistsError:
        raise Conflict("export_exists", file=final.name) from None
