"""Redacted copies in the language of the page: the placeholders are texts of the catalogue."""

from __future__ import annotations

from callcenter.i18n import t
from callcenter.privacy.core import redaction
from callcenter.privacy.core.findings import Kind, Redacted


def redact(text: str, *, lang: str = "vi") -> Redacted:
    """``text`` with "[họ tên]", "[số điện thoại]" and so on in place of personal data; never raises."""
    return redaction.redact(text, {kind: t(f"redacted.{kind}", lang=lang) for kind in Kind})
