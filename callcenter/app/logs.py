"""Structured logs: one JSON line per event on standard error; personal data in ``pii_`` fields, masked."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog


def configure(role: str, *, readable: bool) -> None:
    """Set up logging for one process.

    Args:
        role: which process speaks, such as ``switchboard``.
        readable: lines for a person at a terminal rather than JSON.
    """
    structlog.contextvars.bind_contextvars(role=role)
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=False)
        if readable
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _mask,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s %(levelname)s %(message)s")


def _mask(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep only the last three characters of personal data: enough to compare, too little to know."""
    for key, value in line.items():
        if key.startswith("pii_") and value:
            line[key] = "***" + str(value)[-3:]
    return line
