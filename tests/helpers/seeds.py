"""``make seeds``: each numbered demand of the five source documents, and the tests that prove it."""

from __future__ import annotations

import ast
import csv
import re
from collections import defaultdict
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DEMANDS = REPOSITORY / "docs" / "seeds.csv"
_NUMBER = re.compile(r"S\d-\d\d")


def demands() -> dict[str, str]:
    """Number and wording of each demand, in order."""
    with DEMANDS.open(encoding="utf-8", newline="") as file:
        return {row["number"]: row["demand"] for row in csv.DictReader(file)}


def proofs() -> dict[str, list[str]]:
    """The tests by the number that they prove: those that carry ``@pytest.mark.seed``."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((REPOSITORY / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                for number in _marked(node):
                    found[number].append(f"{path.relative_to(REPOSITORY)}::{node.name}")
    return found


def _marked(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[str]:
    return [
        argument.value
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.seed"
        for argument in decorator.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


def main() -> None:
    listed, proven = demands(), proofs()
    for number, demand in listed.items():
        tests = proven.get(number, [])
        print(f"{'✓' if tests else '·'} {number}  {demand}")
        for test in tests:
            print(f"          {test}")
    done = sum(number in proven for number in listed)
    print(f"\n{done} of {len(listed)} demands have a test that proves them.")


if __name__ == "__main__":
    main()
