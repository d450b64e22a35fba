"""Whatever the text: redaction ends, overlaps nothing, loses nothing else, and is done after once."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.privacy import Kind, find, redact
from callcenter.privacy.core.redaction import redact as redact_with
from tests.unit.privacy.measure import PARTS, corpus

pytestmark = pytest.mark.property

SENTENCES = [each.text for part in PARTS for group in corpus(part) for each in group]
WORDS = sorted({word for sentence in SENTENCES for word in sentence.split()})
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join),
    st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3).map(" ".join),
    st.lists(st.sampled_from([*WORDS, "\ue000", "\x00", "[họ tên]", "[", "]", "\n"]), max_size=30).map(
        "".join
    ),
)
SHORT = {kind: f"[{place}]" for place, kind in enumerate(Kind)}
"""Placeholders that are digits: nothing may come of them either."""


@given(TEXTS)
@settings(max_examples=150, deadline=None)
def test_redacting_twice_changes_nothing(text: str) -> None:
    once = redact(text).text
    assert redact(once).text == once
    short = redact_with(text, SHORT).text
    assert redact_with(short, SHORT).text == short


@given(TEXTS)
@settings(max_examples=150, deadline=None)
def test_findings_are_in_order_apart_and_true(text: str) -> None:
    findings = find(text)
    assert all(one.end <= other.start for one, other in pairwise(findings))
    assert all(finding.text == text[finding.start : finding.end] != "" for finding in findings)


@given(TEXTS)
@settings(max_examples=150, deadline=None)
def test_what_is_not_found_stays_and_lengths_add_up(text: str) -> None:
    copy = redact_with(text, SHORT)
    taken = sum(finding.end - finding.start for finding in copy.findings)
    put = sum(len(SHORT[finding.kind]) for finding in copy.findings)
    assert len(copy.text) == len(text) - taken + put
    at, rest = 0, copy.text
    for finding in copy.findings:
        kept = text[at : finding.start] + SHORT[finding.kind]
        assert rest.startswith(kept)
        rest, at = rest[len(kept) :], finding.end
    assert rest == text[at:]


HOSTILE = [
    "a", "0 ", "một ", "@", "a@b.", "Nguyễn Văn A ", "43A-000.12 ", "sinh ngày ", "a\u0301", "chủ tịch ",
    "nhà tôi ở số 12 hẻm 4/5 ", "\x00\x01\ue000\ue001", "[họ tên]", "/", "(+", "ba số không ", "mười trăm ", "à",
]  # fmt: skip


@pytest.mark.parametrize("part", HOSTILE, ids=ascii)
def test_a_hundred_thousand_characters_are_soon_done(part: str) -> None:
    text = (part * 100_000)[:100_000]
    began = time.process_time()
    find(text)
    assert time.process_time() - began < 10
