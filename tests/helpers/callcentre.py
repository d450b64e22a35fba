"""A whole call centre of its own for a test: own folder, own ports, real parts; gone when the test is."""

from __future__ import annotations

import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psutil

from callcenter.journal.reader import read
from callcenter.journal.record import Record
from callcenter.kernel.errors import Unavailable
from sim.centre import Centre
from sim.load import Network
from sim.sipp_jobs import DeskAccount

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED_ASSETS = Path(os.environ.get("CALLCENTER_VAR", REPOSITORY / "var")).resolve()
"""Where ``make setup`` put what is only read: tools, models, prompts, clips."""

T = TypeVar("T")


def until(what: Callable[[], T | None], seconds: float, *, why: str) -> T:
    """The first true answer of ``what`` within ``seconds``; fails with ``why`` otherwise."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds:g} s: {why}")


class CallCentre(Centre):
    """``callcenter up`` with a folder and ports of its own."""

    def __init__(self, folder: Path, *, speech: bool = True, **settings: object) -> None:
        """``speech=False``: no speech model is there, so tickets say so and processors are left to calls."""
        self.var = folder / "var"
        self.var.mkdir(parents=True)
        folder.chmod(0o755)
        assets = SHARED_ASSETS if speech else _assets_without_speech(folder / "assets")
        names = ("sip", "ami", "agi", "asterisk_http", "switchboard", "web")
        self.ports = dict(zip(names, _free_ports(len(names)), strict=True))
        rtp = 10000 + self.ports["sip"] % 20 * 900  # below the simulator's and the ephemeral ports
        own = {"assets": assets, "rtp_start": rtp, "rtp_end": rtp + 899}
        ports = {f"{name}_port": port for name, port in self.ports.items()}
        super().__init__(self.var, {**own, **ports, **settings})

    def start(self, *, wait_s: float = 60.0) -> None:
        """As ``Centre``; on failure the logs are shown."""
        try:
            super().start(wait_s=wait_s)
        except Unavailable as error:
            raise AssertionError(f"{error}\n{self.logs()}") from None

    def stop(self) -> None:
        """End it as Ctrl-C does, and see that nothing of it is left."""
        if self.process is None:
            return
        family = self.family()
        super().stop()
        left = [
            process for process in family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        ]
        assert not left, f"left over: {left}"

    def family(self) -> list[psutil.Process]:
        """Every process of this call centre."""
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def role(self, name: str) -> psutil.Process:
        """The process that plays a role now."""

        def find() -> psutil.Process | None:
            assert self.process is not None
            for child in psutil.Process(self.process.pid).children():
                line = " ".join(child.cmdline())
                if f"callcenter.app.cli {name}" in line or (name == "asterisk" and "sbin/asterisk" in line):
                    return child
            return None

        return until(find, 10, why=f"{name} runs")

    @property
    def url(self) -> str:
        return self.page

    def add_desks(self, count: int, *, first: int = 1010) -> list[DeskAccount]:
        """So many desks, with what their phones register with."""
        return self.import_desks([f"Nhân viên {number + 1}" for number in range(count)], first=first)

    def network(self) -> Network:
        """For the simulator: this call centre's address, and ports of its own for both sides."""
        citizens, desks = _free_ports(2)
        return Network(asterisk=f"127.0.0.1:{self.ports['sip']}", citizens_port=citizens, desks_port=desks)

    def journal(self) -> list[Record]:
        """All that the switchboard wrote down."""
        return list(read(self.var / "journal", "node1"))

    def desk(self, number: str) -> dict[str, Any]:
        """One desk as the switchboard sees it."""
        desks = {desk["agent"]: desk for desk in self.state()["desks"]}
        assert number in desks, f"desk {number} is not known; known: {sorted(desks)}"
        found: dict[str, Any] = desks[number]
        return found

    def logs(self) -> str:
        """The ends of all logs, for a failure's message."""
        paths = [
            self.var / "up.log",
            *sorted((self.var / "log").glob("*.log")),
            self.var / "asterisk/log/messages",
        ]
        return "\n".join(f"--- {path.name}\n{_tail(path)}" for path in paths if path.exists())


def _tail(path: Path) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-25:])


@contextmanager
def call_centre(folder: Path, *, speech: bool = True, **settings: object) -> Iterator[CallCentre]:
    """A running call centre; on failure its logs are printed."""
    centre = CallCentre(folder, speech=speech, **settings)
    try:
        centre.start()
        yield centre
    except BaseException:
        print(centre.logs())
        if centre.process is not None:
            centre.process.kill()
            centre.process.wait(20)
        raise
    else:
        centre.stop()


def _assets_without_speech(folder: Path) -> Path:
    folder.mkdir()
    for name in ("tools", "prompts"):
        (folder / name).symlink_to(SHARED_ASSETS / name)
    return folder


def _free_ports(count: int) -> list[int]:
    """Ports that are free for TCP and UDP now, below those that the system gives to others at any moment."""
    found: list[int] = []
    for port in random.sample(range(5100, 9900), 4800):
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            break
    return found
