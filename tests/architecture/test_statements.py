"""What the store executes is text that was made of its tables: the two are the same."""

from __future__ import annotations

import re

import pytest

from architecture.house import CORE, name, sources
from penstock.store.statements.generated import FOLDER, files

STORE = CORE / "store"


def test_the_text_is_what_the_statements_say() -> None:
    wanted = files()
    found = {path: path.read_text() for path in FOLDER.rglob("*.py")}
    stale = sorted(name(path) for path in wanted.keys() | found.keys() if wanted.get(path) != found.get(path))
    assert not stale, f"`python -m penstock.store.statements` writes {stale}"


def test_every_statement_is_run() -> None:
    """A statement that nobody names any more is not kept."""
    rooms = {file: file.relative_to(STORE).parts[0] for file in sources(STORE)}
    readers = [file for file, room in rooms.items() if room not in {"statements", "sql"}]
    said = "\n".join(file.read_text() for file in readers)
    made = {
        found
        for path in FOLDER.rglob("*.py")
        for found in re.findall(r"^([A-Z][A-Z_0-9]*) = ", path.read_text(), re.MULTILINE)
    }
    assert sorted(each for each in made if not re.search(rf"\b{each}\b", said)) == []


@pytest.mark.parametrize("word", ["sqlalchemy", "sqlmodel", "penstock.store.tables"])
def test_the_text_needs_nothing_that_made_it(word: str) -> None:
    assert [name(path) for path in FOLDER.rglob("*.py") if f"import {word}" in path.read_text()] == []
