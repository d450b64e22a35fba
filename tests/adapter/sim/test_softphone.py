"""Fenced pyVoIP phones against a real Asterisk and against SIPp. Each fence fails without its part."""

from __future__ import annotations

import audioop
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from callcenter.kernel.errors import Unavailable
from sim.clips import Clip
from sim.programs import free_udp_port
from sim.sipp import SippJob, SippRun, render_scenario
from sim.sipp_jobs import DeskAccount
from sim.softphone import Citizen, CitizenScript, Operator, OperatorManners, Press
from tests.adapter.sim_asterisk import ScratchAsterisk

pytestmark = pytest.mark.adapter

Phones = Callable[[Citizen | Operator], None]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stopping:
        yield stopping


def server(asterisk: ScratchAsterisk) -> tuple[str, int]:
    return "127.0.0.1", asterisk.port


def started(stack: ExitStack, phone: Citizen | Operator) -> None:
    phone.start()
    stack.callback(phone.stop)


def script(dialled: str, leave_s: float, **more: object) -> CitizenScript:
    return CitizenScript(caller="0900000123", dialled=dialled, leave_s=leave_s, **more)  # type: ignore[arg-type]


def loudness(ulaw: bytes) -> int:
    return audioop.rms(audioop.ulaw2lin(ulaw, 2), 2)


def wait_until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_citizen_presses_keys_and_hears_the_echo(
    asterisk: ScratchAsterisk, clips: list[Clip], stack: ExitStack
) -> None:
    presses = (Press(at_s=0.3, keys="19"), Press(at_s=1.5, keys="*0"))
    citizen = Citizen(script("1022", 6, presses=presses, speaks=clips[0], speak_s=3), server=server(asterisk))
    started(stack, citizen)
    story = citizen.wait(20)
    assert "keys=[19*0] caller=[0900000123]" in asterisk.log()
    assert story.answered
    assert not story.left_by_far_end
    assert story.lasted_s == pytest.approx(6, abs=0.5)
    assert loudness(story.heard) > 200, "nothing was echoed"
    assert story.packets_heard > 0.8 * 50 * 3, "the echo lags: the clock drifts"
    wait_until(lambda: "1 call processed" in asterisk.command("core show calls"))
    wait_until(lambda: "0 active channels" in asterisk.command("core show channels count"))


def test_operator_answers_both_are_heard_and_the_operator_hangs_up(
    asterisk: ScratchAsterisk, clips: list[Clip], accounts: tuple[DeskAccount, ...], stack: ExitStack
) -> None:
    operator = Operator(
        accounts[0], OperatorManners(answer_s=0.2, talk_s=3, speaks=clips[-1]), server=server(asterisk)
    )
    citizen = Citizen(script("51010", 15, speaks=clips[0], speak_s=0), server=server(asterisk))
    started(stack, operator)
    started(stack, citizen)
    story = citizen.wait(20)
    wait_until(lambda: len(operator.stories) == 1)
    (desk,) = operator.stories
    assert story.left_by_far_end
    assert not desk.left_by_far_end
    assert desk.rang_s < 0.6, "pyVoIP alone answers a second late"
    assert desk.talked_s == pytest.approx(3, abs=0.3)
    assert desk.packets_heard > 0.8 * 50 * 3
    assert min(loudness(desk.heard), loudness(story.heard)) > 200
    assert {f"{desk.cc_call}-{leg}.wav" for leg in ("in", "out")} == {
        path.name for path in asterisk.spool.glob("*.wav")
    }
    wait_until(lambda: "0 active channels" in asterisk.command("core show channels count"))


def test_citizen_hangs_up_on_the_operator(
    asterisk: ScratchAsterisk, accounts: tuple[DeskAccount, ...], stack: ExitStack
) -> None:
    operator = Operator(accounts[0], OperatorManners(answer_s=0.1, talk_s=20), server=server(asterisk))
    citizen = Citizen(script("51010", 2), server=server(asterisk))
    started(stack, operator)
    started(stack, citizen)
    assert not citizen.wait(10).left_by_far_end
    wait_until(lambda: len(operator.stories) == 1)
    assert operator.stories[0].left_by_far_end
    assert operator.stories[0].talked_s < 3


