"""Journals made by the real writer, with time that the test decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from callcenter.journal.writer import JournalWriter
from callcenter.kernel.ids import AgentId, CallId, OfferId, QueueName
from callcenter.ledger.codec import encode
from callcenter.ledger.facts import (
    CallAnswered,
    CallEnded,
    CallStarted,
    Fact,
    MessageLeft,
    OfferStarted,
    Overflowed,
    QueueJoined,
    RecordingStarted,
    TalkEnded,
    WrapUpEnded,
)

START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@dataclass
class StepClock:
    """One second passes with each asking."""

    seconds: float = field(default=0.0)

    def monotonic(self) -> float:
        return self.seconds

    def utcnow(self) -> datetime:
        self.seconds += 1.0
        return START + timedelta(seconds=self.seconds)


def write_facts(directory: Path, facts: Iterable[Fact], node: str = "node1") -> None:
    """Append the facts to the node's journal, on disk when this returns."""
    writer = JournalWriter(directory, node, clock=StepClock(), boot="boot-1")
    for fact in facts:
        name, data = encode(fact)
        writer.append("call", name, data)
    writer.close()


def started(number: int, caller: str = "0905123456", node: str = "node1") -> CallStarted:
    call = CallId(f"{node}-1763782800.{number}")
    return CallStarted(
        call=call, channel=f"PJSIP/trunk-{number:08x}", alias="1022", caller=caller, trunk="vnpt"
    )


def answered_call(number: int, agent: str = "1001", node: str = "node1") -> list[Fact]:
    """Everything that an answered and recorded call leaves."""
    begin = started(number, f"0905{number:06d}", node)
    call, offer, desk = begin.call, OfferId(f"{begin.call}#1"), AgentId(agent)
    return [
        begin,
        QueueJoined(call=call, queue=QueueName("general")),
        OfferStarted(call=call, offer=offer, agent=desk),
        CallAnswered(call=call, offer=offer, agent=desk),
        RecordingStarted(call=call, base=call),
        TalkEnded(call=call, agent=desk),
        CallEnded(call=call, cause=16, by_caller=True),
        WrapUpEnded(call=call, agent=desk),
    ]


def message_call(number: int) -> list[Fact]:
    """A call that was sent to leave a message, and left one."""
    begin = started(number)
    call = begin.call
    return [
        begin,
        QueueJoined(call=call, queue=QueueName("general")),
        Overflowed(call=call, reason="max_wait"),
        MessageLeft(call=call, file=f"{call}.wav", duration_s=4.0),
        CallEnded(call=call, cause=16, by_caller=True),
    ]


def abandoned_call(number: int) -> list[Fact]:
    """A call that waited and left."""
    begin = started(number, "")
    return [
        begin,
        QueueJoined(call=begin.call, queue=QueueName("general")),
        CallEnded(call=begin.call, cause=16, by_caller=True),
    ]
