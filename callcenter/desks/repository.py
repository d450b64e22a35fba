"""Queries over operators, queues and hotline numbers. Decides nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, delete, select

from callcenter.desks.models import AliasRow, OperatorQueueRow, OperatorRow, QueueRow
from callcenter.kernel.ids import AgentId, QueueName


def operator(tx: Session, number: AgentId) -> OperatorRow | None:
    """The operator of that number, active or not."""
    return tx.get(OperatorRow, number)


def operators(tx: Session) -> Sequence[OperatorRow]:
    """All operators by number, inactive ones too."""
    return tx.exec(select(OperatorRow).order_by(col(OperatorRow.number))).all()


def queues_of_operators(tx: Session) -> dict[str, list[QueueName]]:
    """Queue names by operator, sorted."""
    served: dict[str, list[QueueName]] = defaultdict(list)
    for row in tx.exec(select(OperatorQueueRow).order_by(col(OperatorQueueRow.queue))):
        served[row.operator].append(QueueName(row.queue))
    return served


def serve(tx: Session, number: AgentId, queues: Iterable[QueueName]) -> None:
    """Make ``queues`` the ones this operator serves, and no others."""
    tx.exec(delete(OperatorQueueRow).where(col(OperatorQueueRow.operator) == number))
    tx.add_all(OperatorQueueRow(operator=number, queue=queue) for queue in sorted(set(queues)))


def queue(tx: Session, name: QueueName) -> QueueRow | None:
    """The queue of that name."""
    return tx.get(QueueRow, name)


def queues(tx: Session) -> Sequence[QueueRow]:
    """All queues by name."""
    return tx.exec(select(QueueRow).order_by(col(QueueRow.name))).all()


def alias(tx: Session, number: str) -> AliasRow | None:
    """The hotline number, in force or not."""
    return tx.get(AliasRow, number)


def aliases(tx: Session) -> Sequence[AliasRow]:
    """All hotline numbers."""
    return tx.exec(select(AliasRow).order_by(col(AliasRow.number))).all()
