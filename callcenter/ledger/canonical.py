"""The one line that the log gets for each finished call. Pure.

Personal data is only in keys that begin with ``pii_``, which the log's sinks drop or keep apart.
"""

from __future__ import annotations

from callcenter.ledger.record import CallRecord


def canonical(record: CallRecord) -> dict[str, object]:
    """The fields of the ``call`` log line; flat, JSON values only, times in ISO form."""
    return {
        "call": record.call,
        "alias": record.alias,
        "trunk": record.trunk,
        "language": record.language,
        "outcome": record.outcome.value if record.outcome else None,
        "queue": record.queue,
        "agent": record.agent,
        "started_at": record.started_at.isoformat(),
        "ended_at": record.ended_at.isoformat() if record.ended_at else None,
        "duration_s": _rounded(record.duration_s),
        "wait_s": _rounded(record.wait_s),
        "talk_s": _rounded(record.talk_s),
        "wrap_up_s": _rounded(record.wrap_up_s),
        "rings": record.rings,
        "offers": [f"{offer.agent}:{offer.result}" for offer in record.offers],
        "overflow_reason": record.overflow_reason,
        "menu_path": list(record.menu_path),
        "bulletins": list(record.bulletins),
        "codes_asked": len(record.codes_asked),
        "recordings": len(record.recording_bases),
        "recording_declined": record.recording_declined,
        "message_s": _rounded(record.message_s),
        "fallback": record.fallback,
        "hangup_cause": record.hangup_cause,
        "ended_by_caller": record.ended_by_caller,
        "lost_why": record.lost_why,
        "notes": [note.value for note in record.notes],
        "pii_caller": record.caller,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
