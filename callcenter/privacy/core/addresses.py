"""House numbers. The street stays, so that the place of what is reported stays usable. Pure.

A house number is personal with a street behind it, unless a public body or a firm has it. An alley's number
alone is a place many people share: it is personal only where somebody says to live there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from callcenter.privacy.core.findings import Kind, Span
from callcenter.privacy.core.words import Word, context, numeric, vocabulary

_ALLEYS = vocabulary("hem kiet ngo ngach")
_STREETS = vocabulary("duong pho dai quoc")
_NUMBER = re.compile(r"(?:[kh])?\d{1,4}[a-zđ]?")
_SHORT_ALLEY = frozenset({"k", "h"})
_OVER = vocabulary("tren xet xuyet gach suyet")
_GAP = re.compile(r" ?/ ?| {1,2}|, ?")
_LONGEST = 14

_KIN = (
    "toi|em|minh|chau|ong|ba|anh|chi|co|chu|bac|con|no|chung toi|<name>|(?:ong|ba|anh|chi|co|chu|bac) <name>"
)
_WITH_NAME = re.compile(r" <name>(?: \w+){0,3} o(?: tai)?(?: so| nha so| so nha)? $")
_LIVES = re.compile(
    rf" (?:nha (?:{_KIN})|(?:toi|em|chau|minh) (?:o|song)|so nha|nha so|dia chi|cu tru|tru tai|tru|thuong tru"
    r"|tam tru|ngu tai|mot minh o|song o)"
    rf"(?: (?:o|so|nha|la|tai|cua|dau|cuoi|trong|{_KIN}|rieng)){{0,4}} $"
)
_HOUSE = re.compile(r" so(?: nha)? $| nha so $")
_PUBLIC = re.compile(
    r" (?:truong|benh vien|ubnd|uy ban|tru so|cong ty|nha hang|khach san|quan (?:nhau|ca phe|an)|cua hang|cho"
    r"|tram|tram y te|cong vien|buu dien|ngan hang|trung tam|sieu thi|so (?:xay dung|y te|tu phap)|xe buyt|tuyen"
    r"|den|den tin hieu|cot|tru dien|nha van hoa|cong an|quyet dinh|giay phep|van ban|chi nhanh|thpt|thcs) "
)
_FLAT = re.compile(r" (?:can ho|phong)(?: so)? $")


def find_addresses(words: Sequence[Word]) -> Iterator[Span]:
    """Every house number that leads to a person."""
    at = 0
    while at < len(words):
        end, first, numbers = _expression(words, at)
        if numbers and _leads_to_a_person(words, at, end, numbers):
            alley_alone = numbers == 1 and first > at and words[at].folded in _ALLEYS
            if alley_alone and "/" in _text(words, first, end):
                alley_alone = False
            yield words[first if alley_alone else at].start, words[end - 1].end, Kind.ADDRESS
        at = max(end, at + 1)


def _text(words: Sequence[Word], first: int, end: int) -> str:
    return "".join(word.before + word.raw for word in words[first + 1 : end])


def _expression(words: Sequence[Word], at: int) -> tuple[int, int, int]:
    """Of a way to a house beginning at ``at``: its end, its first number, how many numbers; 0 if it is none."""
    end, first, numbers, within = at, -1, 0, False
    if words[at].folded == "so" or words[at].folded in _OVER:
        return at, first, numbers
    while end < min(len(words), at + _LONGEST):
        word = words[end]
        if end > at and not _GAP.fullmatch(word.before):
            break
        if _is_number(word):
            if within and not _same_number(words, end):
                break
            first = end if first < 0 else first
            numbers += not within
            within = True
        elif _leads_on(words, end):
            within = False
        else:
            break
        end += 1
    while end > at and first >= 0 and not _is_number(words[end - 1]):
        end -= 1
    return (end, first, numbers) if first >= 0 else (at, at, 0)


def _is_number(word: Word) -> bool:
    return bool(_NUMBER.fullmatch(word.raw.lower())) or (numeric(word) and not word.numeral)


def _same_number(words: Sequence[Word], at: int) -> bool:
    """Whether the number at ``at`` belongs to the one before: "hai mươi", or after a stroke."""
    if "/" in words[at].before:
        return True
    spoken = not words[at].raw[-1:].isdigit() and numeric(words[at])
    return spoken and numeric(words[at - 1]) and words[at].before == " "


def _leads_on(words: Sequence[Word], at: int) -> bool:
    """A word between the numbers of one way: an alley, ``số``, ``trên`` for a stroke; a number must follow."""
    follows = at + 1 < len(words) and _is_number(words[at + 1])
    word = words[at].folded
    return follows and (word in _ALLEYS or word in _SHORT_ALLEY or word in _OVER or word == "so")


def _leads_to_a_person(words: Sequence[Word], at: int, end: int, numbers: int) -> bool:
    before = context(words, at, 9)
    if _FLAT.search(before) and "chung" in [word.folded for word in words[end : end + 2]]:
        return True
    lives = _LIVES.search(before) or _WITH_NAME.search(before)
    if not lives and (_PUBLIC.search(before) or (words[at].folded in _ALLEYS and numbers == 1)):
        return "/" in _text(words, at, end) and not _PUBLIC.search(before) and _street_follows(words, end)
    if lives:
        near = bool(re.search(r" (?:so|nha|so nha) $", before)) or words[at].folded in _ALLEYS
        return near or _street_follows(words, end) or _own_form(words, at, end)
    return bool(_HOUSE.search(before) or _own_form(words, at, end)) and _street_follows(words, end)


def _own_form(words: Sequence[Word], at: int, end: int) -> bool:
    """``K45/12``, ``102/7``: nobody writes anything else so in front of a street."""
    strokes = "/" in _text(words, at, end) or any(word.folded in _OVER for word in words[at:end])
    return strokes or words[at].raw[:1].lower() == "k"


def _street_follows(words: Sequence[Word], end: int) -> bool:
    if end >= len(words) or not re.fullmatch(r",? ?", words[end].before):
        return False
    return words[end].folded in _STREETS | _ALLEYS or words[end].capital
