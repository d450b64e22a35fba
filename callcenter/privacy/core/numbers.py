"""Telephone numbers, identity cards and bank accounts: runs of digits, judged by what announces them. Pure.

A run is written in one piece, in groups, or spoken digit by digit. What it is depends first on the words just
before it, then on its shape. Hotlines, codes of reports and files, and amounts of money are never personal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from callcenter.kernel.phone import PhoneKind, normalise
from callcenter.privacy.core.findings import Kind, Span
from callcenter.privacy.core.words import Word, context, digits_of, numeric, prefixes, vocabulary

_JOINED = re.compile(r"[ .()+\-\u00a0\u2010-\u2015]{0,4}")
_LONGEST_RUN = 40
_LONGEST = 24
"""Words of one number: nineteen digits spoken, with some counting words."""

_CUES = re.compile(
    r" (?:(?P<id_card>cccd|cmnd|cmt|can cuoc|chung minh|dinh danh)"
    r"|(?P<bank_account>stk|tai khoan|tk|chuyen khoan|so the|vietcombank|sacombank|agribank|techcombank|bidv)"
    r"|(?P<phone>dien thoai|sdt|dt|so may|may ban|may|zalo|viber|lien he|goi|goi lai|di dong|lien lac"
    r"|so (?:cua )?(?:toi|em|chi|anh|minh|con|chau|co|chu|bac|ong|ba)|so nha rieng|nhan tin)"
    r"|(?P<code>ma (?:so|phan anh|ho so|khach hang|phieu|tra cuu|van don|vach|don|qr)|hoa don|giay phep"
    r"|quyet dinh|nghi dinh|thong tu|bien lai|hop dong|ho so|van ban|so tien|phieu|cong van|chi so))(?= )"
)
_UNITS = vocabulary("dong vnd vnđ trieu nghin ngan ty ti km met m2 lit kg")
_SERVICE = (PhoneKind.SHORT_CODE, PhoneKind.SERVICE)
_REAL = (PhoneKind.MOBILE, PhoneKind.LANDLINE, PhoneKind.FOREIGN)
_TICKET = re.compile(r"1022\d{6}\d{5}\d")
_CARD = re.compile(r"9704\d{12,15}|[45]\d{15}")


def find_numbers(words: Sequence[Word]) -> Iterator[Span]:
    """Every telephone number, identity card and bank account."""
    at = 0
    while at < len(words):
        if not numeric(words[at]):
            at += 1
            continue
        end = _run_end(words, at)
        yield from _judged(words, at, end)
        at = end


def _run_end(words: Sequence[Word], at: int) -> int:
    """Just behind the last word of the run of number words that begins at ``at``."""
    end = at + 1
    while end < len(words) and end - at < _LONGEST_RUN:
        skip = words[end].folded == "so" and end + 1 < len(words) and not words[end - 1].numeral
        following = end + 1 if skip and _doubled(words, end) else end
        if not numeric(words[following]) or not _joined(words, following) or not _joined(words, end):
            break
        end = following + 1
    return end


def _joined(words: Sequence[Word], at: int) -> bool:
    """Whether the word at ``at`` can go on with the number; some engines set commas into spoken ones."""
    spoken = not words[at].numeral and not words[at - 1].numeral
    return bool(_JOINED.fullmatch(words[at].before)) or (spoken and words[at].before == ", ")


def _doubled(words: Sequence[Word], at: int) -> bool:
    """Whether ``số`` at ``at`` stands in "ba số không": three zeros."""
    return digits_of(words[at - 1 : at]) in {"2", "3", "4", "5", "6"} and len(digits_of([words[at + 1]])) == 1


def _judged(words: Sequence[Word], at: int, end: int) -> Iterator[Span]:
    cue = _cue(words, at)
    whole = digits_of(words[at:end])
    if cue == "code" or _TICKET.fullmatch(whole) or _is_amount(words, end):
        return
    while at < end:
        found = _longest(words, at, end, cue)
        if found is None:
            at += 1
            continue
        until, kind = found
        if kind is not None:
            yield _start(words[at]), words[until - 1].end, kind
        at = until
        cue = cue if kind is Kind.PHONE else None


def _start(word: Word) -> int:
    """The word's start, with a ``+`` or ``(`` that stands just before it."""
    return word.start - (1 if word.before.endswith(("+", "(")) else 0)


def _longest(words: Sequence[Word], at: int, end: int, cue: str | None) -> tuple[int, Kind | None] | None:
    """The longest number from ``at`` that is surely one, else the longest that may be one."""
    last = min(end, at + _LONGEST)
    plus = "+" if words[at].before.endswith("+") else ""
    texts = list(zip(range(at + 1, last + 1), prefixes(words[at:last]), strict=True))[::-1]
    if cue is None and not plus and not _can_begin(texts[0][1]):
        return None
    for until, digits in texts:
        if 3 <= len(digits) <= 19 and (sure := _sure(plus, digits, cue)) is not None:
            return until, sure if isinstance(sure, Kind) else None
    for until, digits in texts:
        if 7 <= len(digits) <= 19 and (kind := _likely(digits, cue)) is not None:
            return until, kind
    return None


def _can_begin(digits: str) -> bool:
    """Whether a number that nothing announces can begin so: trunk code, country, hotline, bank card."""
    return digits.startswith(("0", "84", "1022", "1800", "1900")) or (
        len(digits) >= 16 and digits[0] in "459"
    )


def _sure(plus: str, digits: str, cue: str | None) -> Kind | Literal["nobody"] | None:
    """The kind; ``nobody`` for a number that is no person's; None if it is not surely anything."""
    if cue == "bank_account":
        return Kind.BANK_ACCOUNT if 6 <= len(digits) <= 19 else None
    if cue == "id_card":
        return Kind.ID_CARD if len(digits) in (9, 12) else None
    short = digits.startswith(("1022", "1800", "1900")) and len(digits) <= 10
    dialled = plus or short or 6 < len(digits) < 15
    kind = normalise(plus + digits).kind if dialled else PhoneKind.UNKNOWN
    if kind in _SERVICE and (len(digits) > 4 or digits == "1022"):
        return "nobody"
    if kind in _REAL and (len(digits) >= 10 or plus):
        return Kind.PHONE
    if len(digits) == 12 and digits.startswith("0") and digits[1:3] != "00":
        return Kind.ID_CARD
    return Kind.BANK_ACCOUNT if _CARD.fullmatch(digits) else None


def _likely(digits: str, cue: str | None) -> Kind | None:
    """What an unheard or unknown number was meant to be."""
    if cue == "id_card" and 8 <= len(digits) <= 13:
        return Kind.ID_CARD
    if cue == "phone" and len(digits) <= 12:
        return Kind.PHONE
    if len(digits) in (9, 10, 11) and digits.startswith("0"):
        return Kind.PHONE
    return None


def _cue(words: Sequence[Word], at: int) -> str | None:
    """The last announcement within eight words before ``at``, and not before another number."""
    before = context(words, at, 8)
    tail = re.split(r" (?:\d{4,}|<\w+>)(?= )", before)[-1]
    last = None
    for match in _CUES.finditer(tail):
        last = match.lastgroup
    return last


def _is_amount(words: Sequence[Word], end: int) -> bool:
    if end >= len(words) or not words[end].before.isspace():
        return False
    bank = end + 1 < len(words) and words[end + 1].folded == "hang"
    return words[end].folded in _UNITS and not bank
