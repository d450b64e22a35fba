"""Flows as data: what a caller hears and may press, as a validated graph of nodes. Pure.

A flow that this module accepts cannot strand a caller: every node leads on, every branch exists, and from
everywhere an end (a queue, a message, a hang-up) can be reached.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, get_args

from callcenter.kernel.errors import BadInput
from callcenter.kernel.ids import queue_name

KEYS = frozenset("0123456789*#")
GREETING = "@greeting"
"""Stands for the greeting of the dialled number."""


_REASON = re.compile(r"[a-z][a-z_]{1,31}")
"""An extension of the dialplan's ``[message]``, which has to match it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """Prompts, then on."""

    prompts: tuple[str, ...]
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The recording notice (Law on Personal Data Protection 91/2025/QH15): ``decline_key`` declines."""

    prompt: str
    decline_key: str
    declined_prompt: str
    wait_s: float
    """Silence granted after the notice, to decide."""
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """Keys and where they lead."""

    prompt: str
    choices: Mapping[str, str]
    wrong_key_prompt: str
    timeout_prompt: str
    timeout_s: float
    attempts: int
    """Wrong keys and silences granted together, before ``give_up``."""
    give_up: str
    language_key: str = ""
    """Switches between Vietnamese and English; empty for none."""
    language_next: str = ""
    """Where to go on in the other language, such as the notice; empty says the menu again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Asks for the code of a report and says its state."""

    prompt: str
    unavailable_prompt: str
    unknown_prompt: str
    max_digits: int
    timeout_s: float
    attempts: int
    next: str
    unavailable: str
    """Where to go when the state cannot be looked up now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """Information that serves the caller by itself, then on."""

    prompts: tuple[str, ...]
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The end: wait for an operator."""

    prompts: tuple[str, ...]
    queue: str
    priority_minutes: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The end: leave a message."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """The end: a last prompt, then good-bye."""

    prompts: tuple[str, ...]


Node = Play | Notice | Menu | Code | Bulletin | Queue | Message | HangUp
"""The closed set of what a flow is made of."""

_KINDS: dict[str, type[Any]] = {kind.__name__.lower(): kind for kind in get_args(Node)}
_NUMBERS = {"wait_s", "timeout_s", "attempts", "max_digits", "priority_minutes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One validated flow."""

    name: str
    start: str
    nodes: Mapping[str, Node]


def parse(name: str, data: Mapping[str, Any], prompts: Collection[str]) -> Flow:
    """Read a flow from plain values, as a TOML file gives them.

    Args:
        name: of the flow, for errors and statistics.
        data: ``start`` and ``nodes``.
        prompts: the names that the manifest knows.

    Raises:
        BadInput: ``flow_malformed``, with the node and the fault.
    """
    listed = data.get("nodes")
    if not isinstance(listed, Mapping) or not listed:
        raise _fault(name, "", "no nodes")
    nodes = {str(key): _node(name, str(key), value) for key, value in listed.items()}
    start = str(data.get("start", ""))
    flow = Flow(name=name, start=start, nodes=nodes)
    _check(flow, prompts)
    return flow


def _node(flow: str, key: str, value: object) -> Node:
    if not isinstance(value, Mapping):
        raise _fault(flow, key, "not a table")
    given = dict(value)
    kind = _KINDS.get(str(given.pop("kind", "")))
    if kind is None:
        raise _fault(flow, key, f"kind must be one of {', '.join(sorted(_KINDS))}")
    declared = {field.name for field in fields(kind)}
    if unknown := sorted(set(given) - declared):
        raise _fault(flow, key, f"unknown {', '.join(unknown)}")
    try:
        node: Node = kind(**{field: _value(flow, key, field, content) for field, content in given.items()})
    except TypeError as error:
        raise _fault(flow, key, str(error).partition(")")[2].strip() or "incomplete") from error
    return node


