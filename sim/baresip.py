"""baresip as a desk's telephone: a SIP implementation that shares no code with pyVoIP, SIPp or Asterisk.

It needs no sound card: it speaks from a wav file and writes what it hears into another.
"""

from __future__ import annotations

import subprocess
import time
import wave
from dataclasses import dataclass
from pathlib import Path

from callcenter.kernel.errors import Unavailable
from sim.clips import RATE, Clip
from sim.programs import find_program, free_udp_port
from sim.sipp_jobs import DeskAccount

_MODULES = ("g711", "auconv", "auresamp", "aufile")
"""Up to version 1.0 conversion and resampling are modules; later they are built in."""
_APP_MODULES = ("account", "menu")
_SPEECH_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BaresipPlan:
    """One baresip telephone."""

    account: DeskAccount
    asterisk: str
    """``host:port``."""
    speaks: Clip
    host: str = "127.0.0.1"


class Baresip:
    """A running baresip that registers and answers at once. Use as a context manager."""

    def __init__(self, plan: BaresipPlan, *, var: Path, folder: Path) -> None:
        self._plan = plan
        self._program = find_program("baresip", var)
        self._modules = _module_folder(var)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Baresip:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def heard(self) -> Path:
        """What the operator hears, a wav that is complete after the call."""
        return self._folder / "heard.wav"

    def start(self) -> Baresip:
        """Start it and wait for the registration.

        Raises:
            Unavailable: it isn't registered after ten seconds.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        _repeat(self._plan.speaks.wav, self._folder / "speech.wav", _SPEECH_S)
        (self._folder / "config").write_text(self._config(), encoding="utf-8")
        (self._folder / "accounts").write_text(self._accounts(), encoding="utf-8")
        (self._folder / "contacts").write_text("", encoding="utf-8")
        with (self._folder / "output.txt").open("wb") as output:
            self._process = subprocess.Popen(
                [self._program, "-4", "-f", self._folder],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            self.wait_for("200 OK", 10.0)
        except Unavailable:
            self.stop()
            raise
        return self

    def wait_for(self, text: str, timeout_s: float) -> None:
        """Until baresip has printed ``text``.

        Raises:
            Unavailable: it hasn't, in that time.
        """
        deadline = time.monotonic() + timeout_s
        while text not in self.output():
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise Unavailable("baresip_silent", waited_for=text, said=self.output()[-500:])
            time.sleep(0.05)

    def output(self) -> str:
        """What it has printed so far."""
        path = self._folder / "output.txt"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def stop(self) -> None:
        """End it; it takes its registration back."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)

    def _config(self) -> str:
        rtp = free_udp_port(self._plan.host)
        lines = [
            f"sip_listen {self._plan.host}:{free_udp_port(self._plan.host)}",
            "sip_transports udp",
            "call_max_calls 1",
            f"audio_player aufile,{self.heard}",
            f"audio_source aufile,{self._folder / 'speech.wav'}",
            f"audio_alert aufile,{self._folder / 'alert.wav'}",
            f"ausrc_srate {RATE}",
            f"auplay_srate {RATE}",
            "ausrc_channels 1",
            "auplay_channels 1",
            f"rtp_ports {rtp}-{rtp + 10}",
            f"net_interface {self._plan.host}",
            f"module_path {self._modules}",
            *(f"module {name}.so" for name in _MODULES if (self._modules / f"{name}.so").exists()),
            *(f"module_app {name}.so" for name in _APP_MODULES),
        ]
        return "\n".join(lines) + "\n"

    def _accounts(self) -> str:
        desk = self._plan.account
        return (
            f"<sip:{desk.sip_username}@{self._plan.asterisk}>;auth_user={desk.sip_username}"
            f";auth_pass={desk.sip_secret};answermode=auto;audio_codecs=PCMA/8000/1;regint=60;catchall=yes\n"
        )


def _module_folder(var: Path) -> Path:
    """The installer's modules, else the system's.

    Raises:
        Unavailable: there are none.
    """
    for folder in (var / "tools/root/usr/lib/baresip/modules", Path("/usr/lib/baresip/modules")):
        if folder.is_dir():
            return folder.absolute()
    raise Unavailable("baresip_modules_missing")


def _repeat(source: Path, target: Path, duration_s: float) -> None:
    """``source`` again and again, because baresip plays a file once."""
    with wave.open(str(source)) as sound:
        samples = sound.readframes(sound.getnframes())
    times = int(duration_s * RATE * 2 / len(samples)) + 1
    with wave.open(str(target), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples * times)