def test_cancelled_ringing_ends_with_487(
    asterisk: ScratchAsterisk, accounts: tuple[DeskAccount, ...], stack: ExitStack
) -> None:
    operator = Operator(accounts[0], OperatorManners(answers=False), server=server(asterisk))
    citizen = Citizen(script("41010", 20), server=server(asterisk))
    started(stack, operator)
    started(stack, citizen)
    assert citizen.wait(10).left_by_far_end
    wait_until(lambda: len(operator.stories) == 1)
    assert not operator.stories[0].answered
    assert operator.stories[0].rang_s == pytest.approx(2, abs=0.5)
    wait_until(lambda: "0 active channels" in asterisk.command("core show channels count"))
    operator.manners = OperatorManners(answer_s=0.1, talk_s=1)
    again = Citizen(script("51010", 20), server=server(asterisk))
    started(stack, again)
    assert again.wait(10).answered
    wait_until(lambda: [story.answered for story in operator.stories] == [False, True])


@pytest.mark.parametrize(("number", "status"), [("617", 486), ("642", 503), ("601", 404)])
def test_refusals_end_the_call(number: str, status: int, asterisk: ScratchAsterisk, stack: ExitStack) -> None:
    citizen = Citizen(script(number, 20), server=server(asterisk))
    started(stack, citizen)
    story = citizen.wait(5)
    assert (story.answered, story.status) == (False, status)
    wait_until(lambda: "0 active channels" in asterisk.command("core show channels count"))


def test_wrong_secret_is_said(asterisk: ScratchAsterisk) -> None:
    wrong = DeskAccount(number="1010", sip_username="desk1010", sip_secret="wrong")
    with pytest.raises(Unavailable, match="register_refused"):
        Operator(wrong, OperatorManners(), server=server(asterisk)).start()


def test_options_are_answered_and_stop_takes_the_contact_back(
    asterisk: ScratchAsterisk, accounts: tuple[DeskAccount, ...], stack: ExitStack
) -> None:
    operator = Operator(accounts[0], OperatorManners(), server=server(asterisk)).start()
    try:
        asterisk.command("pjsip qualify desk1010")
        wait_until(lambda: operator.options_answered > 0)
        assert "sip:desk1010@127.0.0.1" in asterisk.command("pjsip show contacts")
    finally:
        operator.stop()
    assert "desk1010" not in asterisk.command("pjsip show contacts")


def test_citizen_gives_up_before_the_answer(sipp: Path, stack: ExitStack, tmp_path: Path) -> None:
    """Against a SIPp desk that never answers: CANCEL goes out, and its 487 is acknowledged."""
    port = free_udp_port()
    job = SippJob(
        name="silent",
        scenario=render_scenario("desk_ignore", {}),
        local_host="127.0.0.1",
        local_port=port,
        rtp_ports=(20000, 20010),
        calls=1,
    )
    with SippRun(sipp, job, tmp_path) as run:
        run.wait_until_listening()
        citizen = Citizen(script("1022", 5), server=("127.0.0.1", port))
        citizen.start()
        wait_until(lambda: run.progress().current == 1)
        citizen.stop()
        report = run.wait(5)
    assert report.clean, report
    assert report.ends == {"cancelled": 1}


def test_citizen_talks_to_a_sipp_desk(
    sipp: Path, clips: list[Clip], stack: ExitStack, tmp_path: Path
) -> None:
    """No Asterisk between them: SIPp is stricter about dialogs. It knows only A-law, so nothing is heard."""
    port = free_udp_port()
    job = SippJob(
        name="desk",
        scenario=render_scenario("desk", {"SPEECH": str(clips[-1].alaw)}),
        local_host="127.0.0.1",
        local_port=port,
        rtp_ports=(20020, 20040),
        injected={"desk_calls.csv": [(100, 30000)]},
        calls=1,
    )
    with SippRun(sipp, job, tmp_path) as run:
        run.wait_until_listening()
        citizen = Citizen(script("1022", 2, speaks=clips[0], speak_s=0), server=("127.0.0.1", port))
        started(stack, citizen)
        assert citizen.wait(10).answered
        report = run.wait(5)
    assert report.clean, report
    assert report.ends == {"hung_up_on": 1}
    assert report.calls[0].heard > 80
