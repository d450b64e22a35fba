"""How long Asterisk takes from our decision to the ringing desk: a fixed memory of the latest offers."""

from __future__ import annotations

from collections import deque


class OfferLatency:
    """Milliseconds from the engine's ``OfferCall`` to Asterisk's ``DialBegin``; the latest 2,000 offers."""

    def __init__(self) -> None:
        self._decided: dict[str, float] = {}
        self._millis: deque[float] = deque(maxlen=2000)

    def decided(self, channel: str, at: float) -> None:
        """The engine offered the call of ``channel`` at wall time ``at`` (epoch seconds)."""
        self._decided[channel] = at

    def rang(self, channel: str, at: float | None) -> None:
        """Asterisk began to dial the desk at its own wall time ``at``; same machine, same clock."""
        decided = self._decided.pop(channel, None)
        if decided is not None and at is not None:
            self._millis.append(max(0.0, (at - decided) * 1000))

    def forget(self, channel: str) -> None:
        """The offer came to nothing."""
        self._decided.pop(channel, None)

    def view(self) -> dict[str, float | int | None]:
        """p50 and p99 in milliseconds and how many offers they stand on."""
        ordered = sorted(self._millis)
        if not ordered:
            return {"count": 0, "p50": None, "p99": None}

        def at(share: float) -> float:
            return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)

        return {"count": len(ordered), "p50": at(0.5), "p99": at(0.99)}
