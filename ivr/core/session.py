"""One caller in one flow: inputs in, steps out. Pure; every session ends in exactly one ``Leave``.

Each answer's last step waits for an input (``Play``: ``Digit`` or ``Finished``; ``Wait``: ``Digit`` or
``Timeout``; ``Collect``: ``CodeEntered``; ``LookUp``: ``CodeAnswer``) or is the ``Leave``. An input that does
not fit what is waited for means nothing, and the step is asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from ivr.core import flow as nodes

MOST_INPUTS = 120
"""After this many inputs the caller goes to an operator: nobody wanders in a menu for ever."""

OPERATOR_QUEUE = "general"
FULL_PROMPT = "full"
DEFAULT_GREETING = "greeting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """Play the prompts in order, in ``language``; one of ``keys`` stops them."""

    prompts: tuple[str, ...]
    language: str
    keys: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Wait in silence for a key."""

    timeout_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect:
    """Play the prompt and collect digits up to ``#``, to ``max_digits``, or to a pause of ``timeout_s``."""

    prompt: str
    language: str
    max_digits: int
    timeout_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Find the state of the report with this code."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageChosen:
    """Note: the caller switched the language."""

    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePlayed:
    """Note: the recording notice was played."""

    prompt: str


@dataclass(frozen=True, slots=True)
class RecordingDeclined:
    """Note: the caller declined to be recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuChosen:
    """Note: the caller took a branch."""

    menu: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAsked:
    """Note: the caller asked for a report's state."""

    code: str
    found: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinHeard:
    """Note: the caller heard an information to its end."""

    prompt: str


Note = LanguageChosen | NoticePlayed | RecordingDeclined | MenuChosen | CodeAsked | BulletinHeard


@dataclass(frozen=True, slots=True, kw_only=True)
class ToQueue:
    """Wait for an operator."""

    queue: str
    priority_minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ToMessage:
    """Leave a message."""

    reason: str


@dataclass(frozen=True, slots=True)
class ToHangUp:
    """Good-bye."""


Route = ToQueue | ToMessage | ToHangUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """The end of the session."""

    route: Route
    language: str
    recording: bool
    """Whether the caller may be recorded: was given the notice, and did not decline."""


Step = Play | Wait | Collect | LookUp | Note | Leave


@dataclass(frozen=True, slots=True)
class Digit:
    """A key was pressed."""

    key: str


@dataclass(frozen=True, slots=True)
class Timeout:
    """Nothing was pressed in time."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The prompts were played to their end."""


@dataclass(frozen=True, slots=True)
class CodeEntered:
    """The digits collected; empty for none."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAnswer:
    """What was found: prompts to say, or None when it cannot be known now."""

    prompts: tuple[str, ...] | None
    found: bool


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller is gone."""


Input = Digit | Timeout | Finished | CodeEntered | CodeAnswer | HungUp


