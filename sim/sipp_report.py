"""What SIPp says about a run: statistics file, log lines of calls, response times. Pure parsing."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_FAILURES = (
    "FailedCannotSendMessage",
    "FailedMaxUDPRetrans",
    "FailedTcpConnect",
    "FailedTcpClosed",
    "FailedUnexpectedMessage",
    "FailedCallRejected",
    "FailedCmdNotSent",
    "FailedRegexpDoesntMatch",
    "FailedRegexpShouldntMatch",
    "FailedRegexpHdrNotFound",
    "FailedOutboundCongestion",
    "FailedTimeoutOnRecv",
    "FailedTimeoutOnSend",
    "FailedTestDoesntMatch",
    "FailedTestShouldntMatch",
    "FailedStrcmpDoesntMatch",
    "FailedStrcmpShouldntMatch",
)
_CALL = re.compile(r"\bcall (?P<call_id>\S+) (?P<fields>.*)")
_FIELD = re.compile(r"(\w+)=\[?([^\]\s]*)\]?")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLine:
    """One call as a scenario logged it at its end."""

    call_id: str
    end: str
    """``left``, ``hung_up_on``, ``refused`` or ``cancelled``, from the side of the one who logs."""
    heard: int = 0
    """RTP packets that came in."""
    begun_s: int = 0
    """Answered, seconds of the wall clock; 0 when it never was."""
    ended_s: int = 0
    rang_s: int = 0
    caller: str = field(default="", metadata={"pii": True})
    desk: str = ""
    cc_call: str = ""
    """Value of ``X-CC-Call`` in the INVITE to the desk."""

    begun_us: int = 0
    """Microseconds beside ``begun_s``."""
    ended_us: int = 0

    @property
    def begun_at(self) -> float:
        """When it was answered, on the wall clock."""
        return self.begun_s + self.begun_us / 1_000_000

    @property
    def ended_at(self) -> float:
        """When it ended, on the wall clock."""
        return self.ended_s + self.ended_us / 1_000_000

    @property
    def answered(self) -> bool:
        """Whether both sides were connected."""
        return self.end in ("left", "hung_up_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One row of the statistics file."""

    created: int
    current: int
    successful: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SippReport:
    """One SIPp process from start to end."""

    scenario: str
    exit_code: int
    created: int
    successful: int
    failed: int
    peak: int
    """Most calls at once, of those seen once a second."""
    failures: Mapping[str, int]
    """SIPp's reason for a failed call and how often, without zeros."""
    calls: tuple[CallLine, ...]
    response_ms: Mapping[str, tuple[float, ...]]
    """Response times by name, such as ``answer``."""
    errors: tuple[str, ...]
    """Last lines of SIPp's error file."""

    @property
    def ends(self) -> Counter[str]:
        """How many calls ended which way."""
        return Counter(call.end for call in self.calls)

    @property
    def clean(self) -> bool:
        """SIPp ran to its end and no call failed."""
        return self.exit_code == 0 and self.failed == 0


def parse_statistics(text: str) -> list[dict[str, str]]:
    """Rows of a ``-trace_stat`` file; a row that is still being written is left out."""
    complete = text[: text.rfind("\n") + 1]
    return [
        {name: value for name, value in row.items() if name and value is not None}
        for row in csv.DictReader(complete.splitlines(), delimiter=";")
        if row.get("FailedCall(C)")
    ]


def progress(rows: list[dict[str, str]]) -> Progress:
    """The newest row, or zeros before the first."""
    if not rows:
        return Progress(created=0, current=0, successful=0, failed=0)
    last = rows[-1]
    return Progress(
        created=int(last["TotalCallCreated"]),
        current=int(last["CurrentCall"]),
        successful=int(last["SuccessfulCall(C)"]),
        failed=int(last["FailedCall(C)"]),
    )


def failures(rows: list[dict[str, str]]) -> dict[str, int]:
    """Reasons of failed calls, without zeros."""
    if not rows:
        return {}
    counted = {name: int(rows[-1].get(f"{name}(C)") or 0) for name in _FAILURES}
    return {name: count for name, count in counted.items() if count}


def parse_calls(lines: Iterable[str]) -> list[CallLine]:
    """The calls among the lines of a ``-trace_logs`` file."""
    found = []
    for line in lines:
        if match := _CALL.search(line):
            fields = dict(_FIELD.findall(match["fields"]))
            found.append(
                CallLine(
                    call_id=match["call_id"],
                    end=fields["end"],
                    heard=_whole(fields.get("heard")),
                    begun_s=_whole(fields.get("begun")),
                    ended_s=_whole(fields.get("ended")),
                    rang_s=_whole(fields.get("rang")),
                    begun_us=_whole(fields.get("begun_us")),
                    ended_us=_whole(fields.get("ended_us")),
                    caller=fields.get("caller", ""),
                    desk=fields.get("desk", ""),
                    cc_call=fields.get("cc_call", ""),
                )
            )
    return found


def parse_response_times(text: str) -> dict[str, tuple[float, ...]]:
    """Milliseconds by name in a ``-trace_rtt`` file (columns: date, value, name)."""
    times: dict[str, list[float]] = {}
    for line in text.splitlines():
        parts = line.split(";")
        if len(parts) >= 3 and re.fullmatch(r"[0-9.]+", parts[1]):
            times.setdefault(parts[2].strip(), []).append(float(parts[1]))
    return {name: tuple(values) for name, values in times.items()}


def _whole(text: str | None) -> int:
    """A number as SIPp prints a variable: ``12``, ``12.000000`` or nothing."""
    try:
        return int(float(text or 0))
    except ValueError:
        return 0
