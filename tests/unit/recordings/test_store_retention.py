from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.kernel.errors import BadInput
from recordings.core.naming import RecordingKind
from recordings.core.retention import Decision, Reason, RetentionRule, decide

pytestmark = pytest.mark.unit

CREATED = datetime(2026, 11, 22, 3, tzinfo=UTC)


def rule(keep_days: int | None, kind: RecordingKind = RecordingKind.CALL) -> RetentionRule:
    return RetentionRule(kind=kind, keep_days=keep_days, basis="test")


def after(days: float, *rules: RetentionRule, held: bool = False) -> Decision:
    now = CREATED + timedelta(days=days)
    return decide(created_at=CREATED, kind=RecordingKind.CALL, rules=rules, now=now, held=held)


@pytest.mark.parametrize(
    ("days", "rules", "held", "expired", "reason"),
    [
        (9.9, [rule(10)], False, False, Reason.WITHIN_PERIOD),
        (10, [rule(10)], False, True, Reason.EXPIRED),
        (10, [rule(10)], True, False, Reason.HELD),
        (15, [rule(10), rule(20)], False, False, Reason.WITHIN_PERIOD),
        (9999, [rule(10), rule(None)], False, False, Reason.PERMANENT),
        (9999, [], False, False, Reason.NO_RULE),
        (9999, [rule(1, RecordingKind.MESSAGE)], False, False, Reason.NO_RULE),
    ],
)
def test_table(days: float, rules: list[RetentionRule], held: bool, expired: bool, reason: Reason) -> None:
    decision = after(days, *rules, held=held)

    assert (decision.expired, decision.reason) == (expired, reason)


def test_the_longest_rule_says_when() -> None:
    assert after(0, rule(10), rule(20)).expires_at == CREATED + timedelta(days=20)


def test_nonsense_is_refused() -> None:
    with pytest.raises(BadInput, match="retention_period_negative"):
        after(0, rule(-1))
    with pytest.raises(BadInput, match="time_without_zone"):
        decide(created_at=CREATED, kind=RecordingKind.CALL, rules=[], now=CREATED.replace(tzinfo=None))
