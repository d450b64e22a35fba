"""Finds Asterisk, refuses one that is too old, and says how to run it. Knows no AMI."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from callcenter.kernel.errors import Unavailable

MINIMUM = (22, 10, 1)
"""Older ones lack the security fixes of 2026-06-25 (Asterisk's advisories) and the Redirect fixes of 22.6."""

ORDINARY_USER = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asterisk:
    """An Asterisk that can be run."""

    program: Path
    version: tuple[int, ...]
    modules: Path
    data: Path
    """Its documentation and other files that it only reads."""


def find(tools: Path) -> Asterisk:
    """The system's Asterisk when it is new enough, else the unpacked one.

    Raises:
        Unavailable: there is none, or only older ones.
    """
    seen = []
    for asterisk in _candidates(tools):
        if asterisk.version >= MINIMUM:
            return asterisk
        seen.append(".".join(map(str, asterisk.version)))
    needed = ".".join(map(str, MINIMUM))
    if seen:
        raise Unavailable("asterisk_too_old", found=", ".join(seen), needed=needed)
    raise Unavailable("asterisk_missing", needed=needed)


def _candidates(tools: Path) -> Iterator[Asterisk]:
    if system := shutil.which("asterisk"):
        for modules in sorted(Path("/usr/lib").glob("**/asterisk/modules")):
            yield Asterisk(
                program=Path(system),
                version=version_of(Path(system)),
                modules=modules,
                data=Path("/usr/share/asterisk"),
            )
    unpacked = tools / "bin" / "asterisk"
    if unpacked.exists():
        root = tools / "root"
        for modules in sorted((root / "usr/lib").glob("*/asterisk/modules")):
            yield Asterisk(
                program=unpacked,
                version=version_of(unpacked),
                modules=modules,
                data=root / "usr/share/asterisk",
            )


def version_of(program: Path) -> tuple[int, ...]:
    """What ``asterisk -V`` says, as numbers; ``()`` when it says nothing of the kind."""
    try:
        done = subprocess.run([program, "-V"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"Asterisk (\d+(?:\.\d+)*)", done.stdout)
    return tuple(int(part) for part in found.group(1).split(".")) if found else ()


def arguments(asterisk: Asterisk, etc: Path) -> list[str]:
    """The command that runs it in the foreground."""
    return [str(asterisk.program), "-C", str(etc / "asterisk.conf"), "-f"]


def reload_desks(asterisk: Asterisk, etc: Path) -> bool:
    """Tell a running Asterisk that its desks changed; False when none runs.

    Goes over Asterisk's own control socket, so that the AMI accounts need no right to reload anything.
    """
    reloaded = True
    for module in ("res_pjsip.so", "app_queue.so"):
        reloaded &= command(asterisk, etc, f"module reload {module}") is not None
    return reloaded


def command(asterisk: Asterisk, etc: Path, line: str) -> str | None:
    """What the running Asterisk answers to one line of its console; None when none runs."""
    done = subprocess.run(
        [asterisk.program, "-C", str(etc / "asterisk.conf"), "-rx", line],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    return done.stdout if done.returncode == 0 else None


def drop_root(writable: list[Path], readable: list[Path]) -> bool:
    """Become an ordinary user when we are root, so that Asterisk never runs as one; False when we can't.

    The folders that Asterisk writes to are handed over first. It can't be done where that user cannot even
    reach the folders (a private home directory): the caller says so.
    """
    if os.geteuid() != 0:
        return True
    user = pwd.getpwnam(ORDINARY_USER)
    if not all(_reachable(path) for path in [*writable, *readable]):
        return False
    for folder in writable:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    return True


def _reachable(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)
