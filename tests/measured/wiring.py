"""Trying a measured line of wiring, or the arguments of a DAG, and telling what is different."""

from __future__ import annotations

import datetime as dt
from typing import Any

import penstock
from measured.compare import compare
from penstock.authoring import scope
from penstock.errors import DagFileError
from penstock.loading.serialize import collect, to_spec
from penstock.model.spec import DagSpec, TaskSpec

FILE = "wiring_case.py"
_TIMETABLES = {"NullTimetable": "none", "CronTriggerTimetable": "cron"}


def load(text: str) -> DagSpec:
    """Return the spec of the one DAG that *text* makes as a DAG file with the reference's names in it."""
    names = {name: getattr(penstock, name) for name in penstock.__all__}
    short = {"E": penstock.EmptyOperator, "P": penstock.PythonOperator, "B": penstock.BashOperator}
    namespace = {**names, **short, "datetime": dt, "__file__": FILE, "__name__": "wiring_case"}
    with scope.fresh():
        exec(compile(text, FILE, "exec"), namespace)
        (dag,) = collect(namespace)
        return to_spec(dag, FILE)


def wiring_case(prelude: str, case: dict[str, Any]) -> str | None:
    """Return what one line of wiring gives otherwise than measured."""
    lines = [prelude, *case["code"].splitlines()]
    text = "\n".join(["with DAG('w', schedule=None) as dag:", *(f"    {line}" for line in lines)])
    try:
        spec = load(text)
    except (DagFileError, TypeError) as error:
        if "error" in case:
            return (
                None if isinstance(error, TypeError) or error.line is not None else "refused without a line"
            )
        return f"refused: {error}"
    if "error" in case:
        return "not refused"
    new = [task for task in spec.tasks if task.task_id not in set("abcdef")]
    ours: dict[str, Any] = {
        "edges": sorted([up, task.task_id] for task in spec.tasks for up in task.upstream),
        "new": sorted(task.task_id for task in new),
        "labels": sorted(map(list, spec.labels)),
        "groups": {
            group.group_id: sorted(
                [task.task_id for task in spec.tasks if task.group == group.group_id]
                + [inner.group_id for inner in spec.groups if inner.parent == group.group_id]
            )
            for group in spec.groups
        },
        "props": {
            task_id: {key: _property(spec.task(task_id), key) for key in wanted}
            for task_id, wanted in case.get("props", {}).items()
        },
    }
    theirs = {
        "edges": sorted(case["edges"]),
        "new": sorted(case.get("new_tasks", [])),
        "labels": sorted(case.get("labels", [])),
        "groups": {name: sorted(group["children"]) for name, group in case.get("groups", {}).items()},
        "props": case.get("props", {}),
    }
    return compare(ours, theirs)


def _property(task: TaskSpec | None, key: str) -> object:
    assert task is not None
    return task.expand is not None if key == "is_mapped" else getattr(task, key)


def dag_argument_case(case: dict[str, Any]) -> str | None:
    """Return what a DAG made with some arguments is otherwise than measured."""
    try:
        spec = load(f"dag = {case['code']}")
    except DagFileError as error:
        if "error" in case:
            return compare((error.file, error.line), (FILE, 1))
        return f"refused: {error}"
    if "error" in case:
        return "not refused"
    wanted = case["result"]
    ours = {
        "dag_id": spec.dag_id,
        "timetable": spec.schedule.kind,
        "catchup": spec.catchup == "all",
        "start_date": spec.start_date.isoformat() if spec.start_date else None,
        "timezone": spec.timezone,
        "max_active_runs": spec.max_active_runs,
        "max_active_tasks": spec.max_active_tasks,
    }
    return compare(ours, {**wanted, "timetable": _TIMETABLES[wanted["timetable"]]})
