"""Telephone numbers as citizens, trunks and old notice boards write them, to one form of today. Pure.

Order of judgement: our own table first (1022 and its kin, which ``phonenumbers`` rejects), then conversions
that cannot be mistaken, then ``phonenumbers``. A ten-digit old landline is never converted by itself: many
of them are somebody's mobile today (08 3822 5678). With a dated source, ``from_old_list`` does it.

Nothing here raises for any text: the number comes from outside, in the middle of a call.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import phonenumbers

from callcenter.kernel.phone_plan import (
    AREAS,
    HOTLINES,
    OLD_AREAS,
    OLD_MOBILES,
    SHORT_CODES,
)

HOME_AREA_CODE = "236"
"""Đà Nẵng, where the system was first asked for."""

_UNPRINTABLE = "\ufffd"
"""Stands for what cannot be shown; no number holds it, so what was damaged or cut stays unknown."""
_LOOKED_AT = 256
_SHOWN = 64
_WITHHELD = frozenset(
    {
        "anonymous",
        "unavailable",
        "restricted",
        "private",
        "withheld",
        "unknown",
        "asserted",
        "ẩn số",
        "riêng tư",
    }
)
_URI = re.compile(r"(?:sips?|tel):([^@;>]*)", re.IGNORECASE)
_WRITTEN = re.compile(r"\+?[0-9 ().,/\-\u00ad\u00b7\u2010-\u2015\u2212]*")
_NOT_DIGIT = re.compile(r"[^0-9]")
_SERVICE = re.compile(r"1[89]00[0-9]{4,6}")


class PhoneKind(StrEnum):
    """What kind of line a number belongs to."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    SHORT_CODE = "short_code"
    SERVICE = "service"
    """1800 and 1900."""
    FOREIGN = "foreign"
    WITHHELD = "withheld"
    """The caller hides it, or the trunk sent none."""
    UNKNOWN = "unknown"
    """Not a number that exists today, as far as we can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A number. Compare by ``key``, show ``national``, log ``masked`` (or ``pii_`` fields)."""

    e164: str | None
    """``+84...``; ``None`` for short codes and whatever is not a whole number."""
    kind: PhoneKind
    national: str
    """As people here write it: ``0888 247 247``. For unknown ones what was given, made safe to show."""
    original: str = field(compare=False)
    """What was given, cut to 64 characters and otherwise raw: for evidence, not for pages or protocols."""

    @property
    def key(self) -> str:
        """The same for all ways of writing one number; ``""`` when withheld."""
        return self.e164 or _dialled(self.national) or self.national

    @property
    def is_personal(self) -> bool:
        """Whether the number can belong to a person, so that it must not stand in a log."""
        return self.kind in (PhoneKind.MOBILE, PhoneKind.LANDLINE, PhoneKind.FOREIGN, PhoneKind.UNKNOWN)

    @property
    def masked(self) -> str:
        """For logs and pages of those who need not know: ``0888***247``."""
        if not self.is_personal:
            return self.national
        compact = self.national.replace(" ", "")
        if self.kind is PhoneKind.UNKNOWN or len(compact) < 8:
            return "***"
        return f"{compact[:4]}***{compact[-3:]}"


def normalise(text: str, *, home_area_code: str = HOME_AREA_CODE) -> Phone:
    """Understand ``text`` as a telephone number seen in Viet Nam today.

    Args:
        home_area_code: landline area, without 0, of numbers written without one.
    """
    written = _cleaned(text)
    if written.strip("<>\"' ").casefold() in _WITHHELD | {""}:
        return Phone(e164=None, kind=PhoneKind.WITHHELD, national="", original=text[:_SHOWN])
    digits = _dialled(written)
    found = _judged(digits, home_area_code) if digits is not None else None
    e164, kind, national = found or (None, PhoneKind.UNKNOWN, written)
    return Phone(e164=e164, kind=kind, national=national, original=text[:_SHOWN])


def from_old_list(text: str, *, listed_on: date, home_area_code: str = HOME_AREA_CODE) -> Phone:
    """Like ``normalise`` for a number from a list that was right on ``listed_on``.

    Only here is a ten-digit landline with an old area code converted: on that day it was one, whatever its
    digits mean today. A person decides that a list is right; never use this for callers.
    """
    digits = _dialled(_cleaned(text)) or ""
    for old, change in OLD_AREAS.items():
        if not digits.startswith("0" + old) or len(digits) != 10 or listed_on >= change.on:
            continue
        found = _valid(change.new + digits.removeprefix("0" + old))
        if found and found[1] is PhoneKind.LANDLINE:
            e164, kind, national = found
            return Phone(e164=e164, kind=kind, national=national, original=text[:_SHOWN])
    return normalise(text, home_area_code=home_area_code)


