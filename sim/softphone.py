"""A few citizens and operators whose every step a script decides, on fenced pyVoIP.

pyVoIP is good for about ten calls in one process; ``sim.sipp`` carries the load.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.kernel.errors import Unavailable
from sim.clips import Clip
from sim.programs import free_udp_port
from sim.sipp_jobs import DeskAccount
from sim.softphone_fences import FencedCall, FencedPhone

_RTP_SPAN = 40
_STEP_S = 0.05
_BREATH = b"\xff" * 8000
"""A second of mu-law silence between two repetitions of a clip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """Keys, and when: seconds after the call was answered."""

    at_s: float
    keys: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenScript:
    """What a citizen does. Times are seconds after the call was answered."""

    caller: str
    dialled: str
    leave_s: float
    """Hangs up then, if nobody did before."""
    presses: tuple[Press, ...] = ()
    speaks: Clip | None = None
    """Said again and again from ``speak_s`` on."""
    speak_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenStory:
    """How a citizen's call went."""

    script: CitizenScript
    answered: bool
    status: int
    """SIP status of a refusal; 0 when there was none."""
    left_by_far_end: bool
    lasted_s: float
    packets_heard: int
    heard: bytes
    """Mu-law, the last two minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorManners:
    """How an operator treats calls."""

    answer_s: float = 0.5
    talk_s: float = 10.0
    speaks: Clip | None = None
    answers: bool = True
    """``False`` lets it ring until the far end gives up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskStory:
    """How one call at a desk went."""

    cc_call: str
    """``X-CC-Call`` of the INVITE."""
    answered: bool
    left_by_far_end: bool
    rang_s: float
    talked_s: float
    packets_heard: int
    heard: bytes = field(repr=False)


class Citizen:
    """A citizen on the trunk: no registration, known by the address. Runs in a thread."""

    def __init__(self, script: CitizenScript, *, server: tuple[str, int], host: str = "127.0.0.2") -> None:
        self.script = script
        self._phone = _phone(server, script.caller, "", host)
        self._story: CitizenStory | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"citizen {script.caller}", daemon=True)

    def start(self) -> Citizen:
        """Dial."""
        self._phone.start()
        self._thread.start()
        return self

    def wait(self, timeout_s: float) -> CitizenStory:
        """The story, once it has ended.

        Raises:
            Unavailable: it goes on for longer.
        """
        self._thread.join(timeout_s)
        if self._story is None:
            raise Unavailable("citizen_not_done", timeout_s=timeout_s)
        return self._story

    def stop(self) -> None:
        """Hang up and be gone."""
        self._stop.set()
        self._thread.join(10)
        self._phone.stop()

    def _run(self) -> None:
        call = self._phone.call(self.script.dialled)
        while not (call.up.wait(_STEP_S) or call.over.is_set() or self._stop.is_set()):
            pass
        begun = time.monotonic()
        if call.up.is_set():
            self._talk(call, begun)
        lasted_s = time.monotonic() - begun
        if not call.over.is_set():
            call.hangup()
        stream = call.rtp if call.RTPClients else None
        self._story = CitizenStory(
            script=self.script,
            answered=call.up.is_set(),
            status=call.status,
            left_by_far_end=call.far_end_left,
            lasted_s=lasted_s,
            packets_heard=stream.packets_in if stream else 0,
            heard=stream.heard() if stream else b"",
        )

    def _talk(self, call: FencedCall, begun: float) -> None:
        presses = sorted(self.script.presses, key=lambda press: press.at_s)
        while not call.over.is_set() and not self._stop.is_set():
            passed_s = time.monotonic() - begun
            if passed_s >= self.script.leave_s:
                return
            if presses and passed_s >= presses[0].at_s:
                call.rtp.send_dtmf(presses.pop(0).keys)
            elif self.script.speaks and passed_s >= self.script.speak_s and call.rtp.silent:
                call.rtp.play(_speech(self.script.speaks))
            call.over.wait(_STEP_S)


class Operator:
    """An operator's telephone: registers with digest, answers by its manners."""

    def __init__(
        self,
        account: DeskAccount,
        manners: OperatorManners,
        *,
        server: tuple[str, int],
        host: str = "127.0.0.1",
    ) -> None:
        self.account = account
        self.manners = manners
        """May be replaced between calls."""
        self.stories: list[DeskStory] = []
        self._phone = _phone(server, account.sip_username, account.sip_secret, host, self._take)

    @property
    def options_answered(self) -> int:
        """How often Asterisk asked whether the phone is there."""
        return self._phone.sip.options_answered

    def start(self) -> Operator:
        """Register and stay so.

        Raises:
            Unavailable: Asterisk refuses or doesn't answer.
        """
        self._phone.start()
        try:
            self._phone.sip.stay_registered()
        except Unavailable:
            self._phone.stop()
            raise
        return self

    def stop(self) -> None:
        """Hang up, take the registration back and be gone."""
        try:
            self._phone.sip.deregister()
        finally:
            self._phone.stop()

    def _take(self, call: FencedCall) -> None:
        manners, rang = self.manners, time.monotonic()
        call.over.wait(manners.answer_s if manners.answers else None)
        answered = not call.over.is_set()
        begun = time.monotonic()
        if answered:
            call.answer()
            self._talk(call, manners, begun)
            if not call.over.is_set():
                call.hangup()
        self.stories.append(
            DeskStory(
                cc_call=str(call.request.headers.get("X-CC-Call", "")),
                answered=answered,
                left_by_far_end=call.far_end_left,
                rang_s=begun - rang,
                talked_s=time.monotonic() - begun if answered else 0.0,
                packets_heard=call.rtp.packets_in,
                heard=call.rtp.heard(),
            )
        )

    def _talk(self, call: FencedCall, manners: OperatorManners, begun: float) -> None:
        while not call.over.is_set() and time.monotonic() - begun < manners.talk_s:
            if manners.speaks and call.rtp.silent:
                call.rtp.play(_speech(manners.speaks))
            call.over.wait(_STEP_S)


def _speech(clip: Clip) -> bytes:
    return Path(clip.ulaw).read_bytes() + _BREATH


def _phone(
    server: tuple[str, int],
    username: str,
    secret: str,
    host: str,
    on_call: Callable[[FencedCall], None] | None = None,
) -> FencedPhone:
    rtp_port = free_udp_port(host)
    return FencedPhone(
        server=server,
        username=username,
        secret=secret,
        host=host,
        sip_port=free_udp_port(host),
        rtp_ports=(rtp_port, min(65534, rtp_port + _RTP_SPAN)),
        on_call=on_call,
    )
