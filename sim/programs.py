"""Finds the programs that the simulator drives, and what this machine lets them do."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

from callcenter.kernel.errors import Unavailable


def var_dir() -> Path:
    """Where media and tools live: ``CALLCENTER_VAR``, by default ``var`` beside the packages."""
    return Path(os.environ.get("CALLCENTER_VAR") or Path(__file__).resolve().parent.parent / "var")


def find_program(name: str, var: Path) -> Path:
    """The system's program, else the one that the installer put under ``var/tools/bin``.

    Raises:
        Unavailable: neither is there.
    """
    for candidate in (shutil.which(name), var / "tools" / "bin" / name):
        if candidate and os.access(candidate, os.X_OK):
            return Path(candidate).absolute()
    raise Unavailable("program_missing", program=name)


def raw_sockets_allowed() -> bool:
    """Whether this process may open a raw socket, which SIPp needs for ``play_dtmf``: only root may."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP).close()
    except OSError:
        return False
    return True


def free_udp_port(host: str = "127.0.0.1") -> int:
    """An even UDP port that was free a moment ago, as RTP wants."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
            port: int = probe.getsockname()[1]
        if port % 2 == 0:
            return port