class Session:
    """One caller. ``start`` once, then ``on`` for each input, until a ``Leave``."""

    def __init__(
        self,
        flow: nodes.Flow,
        *,
        greeting: str = DEFAULT_GREETING,
        language: str = "vi",
        admitted: bool = True,
    ) -> None:
        self._flow = flow
        self._greeting = greeting
        self._language = language
        self._admitted = admitted
        self._noticed = False
        self._declined = False
        self._at = flow.start
        self._attempts = 0
        self._inputs = 0
        self._awaited: Step | None = None
        self._announced = False
        self._then = ""
        """Where to go once the answer about a report has been said; empty for another try."""
        self.left = False

    def start(self) -> list[Step]:
        """The first steps."""
        if not self._admitted:
            return self._await(self._play((self._greeting, FULL_PROMPT)))
        return self._enter(self._flow.start)

    def on(self, given: Input) -> list[Step]:
        """What follows from one input; empty once the session has been left."""
        if self.left:
            return []
        if isinstance(given, HungUp):
            return self._leave(ToHangUp())
        self._inputs += 1
        if self._inputs > MOST_INPUTS:
            return self._leave(ToQueue(queue=OPERATOR_QUEUE, priority_minutes=0.0))
        if not self._fits(given):
            return [self._awaited] if self._awaited else []
        if not self._admitted:
            return self._leave(ToMessage(reason=FULL_PROMPT))
        return self._step(self._flow.nodes[self._at], given)

    def _fits(self, given: Input) -> bool:
        match self._awaited:
            case Play(keys=keys):
                return isinstance(given, Finished) or (isinstance(given, Digit) and given.key in keys)
            case Wait():
                return isinstance(given, Timeout) or (isinstance(given, Digit) and given.key in nodes.KEYS)
            case Collect():
                return isinstance(given, CodeEntered)
            case LookUp():
                return isinstance(given, CodeAnswer)
            case _:
                return False

    def _enter(self, key: str) -> list[Step]:
        self._at = key
        self._attempts = 0
        self._announced = False
        node = self._flow.nodes[key]
        match node:
            case nodes.Play() | nodes.Bulletin():
                return self._await(self._play(node.prompts, keys=_ALL_KEYS))
            case nodes.Notice():
                if self._declined:  # said once, it holds in both languages
                    return self._enter(node.next)
                return self._await(self._play((node.prompt,), keys=_ALL_KEYS))
            case nodes.Menu():
                return self._await(self._play((node.prompt,), keys=_ALL_KEYS))
            case nodes.Code():
                return self._ask_code(node)
            case nodes.Queue():
                return self._await(self._play(node.prompts)) if node.prompts else self._to_queue(node)
            case nodes.Message():
                return self._leave(ToMessage(reason=node.reason))
            case nodes.HangUp():
                return self._await(self._play(node.prompts)) if node.prompts else self._leave(ToHangUp())
            case _:
                assert_never(node)

    def _step(self, node: nodes.Node, given: Input) -> list[Step]:
        match node:
            case nodes.Play():
                return self._enter(node.next)
            case nodes.Bulletin():
                heard = [BulletinHeard(prompt=node.prompts[0])] if isinstance(given, Finished) else []
                return [*heard, *self._enter(node.next)]
            case nodes.Notice():
                return self._on_notice(node, given)
            case nodes.Menu():
                return self._on_menu(node, given)
            case nodes.Code():
                return self._on_code(node, given)
            case nodes.Queue():
                return self._to_queue(node)
            case nodes.HangUp():
                return self._leave(ToHangUp())
            case nodes.Message():
                return self._leave(ToMessage(reason=node.reason))
            case _:
                assert_never(node)

    def _on_notice(self, node: nodes.Notice, given: Input) -> list[Step]:
        if self._declined:
            return self._enter(node.next)  # the confirmation was played
        played: list[Step] = []
        if not self._announced:
            self._announced = self._noticed = True
            played = [NoticePlayed(prompt=node.prompt)]
        if isinstance(given, Digit) and given.key == node.decline_key:
            self._declined = True
            return [*played, RecordingDeclined(), *self._await(self._play((node.declined_prompt,)))]
        if isinstance(given, Finished):
            return [*played, *self._await(Wait(timeout_s=node.wait_s))]
        following = self._enter(node.next)
        if isinstance(given, Digit) and self._fits(given):  # somebody who knows the menu by heart
            following = self._step(self._flow.nodes[self._at], given)
        return [*played, *following]

    def _on_menu(self, node: nodes.Menu, given: Input) -> list[Step]:
        if isinstance(given, Finished):
            return self._await(Wait(timeout_s=node.timeout_s))
        if isinstance(given, Digit) and given.key in node.choices:
            chosen = MenuChosen(menu=self._at, key=given.key)
            return [chosen, *self._enter(node.choices[given.key])]
        if isinstance(given, Digit) and given.key == node.language_key:
            return self._on_language(node)
        self._attempts += 1
        if self._attempts >= node.attempts:
            return self._enter(node.give_up)
        why = node.wrong_key_prompt if isinstance(given, Digit) else node.timeout_prompt
        return self._await(self._play((why, node.prompt), keys=_ALL_KEYS))

    def _on_language(self, node: nodes.Menu) -> list[Step]:
        """The other language; a caller must have heard the notice in the language that they understand."""
        self._language = "en" if self._language == "vi" else "vi"
        chosen = LanguageChosen(language=self._language)
        if node.language_next:
            return [chosen, *self._enter(node.language_next)]
        return [chosen, *self._await(self._play((node.prompt,), keys=_ALL_KEYS))]

    def _ask_code(self, node: nodes.Code) -> list[Step]:
        collect = Collect(
            prompt=node.prompt, language=self._language, max_digits=node.max_digits, timeout_s=node.timeout_s
        )
        return self._await(collect)

    def _on_code(self, node: nodes.Code, given: Input) -> list[Step]:
        if isinstance(given, CodeEntered):
            return self._await(LookUp(code=given.code)) if given.code else self._enter(node.next)
        if isinstance(given, CodeAnswer):
            return self._say_state(node, given)
        return self._enter(self._then) if self._then else self._ask_code(node)

    def _say_state(self, node: nodes.Code, answer: CodeAnswer) -> list[Step]:
        code = self._awaited.code if isinstance(self._awaited, LookUp) else ""
        asked = CodeAsked(code=code, found=answer.found)
        if answer.prompts is None:
            self._then = node.unavailable
            return [asked, *self._await(self._play((node.unavailable_prompt,)))]
        if answer.found:
            self._then = node.next
            return [asked, *self._await(self._play(answer.prompts))]
        self._attempts += 1
        self._then = node.next if self._attempts >= node.attempts else ""
        return [asked, *self._await(self._play((node.unknown_prompt,)))]

    def _to_queue(self, node: nodes.Queue) -> list[Step]:
        return self._leave(ToQueue(queue=node.queue, priority_minutes=node.priority_minutes))

    def _play(self, prompts: tuple[str, ...], keys: str = "") -> Play:
        named = tuple(self._greeting if prompt == nodes.GREETING else prompt for prompt in prompts)
        return Play(prompts=named, language=self._language, keys=keys)

    def _await(self, step: Play | Wait | Collect | LookUp) -> list[Step]:
        self._awaited = step
        return [step]

    def _leave(self, route: Route) -> list[Step]:
        self.left = True
        self._awaited = None
        recording = self._noticed and not self._declined
        return [Leave(route=route, language=self._language, recording=recording)]


_ALL_KEYS = "0123456789*#"