def _value(flow: str, key: str, field: str, content: object) -> object:
    if field == "prompts":
        if not isinstance(content, list) or not all(isinstance(item, str) for item in content):
            raise _fault(flow, key, "prompts must be a list of names")
        return tuple(content)
    if field == "choices":
        if not isinstance(content, Mapping):
            raise _fault(flow, key, "choices must be a table")
        return {str(pressed): str(target) for pressed, target in content.items()}
    if field in _NUMBERS:
        if isinstance(content, bool) or not isinstance(content, int | float) or not 0 <= content <= 3600:
            raise _fault(flow, key, f"{field} must be a number from 0 to 3600")
        return content
    if not isinstance(content, str):
        raise _fault(flow, key, f"{field} must be text")
    return content


def _check(flow: Flow, prompts: Collection[str]) -> None:
    if flow.start not in flow.nodes:
        raise _fault(flow.name, flow.start, "the start does not exist")
    for key, node in flow.nodes.items():
        for target in targets(node):
            if target not in flow.nodes:
                raise _fault(flow.name, key, f"leads to {target!r}, which does not exist")
        for prompt in prompts_of(node):
            if prompt != GREETING and prompt not in prompts:
                raise _fault(flow.name, key, f"prompt {prompt!r} is not in the manifest")
        _check_keys(flow.name, key, node)
        _check_end(flow.name, key, node)
    reached = _reachable(flow, [flow.start])
    if unreachable := sorted(set(flow.nodes) - reached):
        raise _fault(flow.name, unreachable[0], "cannot be reached")
    for key in flow.nodes:
        if not any(not targets(flow.nodes[other]) for other in _reachable(flow, [key])):
            raise _fault(flow.name, key, "no end can be reached from here")


def _check_keys(flow: str, key: str, node: Node) -> None:
    pressed = list(node.choices) if isinstance(node, Menu) else []
    if isinstance(node, Menu):
        pressed += [node.language_key] if node.language_key else []
        if node.language_next and not node.language_key:
            raise _fault(flow, key, "language_next needs a language_key")
        if not node.choices or node.attempts < 1:
            raise _fault(flow, key, "a menu needs choices and at least one attempt")
    if isinstance(node, Notice):
        pressed = [node.decline_key]
    if isinstance(node, Code) and (node.attempts < 1 or node.max_digits < 1):
        raise _fault(flow, key, "a code needs digits and at least one attempt")
    for one in pressed:
        if one not in KEYS:
            raise _fault(flow, key, f"{one!r} is no key")
    if len(set(pressed)) != len(pressed):
        raise _fault(flow, key, "one key leads to two places")


def _check_end(flow: str, key: str, node: Node) -> None:
    """What the dialplan is told must be what it understands, or it would drop the caller there."""
    if isinstance(node, Queue):
        try:
            queue_name(node.queue)
        except BadInput as error:
            raise _fault(flow, key, f"{node.queue!r} is no name of a queue") from error
    if isinstance(node, Message) and not _REASON.fullmatch(node.reason):
        raise _fault(flow, key, f"reason {node.reason!r} must be of small letters and _")


def _reachable(flow: Flow, starts: list[str]) -> set[str]:
    seen: set[str] = set()
    to_see = list(starts)
    while to_see:
        key = to_see.pop()
        if key not in seen:
            seen.add(key)
            to_see += targets(flow.nodes[key])
    return seen


def targets(node: Node) -> list[str]:
    """Where a node may lead; empty for an end."""
    match node:
        case Play() | Notice() | Bulletin():
            return [node.next]
        case Menu():
            spoken = [node.language_next] if node.language_next else []
            return [*node.choices.values(), node.give_up, *spoken]
        case Code():
            return [node.next, node.unavailable]
        case Queue() | Message() | HangUp():
            return []


def prompts_of(node: Node) -> Iterator[str]:
    """Every prompt that a node may play."""
    for field in fields(node):
        value = getattr(node, field.name)
        if field.name == "prompts":
            yield from value
        elif field.name == "prompt" or field.name.endswith("_prompt"):
            yield value


def _fault(flow: str, node: str, fault: str) -> BadInput:
    return BadInput("flow_malformed", flow=flow, node=node, fault=fault)
