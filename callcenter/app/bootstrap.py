"""Wiring of what every command stands on: folders, database, snapshot, Asterisk, recordings."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from filelock import FileLock

from callcenter.app import private
from callcenter.app.secrets import ensure_ami_accounts
from callcenter.app.settings import Settings
from callcenter.asterisk import config, process
from callcenter.asterisk.config import AsteriskSettings, Desk, RunFolders
from callcenter.asterisk.music import ensure_beep, ensure_music
from callcenter.desks import snapshot
from callcenter.kernel.errors import Unavailable
from callcenter.storage.engine import Database, open_database
from callcenter.storage.migrations import migrate
from recordings.crypto import create_keys, load_identity, load_recipient
from recordings.store import RecordingStore

log = structlog.get_logger()


def prepare(settings: Settings) -> None:
    """Make what the processes need to stand on: folders, the database's tables, keys, the snapshot.

    Processes that start together may all call it: one does the work and the others find it done.

    Raises:
        Unavailable: the database is away and there is no snapshot from earlier either.
    """
    private.make_folders(settings)
    with FileLock(settings.run / "prepare.lock"):
        if not any(settings.keys.glob("*")):
            create_keys(settings.keys)
        database = open_database(settings.database_url)
        try:
            migrate(database)
            publish(settings, database)
        except Unavailable as error:
            if not settings.snapshot.exists():
                raise
            log.warning("database away: going on with the snapshot from earlier", reason=error.code)
        finally:
            database.close()


def ensure_prepared(settings: Settings) -> None:
    """``prepare`` on a fresh machine, for a process that is not started by ``callcenter up``. Raises as that."""
    if not settings.snapshot.exists():
        prepare(settings)


def publish(settings: Settings, database: Database) -> None:
    """Write the snapshot that switchboard and Asterisk live by, and tell a running Asterisk of its desks."""
    with database.reading() as tx:
        current = snapshot.build(tx, max_calls=settings.max_calls)
    snapshot.save(settings.snapshot, current)
    base = settings.var / "asterisk" / "etc"
    if (base / "asterisk.conf").exists():
        asterisk = process.find(settings.tools)
        config.render_desks(asterisk_settings(settings, asterisk), desks(current))
        if process.command(asterisk, base, "core show uptime") is not None:
            process.reload_desks(asterisk, base)


def desks(current: snapshot.Snapshot) -> list[Desk]:
    """The phones that Asterisk must know."""
    return [
        Desk(number=operator.number, sip_username=operator.sip_username, sip_ha1=operator.sip_ha1)
        for operator in current.operators
    ]


def asterisk_settings(settings: Settings, asterisk: process.Asterisk) -> AsteriskSettings:
    """What the templates of ``asterisk-conf/`` are filled with."""
    base = settings.var / "asterisk"
    return AsteriskSettings(
        run=RunFolders(
            etc=base / "etc",
            modules=asterisk.modules,
            data=asterisk.data,
            lib=base / "lib",
            spool=base / "spool",
            run=base / "run",
            log=base / "log",
        ),
        node=settings.node,
        max_calls=settings.max_calls,
        ami=ensure_ami_accounts(settings.run / "ami.json"),
        ami_port=settings.ami_port,
        agi_port=settings.agi_port,
        http_port=settings.asterisk_http_port,
        sip_bind=settings.sip_bind,
        sip_port=settings.sip_port,
        media_address=settings.media_address,
        external_address=settings.external_address,
        rtp_start=settings.rtp_start,
        rtp_end=settings.rtp_end,
        trunks=settings.trunks,
        qualify_s=settings.qualify_s,
        prompts=settings.prompts,
        legs=settings.legs,
        messages=settings.messages,
        moh=base / "moh",
        tones=base / "tones",
        message_max_s=settings.message_max_s,
        fallback_wait_s=settings.fallback_wait_s,
        hold_slice_s=settings.hold_slice_s,
    )


def render_asterisk(settings: Settings) -> tuple[process.Asterisk, AsteriskSettings]:
    """Find Asterisk, refuse an old one, and write its configuration and folders.

    Raises:
        Unavailable: there is no Asterisk that is new enough.
        NotFound: no snapshot was ever written (``callcenter up`` writes the first).
    """
    asterisk = process.find(settings.tools)
    rendered = asterisk_settings(settings, asterisk)
    for folder in (rendered.run.lib / "keys", rendered.run.spool, rendered.run.run, rendered.run.log):
        folder.mkdir(parents=True, exist_ok=True)
    ensure_music(rendered.moh)
    ensure_beep(rendered.tones)
    config.render(rendered, desks(snapshot.load(settings.snapshot)))
    return asterisk, rendered


def recording_store(settings: Settings, *, can_read: bool) -> RecordingStore:
    """The recordings at rest; only those who must listen get the identity that decrypts."""
    identity = load_identity(settings.keys) if can_read else None
    return RecordingStore(settings.recordings, load_recipient(settings.keys), identity)


def now() -> datetime:
    """Wall time for records made by commands."""
    return datetime.now(UTC)
