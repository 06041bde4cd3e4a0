"""Stories of supervisors against files that are read in review: every process, signal, message and file.

After a change that is meant, write them anew and read what ``git diff tests/golden/supervisors`` says::

    PENSTOCK_GOLDENS=write pytest tests/unit/supervisor/test_supervisor_stories.py
"""

from __future__ import annotations

from pathlib import Path

import pytest

from data.stories import attempts, supervisors
from drive.goldens import assert_as_read
from drive.supervised import Supervised
from penstock import process

STORIES = {**attempts.STORIES, **supervisors.STORIES}
FOLDER = Path(__file__).resolve().parents[2] / "golden" / "supervisors"
pytestmark = pytest.mark.skipif(not process.LINUX, reason="families are seen in /proc")


@pytest.mark.parametrize("name", STORIES)
def test_a_supervisor_does_what_it_did_when_it_was_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        text = Supervised(tmp_path, patch).run(STORIES[name])
    assert_as_read({FOLDER / f"{name}.txt": text})
