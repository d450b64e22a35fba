"""Names of persons: by title, by announcement, by surname; not those of places and of officials in office. Pure.

Where case can be trusted (a capital surname among small letters), the capitals say how far a name reaches. Where
it cannot, words of names do, and less is believed: a surname that is also a common word needs more around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from callcenter.privacy.core.findings import Kind, Span
from callcenter.privacy.core.lexicon import (
    AMBIGUOUS_SURNAMES,
    BINDING,
    CHAIN,
    COLLOCATIONS,
    COUNTED,
    ELDERS,
    GIVENS,
    MIDDLES,
    NOT_NAMES,
    NUMBERED,
    OFFICE_AFTER,
    OFFICES,
    PERSON_CUES,
    PLACE_PHRASES,
    PLACES,
    RARE,
    STREETS,
    SURNAMES,
    TITLES,
)
from callcenter.privacy.core.words import Word, context, numeric

_CUE = re.compile(PERSON_CUES)
_PLACE = re.compile(PLACE_PHRASES)
_OFFICE = re.compile(OFFICES)
_WITHIN = re.compile(r" {1,2}|['’]")
_LONGEST = 5


def find_names(words: Sequence[Word]) -> Iterator[Span]:
    """Every name of a private person, without its title."""
    at, place_end = 0, -1
    while at < len(words):
        end = _reach(words, at)
        if end <= at:
            at += 1
            continue
        if _is_place(words, at, end, place_end):
            place_end = at = end
            continue
        if not _is_official(words, at, end):
            yield words[at].start, words[end - 1].end, Kind.NAME
        at = end


def _reach(words: Sequence[Word], at: int) -> int:
    """Just behind the name that begins at ``at``; ``at`` if none does."""
    word = words[at]
    if word.folded.startswith("<") or (word.numeral or not word.raw[0].isalpha()):
        return at
    titled = at > 0 and words[at - 1] in TITLES and bool(_WITHIN.fullmatch(word.before))
    cued = bool(_CUE.search(context(words, at, 6)))
    if word.capital:
        end = _capital_end(words, at)
        known = word in SURNAMES and end - at >= 2
        single = end - at == 1 and word.folded not in NOT_NAMES and not _said_so(words, at)
        if known or ((titled or cued) and (end - at >= 2 or single) and word.folded not in NOT_NAMES):
            return end
    return _small_end(words, at, titled=titled, cued=cued)


def _said_so(words: Sequence[Word], at: int) -> bool:
    """Whether the word and the next are an expression that is no name."""
    return at + 1 < len(words) and f"{words[at].folded} {words[at + 1].folded}" in COLLOCATIONS


def _capital_end(words: Sequence[Word], at: int) -> int:
    """As far as capitals go, each one blank from the last; titles and abbreviations end it."""
    end = at + 1
    while (
        end < min(len(words), at + _LONGEST) and words[end].capital and _WITHIN.fullmatch(words[end].before)
    ):
        word = words[end]
        numbered = any(letter.isdigit() for letter in word.raw)
        abbreviated = len(word.raw) > 1 and word.raw.isupper() and not words[at].raw.isupper()
        if numbered or abbreviated or word.folded == "duong":
            break
        end += 1
    return end


def _small_end(words: Sequence[Word], at: int, *, titled: bool, cued: bool) -> int:
    """The name's end where case says nothing."""
    end = _full_name_end(words, at, sure=titled or cued)
    if end > at:
        return end
    if not (titled or cued) or words[at].capital:
        return at
    if titled and words[at] in NUMBERED:
        if at + 1 < len(words) and _is_given(words, at + 1):
            return at + 2
        return at + 1 if _is_numbered_name(words, at) else at
    if not _is_given(words, at) or words[at] in TITLES:
        return at
    following = at + 1
    both = following < len(words) and words[following].before == " " and _is_given(words, following)
    return at + 2 if both and words[following] not in TITLES else at + 1


def _is_numbered_name(words: Sequence[Word], at: int) -> bool:
    """Whether somebody is called by the number at ``at``: "ông tám ném đá", but not "ông hai lần"."""
    if words[at].bare or words[at - 1] not in ELDERS:
        return False
    return at + 1 == len(words) or not (numeric(words[at + 1]) or words[at + 1].folded in COUNTED)


