"""An independent softphone registers with a desk's credentials, answers, hears and is heard."""

from __future__ import annotations

import audioop
import time
import wave
from pathlib import Path

import pytest

from callcenter.kernel.errors import Unavailable
from sim.baresip import Baresip, BaresipPlan
from sim.clips import Clip
from sim.programs import var_dir
from sim.sipp_jobs import DeskAccount
from sim.softphone import Citizen, CitizenScript
from tests.adapter.sim_asterisk import ScratchAsterisk

pytestmark = pytest.mark.adapter


def test_baresip_registers_answers_hears_and_is_heard(
    asterisk: ScratchAsterisk,
    baresip: Path,
    clips: list[Clip],
    accounts: tuple[DeskAccount, ...],
    tmp_path: Path,
) -> None:
    plan = BaresipPlan(account=accounts[0], asterisk=asterisk.address, speaks=clips[-1])
    script = CitizenScript(caller="0900000123", dialled="51010", leave_s=4, speaks=clips[0], speak_s=0)
    citizen = Citizen(script, server=("127.0.0.1", asterisk.port))
    with Baresip(plan, var=var_dir(), folder=tmp_path / "baresip") as phone:
        assert "desk1010" in asterisk.command("pjsip show contacts")
        citizen.start()
        try:
            story = citizen.wait(15)
        finally:
            citizen.stop()
        phone.wait_for("session closed", 5)
    assert story.answered
    assert audioop.rms(audioop.ulaw2lin(story.heard, 2), 2) > 200, "the operator wasn't heard"
    legs = sorted(asterisk.spool.glob("*.wav"))
    assert len(legs) == 2
    for path in (phone.heard, *legs):
        assert loudness(path) > 200, path.name


def loudness(path: Path) -> int:
    with wave.open(str(path)) as sound:
        return audioop.rms(sound.readframes(sound.getnframes()), 2)


def test_wrong_secret_is_said(
    asterisk: ScratchAsterisk, baresip: Path, clips: list[Clip], tmp_path: Path
) -> None:
    wrong = DeskAccount(number="1010", sip_username="desk1010", sip_secret="wrong")
    plan = BaresipPlan(account=wrong, asterisk=asterisk.address, speaks=clips[-1])
    begun = time.monotonic()
    with pytest.raises(Unavailable, match="baresip_silent"):
        Baresip(plan, var=var_dir(), folder=tmp_path / "baresip").start()
    assert time.monotonic() - begun < 15
