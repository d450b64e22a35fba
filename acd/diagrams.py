"""``python -m acd.diagrams [FILE]``: writes the state diagrams, by default to ``docs/diagrams/acd.md``."""

from __future__ import annotations

import sys
from pathlib import Path

from acd.core.diagrams import render

DEFAULT = Path(__file__).resolve().parent.parent / "docs" / "diagrams" / "acd.md"


def main(arguments: list[str]) -> None:
    """Write the page to the file named, or to the committed one."""
    target = Path(arguments[0]) if arguments else DEFAULT
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
