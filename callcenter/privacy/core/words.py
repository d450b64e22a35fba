"""Vietnamese text as words with their places, and spoken numbers as digits. Pure.

Transcripts have neither reliable case nor punctuation nor, from some engines and phones, diacritics. A word is
therefore compared by ``key``: with its diacritics where the text has any, without them where it has none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from callcenter.privacy.core.findings import Kind

_WORD = re.compile(r"([\ue000-\ue00f])\1*|[^\W_](?:[^\W_]|[\u0300-\u036f])*")
_MASKS: Mapping[Kind, str] = {kind: chr(0xE000 + place) for place, kind in enumerate(Kind)}
_MASKED = {mask: f"<{kind}>" for kind, mask in _MASKS.items()}
_LONGEST_WORD = 64

DIGITS: Mapping[str, str] = {
    "không": "0", "hông": "0", "một": "1", "mốt": "1", "hai": "2", "ba": "3", "bốn": "4", "tư": "4",
    "năm": "5", "lăm": "5", "nhăm": "5", "sáu": "6", "bảy": "7", "bẩy": "7", "tám": "8", "chín": "9",
}  # fmt: skip
"""Digits as people say them. ``năm`` is also "year", ``ba`` also "father": the length of a run decides."""


def vocabulary(text: str, by: str = " ") -> frozenset[str]:
    """The entries of a list written as one text."""
    return frozenset(text.split(by))


@lru_cache(maxsize=4096)
def fold(word: str) -> str:
    """Lower case without diacritics."""
    parts = unicodedata.normalize("NFD", word.lower().replace("đ", "d"))
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


_FOLDED_DIGITS = {fold(word): digit for word, digit in DIGITS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word, or one stretch that was already found (``key`` is then ``<kind>``)."""

    start: int
    end: int
    raw: str
    key: str
    folded: str
    bare: bool
    """The whole text has no diacritics."""
    before: str
    """What stands between the word before and this one."""

    @property
    def capital(self) -> bool:
        return self.raw[:1].isupper()

    @property
    def numeral(self) -> bool:
        """Written with digits only."""
        return self.raw.isdecimal()


def mask(text: str, spans: Iterable[tuple[int, int, Kind]]) -> str:
    """``text``, as long as before, in which each span is hidden and yet known to be of its kind."""
    pieces, at = [], 0
    for start, end, kind in sorted(spans):
        pieces += [text[at:start], _MASKS[kind] * (end - start)]
        at = end
    return "".join([*pieces, text[at:]])


def split(text: str) -> list[Word]:
    """The words of ``text`` in order."""
    found = [(match.start(), match.end(), match[0][:_LONGEST_WORD]) for match in _WORD.finditer(text)]
    plain = [unicodedata.normalize("NFC", raw).lower() for _, _, raw in found]
    bare = all(fold(word) == word for word in plain)
    letters = [letter for _, _, raw in found[:400] for letter in raw if letter.isalpha()]
    shouted = sum(letter.isupper() for letter in letters) > 0.8 * len(letters) and len(letters) > 12
    words, at = [], 0
    for (start, end, raw), lower in zip(found, plain, strict=True):
        known = _MASKED.get(raw[:1])
        key = known or (fold(lower) if bare else lower)
        words.append(
            Word(
                start=start,
                end=end,
                raw=raw.lower() if shouted else raw,
                key=key,
                folded=known or fold(lower),
                bare=bare,
                before=text[at : min(start, at + 8)],
            )
        )
        at = end
    return words


def context(words: Sequence[Word], at: int, count: int) -> str:
    """The folded words before ``at``, from the last end of a sentence on, with a blank around each."""
    first = max(0, at - count)
    for place in range(at, first, -1):
        if any(mark in words[place].before for mark in ";!?\n") or ". " in words[place].before:
            first = place
            break
    return " " + " ".join(word.folded for word in words[first:at]) + " "


class Lexicon:
    """Words known by key: as written here, or folded where the whole text is."""

    __slots__ = ("_exact", "_folded")

    def __init__(self, words: str, *, not_folded: str = "") -> None:
        """``not_folded`` are words that mean too much without diacritics to be known so."""
        self._exact = frozenset(words.split())
        self._folded = frozenset(fold(word) for word in words.split()) - frozenset(not_folded.split())

    def __contains__(self, word: object) -> bool:
        """Whether the word is known; without its diacritics only if its text has none or it is capital."""
        if not isinstance(word, Word):
            return False
        if word.bare:
            return word.folded in self._folded
        unmarked = word.capital and word.key == word.folded and word.folded in self._folded
        return word.key in self._exact or unmarked


def spoken_digit(word: Word) -> str | None:
    """The digit that the word says, or None."""
    return (_FOLDED_DIGITS if word.bare else DIGITS).get(word.key)


_TEN = {"mười", "muoi"}
_TY = {"mươi", "muơi", "muoi"}
_HUNDRED = {"trăm", "tram"}
_ODD = {"linh", "lẻ", "le"}
NUMBER_WORDS = frozenset({*_TEN, *_TY, *_HUNDRED, *_ODD, "nghìn", "ngàn", "nghin", "ngan", "mùng", "mồng"})


def numeric(word: Word) -> bool:
    """Whether the word is part of a number, written or spoken."""
    return word.numeral or spoken_digit(word) is not None or word.key in NUMBER_WORDS


def digits_of(words: Sequence[Word]) -> str:
    """The digits that a run of number words stands for: ``không chín trăm``, ``bốn mươi ba``, ``ba số không``."""
    out, at = "", 0
    while at < len(words):
        said, taken = _number(words, at)
        out += said
        at += taken
    return out


def prefixes(words: Sequence[Word]) -> list[str]:
    """``digits_of`` of the first word, of the first two, and so on."""
    if any(word.key in NUMBER_WORDS or not numeric(word) for word in words):
        return [digits_of(words[: count + 1]) for count in range(len(words))]
    out, digits = [], ""
    for place in range(len(words)):
        digits += _number(words[place : place + 1], 0)[0]
        out.append(digits)
    return out


def _number(words: Sequence[Word], at: int) -> tuple[str, int]:
    word, rest = words[at], len(words) - at
    key = [word.key for word in words[at : at + 4]] + [""] * 4
    digit = _digit_at(words, at)
    if word.numeral:
        return "".join(str(unicodedata.digit(letter, 0)) for letter in word.raw), 1
    if key[0] in _TEN:
        return ("1" + _digit_at(words, at + 1), 2) if _digit_at(words, at + 1) else ("10", 1)
    if not digit:
        return "", 1
    if key[1] in ("số", "so", "con") and (again := _digit_at(words, at + 2)):
        return again * int(digit), 3
    if key[1] in _TY:
        unit = _digit_at(words, at + 2)
        return (digit + unit, 3) if unit else (digit + "0", 2)
    if key[1] in _HUNDRED:
        if key[2] in _ODD and _digit_at(words, at + 3):
            return digit + "0" + _digit_at(words, at + 3), 4
        if rest > 2 and (key[2] in _TEN or key[3] in _TY):
            low, taken = _number(words, at + 2)
            return digit + low, 2 + taken
        return digit + "00", 2
    return digit, 1


def _digit_at(words: Sequence[Word], at: int) -> str:
    return (spoken_digit(words[at]) or "") if at < len(words) else ""
