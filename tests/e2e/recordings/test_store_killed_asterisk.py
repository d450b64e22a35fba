"""A real Asterisk records a real bridge and is killed: what it leaves is kept, each side where it belongs."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile

from callcenter.kernel.ids import CallId
from recordings.core.integrity import Verified
from recordings.crypto import create_keys
from recordings.processing import process
from recordings.store import RecordingStore

pytestmark = pytest.mark.e2e

CALL = CallId("node1-1763782800.1")
CITIZEN_HZ, OPERATOR_HZ = 425, 700
BUFFER_BYTES = 32_768
ROOT = Path(__file__).parents[3]

MODULES = (
    "res_timing_timerfd",
    "pbx_config",
    "format_wav",
    "app_mixmonitor",
    "app_dial",
    "app_playtones",
    "bridge_simple",
    "bridge_softmix",
    "res_clioriginate",
)
DIALPLAN = f"""
[t]
exten => citizen,1,Answer()
 same => n,MixMonitor(,br({{legs}}/{CALL}-in.wav)t({{legs}}/{CALL}-out.wav)i(CC_RECORDING))
 same => n,Dial(Local/desk@t,20)
exten => desk,1,Answer()
 same => n,PlayTones({OPERATOR_HZ}/1000)
 same => n,Wait(60)
exten => voice,1,Answer()
 same => n,PlayTones({CITIZEN_HZ}/1000)
 same => n,Wait(60)
"""


def asterisk_binary() -> str:
    """Asterisk from the system, or the one that our installer unpacked."""
    own = Path(os.environ.get("CALLCENTER_VAR", ROOT / "var")) / "tools" / "bin" / "asterisk"
    found = shutil.which("asterisk") or (str(own) if own.exists() else None)
    if found is None:
        pytest.skip("no asterisk on the path nor in CALLCENTER_VAR/tools/bin")
    return found


def write_configuration(folder: Path, binary: str) -> Path:
    unpacked = Path(binary).resolve().parents[1] / "root"
    library = unpacked if unpacked.is_dir() else Path("/")
    etc = folder / "etc"
    for name in ("etc", "lib", "spool", "run", "log", "legs"):
        (folder / name).mkdir(parents=True)
    (etc / "asterisk.conf").write_text(
        f"[directories]\nastetcdir = {etc}\n"
        f"astmoddir = {library}/usr/lib/x86_64-linux-gnu/asterisk/modules\n"
        f"astdatadir = {library}/usr/share/asterisk\n"
        + "".join(f"{key} = {folder}/lib\n" for key in ("astvarlibdir", "astdbdir", "astkeydir", "astagidir"))
        + f"astspooldir = {folder}/spool\nastrundir = {folder}/run\nastlogdir = {folder}/log\n"
        "[options]\nsystemname = node1\n"
    )
    (etc / "modules.conf").write_text(
        "[modules]\nautoload=no\n" + "".join(f"load={name}.so\n" for name in MODULES)
    )
    (etc / "extensions.conf").write_text(DIALPLAN.format(legs=folder / "legs"))
    (etc / "indications.conf").write_text(
        "[general]\ncountry=vn\n[vn]\ndescription=Viet Nam\nringcadence=1000,4000\nring=425/1000,0/4000\n"
    )
    return etc / "asterisk.conf"


def until(condition: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        time.sleep(0.1)


@pytest.fixture
def killed_legs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Legs of a call that had written three buffers when Asterisk was killed."""
    binary = asterisk_binary()
    # The control socket's path has to be short.
    folder = tmp_path_factory.mktemp("a")
    configuration = write_configuration(folder, binary)
    with (folder / "output").open("wb") as output:
        asterisk = subprocess.Popen(
            [binary, "-f", "-C", str(configuration)], stdout=output, stderr=subprocess.STDOUT
        )

    def remote(command: str) -> bool:
        arguments = [binary, "-C", str(configuration), "-rx", command]
        return subprocess.run(arguments, capture_output=True, timeout=10, check=False).returncode == 0

    try:
        until(lambda: remote("core waitfullybooted"), "Asterisk is up")
        assert remote("channel originate Local/voice@t/n extension citizen@t")
        legs = [folder / "legs" / f"{CALL}-{side}.wav" for side in ("in", "out")]
        until(
            lambda: all(leg.exists() and leg.stat().st_size >= 3 * BUFFER_BYTES for leg in legs),
            "three buffers of each leg are on the disk",
        )
    finally:
        asterisk.kill()
        asterisk.wait()
    return folder / "legs"


def loudest_hertz(samples: np.ndarray) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * 8000 / len(samples))


@pytest.mark.seed("S0-06")
@pytest.mark.seed("S0-31")
def test_the_legs_of_a_killed_asterisk_become_a_recording(killed_legs: Path, tmp_path: Path) -> None:
    on_disk = (killed_legs / f"{CALL}-in.wav").stat().st_size
    identity, recipient = create_keys(tmp_path / "keys")
    store = RecordingStore(tmp_path / "recordings", recipient, identity)

    done = process(CALL, killed_legs, store, datetime(2026, 11, 22, tzinfo=UTC), tmp_path / "work")

    assert (done.problem, done.repaired) == (None, True)
    assert done.duration_s >= (on_disk - 44) / 16_000
    with store.open_plain(CALL) as plain:
        samples, rate = soundfile.read(plain)
    assert rate == 8000
    assert loudest_hertz(samples[:, 0]) == pytest.approx(CITIZEN_HZ, abs=2)
    assert loudest_hertz(samples[:, 1]) == pytest.approx(OPERATOR_HZ, abs=2)
    assert isinstance(store.verify(), Verified)
