"""Conditions above a task, and dates by patterns."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from drive.tasks import Ran, Runs
from penstock import DAG, task
from penstock.errors import DagFileError
from penstock.task_process.cldr import format_date


def run(decorators: list[Any], folder: Path, **options: Any) -> Ran:
    """Run a decorated function that returns the run's id."""
    made: Any = task(**options)(lambda run_id: run_id).override(task_id="f")
    for decorator in reversed(decorators):
        made = decorator(made)
    with DAG("guarded", schedule=None) as dag:
        made()
    return Runs(folder).here(dag, "f")


def test_a_condition_sees_the_context_and_says_why(tmp_path: Path) -> None:
    yes = task.run_if(lambda context: context["ds"] == "2026-01-15")
    assert run([yes], tmp_path).kind == "success"
    ran = run([task.run_if(lambda context: (False, f"not on {context['ds']}"))], tmp_path)
    assert (ran.kind, ran.ending.reason) == ("skipped", "not on 2026-01-15")
    assert run([task.skip_if(lambda context: True, "enough")], tmp_path).ending.reason == "enough"
    assert run([task.skip_if(lambda context: 0)], tmp_path).kind == "success"


def test_all_conditions_count_and_what_was_to_happen_before_still_does(tmp_path: Path) -> None:
    seen: list[str] = []
    options = {"pre_execute": lambda context: seen.append(context["task"].task_id)}
    yes, no = task.run_if(lambda context: True), task.skip_if(lambda context: True)
    assert run([yes, yes], tmp_path, **options).kind == "success"
    assert seen == ["f"]
    assert run([yes, no], tmp_path, **options).kind == "skipped"
    assert run([no, yes], tmp_path, **options).kind == "skipped"
    assert seen == ["f"]


def test_a_condition_stands_above_the_task() -> None:
    with pytest.raises(DagFileError, match="must be above @task"):
        task.run_if(lambda context: True)(lambda: None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("EEEE, d MMMM y", "Thursday, 5 February 2026"),
        ("EEE dd MMM yy", "Thu 05 Feb 26"),
        ("y-MM-dd'T'HH:mm:ss", "2026-02-05T15:04:09"),
        ("h 'o''clock' a", "3 o'clock PM"),
        ("Q/w D", "1/6 36"),
        ("EEEEE MMMMM", "T F"),
        ("SSS", "012"),
        ("''", "'"),
    ],
)
def test_patterns(pattern: str, text: str) -> None:
    assert format_date(datetime(2026, 2, 5, 15, 4, 9, 12345), pattern, "en_GB") == text


def test_a_field_nobody_knows_is_an_error() -> None:
    with pytest.raises(ValueError, match="'zzzz'"):
        format_date(datetime(2026, 2, 5), "zzzz")
