"""Make one change after the other in the copy, and run the tests that reach it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome, WorkItem, WorkResult

from mutants.equivalent import reason
from mutants.places import Change, change
from mutants.reach import Reach, choose, pytest_words
from mutants.tree import HOME, TREE, sweep


@dataclass(frozen=True)
class Verdict:
    """What became of one change: ``noticed``, ``not noticed`` or ``equivalent``, and who or what says so."""

    spec: MutationSpec
    change: Change
    result: str
    says: str


def try_each(work: list[WorkItem], reach: Reach, session: Path, limit: float) -> Iterator[Verdict]:
    """Try every change; what came of it is kept in ``session``, which cosmic-ray's own reports read too."""
    session.parent.mkdir(parents=True, exist_ok=True)
    session.unlink(missing_ok=True)
    database = WorkDB(str(session), WorkDB.Mode.create)
    try:
        database.add_work_items(work)
        for item in work:
            spec = item.mutations[0]
            changed = change(TREE, spec)
            if why := reason(changed.within, changed.was, changed.becomes):
                database.set_result(item.job_id, WorkResult(worker_outcome=WorkerOutcome.SKIPPED, output=why))
                yield Verdict(spec, changed, "equivalent", why)
                continue
            result, says = _try(spec, reach, limit)
            database.set_result(item.job_id, result)
            yield Verdict(spec, changed, "noticed" if result.is_killed else "not noticed", says)
    finally:
        database.close()


def _try(spec: MutationSpec, reach: Reach, limit: float) -> tuple[WorkResult, str]:
    tests, more = choose(TREE, reach, spec.module_path, spec.start_pos[0], limit)
    while True:
        if not tests:
            survived = WorkResult(worker_outcome=WorkerOutcome.NO_TEST, test_outcome=TestOutcome.SURVIVED)
            return survived, "no test reaches it"
        command = _command(tests)
        result = mutate_and_test([spec], shlex.join([*command, "-x"]), limit * 3 + 60)
        sweep()
        if not result.is_killed:
            unused = f", {more} more reach it" if more else ""
            return result, f"{len(tests)} tests passed{unused}"
        failed = _failed()
        if failed not in tests or _passes(failed):
            return result, failed or "no test could be run"
        tests.remove(failed)  # it fails without the change, too: it says nothing


def _command(tests: list[str]) -> list[str]:
    chosen, noted = HOME / "chosen.txt", HOME / "noted.json"
    chosen.write_text("\n".join(tests))
    noted.unlink(missing_ok=True)
    os.environ.update(MUTANTS_CHOSEN=str(chosen), MUTANTS_NOTED=str(noted))
    files = dict.fromkeys(test.partition("::")[0] for test in tests)
    return [*pytest_words(), *files]


def _failed() -> str:
    noted = HOME / "noted.json"
    notes = json.loads(noted.read_text()) if noted.exists() else {}
    return next((test for test, (_, outcome) in notes.items() if outcome == "failed"), "")


@cache
def _passes(test: str) -> bool:
    """Whether a test that failed passes without the change; asked once, as it says nothing otherwise."""
    command = _command([test])
    result = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    sweep()
    return result.returncode == 0
