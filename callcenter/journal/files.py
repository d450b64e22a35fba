"""The files of one node's journal: their names, their order, and what is whole at their end.

``<node>-<epoch of the file's start>-<n>.jsonl``; the order is that of ``n``, never that of the clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from callcenter.journal.record import Record, decode
from callcenter.kernel.errors import BadInput

_NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_FILE = re.compile(r"(?P<node>[A-Za-z0-9][A-Za-z0-9_-]{0,31})-(?P<start>\d+)-(?P<n>\d+)\.jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFile:
    """One file of a journal."""

    path: Path
    number: int


def check_node(node: str) -> str:
    """Accept ``node`` as a node's name, safe in a file name.

    Raises:
        BadInput: it is not.
    """
    if not _NODE.fullmatch(node):
        raise BadInput("node_malformed", value=node[:64])
    return node


def nodes(directory: Path) -> tuple[str, ...]:
    """The nodes that have a journal in ``directory``, sorted."""
    if not directory.is_dir():
        return ()
    matches = (_FILE.fullmatch(path.name) for path in directory.iterdir())
    return tuple(sorted({match["node"] for match in matches if match}))


def files(directory: Path, node: str) -> list[JournalFile]:
    """The node's files in order; empty when there are none, or no directory."""
    if not directory.is_dir():
        return []
    found = []
    for path in directory.iterdir():
        match = _FILE.fullmatch(path.name)
        if match and match["node"] == node:
            found.append(JournalFile(path=path, number=int(match["n"])))
    return sorted(found, key=lambda file: file.number)


def file_name(node: str, *, start: int, number: int) -> str:
    """Name of the node's file ``number``, begun at ``start`` (seconds since 1970)."""
    return f"{node}-{start}-{number:06d}.jsonl"


def whole_end(content: bytes) -> tuple[int, Record | None]:
    """Length of ``content`` up to the end of its last whole record, and that record.

    A line cut short, or overwritten with nothing (power failure), at the very end counts as never written.
    """
    end = content.rfind(b"\n") + 1
    while end:
        begin = content.rfind(b"\n", 0, end - 1) + 1
        try:
            return end, decode(content[begin:end])
        except BadInput:
            end = begin
    return 0, None
