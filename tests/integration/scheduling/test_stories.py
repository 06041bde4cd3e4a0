"""Stories of engines against files that are read in review: all that each step changes, writes and shows.

Of each there are two, the facts and, in ``words``, what people are told.

After a change that is meant, write them anew and read what ``git diff tests/golden/stories`` says::

    PENSTOCK_GOLDENS=write pytest tests/integration/scheduling/test_stories.py
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import pytest

from data.stories import edges, files, operators, plans, schedules, standing, tasks
from drive.checks import assert_events_replay
from drive.story import Story

FOLDER = Path(__file__).resolve().parents[2] / "golden" / "stories"
STORIES = {
    **tasks.STORIES,
    **operators.STORIES,
    **schedules.STORIES,
    **files.STORIES,
    **plans.STORIES,
    **standing.STORIES,
    **edges.STORIES,
}


@pytest.mark.parametrize("name", STORIES)
async def test_everything_goes_as_it_did_when_it_was_read(name: str, tmp_path: Path) -> None:
    story = await Story(tmp_path).open()
    try:
        await STORIES[name](story)
        assert_events_replay(story.bench.database)
    finally:
        story.bench.close()
    told = {FOLDER / f"{name}.txt": story.text(), FOLDER / "words" / f"{name}.txt": story.words()}
    if os.environ.get("PENSTOCK_GOLDENS") == "write":
        for file, text in told.items():
            file.write_text(text, encoding="utf-8")
        pytest.skip("written")
    differences = [
        line
        for file, text in told.items()
        for line in difflib.unified_diff(
            file.read_text(encoding="utf-8").splitlines(), text.splitlines(), "read", "now", lineterm=""
        )
    ]
    assert not differences, "\n".join(differences[:200])
