"""Whatever a caller does, in any order: one end, within bounds, no recording without notice or against a no."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ivr.core import session as s
from ivr.core.flow import Flow, parse
from ivr.loader import FLOWS, load_flow
from ivr.prompts.manifest import load_manifest

pytestmark = pytest.mark.property

MANIFEST = load_manifest()
FLOW = load_flow(FLOWS / "main.toml", MANIFEST.names())
TERSE = parse(
    "terse",
    {
        "start": "notice",
        "nodes": {
            "notice": {
                "kind": "notice", "prompt": "notice", "decline_key": "9",
                "declined_prompt": "notice_declined", "wait_s": 0, "next": "code",
            },
            "code": {
                "kind": "code", "prompt": "ask_code", "unknown_prompt": "code_not_found",
                "unavailable_prompt": "code_unavailable", "max_digits": 16, "timeout_s": 1, "attempts": 1,
                "next": "again", "unavailable": "bye",
            },
            "again": {
                "kind": "notice", "prompt": "notice", "decline_key": "0",
                "declined_prompt": "notice_declined", "wait_s": 0, "next": "leave",
            },
            "leave": {"kind": "message", "reason": "asked"},
            "bye": {"kind": "hangup", "prompts": []},
        },
    },
    MANIFEST.names(),
)  # fmt: skip
"""What a city may write too: ends without a prompt, a notice that leads straight to one, two notices."""
INPUTS = st.one_of(
    st.sampled_from("0123456789*#ABx").map(s.Digit),
    st.just(s.Timeout()),
    st.just(s.Finished()),
    st.text("0123456789", max_size=16).map(s.CodeEntered),
    st.builds(
        s.CodeAnswer, prompts=st.one_of(st.none(), st.just(("code_state_received",))), found=st.booleans()
    ),
)
AWAITING = (s.Play, s.Wait, s.Collect, s.LookUp, s.Leave)


class Caller(RuleBasedStateMachine):
    """A caller without a plan."""

    @initialize(admitted=st.booleans(), flow=st.sampled_from([FLOW, TERSE]))
    def arrive(self, admitted: bool, flow: Flow) -> None:
        self.session = s.Session(flow, admitted=admitted)
        self.ends = 0
        self.noticed = False
        self.declined = False
        self.take(self.session.start())

    def take(self, steps: list[s.Step]) -> None:
        for step in steps:
            if isinstance(step, s.Play):
                assert set(step.prompts) <= set(MANIFEST.names()) | {"@greeting"}
            self.noticed |= isinstance(step, s.NoticePlayed)
            self.declined |= isinstance(step, s.RecordingDeclined)
            if isinstance(step, s.Leave):
                self.ends += 1
                assert step.recording is (self.noticed and not self.declined)
        if not self.session.left:
            assert isinstance(steps[-1], AWAITING)

    @rule(given=INPUTS)
    def do(self, given: s.Input) -> None:
        self.take(self.session.on(given))

    @rule()
    def hang_up(self) -> None:
        self.take(self.session.on(s.HungUp()))
        assert self.session.left

    @invariant()
    def one_end(self) -> None:
        assert self.ends == int(self.session.left)


TestCaller = Caller.TestCase
TestCaller.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)


@given(st.lists(INPUTS, min_size=s.MOST_INPUTS + 5, max_size=s.MOST_INPUTS + 5))
@settings(max_examples=25, deadline=None)
def test_nobody_wanders_for_ever(inputs: list[s.Input]) -> None:
    session = s.Session(FLOW)
    session.start()
    for given_input in inputs:
        session.on(given_input)
    assert session.left
