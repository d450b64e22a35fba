"""How well redaction finds the personal data of the corpus: ``python -m tests.unit.privacy.measure [--misses]``.

A marked stretch counts as found when findings of its kind cover all its letters and digits. A finding counts as
right when it meets a marked stretch of its kind and reaches at most one word beyond. ``--misses`` lists what went
wrong in the tuned part only: who reads the held-out part's misses and mends them holds nothing out.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from callcenter.privacy import Kind, find

CORPUS = Path(__file__).with_name("corpus.toml")
PAGE = Path(__file__).parents[3] / "docs/redaction.md"
PARTS = ("tuned", "held_out")

_MARK = re.compile(r"\[\[(\w+):(.*?)\]\]")
_WORD = re.compile(r"\w+")

Span = tuple[int, int, Kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of the corpus without its marks, and where they were."""

    text: str
    marked: tuple[Span, ...]


@dataclass(slots=True, kw_only=True)
class Score:
    """Counts per kind."""

    marked: Counter[Kind] = field(default_factory=Counter)
    recalled: Counter[Kind] = field(default_factory=Counter)
    found: Counter[Kind] = field(default_factory=Counter)
    right: Counter[Kind] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)

    def recall(self, *kinds: Kind) -> float:
        return _ratio(self.recalled, self.marked, kinds)

    def precision(self, *kinds: Kind) -> float:
        return _ratio(self.right, self.found, kinds)


def _ratio(part: Counter[Kind], whole: Counter[Kind], kinds: tuple[Kind, ...]) -> float:
    total = sum(whole[kind] for kind in kinds)
    return sum(part[kind] for kind in kinds) / total if total else 1.0


def parse(line: str) -> Sentence:
    """A line of the corpus."""
    text, marked, at = "", [], 0
    for match in _MARK.finditer(line):
        text += line[at : match.start()]
        marked.append((len(text), len(text) + len(match[2]), Kind(match[1])))
        text += match[2]
        at = match.end()
    return Sentence(text=text + line[at:], marked=tuple(marked))


@cache
def corpus(part: str) -> tuple[tuple[Sentence, ...], tuple[Sentence, ...]]:
    """The sentences of a part: with personal data, and without."""
    lists = tomllib.loads(CORPUS.read_text(encoding="utf-8"))[part]
    personal, none = (
        tuple(parse(line) for line in lists[name].splitlines() if line) for name in ("personal", "none")
    )
    return personal, none


def measure(*parts: str) -> Score:
    """Look for personal data in every sentence of the parts."""
    score = Score()
    for part in parts:
        for sentence in (each for group in corpus(part) for each in group):
            _count(score, sentence)
    return score


def _count(score: Score, sentence: Sentence) -> None:
    found = [(finding.start, finding.end, finding.kind) for finding in find(sentence.text)]
    for start, end, kind in sentence.marked:
        hidden = {place for a, b, other in found if other is kind for place in range(a, b)}
        score.marked[kind] += 1
        if all(place in hidden for place in range(start, end) if sentence.text[place].isalnum()):
            score.recalled[kind] += 1
        else:
            score.misses.append(f"missed {kind} {sentence.text[start:end]!r} in {sentence.text}")
    for start, end, kind in found:
        score.found[kind] += 1
        met = [span for span in sentence.marked if span[2] is kind and span[0] < end and start < span[1]]
        if met and _beyond(sentence.text, start, end, met) <= 1:
            score.right[kind] += 1
        else:
            score.misses.append(f"wrong {kind} {sentence.text[start:end]!r} in {sentence.text}")


def _beyond(text: str, start: int, end: int, met: list[Span]) -> int:
    """Words of the finding that no mark meets."""
    return sum(
        not any(a < start + word.end() and start + word.start() < b for a, b, _ in met)
        for word in _WORD.finditer(text[start:end])
    )


def _rows(score: Score) -> Iterator[str]:
    for name, kinds in [*((f"`{kind}`", (kind,)) for kind in Kind), ("all", tuple(Kind))]:
        marked, found = (sum(counts[kind] for kind in kinds) for counts in (score.marked, score.found))
        missed = marked - sum(score.recalled[kind] for kind in kinds)
        wrong = found - sum(score.right[kind] for kind in kinds)
        recall, precision = score.recall(*kinds), score.precision(*kinds)
        yield f"| {name} | {marked} | {missed} | {recall:.3f} | {wrong} | {precision:.3f} |"


def page() -> str:
    """docs/redaction.md."""
    lines = [
        "# How well redaction works",
        "",
        "Made by `python -m tests.unit.privacy.measure`; a test says that it is current. The corpus is",
        "`tests/unit/privacy/corpus.toml`: sentences as a hotline hears and reads them, with invented people and",
        "numbers. The rules (`callcenter/privacy/core/redaction.py`) were tuned on the first part and never on the",
        "second, which was written before them; expect of new texts what the second part shows, at best. Both parts",
        "have one author, so what that author did not think of is in neither. A person approves every public copy.",
        "",
        "Found: all letters and digits of the marked stretch are covered by findings of its kind. Right: the finding",
        "meets a marked stretch of its kind and reaches at most one word beyond it.",
    ]
    for title, parts in (("Held out", ("held_out",)), ("Tuned on", ("tuned",)), ("Whole corpus", PARTS)):
        groups = [corpus(part) for part in parts]
        personal, none = (sum(len(group[place]) for group in groups) for place in (0, 1))
        lines += [
            "",
            f"## {title}",
            "",
            f"{personal} sentences with personal data, {none} without.",
            "",
            "| kind | marked | missed | recall | wrong findings | precision |",
            "|---|---|---|---|---|---|",
            *_rows(measure(*parts)),
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--misses"]:
        print("\n".join(measure("tuned").misses))
    else:
        PAGE.write_text(page(), encoding="utf-8")
        print(page())
