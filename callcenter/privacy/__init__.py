"""Privacy: personal data found in texts and transcripts, and public copies without it."""

from __future__ import annotations

from callcenter.privacy.copies import redact
from callcenter.privacy.core.findings import Finding, Kind, Redacted
from callcenter.privacy.core.redaction import find, spans_to_mask

__all__ = ["Finding", "Kind", "Redacted", "find", "redact", "spans_to_mask"]
