"""DAG files of others: how many load, and how many have exactly the structure that was measured.

It runs where the files are: ``PENSTOCK_CORPUS=FOLDER pytest -rP tests/integration/airflow/test_corpus.py``.
The folder has ``files.txt`` (repository, path, version) and a folder for each repository; none of it is ours.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from measured.airflow_files import CorpusFile, Outcome, corpus, facts, outcome
from penstock.errors import PenstockError
from penstock.loading.parse import parse_file_sync
from penstock.settings import Settings
from penstock.testing.ran import run

CORPUS = os.environ.get("PENSTOCK_CORPUS")
LOAD, EQUAL = 122 / 126, 119 / 126
"""The shares that must load, and have the measured structure."""

pytestmark = pytest.mark.skipif(not CORPUS, reason="PENSTOCK_CORPUS names no folder of DAG files")


@pytest.mark.timeout(900)
def test_the_corpus(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, dags_folder=tmp_path / "dags")
    measured = {name: facts(name) for name in ("structure_af2", "structure_af3")}

    def load(file: CorpusFile) -> Outcome:
        lent = replace(settings, variables=variables_of(file.file))
        return outcome(file, parse_file_sync(file.file, settings=lent), measured)

    files = [file for file in corpus(Path(CORPUS or "")) if file.file.exists()]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(load, files))
    for each in found:
        if not each.equal:
            print(f"{'loads' if each.loads else 'fails':6} {each.dialect} {each.name}")
            for text in each.differences[:6]:
                print(f"         {text[:300]}")
    loads, equal = sum(each.loads for each in found), sum(each.equal for each in found)
    print(f"of {len(found)} files {loads} load, and {equal} have the structure that was measured")
    assert loads >= LOAD * len(found)
    assert equal >= EQUAL * len(found)


REASONS = {
    "uses_clock": "it depends on the day on which it was measured",
    "artefact": "it failed on the reference only because there was no network",
    "trigger_controller": "A DAG that `TriggerDagRunOperator` names, in `penstock test`",
    "branch_datetime": "it depends on the time of day",
    "branch_day_of_week": "it depends on the day of the week",
    "asset_partition": "Partitioned schedules",
    "chapter_3/listing_3_1.py": "its values are random, and were equal twice by chance",
    "external_task": "it waits for a DAG that nothing runs",
    "bash_decorator": "its value is the path of a folder",
}
"""A word in the path of a file, or a fact about it -> why it may end otherwise."""


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_runs_of_the_corpus(tmp_path: Path) -> None:
    """Run what was run on the reference: states and returned values are equal, or there is a reason."""
    measured = {era: facts(f"runs_af{era}") for era in ("2", "3")}
    counts = Counter[str]()
    for number, file in enumerate(corpus(Path(CORPUS or ""))):
        home = tmp_path / str(number)
        settings = Settings(home=home, dags_folder=home / "dags", variables=variables_of(file.file))
        told = told_of(file, parse_file_sync(file.file, settings=settings).dialect, measured)
        if told is None:
            continue
        wrong = [text for dag_id in told["dags"] for text in run_differs(file.file, dag_id, told, settings)]
        reason = next((why for word, why in REASONS.items() if told.get(word) or word in file.path), None)
        verdict = "equal" if not wrong else "with a reason" if reason else "otherwise"
        counts[verdict] += 1
        print(f"{verdict:14} {file.path}" + (f": {reason}" if wrong and reason else ""))
        for text in wrong:
            print(f"               {text[:200]}")
    print(dict(counts))
    assert counts["equal"] + counts["with a reason"] >= 0.82 * counts.total()


def variables_of(file: Path) -> dict[str, str]:
    """Return the variables that a file asks for, as somebody who uses it has them."""
    names = re.findall(r"Variable\.get\(\s*['\"]([^'\"]+)", file.read_text(errors="replace"))
    made = [f"PG{name}" for name in ("HOST", "PORT", "USER", "PASSWORD", "DATABASE")]  # asked for in a loop
    return dict.fromkeys([*names, *made], "1")


def told_of(file: CorpusFile, word: str | None, measured: dict[str, Any]) -> dict[str, Any] | None:
    """Return what was measured of a file in its dialect, or in the other one if that is all there is."""
    for era in (word or "2", "3" if word == "2" else "2"):
        for key in file.keys:
            found: dict[str, Any] | None = measured[era].get(key)
            if found is not None and "dags" in found:
                return found
    return None


def run_differs(file: Path, dag_id: str, told: dict[str, Any], settings: Settings) -> list[str]:
    """Return how the run of a DAG ends otherwise than it was measured."""
    wanted = told["dags"][dag_id]
    if not wanted.get("runs") or wanted["runs"][0].get("state") == "queued":
        return []
    date = datetime.fromisoformat(told.get("logical_date") or "2026-01-15T00:00:00+00:00")
    try:
        done = run(file, dag_id, logical_date=date, settings=settings)
    except PenstockError as error:
        return [f"{dag_id}: {error}"]
    found = []
    for task_id, task in wanted["tasks"].items():
        ours, theirs = done.states.get(task_id), task.get("state")
        if isinstance(theirs, str) and ours != theirs:
            found.append(f"{dag_id}.{task_id} is {ours}, not {theirs}")
        elif isinstance(task.get("xcom"), str | int) and ours == "success":
            value = done.task(task_id).xcoms.get("return_value")
            if value != task["xcom"]:
                found.append(f"{dag_id}.{task_id} returned {value!r}, not {task['xcom']!r}")
    return found
