"""One caller in the main flow."""

from __future__ import annotations

import pytest

from ivr.core import session as s
from ivr.core.flow import parse
from ivr.loader import FLOWS, load_flow
from ivr.prompts.manifest import load_manifest

pytestmark = pytest.mark.unit

FLOW = load_flow(FLOWS / "main.toml", load_manifest().names())


def walk(session: s.Session, *inputs: s.Input) -> list[s.Step]:
    steps = session.start()
    for given in inputs:
        steps = session.on(given)
    return steps


def to_menu(session: s.Session) -> list[s.Step]:
    """Greeting and notice heard to their ends, nothing pressed."""
    return walk(session, s.Finished(), s.Finished(), s.Timeout())


def test_greeting_notice_menu_operator() -> None:
    session = s.Session(FLOW)
    assert session.start() == [
        s.Play(prompts=("greeting", "no_extra_fee"), language="vi", keys="0123456789*#")
    ]
    [notice] = session.on(s.Finished())
    assert isinstance(notice, s.Play)
    assert notice.prompts == ("notice",)
    assert session.on(s.Finished()) == [s.NoticePlayed(prompt="notice"), s.Wait(timeout_s=1.5)]
    [menu] = session.on(s.Timeout())
    assert isinstance(menu, s.Play)
    assert session.on(s.Digit("1")) == [
        s.MenuChosen(menu="menu", key="1"), s.Play(prompts=("to_operator",), language="vi")
    ]  # fmt: skip
    assert session.on(s.Finished()) == [
        s.Leave(route=s.ToQueue(queue="general", priority_minutes=0.0), language="vi", recording=True)
    ]


@pytest.mark.seed("S4-02")
def test_the_dialled_number_keeps_its_own_greeting() -> None:
    [play] = s.Session(FLOW, greeting="greeting_0888247247").start()
    assert isinstance(play, s.Play)
    assert play.prompts[0] == "greeting_0888247247"


@pytest.mark.parametrize("inputs", [(s.Digit("9"),), (s.Finished(), s.Digit("9"))])
def test_declining_the_recording_is_honoured(inputs: tuple[s.Input, ...]) -> None:
    session = s.Session(FLOW)
    steps = walk(session, s.Finished(), *inputs)
    assert s.RecordingDeclined() in steps
    session.on(s.Finished())
    session.on(s.Digit("0"))
    [leave] = session.on(s.Finished())
    assert isinstance(leave, s.Leave)
    assert leave.recording is False


def test_a_key_during_the_notice_goes_straight_into_the_menu() -> None:
    session = s.Session(FLOW)
    steps = walk(session, s.Finished(), s.Digit("0"))
    assert steps[:2] == [s.NoticePlayed(prompt="notice"), s.MenuChosen(menu="menu", key="0")]


def test_the_language_key_switches_and_the_notice_is_given_in_that_language() -> None:
    session = s.Session(FLOW)
    to_menu(session)
    assert session.on(s.Digit("*")) == [
        s.LanguageChosen(language="en"),
        s.Play(prompts=("notice",), language="en", keys="0123456789*#"),
    ]
    assert session.on(s.Finished()) == [s.NoticePlayed(prompt="notice"), s.Wait(timeout_s=1.5)]
    assert session.on(s.Timeout()) == [s.Play(prompts=("menu",), language="en", keys="0123456789*#")]
    assert session.on(s.Digit("*"))[0] == s.LanguageChosen(language="vi")


def test_whoever_does_not_follow_vietnamese_can_still_decline_in_english() -> None:
    session = s.Session(FLOW)
    to_menu(session)
    session.on(s.Digit("*"))
    declined = session.on(s.Digit("9"))
    assert declined[1:] == [s.RecordingDeclined(), s.Play(prompts=("notice_declined",), language="en")]
    [menu] = session.on(s.Finished())
    assert isinstance(menu, s.Play)
    assert menu.language == "en"


def test_whoever_declined_is_not_asked_again_in_the_other_language() -> None:
    session = s.Session(FLOW)
    walk(session, s.Finished(), s.Digit("9"), s.Finished())
    chosen, menu = session.on(s.Digit("*"))
    assert chosen == s.LanguageChosen(language="en")
    assert menu == s.Play(prompts=("menu",), language="en", keys="0123456789*#")


def test_a_menu_without_language_next_is_said_again_in_the_other_language() -> None:
    nodes = {
        "hello": {
            "kind": "menu", "prompt": "menu", "wrong_key_prompt": "menu_wrong_key",
            "timeout_prompt": "menu_timeout", "timeout_s": 5, "attempts": 2, "give_up": "ask",
            "language_key": "*", "choices": {"1": "ask"},
        },
        "ask": {"kind": "message", "reason": "asked"},
    }  # fmt: skip
    session = s.Session(parse("small", {"start": "hello", "nodes": nodes}, load_manifest().names()))
    session.start()
    assert session.on(s.Digit("*")) == [
        s.LanguageChosen(language="en"),
        s.Play(prompts=("menu",), language="en", keys="0123456789*#"),
    ]
    assert session.on(s.Digit("1")) == [
        s.MenuChosen(menu="hello", key="1"),
        s.Leave(route=s.ToMessage(reason="asked"), language="en", recording=False),
    ]


