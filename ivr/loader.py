"""Reads flows from TOML files."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from pathlib import Path

from callcenter.kernel.errors import BadInput, NotFound
from ivr.core.flow import Flow, parse

FLOWS = Path(__file__).parent / "flows"


def load_flow(path: Path, prompts: Collection[str]) -> Flow:
    """The flow of one file.

    Raises:
        NotFound: there is no such file.
        BadInput: it is not TOML, or not a flow.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise NotFound("flow_missing", flow=path.stem) from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput("flow_malformed", flow=path.stem, node="", fault=str(error)) from error
    return parse(path.stem, data, prompts)
