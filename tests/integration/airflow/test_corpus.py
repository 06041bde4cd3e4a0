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
from pathlib import Path

import pytest

from measured.airflow_files import CorpusFile, Outcome, corpus, facts, outcome
from measured.airflow_runs import differences, measured_runs, variables_of
from penstock.loading.parse import parse_file_sync
from penstock.settings import Settings

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


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_runs_of_the_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run what was run on the reference: everything is equal, or there is a reason for that difference."""
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "airflow"))  # where some write
    counts = Counter[str]()
    for number, run in enumerate(measured_runs(Path(CORPUS or ""))):
        if run.not_run is not None:
            counts["not run"] += 1
            print(f"{'not run':14} {run.name}: {run.not_run}")
            continue
        home = tmp_path / str(number)
        wrong = differences(run, Settings(home=home, dags_folder=home / "dags"))
        reason = run.reason
        explained = reason is not None and all(re.search(reason.where, text) for text in wrong)
        verdict = "equal" if not wrong else "with a reason" if explained else "otherwise"
        counts[verdict] += 1
        print(f"{verdict:14} {run.name}" + (f": {reason.words}" if wrong and explained and reason else ""))
        for text in wrong:
            print(f"               {text[:200]}")
    print(f"of {counts.total()} measured runs: {dict(counts)}")
    assert not counts["otherwise"]