@pytest.mark.parametrize("key", ["1", "#"])
def test_a_key_in_a_notice_that_leads_straight_to_an_end_still_ends(key: str) -> None:
    nodes = {
        "notice": {
            "kind": "notice", "prompt": "notice", "decline_key": "9",
            "declined_prompt": "notice_declined", "wait_s": 1, "next": "operator",
        },
        "operator": {"kind": "queue", "prompts": [], "queue": "general"},
    }  # fmt: skip
    session = s.Session(parse("short", {"start": "notice", "nodes": nodes}, load_manifest().names()))
    assert walk(session, s.Digit(key)) == [
        s.NoticePlayed(prompt="notice"),
        s.Leave(route=s.ToQueue(queue="general", priority_minutes=0.0), language="vi", recording=True),
    ]


def test_wrong_keys_and_silence_end_at_an_operator() -> None:
    session = s.Session(FLOW)
    to_menu(session)
    [again] = session.on(s.Digit("7"))
    assert isinstance(again, s.Play)
    assert again.prompts == ("menu_wrong_key", "menu")
    session.on(s.Finished())
    [again] = session.on(s.Timeout())
    assert isinstance(again, s.Play)
    assert again.prompts == ("menu_timeout", "menu")
    assert session.on(s.Digit("8")) == [s.Play(prompts=("to_operator",), language="vi")]


def test_state_of_a_report_by_code() -> None:
    session = s.Session(FLOW)
    to_menu(session)
    *_, collect = session.on(s.Digit("3"))
    assert isinstance(collect, s.Collect)
    assert session.on(s.CodeEntered("102226112200417")) == [s.LookUp(code="102226112200417")]
    asked, play = session.on(s.CodeAnswer(prompts=("code_state_received",), found=True))
    assert asked == s.CodeAsked(code="102226112200417", found=True)
    assert play == s.Play(prompts=("code_state_received",), language="vi")
    [menu] = session.on(s.Finished())
    assert isinstance(menu, s.Play)
    assert menu.prompts == ("menu",)


def test_an_unknown_code_may_be_tried_once_more() -> None:
    session = s.Session(FLOW)
    to_menu(session)
    session.on(s.Digit("3"))
    session.on(s.CodeEntered("1"))
    *_, play = session.on(s.CodeAnswer(prompts=(), found=False))
    assert play == s.Play(prompts=("code_not_found",), language="vi")
    [collect] = session.on(s.Finished())
    assert isinstance(collect, s.Collect)
    session.on(s.CodeEntered("2"))
    session.on(s.CodeAnswer(prompts=(), found=False))
    [menu] = session.on(s.Finished())
    assert isinstance(menu, s.Play)


def test_without_an_answer_the_caller_gets_an_operator() -> None:
    session = s.Session(FLOW)
    to_menu(session)
    session.on(s.Digit("3"))
    session.on(s.CodeEntered("1"))
    *_, play = session.on(s.CodeAnswer(prompts=None, found=False))
    assert play == s.Play(prompts=("code_unavailable",), language="vi")
    assert session.on(s.Finished()) == [s.Play(prompts=("to_operator",), language="vi")]
    [leave] = session.on(s.Finished())
    assert isinstance(leave, s.Leave)
    assert isinstance(leave.route, s.ToQueue)


@pytest.mark.seed("S0-26")
def test_disaster_information_serves_by_itself() -> None:
    session = s.Session(FLOW)
    to_menu(session)
    session.on(s.Digit("4"))
    heard, menu = session.on(s.Finished())
    assert heard == s.BulletinHeard(prompt="bulletin")
    assert isinstance(menu, s.Play)


def test_a_full_house_is_told_and_may_leave_a_message() -> None:
    session = s.Session(FLOW, admitted=False)
    assert session.start() == [s.Play(prompts=("greeting", "full"), language="vi")]
    assert session.on(s.Finished()) == [
        s.Leave(route=s.ToMessage(reason="full"), language="vi", recording=False)
    ]


def test_a_key_skips_the_greeting_but_never_the_notice() -> None:
    session = s.Session(FLOW)
    session.start()
    [notice] = session.on(s.Digit("0"))
    assert isinstance(notice, s.Play)
    assert notice.prompts == ("notice",)


def test_a_bulletin_that_was_skipped_was_not_heard() -> None:
    session = s.Session(FLOW)
    to_menu(session)
    session.on(s.Digit("4"))
    [menu] = session.on(s.Digit("1"))
    assert isinstance(menu, s.Play)
    assert menu.prompts == ("menu",)
