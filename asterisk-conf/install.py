#!/usr/bin/env python3
"""Bring Asterisk and the tools around it into a folder of our own, without root and without chroot.

Debian 12 has no Asterisk. Debian's later releases do, so this fetches their packages with apt (a state
directory of its own, signatures checked), opens them under ``TOOLS/root`` and writes one small starter per
program to ``TOOLS/bin``, which runs it through the loader that came with it. The system is left untouched.
A system Asterisk that is new enough is used instead: then nothing but the missing tools is fetched.

Only the standard library: it runs before anything else is installed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

MINIMUM = (22, 10, 1)
"""Older ones lack security fixes of 2026-06-25 and the Redirect fixes of 22.6."""

RELEASE = "forky"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
PACKAGES = {"asterisk": "asterisk", "espeak-ng": "espeak-ng", "sipp": "sip-tester", "baresip": "baresip-core"}
"""Program and the Debian package that has it."""

PRODUCT = ("asterisk", "espeak-ng")
SIMULATOR = ("sipp", "baresip")
UNWANTED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "var/lib/asterisk/sounds")


class InstallError(Exception):
    """Said to the person in one sentence."""


def version_of(program: Path | str) -> tuple[int, ...]:
    """The version that ``asterisk -V`` prints, or ``()`` when it doesn't run."""
    try:
        printed = subprocess.run(
            [program, "-V"], capture_output=True, text=True, timeout=20, check=False
        ).stdout
    except OSError:
        return ()
    found = re.search(r"Asterisk (\d+(?:\.\d+)*)", printed)
    return tuple(int(part) for part in found.group(1).split(".")) if found else ()


def wanted(programs: tuple[str, ...], tools: Path) -> list[str]:
    """Which programs neither the system nor an earlier run provides."""
    missing = []
    for program in programs:
        starter = tools / "bin" / program
        system = shutil.which(program)
        if program == "asterisk":
            if any(version_of(candidate) >= MINIMUM for candidate in (system, starter) if candidate):
                continue
        elif system or starter.exists():
            continue
        missing.append(program)
    return missing


def mirror() -> str:
    """The Debian mirror that this machine already uses, so that closed networks work as they are set up."""
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE) $(CODENAME) $(COMPONENT)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    sites = [
        line.split()[0] for line in listed.splitlines() if line.split()[1:] == [machine_release(), "main"]
    ]
    if not sites:
        raise InstallError("apt on this machine names no Debian mirror: run 'apt-get update' first.")
    return sites[0]


def machine_release() -> str:
    release = re.search(r"^VERSION_CODENAME=(\S+)$", Path("/etc/os-release").read_text(), re.M)
    return release.group(1).strip('"') if release else ""


def fetch(programs: list[str], work: Path) -> list[Path]:
    """Download the packages and all they need; signatures are checked by apt."""
    if not KEYRING.exists():
        raise InstallError(f"{KEYRING} is missing: install debian-archive-keyring.")
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    (work / "status").touch()
    (work / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror()} {RELEASE} main\n")
    (work / "apt.conf").write_text(
        f'Dir::State "{work}/state";\nDir::State::status "{work}/status";\nDir::Cache "{work}/cache";\n'
        f'Dir::Etc::sourcelist "{work}/sources.list";\nDir::Etc::sourceparts "-";\n'
        'APT::Install-Recommends "false";\nAPT::Sandbox::User "";\nDebug::NoLocking "true";\n'
        'Acquire::Languages "none";\nAcquire::Retries "3";\n'
    )
    environment = {**os.environ, "APT_CONFIG": str(work / "apt.conf"), "DEBIAN_FRONTEND": "noninteractive"}
    packages = [PACKAGES[program] for program in programs]
    for command in (["update"], ["install", "-y", "--download-only", *packages]):
        done = subprocess.run(
            ["apt-get", "-q", *command], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise InstallError(f"apt-get {command[0]} failed: {done.stderr.strip().splitlines()[-1:]}")
    return sorted((work / "cache" / "archives").glob("*.deb"))


def unpack(packages: list[Path], root: Path) -> None:
    """Open the packages' files; their maintainer scripts are not run."""
    for number, package in enumerate(packages, 1):
        counted(f"  mở gói / unpacking {number}/{len(packages)}")
        files = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE)
        excluded = [f"--exclude=./{folder}" for folder in UNWANTED]
        done = subprocess.run(
            ["tar", "-x", "-C", str(root), "--no-same-owner", "--keep-directory-symlink", *excluded],
            stdin=files.stdout,
            check=False,
        )
        if files.wait() or done.returncode:
            raise InstallError(f"{package.name} could not be unpacked.")
    counted("")


def write_starters(programs: list[str], tools: Path) -> None:
    """One starter per program: the loader and libraries that came with it, whatever the system has."""
    root = tools / "root"
    triplet = sysconfig.get_config_var("MULTIARCH") or "x86_64-linux-gnu"
    loader = next(root.glob("usr/lib*/ld-linux-*.so.*"), None)
    if loader is None:
        raise InstallError("the unpacked packages hold no loader for this processor.")
    libraries = f"$R/usr/lib/{triplet}:$R/usr/lib/{triplet}/pulseaudio"
    (tools / "bin").mkdir(exist_ok=True)
    for program in programs:
        binary = next(
            path for path in (root / "usr/sbin" / program, root / "usr/bin" / program) if path.exists()
        )
        extra = f' --path="$R/usr/lib/{triplet}"' if program == "espeak-ng" else ""
        starter = tools / "bin" / program
        starter.write_text(
            "#!/bin/sh\n"
            f"# Runs the unpacked {program} with its own loader and libraries.\n"
            'R=$(dirname "$(dirname "$(readlink -f "$0")")")/root\n'
            f'exec "$R/{loader.relative_to(root)}" --library-path "{libraries}" '
            f'"$R/{binary.relative_to(root)}"{extra} "$@"\n'
        )
        starter.chmod(0o755)


def progress(text: str) -> None:
    print(text, flush=True)


def counted(text: str) -> None:
    """A line that rewrites itself; only where somebody watches."""
    if sys.stdout.isatty():
        print(f"\r{text:<60}", end="", flush=True)


def install(tools: Path, programs: tuple[str, ...]) -> None:
    missing = wanted(programs, tools)
    if not missing:
        progress(f"  đã có / already there: {', '.join(programs)}")
        return
    progress(f"  tải / fetching {', '.join(missing)} (Debian {RELEASE})")
    work = (tools / "apt").resolve()
    root = (tools / "root").resolve()
    root.mkdir(parents=True, exist_ok=True)
    packages = fetch(missing, work)
    unpack(packages, root)
    write_starters(missing, tools)
    shutil.rmtree(work)
    if "asterisk" in missing and (found := version_of(tools / "bin" / "asterisk")) < MINIMUM:
        raise InstallError(
            f"Debian {RELEASE} gave Asterisk {'.'.join(map(str, found)) or '(none)'}; 22.10.1 is needed."
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=Path, required=True, help="the tools folder, such as var/tools")
    parser.add_argument(
        "--simulator", action="store_true", help="SIPp and baresip too, for tests and the demo"
    )
    arguments = parser.parse_args()
    os.umask(0o022)  # Asterisk runs as an ordinary user and must be able to read its own files
    try:
        install(arguments.into, PRODUCT + (SIMULATOR if arguments.simulator else ()))
    except InstallError as error:
        print(f"install: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
