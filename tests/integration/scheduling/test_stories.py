"""Stories of engines against files that are read in review: all that each step changes, writes and shows.

Of each there are two, the facts and, in ``words``, what people are told.

After a change that is meant, write them anew and read what ``git diff tests/golden/stories`` says::

    PENSTOCK_GOLDENS=write pytest tests/integration/scheduling/test_stories.py
"""

from __future__ import annotations

from pathlib import Path

import pytest

from data.stories import edges, files, operators, plans, schedules, standing, tasks
from drive.checks import assert_events_replay
from drive.goldens import assert_as_read
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
    assert_as_read({FOLDER / f"{name}.txt": story.text(), FOLDER / "words" / f"{name}.txt": story.words()})
