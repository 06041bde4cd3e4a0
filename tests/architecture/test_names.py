"""Names: a thing is called what it is, and the project speaks of itself alone."""

from __future__ import annotations

import ast
import re
from collections import Counter

import pytest

from architecture.house import CORE, ROOT, TUI, name, pages, sources, tree

EMPTY_WORDS = re.compile(r"(?i)(manager|helper|util|misc|common|handler|base)s?$")
"""Words that say nothing about what is inside."""
GIVEN = {"BaseHook"}
"""Names that authors of DAG files know."""

FOREIGN = re.compile(
    r"(/home/[a-z]+/|/Users/|/root/|--index-url|\.internal\b|(?i:\bissue #?\d+)|# ?(?:TODO|FIXME|XXX)\b)"
)
"""Words of the places where it was written, and of work left undone."""


def test_files_have_names_that_say_something() -> None:
    stems = {
        name(path): path.stem
        for root in (CORE, TUI)
        for path in root.rglob("*")
        if path.suffix in ("", ".py")
    }
    assert [file for file, stem in stems.items() if any(map(EMPTY_WORDS.match, stem.split("_")))] == []


def test_classes_have_names_that_say_something() -> None:
    found = [
        f"{name(file)}:{node.name}"
        for file in sources()
        for node in ast.walk(tree(file))
        if isinstance(node, ast.ClassDef) and node.name not in GIVEN
        for word in re.findall(r"[A-Z][a-z]+", node.name)
        if EMPTY_WORDS.match(word)
    ]
    assert found == []


@pytest.mark.parametrize("folder", ["core", "tui", "tests", "sample_dags", "benchmarks", "docs", "."])
def test_nothing_speaks_of_the_place_it_was_written_in(folder: str) -> None:
    places = ROOT.glob("*") if folder == "." else (ROOT / folder).rglob("*")
    kinds = {".py", ".md", ".toml", ".sh", ".sql", ".tcss", ".service", ".html", ".yml", ""}
    found = []
    for file in places:
        if file.suffix not in kinds or not file.is_file() or file.samefile(__file__):
            continue
        if any(part in (".mypy_cache", "__pycache__", ".git", "golden") for part in file.parts):
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if FOREIGN.search(line):
                found.append(f"{name(file)}:{number}: {line.strip()[:120]}")
    assert found == []


def test_pages_end_without_loose_ends() -> None:
    assert all(page.read_text(encoding="utf-8").endswith("\n") for page in pages())


def test_no_two_test_files_share_a_name() -> None:
    """Test folders are not packages: pytest tells their files apart by name alone."""
    stems = Counter(path.stem for path in (ROOT / "tests").rglob("test_*.py"))
    assert [stem for stem, count in stems.items() if count > 1] == []
