"""Flows as data: what is refused, and that our own flow is not."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from callcenter.kernel.errors import BadInput, NotFound
from ivr.core.flow import Menu, Notice, Queue, parse
from ivr.loader import FLOWS, load_flow
from ivr.prompts.manifest import load_manifest

pytestmark = pytest.mark.unit

PROMPTS = {"hello", "menu", "wrong", "silent", "go", "bye"}
GOOD: dict[str, Any] = {
    "start": "welcome",
    "nodes": {
        "welcome": {"kind": "play", "prompts": ["@greeting", "hello"], "next": "menu"},
        "menu": {
            "kind": "menu", "prompt": "menu", "wrong_key_prompt": "wrong", "timeout_prompt": "silent",
            "timeout_s": 5, "attempts": 2, "give_up": "operator", "language_key": "*",
            "choices": {"1": "operator", "2": "bye"},
        },
        "operator": {"kind": "queue", "prompts": ["go"], "queue": "general", "priority_minutes": 2},
        "bye": {"kind": "hangup", "prompts": ["bye"]},
    },
}  # fmt: skip


def test_a_good_flow_is_read() -> None:
    flow = parse("test", GOOD, PROMPTS)
    menu = flow.nodes["menu"]
    assert isinstance(menu, Menu)
    assert menu.choices == {"1": "operator", "2": "bye"}
    assert flow.nodes["operator"] == Queue(prompts=("go",), queue="general", priority_minutes=2)


def change(path: str, value: object) -> dict[str, Any]:
    changed = copy.deepcopy(GOOD)
    *parents, last = path.split(".")
    table = changed
    for parent in parents:
        table = table[parent]
    table[last] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "node", "fault"),
    [
        ("start", "nowhere", "nowhere", "start does not exist"),
        ("nodes", {}, "", "no nodes"),
        ("nodes.welcome", "x", "welcome", "not a table"),
        ("nodes.welcome.kind", "dance", "welcome", "kind must be one of"),
        ("nodes.welcome.next", "nowhere", "welcome", "does not exist"),
        ("nodes.welcome.prompts", ["unheard"], "welcome", "not in the manifest"),
        ("nodes.welcome.prompts", "hello", "welcome", "list of names"),
        ("nodes.welcome.colour", "red", "welcome", "unknown colour"),
        ("nodes.menu.choices", {"1": "operator", "x": "bye"}, "menu", "is no key"),
        ("nodes.menu.choices", {"*": "operator", "2": "bye"}, "menu", "two places"),
        ("nodes.menu.choices", {}, "menu", "needs choices"),
        ("nodes.menu.attempts", 0, "menu", "at least one attempt"),
        ("nodes.menu.timeout_s", -1, "menu", "from 0 to 3600"),
        ("nodes.menu.timeout_s", True, "menu", "from 0 to 3600"),
        ("nodes.lonely", {"kind": "hangup", "prompts": []}, "lonely", "cannot be reached"),
        ("nodes.operator", {"kind": "play", "prompts": ["go"], "next": "operator"}, "operator", "no end"),
        ("nodes.operator", {"kind": "queue", "prompts": ["go"]}, "operator", "queue"),
        ("nodes.operator.queue", "General queue", "operator", "no name of a queue"),
        ("nodes.operator", {"kind": "message", "reason": "1"}, "operator", "small letters"),
        ("nodes.operator", {"kind": "message", "reason": "h"}, "operator", "small letters"),
        ("nodes.menu.language_next", "nowhere", "menu", "does not exist"),
        (
            "nodes.menu",
            {**GOOD["nodes"]["menu"], "language_key": "", "language_next": "bye"},
            "menu",
            "needs a",
        ),
    ],
)
def test_a_bad_flow_is_refused_with_its_node_and_fault(
    path: str, value: object, node: str, fault: str
) -> None:
    with pytest.raises(BadInput) as refused:
        parse("test", change(path, value), PROMPTS)
    assert refused.value.code == "flow_malformed"
    assert refused.value.fields["node"] == node
    assert fault in str(refused.value.fields["fault"])


@pytest.mark.seed("S0-02", "S0-25", "S0-26", "S2-12")
def test_the_main_flow_is_sound_and_has_the_promised_branches() -> None:
    flow = load_flow(FLOWS / "main.toml", load_manifest().names())
    menu = flow.nodes["menu"]
    assert isinstance(menu, Menu)
    assert set(menu.choices) == {"0", "1", "2", "3", "4"}
    assert menu.language_key == "*"
    assert isinstance(flow.nodes[menu.language_next], Notice)


def test_a_missing_or_garbled_file_is_said(tmp_path: Any) -> None:
    with pytest.raises(NotFound, match="flow_missing"):
        load_flow(tmp_path / "none.toml", PROMPTS)
    (tmp_path / "bad.toml").write_text("start = ")
    with pytest.raises(BadInput, match="flow_malformed"):
        load_flow(tmp_path / "bad.toml", PROMPTS)
