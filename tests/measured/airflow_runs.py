"""Runs of others' DAG files beside those of the reference: states, tries, XComs, rendered fields."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from measured.airflow_files import CorpusFile, corpus, facts
from penstock.errors import PenstockError
from penstock.ids import instance_key
from penstock.service.foreground import TestReport, run_test
from penstock.settings import Settings

_PLACE = re.compile(r"<(?:RUN|PYTHON|run_id)>")
"""What stands in measured values for what is new in each run."""
DATE = "2026-01-15T00:00:00+00:00"
"""The logical date of a measured run that says none."""


OF_YESTERDAY = {
    "chapter05/dags/05_condition_task.py",
    "chapter05/dags/07_condition_dag_op.py",
    "chapter05/dags/08_trigger_rules.py",
}
"""Files whose tasks compare their date with today: measured with the date of the day before."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a run may end otherwise: in the differences that the regular expression *where* finds."""

    words: str
    where: str = ""
    on_purpose: bool = False
    """Whether the words stand in docs/differences.md; else it is about how the reference was measured."""


_NO_REGISTRY = Reason(
    "its values are random, and the reference had no package registry",
    r"^example_branch_(?:python_)?operator(?:_decorator)?(?:: |\.(?:branch|follow|venv|join_venv|ext_py))",
)
REASONS = {
    "dags/datasets/dataset_alias/upstream_produce_to_alias_A.py": Reason(
        "A task with outlets, in 2.x", r"pushed \{\}, not \{'pipeline_outlets'", on_purpose=True
    ),
    "dags/other/task_group_branching.py": Reason(
        "it speaks 2.x, where a branch keeps its value, and was measured on 3.x only",
        r"upstream_task: pushed",
    ),
    "example_task_state_store_async.py": Reason("it calls a method that the measured version does not have"),
    "example_retry_policy.py": Reason("the reference had no network"),
    "example_dag_decorator.py": Reason("the reference had no network"),
    "example_bash_decorator.py": Reason(
        "it prints folders; and a command that its function never made was measured as a placeholder",
        r"dag_folder|show_dag_folder_stats: |'stat |sleep_in: rendered bash_command as None",
    ),
    "example_branch_operator.py": _NO_REGISTRY,
    "example_branch_operator_decorator.py": _NO_REGISTRY,
    "example_branch_datetime_operator.py": Reason(
        "it depends on the time of day", "manual_task|date_in_range"
    ),
    "example_branch_day_of_week_operator.py": Reason("it depends on the day of the week", "branch_|weekend"),
    "example_trigger_controller_dag.py": Reason(
        "A DAG that `TriggerDagRunOperator` names, in `penstock test`",
        r"example_trigger_controller_dag(?:: |\.test_trigger_dagrun)",
        on_purpose=True,
    ),
    "chapter_3/listing_3_1.py": Reason(
        "its values are random, and were equal twice by chance", "tasks|add_b|times_a|get_nums"
    ),
    "dags/features/use_custom_deferrable_operator.py": Reason(
        "its trigger is random, and it fails when it goes on"
    ),
}
"""The end of a file's path -> why it may end otherwise."""
NOT_RUN = {
    "example_external_task_marker_dag.py": "it waits 600 s for a run of its other DAG, which nothing starts",
    "example_external_task_parent_deferrable.py": "the reference had not ended in time either",
    "example_sensors.py": "the reference had not ended in time either",
}


@dataclass(frozen=True, slots=True)
class MeasuredRun:
    """What was measured of one file, of all its DAGs, perhaps with a conf."""

    era: str
    key: str
    file: Path
    conf: dict[str, Any]
    told: dict[str, Any]

    @property
    def name(self) -> str:
        """The file's path in its repository, and the conf, as reasons name it."""
        return self.key.split(":", 1)[1]

    @property
    def reason(self) -> Reason | None:
        """Why it may end otherwise than it was measured."""
        path = self.name.partition("#")[0]
        return next((reason for end, reason in REASONS.items() if path.endswith(end)), None)

    @property
    def not_run(self) -> str | None:
        """Why it is not run here."""
        return next((why for end, why in NOT_RUN.items() if self.name.endswith(end)), None)


def measured_runs(folder: Path) -> Iterator[MeasuredRun]:
    """Yield all measured runs whose file *folder* has."""
    files = {key: file for file in corpus(folder) for key in _keys(file)}
    for era in ("2", "3"):
        for key, told in facts(f"runs_af{era}").items():
            name, _, conf = key.partition("#conf=")
            yield MeasuredRun(era, key, files[name].file, json.loads(conf or "{}"), told)


