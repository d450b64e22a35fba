"""E-mail addresses, dates of birth, number plates: known by their shape, written or spoken. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from callcenter.privacy.core.findings import Kind, Span
from callcenter.privacy.core.words import Word, context, digits_of, numeric, spoken_digit, vocabulary

_LOCAL = re.compile(r"[\w.+%\-]{1,64} {0,2}$")
_DOMAIN = re.compile(r" {0,2}[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,5}")
_AT_WORDS = frozenset({"cong", "moc", "vong"})
_DOT = "cham"
_BEFORE_LOCAL = vocabulary("la email mail gmail thu vao qua cho gui nhan tu")
_LONGEST_LOCAL = 8

_BORN = frozenset({"sinh", "ns", "sn"})
_FILLERS = vocabulary("cua chau la vao ngay nam em toi con minh me ba bo ong")
_NOT_BORN = vocabulary("hoc phat ve ho thi ky tai nay")
_DATE_GAP = re.compile(r" {0,2}[/.\-]? {0,2}")
_LONGEST_DATE = 20

_PLATE = re.compile(
    r"(?<![\w.])\d{2}[ \-.]?(?:[A-Za-z]{1,2}|[Mm][Đđ])\d?[ \-.]{0,2}\d{3}[.\- ]?\d{1,2}(?![\w]|[./]\d)"
)
_PLATE_CUE = re.compile(r" (?:xe|bien|bks|bien so|bien kiem soat|o to|oto)(?: \w+)? $| (?:xe|bien|bks) ")
_SPOKEN_PLATE = re.compile(r" (?:bien so|bien kiem soat|bks|so xe|bien|xe)(?: (?:xe|la|so|mang|cua no))* $")
_LETTERS = vocabulary(
    "a b be bo c xe ce co d de do e g ge go h hat hac k ca l lo em m mo n no p pe s et so t te to u v ve vo x"
    " ich y z zet ep f ph"
)


def find_emails(text: str, words: Sequence[Word]) -> Iterator[Span]:
    """``a.b@example.com`` and "a bê a còng ví dụ chấm com"."""
    at = text.find("@")
    while at >= 0:
        left = _LOCAL.search(text, max(0, at - 66), at)
        right = _DOMAIN.match(text, at + 1, at + 256)
        if left and right:
            yield left.start(), right.end(), Kind.EMAIL
        at = text.find("@", at + 1)
    for place in range(1, len(words) - 1):
        if words[place].folded in _AT_WORDS and words[place - 1].folded == "a":
            yield from _spoken_email(words, place)


def _spoken_email(words: Sequence[Word], at: int) -> Iterator[Span]:
    first = at - 1
    while first > 0 and at - 1 - first < _LONGEST_LOCAL and words[first - 1].folded not in _BEFORE_LOCAL:
        if words[first].before.strip(" .") or words[first - 1].folded.startswith("<"):
            break
        first -= 1
    dots = [place for place in range(at + 1, min(at + 10, len(words) - 1)) if words[place].folded == _DOT]
    last = dots[-1] + 1 if dots else min(at + 1, len(words) - 1)
    if first < at - 1:
        yield words[first].start, words[last].end, Kind.EMAIL


def find_birth_dates(words: Sequence[Word]) -> Iterator[Span]:
    """A date or year just behind "sinh ngày", "sinh năm" and their kin."""
    for at, word in enumerate(words):
        if word.folded not in _BORN or (at and words[at - 1].folded in _NOT_BORN):
            continue
        first = at + 1
        while first < min(len(words), at + 6) and words[first].folded in _FILLERS and not _said(words, first):
            first += 1
        end = _date_end(words, first)
        while end > first and not _said(words, end - 1):
            end -= 1
        numbers = [number for number in words[first:end] if numeric(number)]
        announced = (
            first > at + 1 or (at and words[at - 1].folded in ("ngay", "nam")) or word.folded != "sinh"
        )
        enough = len(numbers) >= 2 or any(len(number.raw) == 4 and number.numeral for number in numbers)
        if enough and (announced or words[first].numeral):
            yield words[first].start, words[end - 1].end, Kind.BIRTH_DATE


def _said(words: Sequence[Word], at: int) -> bool:
    """Whether a number is said at ``at``; ``năm`` is one only behind another spoken number."""
    if words[at].folded != "nam":
        return numeric(words[at])
    return numeric(words[at - 1]) and not words[at - 1].numeral and words[at].key != "nam"


def _date_end(words: Sequence[Word], at: int) -> int:
    end = at
    while end < min(len(words), at + _LONGEST_DATE):
        word = words[end]
        if not numeric(word) and word.folded not in ("thang", "nam"):
            break
        if end > at and not _DATE_GAP.fullmatch(word.before):
            break
        end += 1
    return end


def find_plates(text: str, words: Sequence[Word]) -> Iterator[Span]:
    """``43A-000.12`` and "biển số bốn ba a không không không một hai"."""
    for at, word in enumerate(words):
        if word.raw[:1].isdigit() and (match := _PLATE.match(text, word.start)):
            letters = "".join(letter for letter in match[0] if letter.isalpha())
            if letters.isupper() or _PLATE_CUE.search(context(words, at, 5)):
                yield match.start(), match.end(), Kind.PLATE
        elif (word.numeral or spoken_digit(word)) and _SPOKEN_PLATE.search(context(words, at, 6)):
            yield from _spoken_plate(words, at)


def _spoken_plate(words: Sequence[Word], at: int) -> Iterator[Span]:
    letter = next((place for place in range(at + 1, at + 4) if _province(words, at, place)), None)
    if letter is None:
        return
    end = letter + 1
    if end < len(words) and words[end].folded in _LETTERS and not numeric(words[end]):
        end += 1
    first = end
    while end < min(len(words), first + 14) and numeric(words[end]) and words[end].before.strip(" .-") == "":
        end += 1
        if len(digits_of(words[first:end])) > 5 and not _goes_on(words, end):
            break
    if len(digits_of(words[first:end])) >= 4:
        yield words[at].start, words[end - 1].end, Kind.PLATE


def _goes_on(words: Sequence[Word], at: int) -> bool:
    """Whether the number at ``at`` is the unit of a ten said before it: "mười một"."""
    ten = words[at - 1].folded == "muoi"
    return ten and at < len(words) and spoken_digit(words[at]) is not None


def _province(words: Sequence[Word], at: int, letter: int) -> bool:
    """Whether the two digits of the province end before ``letter``, which says a letter."""
    if letter >= len(words) or words[letter].folded not in _LETTERS or numeric(words[letter]):
        return False
    return all(numeric(word) for word in words[at:letter]) and len(digits_of(words[at:letter])) == 2
