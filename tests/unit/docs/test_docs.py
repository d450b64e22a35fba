"""What the documents say of the code is true: settings, paths, commands, links, events."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from callcenter.app.settings import Settings
from callcenter.ledger.record import Outcome

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
DECISIONS = sorted(DOCS.glob("adr/[0-9]*.md"))
DIALPLAN = ROOT / "asterisk-conf/templates/extensions.conf"
MADE = {"var", "build", "dist", "tongdai_1022.egg-info"}
HEADINGS = ("Context", "Decision", "Consequences", "Alternatives")

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_ANCHOR_PUNCTUATION = re.compile(r"[^\w\- ]")
_FOREIGN = re.compile(
    r"""(?<![\w.}/-])/(?:work|root|tmp/probe|tmp/bash|mnt/data)/\w
    |(?<![\w.}/-])/home/(?!USER\b)\w+/
    |https?://[^\s"'`)]*(?:pypi|pythonhosted|deb\.debian|npmjs|artifactory|nexus|devpi)
    |--(?:extra-)?index-url[ =]\S""",
    re.VERBOSE,
)


@cache
def tracked() -> tuple[Path, ...]:
    """Files under version control, as they are on the disk; in a copy without git, all that are not made."""
    if shutil.which("git") and (ROOT / ".git").exists():
        # The folder may belong to somebody else than who tests it.
        command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return tuple(path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file())
    tops = [path for path in ROOT.iterdir() if not path.name.startswith(".") and path.name not in MADE]
    below = [path for top in tops for path in ([top] if top.is_file() else sorted(top.rglob("*")))]
    return tuple(path for path in below if path.is_file() and "__pycache__" not in path.parts)


def text_of(path: Path) -> str | None:
    """The text, or None for what is none."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def pages() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md"]


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """Of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", without_code(path.read_text(encoding="utf-8")), re.MULTILINE)
    return {_ANCHOR_PUNCTUATION.sub("", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_setting_is_documented_with_its_default() -> None:
    rows = dict(
        re.findall(
            r"^\| `CALLCENTER_(\w+)` \| (.+?) \|", (DOCS / "settings.md").read_text("utf-8"), re.MULTILINE
        )
    )
    assert set(rows) == {name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        default = field.default
        if name == "trunks":
            default = ";".join(f"{trunk.name}={','.join(trunk.addresses)}" for trunk in default)
        expected = "empty" if default in ("", None) else f"`{default}`"
        assert rows[name.upper()] == expected, name


def test_no_document_names_a_setting_that_is_not_there() -> None:
    known = {f"CALLCENTER_{name.upper()}" for name in Settings.model_fields}
    for page in pages():
        named = set(re.findall(r"CALLCENTER_[A-Z_]*[A-Z]", page.read_text(encoding="utf-8")))
        assert named <= known, page.name


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_its_parts_in_order(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert tuple(re.findall(r"^## (.+)$", text, re.MULTILINE)) == HEADINGS
    assert text.startswith(f"# {page.name[:4]}. ")
    assert re.search(r"^Status: .+ Date: \S+\.$", text, re.MULTILINE)
    for part in re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]:
        assert part.strip()


def test_every_decision_is_listed() -> None:
    listed = set(_LINK.findall((DOCS / "adr/README.md").read_text(encoding="utf-8")))
    assert {page.name for page in DECISIONS} <= listed


def test_paths_in_the_architecture_exist() -> None:
    tops = {path.relative_to(ROOT).parts[0] for path in tracked()}
    written = _CODE.findall((DOCS / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    paths = {code for code in written if "/" in code and code.split("/")[0] in tops}
    assert len(paths) > 40
    assert sorted(path for path in paths if not (ROOT / path).exists()) == []


def test_the_architecture_names_functions_that_exist() -> None:
    """In "One call": every name in backticks that looks like one of Python is defined somewhere."""
    text = (DOCS / "ARCHITECTURE.md").read_text(encoding="utf-8")
    one_call = text.split("## One call")[1].split("\n## ")[0]
    names = {
        name.rpartition(".")[2]
        for name in _CODE.findall(one_call)
        if re.fullmatch(r"(?:[A-Z]\w+\.)?_?[A-Za-z_]+", name) and not name.isupper()
    }
    assert len(names) > 40
    assert sorted(names - defined() - dialplan_words()) == []


def dialplan_words() -> set[str]:
    """Applications, contexts and variables of the dialplan, and what MixMonitor's option can be."""
    return set(re.findall(r"\w+", DIALPLAN.read_text(encoding="utf-8")))


