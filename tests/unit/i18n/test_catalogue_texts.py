"""Looking up and filling texts never fails, whatever is missing."""

from __future__ import annotations

import pytest

from callcenter.i18n import catalogue as module
from callcenter.i18n import explain, languages, t
from callcenter.kernel.errors import BadInput, CallcenterError
from callcenter.tickets.states import TranscriptStatus
from recordings.models_install import InstallStep

pytestmark = pytest.mark.unit


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    made = {
        "vi": {"hello": "Chào {name}", "only.vi": "Chỉ có", "broken": "Hỏng {name", "list": "[{all}]"},
        "en": {"hello": "Hello {name}", "only.en": "Only", "error.x": "Bad {value}"},
    }
    monkeypatch.setattr(module, "catalogue", lambda lang: made.get(lang, {}))
    return made


@pytest.mark.usefixtures("texts")
def test_lookup() -> None:
    assert t("hello", name="An") == "Chào An"
    assert t("hello", lang="en", name="An") == "Hello An"
    assert t("only.vi", "en") == "Chỉ có"
    assert t("only.en") == "Only"
    assert t("no.such") == "no.such"
    assert t("hello", "fr", name="An") == "Chào An"


@pytest.mark.usefixtures("texts")
def test_filling_never_fails() -> None:
    assert t("hello") == "Chào {name}"
    assert t("hello", name="{other}") == "Chào {other}"
    assert t("hello", name=None, more=1) == "Chào -"
    assert t("broken", name="An") == "Hỏng {name"
    assert t("list", all=["a", "b"]) == "[a, b]"


@pytest.mark.usefixtures("texts")
def test_errors() -> None:
    assert explain(BadInput("x", value="<y>"), "en") == "Bad <y>"
    assert explain(BadInput("x", value=1), "vi") == "Bad 1"


def test_an_error_without_a_text_is_still_a_sentence() -> None:
    for lang in languages:
        said = explain(CallcenterError("never_written"), lang)
        assert "never_written" in said
        assert said != "error.unexpected"


def test_the_real_catalogue_is_read() -> None:
    assert explain(BadInput("queue_twice", names=["a", "b"])) == "Tên hàng đợi bị trùng: a, b."
    assert explain(BadInput("queue_twice", names=["a", "b"]), "en") == "Queue names given twice: a, b."


@pytest.mark.parametrize("lang", languages)
@pytest.mark.parametrize("step", list(InstallStep))
def test_each_step_of_a_models_installation_is_said_with_what_it_is_about(
    lang: str, step: InstallStep
) -> None:
    said = t(f"models.{step}", lang=lang, about="whisper-base")
    assert said != f"models.{step}"
    assert "whisper-base" in said


@pytest.mark.parametrize("lang", languages)
@pytest.mark.parametrize("status", list(TranscriptStatus))
def test_what_is_known_of_the_words_has_a_word(lang: str, status: TranscriptStatus) -> None:
    key = f"ticket.transcript.{status}"
    assert t(key, lang=lang) != key
