"""docs/states.md says what the tables say."""

from __future__ import annotations

from pathlib import Path

from penstock.model.states_page import render

PAGE = Path(__file__).parents[2] / "docs" / "states.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), (
        "docs/states.md is stale: python -m penstock.model.states_page > docs/states.md"
    )


def test_every_state_has_a_meaning_and_a_way_on() -> None:
    page = render()
    assert "| **success** | Every leaf succeeded or was skipped. |" in page
    assert "| queued | claim | running |" in page