@cache
def defined() -> set[str]:
    """Every class and function of the product."""
    found = set()
    for path in tracked():
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in {
            "callcenter",
            "acd",
            "ivr",
            "recordings",
        }:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    found.add(node.name)
    return found


def test_the_architecture_is_short_enough_to_be_read() -> None:
    assert len((DOCS / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 200


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(without_code(page.read_text(encoding="utf-8"))):
        if re.match(r"https?://", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_make_commands_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^(?:\$ )?)make ([a-z]+)", text, re.MULTILINE))
    assert named <= targets


def test_the_readme_shows_both_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"^make demo\b", text, re.MULTILINE)
    assert re.search(r"^make test\b", text, re.MULTILINE)


def test_callcenter_commands_exist() -> None:
    from typer.main import get_command

    from callcenter.app.cli import app

    command = get_command(app)
    known = dict(command.commands)  # type: ignore[attr-defined]
    for page in pages():
        text = page.read_text(encoding="utf-8")
        for first, second in re.findall(
            r"(?:`|^(?:\$ )?(?:\.venv/bin/)?)callcenter ([a-z]+)(?: ([a-z]+)\b)?", text, re.M
        ):
            assert first in known, (page.name, first)
            group = getattr(known[first], "commands", None)
            if group is not None and second:
                assert second in group, (page.name, first, second)


def test_every_outcome_is_in_the_glossary() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| .+? \| .+ \|$", (DOCS / "glossary.md").read_text("utf-8"), re.MULTILINE
    )
    assert [row for row in rows if row in set(Outcome)] == [outcome.value for outcome in Outcome]


def test_no_trace_of_one_machine() -> None:
    """Nothing in the repository depends on where it was made: no path of a machine, no package registry."""
    found = []
    for path in tracked():
        if path == Path(__file__):
            continue
        for number, line in enumerate((text_of(path) or "").splitlines(), 1):
            if _FOREIGN.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []


@pytest.mark.parametrize(
    ("line", "foreign"),
    [
        ("see /work/main/var", True),
        ("HOME=/home/anna/x", True),
        ("--index-url https://mirror.example/simple", True),
        ("https://pypi.example/simple", True),
        ("network/node.py and ${X}/work/y", False),
        ("/usr/share/asterisk, /var/lib/callcenter", False),
    ],
)
def test_traces_are_recognised(line: str, *, foreign: bool) -> None:
    assert bool(_FOREIGN.search(line)) is foreign


def test_the_switchboard_knows_every_event_of_the_dialplan() -> None:
    sent = set(re.findall(r"UserEvent\(cc-([a-z-]+)", DIALPLAN.read_text(encoding="utf-8")))
    assert sent == handled()


def handled() -> set[str]:
    """Names that ``House._user_event`` tells apart."""
    tree = ast.parse((ROOT / "callcenter/switchboard/house.py").read_text(encoding="utf-8"))
    (method,) = (
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "_user_event"
    )
    names = set()
    for node in ast.walk(method):
        compared: ast.expr | None = None
        if isinstance(node, ast.MatchValue):
            compared = node.value
        elif isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id == "name":
            compared = node.comparators[0]
        if isinstance(compared, ast.Constant):
            names.add(str(compared.value))
    return names