_Found = tuple[str | None, PhoneKind, str]
"""E.164 form, kind and national form."""


def _cleaned(text: str) -> str:
    """``text`` safe to show: one line, no control characters, short. Cutting never makes a number of it."""
    shown = unicodedata.normalize("NFKC", text[:_LOOKED_AT]).strip()
    if uri := _URI.match(shown.lstrip("< ")):
        shown = uri[1].strip()
    shown = shown.partition("@")[0].strip()
    shown = "".join(c if c.isprintable() else _UNPRINTABLE for c in shown)
    shown = re.sub(r" {2,}", " ", shown)
    if len(text) > _LOOKED_AT or len(shown) > _SHOWN:
        return shown[: _SHOWN - 1] + _UNPRINTABLE
    return shown


def _dialled(written: str) -> str | None:
    """The digits, with ``+`` before an international number; ``None`` if it is not written as a number."""
    if not _WRITTEN.fullmatch(written):
        return None
    digits = _NOT_DIGIT.sub("", written)
    if written.startswith("+"):
        return "+" + digits
    if digits.startswith("00") and len(digits) > 8:
        return "+" + digits[2:]
    return digits


def _judged(digits: str, home: str) -> _Found | None:
    if digits.startswith("+84"):
        return _national(digits[3:].removeprefix("0"))
    if digits.startswith("+"):
        return _foreign(digits)
    if digits in SHORT_CODES:
        return None, PhoneKind.SHORT_CODE, digits
    if _SERVICE.fullmatch(digits):
        return _service(digits)
    if digits.startswith("0"):
        return _national(digits[1:])
    if digits.startswith("84") and (len(digits) >= 11 or _hotline(digits[2:])):
        return _national(digits[2:].removeprefix("0"))
    return _national(digits) or _home_landline(digits, home)


def _national(significant: str) -> _Found | None:
    """Judge a national number without its leading 0."""
    return (
        _hotline(significant)
        or (_service(significant) if _SERVICE.fullmatch(significant) else None)
        or _valid(significant)
        or _old_mobile(significant)
        or _old_landline(significant)
    )


def _hotline(significant: str) -> _Found | None:
    """Area code, old or new, and 1022 or its kin: too short to be anything else."""
    for code in HOTLINES:
        area = significant.removesuffix(code)
        if area != significant:
            area = OLD_AREAS[area].new if area in OLD_AREAS else area
            if area in AREAS:
                return None, PhoneKind.SHORT_CODE, f"0{area} {code}"
    return None


def _service(digits: str) -> _Found:
    rest = digits[4:]
    parts = [rest[:3], rest[3:]] if len(rest) == 6 else [rest]
    return "+84" + digits, PhoneKind.SERVICE, " ".join([digits[:4], *parts])


def _old_mobile(significant: str) -> _Found | None:
    new = OLD_MOBILES.get(significant[:3]) if len(significant) == 10 else None
    return _valid(new + significant[3:]) if new else None


def _old_landline(significant: str) -> _Found | None:
    """Three-digit old area and seven digits: eleven with the 0, which no other number of today has."""
    change = OLD_AREAS.get(significant[:3]) if len(significant) == 10 else None
    return _valid(change.new + significant[3:]) if change else None


def _home_landline(digits: str, home: str) -> _Found | None:
    if len(digits) not in (7, 8):
        return None
    found = _valid(home + digits)
    return found if found and found[1] is PhoneKind.LANDLINE else None


def _valid(significant: str) -> _Found | None:
    """What ``phonenumbers`` says of a Vietnamese number without 0; ``None`` if it is not valid."""
    if not 7 <= len(significant) <= 10 or significant.startswith("0"):
        return None
    number = phonenumbers.PhoneNumber(country_code=84, national_number=int(significant))
    match phonenumbers.number_type(number):
        case phonenumbers.PhoneNumberType.MOBILE:
            return _e164(significant), PhoneKind.MOBILE, _grouped("0" + significant, 4, 3)
        case phonenumbers.PhoneNumberType.FIXED_LINE:
            area = 3 if significant[:2] in AREAS else 4
            return _e164(significant), PhoneKind.LANDLINE, _grouped("0" + significant, area, 4)
        case _:
            return None


def _foreign(digits: str) -> _Found | None:
    try:
        number = phonenumbers.parse(digits)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    shown = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164, PhoneKind.FOREIGN, shown


def _e164(significant: str) -> str:
    return "+84" + significant


def _grouped(number: str, first: int, second: int) -> str:
    return f"{number[:first]} {number[first : first + second]} {number[first + second :]}"
