"""The IVR's house: admits callers, notes what they did, finds the state of their reports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import structlog

from callcenter.kernel.errors import CallcenterError
from callcenter.kernel.ids import CallId
from callcenter.ledger import facts
from callcenter.switchboard.service import Switchboard
from ivr.core import session as ivr
from ivr.core.flow import Flow
from ivr.runner import Admission

log = structlog.get_logger()

LookUpState = Callable[[str], str | None]
"""The state's name of the report with this code, or None; asks the database, so it is called in a thread."""

_QUESTIONS_AT_ONCE = 8


class Reception:
    """``ivr.runner.House`` over the switchboard."""

    def __init__(
        self, switchboard: Switchboard, flow: Flow, notice_versions: Mapping[str, str], look_up: LookUpState
    ) -> None:
        self._switchboard = switchboard
        self._flow = flow
        self._versions = notice_versions
        self._look_up = look_up
        self._asking = 0

    def arrived(self, call: CallId, channel: str, alias: str, caller: str) -> Admission:
        """See ``House``."""
        self._switchboard.arrive(call, channel, alias, caller)
        hotline = self._switchboard.alias(alias)
        greeting = hotline.greeting if hotline else ivr.DEFAULT_GREETING
        return Admission(flow=self._flow, greeting=greeting, admitted=self._switchboard.admitted(call))

    def note(self, call: CallId, note: ivr.Note) -> None:
        """See ``House``."""
        self._switchboard.record(self._fact(call, note))

    def _fact(self, call: CallId, note: ivr.Note) -> facts.Fact:
        match note:
            case ivr.LanguageChosen(language=language):
                return facts.LanguageChosen(call=call, language=language)
            case ivr.NoticePlayed(prompt=prompt):
                version = self._versions.get(prompt, "")
                return facts.RecordingNoticePlayed(call=call, prompt=prompt, version=version)
            case ivr.RecordingDeclined():
                return facts.RecordingDeclined(call=call)
            case ivr.MenuChosen(menu=menu, key=key):
                return facts.MenuChosen(call=call, menu=menu, choice=key)
            case ivr.CodeAsked(code=code, found=found):
                return facts.StateAsked(call=call, code=code, found=found)
            case ivr.BulletinHeard(prompt=prompt):
                return facts.BulletinHeard(call=call, prompt=prompt)

    async def look_up(self, code: str) -> ivr.CodeAnswer:
        """See ``House``. A database that hangs keeps a few threads, not the house."""
        if self._asking >= _QUESTIONS_AT_ONCE:
            return ivr.CodeAnswer(prompts=None, found=False)
        self._asking += 1
        answer = asyncio.get_running_loop().run_in_executor(None, self._look_up, code)
        answer.add_done_callback(self._answered)
        try:
            state = await asyncio.shield(answer)
        except CallcenterError:
            return ivr.CodeAnswer(prompts=None, found=False)
        if state is None:
            return ivr.CodeAnswer(prompts=(), found=False)
        return ivr.CodeAnswer(prompts=(f"code_state_{state}",), found=True)

    def _answered(self, answer: asyncio.Future[str | None]) -> None:
        self._asking -= 1
        if not answer.cancelled():
            answer.exception()  # told to whoever waited; here only so that nobody complains
