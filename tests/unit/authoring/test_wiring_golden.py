"""Wiring, ids and arguments, against what the reference system did with the same lines."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import penstock
from penstock.authoring import scope
from penstock.authoring.serialize import collect, to_spec
from penstock.errors import DagFileError
from penstock.model.spec import DagSpec

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[2] / "golden" / "wiring.json").read_text())
FILE = "wiring_case.py"

STRICTER = {
    "bad weight_rule": "the reference refuses it when it serialises, we refuse it at the line",
}
STRICTER_DAGS = {
    "bad timetable": "the reference refuses it when it validates, we refuse the file",
}
DIFFERENT_LABELS = {"tg label": [["a", "g.upstream_join_id", "L"]]}
"""Labels the reference keeps for joints that only its own graph view draws."""

WIRING = {case["case"]: case for case in GOLDEN["wiring"]}
DAG_ARGS = {case["case"]: case for case in GOLDEN["dag_args"]}


@pytest.fixture(autouse=True)
def _own_scope() -> Iterator[None]:
    with scope.fresh():
        yield


def load(code: str) -> DagSpec:
    """Return the spec of the DAG ``w`` that the golden prelude and *code* make."""
    lines = [
        "with DAG('w', schedule=None) as dag:",
        f"    {GOLDEN['prelude']}",
        *(f"    {line}" for line in code.splitlines()),
    ]
    (dag,) = collect(execute("\n".join(lines)))
    return to_spec(dag, FILE)


def execute(text: str) -> dict[str, Any]:
    """Execute *text* as a DAG file with the reference's names in it."""
    names = {name: getattr(penstock, name) for name in penstock.__all__}
    short = {"E": penstock.EmptyOperator, "P": penstock.PythonOperator, "B": penstock.BashOperator}
    namespace = {**names, **short, "datetime": dt, "__file__": FILE, "__name__": "wiring_case"}
    exec(compile(text, FILE, "exec"), namespace)
    return namespace


@pytest.mark.parametrize("name", sorted(WIRING.keys() - STRICTER.keys()))
def test_as_measured(name: str) -> None:
    case = WIRING[name]
    if "error" in case:
        with pytest.raises((DagFileError, TypeError)) as caught:
            load(case["code"])
        if isinstance(caught.value, DagFileError):
            assert caught.value.file == FILE
            assert caught.value.line is not None
            assert caught.value.line > 2 or "cycle" in str(caught.value)
        return
    spec = load(case["code"])
    edges = sorted([up, task.task_id] for task in spec.tasks for up in task.upstream)
    assert edges == sorted(case["edges"])
    new = [task for task in spec.tasks if task.task_id not in set("abcdef")]
    assert sorted(task.task_id for task in new) == sorted(case.get("new_tasks", []))
    labels = [label for label in case.get("labels", []) if label not in DIFFERENT_LABELS.get(name, [])]
    assert sorted(map(list, spec.labels)) == sorted(labels)
    groups = {
        group.group_id: [task.task_id for task in spec.tasks if task.group == group.group_id]
        for group in spec.groups
    }
    assert groups == {key: value["children"] for key, value in case.get("groups", {}).items()}
    for task_id, wanted in case.get("props", {}).items():
        task = spec.task(task_id)
        assert task is not None
        assert {key: getattr(task, key) for key in wanted} == wanted


@pytest.mark.parametrize("name", sorted(STRICTER))
def test_refused_earlier_than_the_reference(name: str) -> None:
    with pytest.raises(DagFileError):
        load(WIRING[name]["code"])


@pytest.mark.parametrize("name", sorted(DAG_ARGS))
def test_arguments_of_a_dag(name: str) -> None:
    case = DAG_ARGS[name]
    if "error" in case or name in STRICTER_DAGS:
        with pytest.raises(DagFileError) as caught:
            spec_of(case["code"])
        assert (caught.value.file, caught.value.line) == (FILE, 1)
        return
    spec, wanted = spec_of(case["code"]), case["result"]
    start = spec.start_date.isoformat() if spec.start_date else None
    assert [spec.dag_id, spec.catchup, start, spec.timezone] == [
        wanted["dag_id"],
        "all" if wanted["catchup"] else "latest",
        wanted["start_date"],
        wanted["timezone"],
    ]
    assert spec.max_active_runs == wanted["max_active_runs"]
    assert spec.max_active_tasks == wanted["max_active_tasks"]
    assert (
        spec.schedule.kind == {"NullTimetable": "none", "CronTriggerTimetable": "cron"}[wanted["timetable"]]
    )


def spec_of(code: str) -> DagSpec:
    """Return the spec of the DAG that the expression *code* makes."""
    (dag,) = collect(execute(f"dag = {code}"))
    return to_spec(dag, FILE)


def test_every_case_is_accounted_for() -> None:
    assert len(WIRING) == 65
    assert len(DAG_ARGS) == 17
    assert STRICTER.keys() <= WIRING.keys()