def _keys(file: CorpusFile) -> tuple[str, ...]:
    return file.keys


def differences(run: MeasuredRun, settings: Settings) -> list[str]:
    """Run each DAG of *run* that the reference ran, and return what came out otherwise."""
    lent = replace(settings, variables=variables_of(run.file))
    dags = run.told["dags"]
    if not dags:  # refused there
        wanted = [error.split()[1] for error in run.told["errors"]]
        return [
            f"{dag_id} is not refused" for dag_id in wanted if not isinstance(_ran(run, dag_id, lent), str)
        ]
    return [text for dag_id in dags for text in _dag(run, dag_id, lent)]


def variables_of(file: Path) -> dict[str, str]:
    """Return the variables that a file asks for, as somebody who uses it has them."""
    names = re.findall(r"Variable\.get\(\s*['\"]([^'\"]+)", file.read_text(errors="replace"))
    made = [f"PG{name}" for name in ("HOST", "PORT", "USER", "PASSWORD", "DATABASE")]  # asked for in a loop
    return dict.fromkeys([*names, *made], "1")


def _ran(run: MeasuredRun, dag_id: str, settings: Settings) -> TestReport | str:
    date = datetime.fromisoformat(run.told.get("logical_date", DATE))
    if run.name in OF_YESTERDAY:
        date = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    try:
        return run_test(
            run.file, dag_id, task=None, logical_date=date, conf=run.conf, log=StringIO(), settings=settings
        )
    except PenstockError as error:
        return str(error)


def _dag(run: MeasuredRun, dag_id: str, settings: Settings) -> Iterator[str]:
    told = run.told["dags"][dag_id]
    if all(each["state"] == "queued" for each in told["runs"]):
        return  # the reference queued it for another process
    ran = _ran(run, dag_id, settings)
    if isinstance(ran, str):
        yield f"{dag_id}: refused: {ran}"
        return
    state = next(each["state"] for each in told["runs"] if each["state"] != "queued")
    if ran.state != state:
        yield f"{dag_id}: {ran.state}, not {state}"
    if not told["tasks"]:
        return  # only the run was measured
    ours = {instance_key(row["task_id"], row["map_index"]): row for row in ran.tasks}
    theirs = {name: task for name, task in told["tasks"].items() if not _unsure(task)}
    if theirs.keys() - ours.keys() or ours.keys() - told["tasks"].keys():
        yield f"{dag_id}: tasks {sorted(ours)}, not {sorted(told['tasks'])}"
    for name in sorted(ours.keys() & theirs.keys()):
        for text in _task(ours[name], theirs[name]):
            yield f"{dag_id}.{name}: {text}"


def _task(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    if not equal(ours["state"], theirs["state"]):
        why = ours["reason"] or ours["outcome"]
        yield f"{ours['state']}, not {theirs['state']}" + (f" ({why})" if why else "")
        return
    if not equal(ours["try_number"], theirs["tries"]):
        yield f"{ours['try_number']} tries, not {theirs['tries']}"
    pushed = {"return_value": theirs["xcom"]} if "xcom" in theirs else {}
    pushed |= theirs.get("xcoms", {})
    kept = {name: value for name, value in ours["xcoms"].items() if not name.startswith(("_", "skipmixin"))}
    wanted = {name: value for name, value in pushed.items() if not name.startswith("_")}
    if kept.keys() != wanted.keys():
        yield f"pushed {kept}, not {wanted}"
    for name in kept.keys() & wanted.keys():
        if not equal(kept[name], wanted[name]):
            yield f"pushed {name} = {kept[name]!r}, not {wanted[name]!r}"
    fields = theirs.get("rendered", {})
    for name, value in fields.items() if not _unsure(fields) else ():
        if not equal(ours["rendered"].get(name), value):
            yield f"rendered {name} as {ours['rendered'].get(name)!r}, not {value!r}"


def _unsure(theirs: Any) -> bool:
    return isinstance(theirs, dict) and "nondeterministic" in theirs


def equal(ours: Any, theirs: Any) -> bool:
    """Whether a value is what was measured; what differed between two measurements may be anything."""
    if _unsure(theirs):
        return True
    if isinstance(ours, str) and isinstance(theirs, str) and _PLACE.search(theirs):
        return re.fullmatch(".*".join(map(re.escape, _PLACE.split(theirs))), ours) is not None
    if isinstance(theirs, dict) and theirs.keys() == {"sha256", "len"}:
        return isinstance(ours, str) and hashlib.sha256(ours.encode()).hexdigest() == theirs["sha256"]
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(equal(ours[key], theirs[key]) for key in ours)
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(equal, ours, theirs))
    return bool(ours == theirs)
