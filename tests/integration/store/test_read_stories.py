"""What the store's reads make of a store with rows of every kind, against pages that are read in review.

After a change that is meant, write them anew and read what ``git diff tests/golden/reads`` says::

    PENSTOCK_GOLDENS=write pytest tests/integration/store/test_read_stories.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data.rows.pages import PAGES
from data.rows.store import Store, fill
from drive.goldens import assert_as_read

FOLDER = Path(__file__).resolve().parents[2] / "golden" / "reads"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose store is filled; nothing here changes it."""
    folder = tmp_path_factory.mktemp("home")
    fill(folder)
    return folder


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    opened = Store(home)
    yield opened
    opened.database.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_read_answers_what_it_answered_when_it_was_read(name: str, store: Store) -> None:
    lines = [line for answer in PAGES[name](store) for line in answer]
    assert_as_read({FOLDER / f"{name}.txt": "\n".join(lines) + "\n"})
