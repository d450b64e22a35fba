"""Finds personal data in Vietnamese text and transcripts, and takes it out. By rules, without a model; pure.

A person still approves every public copy: this proposes. How well it does is measured in docs/redaction.md.
Nothing here raises for any text, and redacting what is redacted changes nothing: looking again and again, with
all that was found hidden, until nothing new is found, is what makes it so.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

from callcenter.privacy.core.addresses import find_addresses
from callcenter.privacy.core.findings import Finding, Kind, Redacted, Span
from callcenter.privacy.core.names import find_names
from callcenter.privacy.core.numbers import find_numbers
from callcenter.privacy.core.shapes import find_birth_dates, find_emails, find_plates
from callcenter.privacy.core.words import mask, split

PAD_S = 0.15
"""Engines put the edges of words up to this much wrong; as long is masked on either side."""


class TimedWord(Protocol):
    """A word of a transcript with its times in seconds."""

    @property
    def text(self) -> str: ...
    @property
    def start_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...


def find(text: str, *, placeholders: Mapping[Kind, str] | None = None) -> tuple[Finding, ...]:
    """All personal data in ``text``, in order, none overlapping.

    Args:
        placeholders: what stands in ``text`` for data taken out before; it is not looked into.
    """
    hidden = mask(text, _replaced(text, placeholders or {}))
    found: list[Span] = []
    while new := _look(hidden):
        hidden = mask(hidden, new)
        found += new
    return tuple(
        Finding(start=start, end=end, kind=kind, text=text[start:end]) for start, end, kind in sorted(found)
    )


def redact(text: str, placeholders: Mapping[Kind, str]) -> Redacted:
    """``text`` with the placeholder of its kind in place of each finding."""
    findings = find(text, placeholders=placeholders)
    pieces, at = [], 0
    for finding in findings:
        pieces += [text[at : finding.start], placeholders[finding.kind]]
        at = finding.end
    return Redacted(text="".join([*pieces, text[at:]]), findings=findings)


def spans_to_mask(
    words: Sequence[TimedWord], findings: Collection[Finding], *, pad_s: float = PAD_S
) -> tuple[tuple[float, float], ...]:
    """When the findings are heard: seconds from and to, in order, those that touch made one.

    The findings are those in the text ``" ".join(word.text for word in words)``.
    """
    starts, at = [], 0
    for word in words:
        starts.append(at)
        at += len(word.text) + 1
    times = []
    for finding in findings:
        first = max(0, bisect_left(starts, finding.start + 1) - 1)
        for word, start in zip(words[first:], starts[first:], strict=True):
            if start >= finding.end:
                break
            if start + len(word.text) > finding.start:
                times.append((max(0.0, word.start_s - pad_s), word.end_s + pad_s))
    merged: list[tuple[float, float]] = []
    for begin, end in sorted(times):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return tuple(merged)


def _replaced(text: str, placeholders: Mapping[Kind, str]) -> Iterator[Span]:
    kinds = {placeholder: kind for kind, placeholder in placeholders.items()}
    if kinds:
        for match in re.finditer("|".join(map(re.escape, kinds)), text):
            yield match.start(), match.end(), kinds[match[0]]


def _look(text: str) -> list[Span]:
    """What the finders see in ``text``; of two that overlap, the one of the surer finder."""
    words = split(text)
    taken: list[Span] = []
    for spans in (
        find_emails(text, words),
        find_birth_dates(words),
        find_plates(text, words),
        find_numbers(words),
        find_addresses(words),
        find_names(words),
    ):
        for span in sorted(spans):
            place = bisect_left(taken, span)
            free_before = place == 0 or taken[place - 1][1] <= span[0]
            if free_before and (place == len(taken) or span[1] <= taken[place][0]) and span[0] < span[1]:
                taken.insert(place, span)
    return taken
