"""What a task sees of the asset events that made its run."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.asset_events import CAME, EVENTS_FILE
from drive.tasks import Runs, dags_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "assets.py"
    path.write_text(EVENTS_FILE)
    return path


def test_what_a_task_sees(file: Path, tmp_path: Path) -> None:
    with dags_of(file) as dags:
        runs = Runs(tmp_path / "attempts")
        assert runs.here(dags["d"], "see", triggering=[CAME]).xcoms["return_value"] == [
            "s3://a",
            {"n": 7},
            "t",
        ]
    done = runs.child(file, "d", "rendered", triggering=[CAME])
    assert (done.code, done.output) == (0, "s3://a=7 r1 []\n")
    child = runs.child(file, "d", "say")
    assert child.verdict is not None
    assert [one["name"] for one in child.verdict["assets"]] == ["a", "new"]
