"""What redaction finds, how well, what it leaves, and when the words are heard."""

from __future__ import annotations

import pytest

from callcenter.i18n import languages, t
from callcenter.privacy import Kind, find, redact, spans_to_mask
from recordings.core.dialogue import Word
from tests.unit.privacy.measure import PAGE, PARTS, corpus, measure, page

pytestmark = pytest.mark.unit

RECALL, PRECISION = 0.98, 0.90
HELD_OUT_RECALL = 0.96
"""What the rules reach on sentences they were never tuned on; lower than the goal, and published as it is."""
WHOLE_RECALL_PER_KIND = 0.97
"""Names and house numbers miss the goal of 0.98 by a hair, for what was held out of tuning."""
ENOUGH = 15
"""Marks of a kind below which a ratio says little."""


def test_the_corpus_is_large_enough_and_a_third_of_it_is_held_out() -> None:
    personal, none = (sum(len(corpus(part)[place]) for part in PARTS) for place in (0, 1))
    assert personal >= 250
    assert none >= 80
    assert len(corpus("held_out")[0]) >= 0.3 * personal
    assert len(corpus("held_out")[1]) >= 0.3 * none
    assert set(measure(*PARTS).marked) == set(Kind)
    assert not {each.text for each in corpus("held_out")[0]} & {each.text for each in corpus("tuned")[0]}


@pytest.mark.parametrize("parts", [PARTS, ("tuned",)], ids=["whole", "tuned"])
def test_recall_and_precision_reach_the_goal(parts: tuple[str, ...]) -> None:
    score = measure(*parts)
    assert score.recall(*Kind) >= RECALL
    assert score.precision(*Kind) >= PRECISION


def test_every_kind_reaches_the_goal_on_what_the_rules_were_tuned_on() -> None:
    score = measure("tuned")
    for kind in Kind:
        assert score.recall(kind) >= RECALL, kind
        assert score.precision(kind) >= PRECISION, kind


def test_every_kind_comes_near_the_goal_on_the_whole_corpus() -> None:
    score = measure(*PARTS)
    for kind in Kind:
        assert score.marked[kind] >= ENOUGH, kind
        assert score.recall(kind) >= WHOLE_RECALL_PER_KIND, kind
        assert score.precision(kind) >= PRECISION, kind


def test_what_was_held_out_is_found_nearly_as_well() -> None:
    score = measure("held_out")
    assert score.recall(*Kind) >= HELD_OUT_RECALL
    assert score.precision(*Kind) >= PRECISION
    for kind in Kind:
        if score.marked[kind] >= ENOUGH:
            assert score.recall(kind) >= 0.94, kind


def test_the_published_table_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_a_public_copy_says_what_was_taken_out() -> None:
    copy = redact("Anh Nguyễn Văn A, 0900000123, nhà ở số 12 đường Trần Phú báo cống nghẹt.")
    assert copy.text == "Anh [họ tên], [số điện thoại], nhà ở số [số nhà] đường Trần Phú báo cống nghẹt."
    assert [finding.kind for finding in copy.findings] == [Kind.NAME, Kind.PHONE, Kind.ADDRESS]
    assert [finding.text for finding in copy.findings] == ["Nguyễn Văn A", "0900000123", "12"]


@pytest.mark.parametrize("lang", languages)
def test_every_kind_has_its_own_placeholder(lang: str) -> None:
    texts = {t(f"redacted.{kind}", lang=lang) for kind in Kind}
    assert len(texts) == len(Kind)
    assert all(text.startswith("[") and text.endswith("]") for text in texts)


def test_a_finding_does_not_show_its_text_in_a_log() -> None:
    assert "0900000123" not in repr(find("gọi tôi 0900000123"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("gọi 1022, 113, 114, 115, 19001234 hoặc 1800 0000", []),
        ("đường nguyễn văn linh giao lê lợi và trần phú", []),
        ("mã phản ánh 1022-260714-00123-4", []),
        ("không chín không ba số không một hai ba bốn", ["không chín không ba số không một hai ba bốn"]),
        ("NGUYE\u0302\u0303N VA\u0306N A", ["NGUYE\u0302\u0303N VA\u0306N A"]),
        ("", []),
    ],
)
def test_single_texts(text: str, found: list[str]) -> None:
    assert [finding.text for finding in find(text)] == found


def spoken(text: str) -> list[Word]:
    """One word a second, half a second long."""
    return [
        Word(text=word, start_s=float(place), end_s=place + 0.5, confidence=1.0)
        for place, word in enumerate(text.split())
    ]


def test_the_words_of_a_finding_are_masked_with_a_margin() -> None:
    words = spoken("tôi tên là nguyễn văn a ở đường lê lợi")
    findings = find(" ".join(word.text for word in words))
    assert spans_to_mask(words, findings, pad_s=0.1) == ((2.9, 3.6), (3.9, 4.6), (4.9, 5.6))


def test_times_that_touch_are_one() -> None:
    words = spoken("nguyễn văn a")
    assert spans_to_mask(words, find("nguyễn văn a"), pad_s=0.25) == ((0.0, 2.75),)


def test_nothing_found_masks_nothing() -> None:
    assert spans_to_mask(spoken("đèn đường hỏng"), ()) == ()
    assert spans_to_mask((), find("0900000123")) == ()
