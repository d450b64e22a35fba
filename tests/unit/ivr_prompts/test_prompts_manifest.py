"""The texts that are spoken: complete in both languages, and checked when read."""

from __future__ import annotations

import re

import pytest

from callcenter.kernel.errors import BadInput, NotFound
from callcenter.tickets.states import TicketState
from ivr.prompts.manifest import LANGUAGES, load_manifest, parse_manifest
from ivr.prompts.speak import digits

pytestmark = pytest.mark.unit

NEEDED_BY_THE_DIALPLAN = {
    "goodbye", "leave_message", "message_saved", "notice",
    "feature_login", "feature_ready", "feature_pause", "feature_logout",
}  # fmt: skip
REASONS_TO_LEAVE_A_MESSAGE = {"full", "queue_full", "max_wait", "no_desk"}


def test_every_prompt_that_others_play_is_there() -> None:
    names = set(load_manifest().names())
    assert names >= NEEDED_BY_THE_DIALPLAN | REASONS_TO_LEAVE_A_MESSAGE
    assert names >= {f"digit_{n}" for n in range(10)}


@pytest.mark.parametrize("state", TicketState)
def test_every_state_of_a_report_can_be_told_by_phone(state: TicketState) -> None:
    assert f"code_state_{state}" in load_manifest().names()


def test_the_text_of_one_language_is_never_that_of_the_other() -> None:
    manifest = load_manifest()
    for name in manifest.names():
        vi, en = (manifest.text(name, lang) for lang in LANGUAGES)
        assert vi != en
        assert en.isascii()
        assert manifest.version(name) >= 1


def test_the_menu_offers_the_same_keys_in_both_languages() -> None:
    manifest = load_manifest()
    vi, en = manifest.text("menu", "vi"), manifest.text("menu", "en")
    assert re.findall("[0-9]", vi) == re.findall("[0-9]", en) == ["1", "2", "3", "4", "0"]
    assert "press star" in vi  # in English, for those who do not follow the Vietnamese
    assert "Vietnamese, press star" in en


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_recording_notice_tells_how_to_decline(lang: str) -> None:
    assert re.findall("[0-9]+", load_manifest().text("notice", "vi" if lang == "vi" else "en")) == ["9"]


@pytest.mark.seed("S0-33")
def test_callers_are_told_that_there_is_no_extra_fee() -> None:
    assert "không phải trả thêm phí" in load_manifest().text("no_extra_fee", "vi")


@pytest.mark.seed("S0-25")
def test_guidance_for_businesses_is_said_to_be_free() -> None:
    text = load_manifest().text("procedures", "vi")
    assert "miễn phí" in text
    assert "doanh nghiệp" in text


@pytest.mark.seed("S0-26")
def test_the_bulletin_names_the_emergency_numbers() -> None:
    text = load_manifest().text("bulletin", "vi")
    for number in ("một một ba", "một một bốn", "một một năm", "một một hai"):
        assert number in text


@pytest.mark.seed("S4-02")
def test_a_merged_line_has_its_own_greeting() -> None:
    manifest = load_manifest()
    assert "hai bốn bảy" in manifest.text("greeting_0888247247", "vi")
    assert "hai bốn bảy" not in manifest.text("greeting", "vi")


def test_an_unknown_prompt() -> None:
    with pytest.raises(NotFound, match="prompt_unknown"):
        load_manifest().text("no_such", "vi")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[greeting", "prompts_malformed"),
        ('["../x"]\nversion = 1\nvi = "a"\nen = "b"', "prompt_name_malformed"),
        ('[Greeting]\nversion = 1\nvi = "a"\nen = "b"', "prompt_name_malformed"),
        ('[x]\nversion = 1\nvi = "a"', "prompt_fields_malformed"),
        ('[x]\nversion = 1\nvi = "a"\nen = "b"\nfr = "c"', "prompt_fields_malformed"),
        ('x = "a"', "prompt_fields_malformed"),
        ('[x]\nversion = 0\nvi = "a"\nen = "b"', "prompt_version_malformed"),
        ('[x]\nversion = true\nvi = "a"\nen = "b"', "prompt_version_malformed"),
        ('[x]\nversion = 1\nvi = " "\nen = "b"', "prompt_text_malformed"),
        ('[x]\nversion = 1\nvi = "a\\u0007"\nen = "b"', "prompt_text_malformed"),
        ('[x]\nversion = 1\nvi = 7\nen = "b"', "prompt_text_malformed"),
    ],
)
def test_a_malformed_manifest_is_refused(text: str, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_manifest(text)
    assert refused.value.code == code


def test_a_code_is_said_digit_by_digit() -> None:
    assert digits("10-2 2") == ("digit_1", "digit_0", "digit_2", "digit_2")
    known = set(load_manifest().names())
    assert set(digits("1022-261122-00417-3")) < known


@pytest.mark.parametrize("text", ["", "--", "12a", "1²", "١"])
def test_what_is_no_number_is_not_half_said(text: str) -> None:
    with pytest.raises(BadInput, match="spoken_number_malformed"):
        digits(text)
