"""What the console's views make of many values, against pages that are read in review.

After a change that is meant, write them anew and read what ``git diff tests/golden/views`` says::

    PENSTOCK_GOLDENS=write pytest tests/unit/console_view/test_view_stories.py
"""

from __future__ import annotations

from pathlib import Path

import pytest

from data.pages import across, lists, of_logs, one_dag, shapes, small, texts
from drive.goldens import assert_as_read

MODULES = (lists, shapes, texts, across, one_dag, of_logs, small)
PAGES = {name: page for module in MODULES for name, page in module.PAGES.items()}
FOLDER = Path(__file__).resolve().parents[2] / "golden" / "views"


@pytest.mark.parametrize("name", PAGES)
def test_a_view_draws_what_it_drew_when_it_was_read(name: str) -> None:
    lines = [line.rstrip() for text in PAGES[name]() for line in text.split("\n")]
    assert_as_read({FOLDER / f"{name}.txt": "\n".join(lines) + "\n"})
