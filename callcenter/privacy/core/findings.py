"""What was found to be personal, and the text without it. Values only; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """Kinds of personal data that are looked for."""

    NAME = "name"
    PHONE = "phone"
    ID_CARD = "id_card"
    """CCCD and personal identification number (12 digits), CMND (9 digits)."""
    PLATE = "plate"
    ADDRESS = "address"
    """House number, and the way to it inside an alley. Streets, wards and cities are places, not persons."""
    EMAIL = "email"
    BANK_ACCOUNT = "bank_account"
    BIRTH_DATE = "birth_date"


Span = tuple[int, int, Kind]
"""Start, end, kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``text`` stands at ``start`` up to, not including, ``end`` (characters of the text looked at)."""

    start: int
    end: int
    kind: Kind
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """A text in which every finding is replaced; the findings' places are those in the original."""

    text: str
    findings: tuple[Finding, ...]