def _is_given(words: Sequence[Word], at: int) -> bool:
    number = at + 1 < len(words) and (numeric(words[at + 1]) or words[at + 1].folded == "<address>")
    alley = words[at].folded == "kiet" and number
    return words[at] in GIVENS and not _said_so(words, at) and not alley


def _full_name_end(words: Sequence[Word], at: int, *, sure: bool) -> int:
    """The end of surname, middle and given name in small letters; ``at`` if it is not believed."""
    if words[at] not in SURNAMES and not (_bound(words, at) and words[at].folded not in NOT_NAMES):
        return at
    end, bound = at + 1, False
    while end < min(len(words), at + _LONGEST) and words[end].before == " ":
        word = words[end]
        middle = words[end - 1] in BINDING or (words[end - 1] in MIDDLES and words[end - 1] not in GIVENS)
        if middle and not bound and end - 1 > at and word.raw.isalpha():
            bound = True
        elif not _is_syllable(words, end) or (word.key == "anh" and words[end - 1] not in MIDDLES):
            break
        end += 1
    if words[end - 1] in BINDING:
        end -= 1
    length = end - at
    plain = words[at] in SURNAMES and words[at] not in AMBIGUOUS_SURNAMES
    believed = bound or (sure and length >= 2) or (plain and length >= 3)
    return end if believed and length >= 2 else at


def _bound(words: Sequence[Word], at: int) -> bool:
    """A surname that is also a common word is known by the ``văn`` or ``thị`` behind it."""
    if at + 2 >= len(words) or words[at].folded not in RARE or words[at + 1] not in BINDING:
        return False
    return words[at].bare or words[at].key == "la"


def _is_syllable(words: Sequence[Word], at: int) -> bool:
    word = words[at]
    if _said_so(words, at) or (word.folded in NOT_NAMES and word.key != "anh"):
        return False
    double = at > 0 and words[at - 1] in SURNAMES and word in SURNAMES and _is_given_next(words, at)
    return (
        double
        or word in MIDDLES
        or word in GIVENS
        or (len(word.raw) == 1 and word.raw.isalpha() and word.capital)
    )


def _is_given_next(words: Sequence[Word], at: int) -> bool:
    """Whether a name goes on behind ``at``: children may bear both parents' surnames."""
    return at + 1 < len(words) and (words[at + 1] in MIDDLES or _is_given(words, at + 1))


def _is_place(words: Sequence[Word], at: int, end: int, place_end: int) -> bool:
    if 0 <= place_end <= at and at - place_end <= 1:
        linked = at == place_end or words[place_end].folded in CHAIN
        near = words[at].before in (" ", " - ", "-", ", ", " – ")
        if linked and near and words[at] in SURNAMES and not (at > place_end and words[at - 1] in TITLES):
            return True
    first = at
    if at and words[at - 1].folded in ("ong", "ba") and _is_street(words, at - 1, end):
        first = at - 1
    behind = first > 0 and words[first].before in (" ", " - ", "-")
    if behind and (words[first - 1] in PLACES or _PLACE.search(context(words, first, 4))):
        return True
    personal = at > 0 and (words[at - 1] in TITLES or _CUE.search(context(words, at, 6)))
    return _is_street(words, first, end) and not (personal and first == at)


def _is_street(words: Sequence[Word], at: int, end: int) -> bool:
    return " ".join(word.folded for word in words[at:end]) in STREETS


def _is_official(words: Sequence[Word], at: int, end: int) -> bool:
    """Whether an office stands before the name, with nothing between but where it is held, or right behind."""
    after = words[end : end + 2]
    if len(after) == 2 and after[0].before == ", " and f"{after[0].folded} {after[1].folded}" in OFFICE_AFTER:
        return True
    return bool(_OFFICE.search(_with_places(words, at)))


def _with_places(words: Sequence[Word], at: int) -> str:
    """The context in which what follows "phường", "quận" and the like is one ``<place>``."""
    before = context(words, at, 12)
    return re.sub(
        r"(?<= )(phuong|xa|quan|huyen|tinh|tp|thanh pho)((?: (?!ong |ba |la )\w+){1,3})(?= (?:ong |ba )?$)",
        r"\1 <place>",
        before,
    )
