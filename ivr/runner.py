"""Leads one caller through a flow over a FastAGI channel. Knows the wire's verbs, decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from callcenter.kernel.ids import CallId, call_id
from ivr.core import session as core
from ivr.core.flow import Flow
from ivr.fastagi import AgiChannel, ChannelGone

log = structlog.get_logger()

LOOKUP_DEADLINE_S = 0.2
"""A question asked during a call must not make the caller wait: without an answer there is another way on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """How a call is received."""

    flow: Flow
    greeting: str
    """Prompt of the dialled number."""
    admitted: bool
    """False when the house is full: the caller is told so and may leave a message."""


class House(Protocol):
    """Whom the runner tells and asks."""

    def arrived(self, call: CallId, channel: str, alias: str, caller: str) -> Admission:
        """A call is here. Answers at once."""

    def note(self, call: CallId, note: core.Note) -> None:
        """Something worth keeping happened."""

    async def look_up(self, code: str) -> core.CodeAnswer:
        """The state of a report; may be cancelled after ``LOOKUP_DEADLINE_S``."""


class IvrRunner:
    """The FastAGI handler of ``agi://…/ivr``."""

    def __init__(self, house: House, prompts: Path) -> None:
        self._house = house
        self._prompts = prompts

    async def __call__(self, channel: AgiChannel) -> None:
        """Serve one call until it leaves the IVR or hangs up."""
        call = call_id(await channel.get_variable("CC_CALL") or "")
        alias = await channel.get_variable("CC_ALIAS") or ""
        caller = await channel.get_variable("CC_CALLER") or ""
        admission = self._house.arrived(call, channel.request.get("channel", ""), alias, caller)
        session = core.Session(admission.flow, greeting=admission.greeting, admitted=admission.admitted)
        try:
            steps = session.start()
            while not session.left:
                steps = session.on(await self._carry_out(channel, call, steps))
            await self._carry_out(channel, call, steps)
        except ChannelGone:
            session.on(core.HungUp())

    async def _carry_out(self, channel: AgiChannel, call: CallId, steps: Sequence[core.Step]) -> core.Input:
        """Do the steps in order; the input that the last of them waits for."""
        given: core.Input = core.Timeout()
        for step in steps:
            match step:
                case core.Play():
                    given = await self._play(channel, step)
                case core.Wait(timeout_s=timeout_s):
                    key = await channel.wait_for_digit(round(timeout_s * 1000))
                    given = core.Digit(key) if key else core.Timeout()
                case core.Collect():
                    given = await self._collect(channel, step)
                case core.LookUp(code=code):
                    given = await self._look_up(code)
                case core.Leave():
                    await _leave(channel, step)
                case _:
                    self._house.note(call, step)
        return given

    async def _play(self, channel: AgiChannel, step: core.Play) -> core.Input:
        for prompt in step.prompts:
            key = await channel.stream_file(self._file(step.language, prompt), step.keys)
            if key:
                return core.Digit(key)
        return core.Finished()

    async def _collect(self, channel: AgiChannel, step: core.Collect) -> core.Input:
        key = await channel.stream_file(self._file(step.language, step.prompt), "0123456789#")
        digits = ""
        while key != "#" and len(digits) < step.max_digits:
            digits += key.strip("*")
            key = await channel.wait_for_digit(round(step.timeout_s * 1000))
            if not key:
                break
        return core.CodeEntered(digits)

    async def _look_up(self, code: str) -> core.Input:
        try:
            async with asyncio.timeout(LOOKUP_DEADLINE_S):
                return await self._house.look_up(code)
        except TimeoutError:
            log.warning("state of a report not found in time")
        except Exception as error:  # whatever is wrong there, the caller's way to an operator stays open
            log.error("state of a report cannot be looked up", error=type(error).__name__)
        return core.CodeAnswer(prompts=None, found=False)

    def _file(self, language: str, prompt: str) -> str:
        return str(self._prompts / language / prompt)


async def _leave(channel: AgiChannel, leave: core.Leave) -> None:
    """Tell the dialplan where to go on. ``IVR_OK`` comes last: without it the dialplan helps itself."""
    match leave.route:
        case core.ToQueue(queue=queue, priority_minutes=minutes):
            values = {"CC_ROUTE": "queue", "CC_QUEUE": queue, "CC_PRIORITY": f"{minutes:g}"}
        case core.ToMessage(reason=reason):
            values = {"CC_ROUTE": "message", "CC_REASON": reason}
        case core.ToHangUp():
            values = {"CC_ROUTE": "hangup"}
    values["CC_LANGUAGE"] = leave.language
    values["CC_RECORD"] = "yes" if leave.recording else "no"
    for name, value in values.items():
        await channel.set_variable(name, value)
    await channel.set_variable("IVR_OK", "1")
