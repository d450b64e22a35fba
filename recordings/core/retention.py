"""How long a recording is kept. Pure; the periods are the operator's table, none is written here.

Which act asks for which period differs by kind and place (reference/domain.md E): each rule therefore
names its basis, and what no rule names is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from callcenter.kernel.errors import BadInput
from recordings.core.naming import RecordingKind


class Reason(StrEnum):
    """Why a recording is kept or may go."""

    HELD = "held"
    """A legal hold: an inspection, a complaint, a court."""
    NO_RULE = "no_rule"
    PERMANENT = "permanent"
    WITHIN_PERIOD = "within_period"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule:
    """Keep recordings of ``kind`` for ``keep_days``; for ever when ``None``."""

    kind: RecordingKind
    keep_days: int | None
    basis: str
    """The act or decision behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether a recording may go now, when it may, and why."""

    expired: bool
    expires_at: datetime | None
    reason: Reason


def decide(
    *,
    created_at: datetime,
    kind: RecordingKind,
    rules: Iterable[RetentionRule],
    now: datetime,
    held: bool = False,
) -> Decision:
    """Apply the longest matching rule; ``held`` overrules every one.

    Raises:
        BadInput: a time has no zone, or a period is negative.
    """
    if created_at.tzinfo is None or now.tzinfo is None:
        raise BadInput("time_without_zone", value=created_at.isoformat())
    periods = [rule.keep_days for rule in rules if rule.kind is kind]
    if any(days is not None and days < 0 for days in periods):
        raise BadInput("retention_period_negative", kind=kind)
    expires_at = _latest(created_at, periods)
    if held:
        return Decision(expired=False, expires_at=expires_at, reason=Reason.HELD)
    if not periods:
        return Decision(expired=False, expires_at=None, reason=Reason.NO_RULE)
    if expires_at is None:
        return Decision(expired=False, expires_at=None, reason=Reason.PERMANENT)
    expired = now >= expires_at
    return Decision(
        expired=expired, expires_at=expires_at, reason=Reason.EXPIRED if expired else Reason.WITHIN_PERIOD
    )


def _latest(created_at: datetime, periods: list[int | None]) -> datetime | None:
    days = [period for period in periods if period is not None]
    if len(days) < len(periods) or not days:
        return None
    return created_at + timedelta(days=max(days))
