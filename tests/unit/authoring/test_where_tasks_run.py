"""`executor`, `queue` and `resources`: on operators, in default_args, set later; and what a file may name."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from data.builders import dag, task
from penstock.errors import DagFileError
from penstock.loading.placement import placed
from penstock.model.faults import faults

GRID: dict[str, dict[str, Any]] = {"grid": {"type": "dask"}, "LocalExecutor": {"type": "local"}}


def test_a_task_says_where_it_runs(load: Any) -> None:
    spec = load.one(
        "EmptyOperator(task_id='a', executor='grid', queue='gpu', resources={'MEM': 8e9, 'GPU': 1})\n"
        "EmptyOperator(task_id='b')\n"
        "@task(executor='grid')\n"
        "def c(): pass\n"
        "c()\n"
        "d = EmptyOperator(task_id='d')\n"
        "d.queue = 'late'\n"
        "d.queue = 'later'\n"
        "EmptyOperator(task_id='e', queue=None, executor='local')\n"
        "BashOperator.partial(task_id='m', queue='many').expand(bash_command=['x', 'y'])",
        "default_args={'executor': 'cluster'}",
    )
    assert [(each.task_id, each.executor, each.queue, each.resources) for each in spec.tasks] == [
        ("a", "grid", "gpu", {"MEM": 8e9, "GPU": 1.0}),
        ("b", "cluster", None, {}),
        ("c", "grid", None, {}),
        ("d", "cluster", "later", {}),
        ("e", "local", None, {}),
        ("m", "cluster", "many", {}),
    ]
    assert spec.warnings == ()


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("executor=3", "executor must be a string, not 3"),
        ("executor=''", "executor must be a name of 1 to 100 printable characters"),
        ("queue=' gpu'", "queue must be a name"),
        ("queue=['a']", "queue must be a string"),
        ("queue='a\\nb'", "queue must be a name"),
        ("resources='8G'", "resources must be a mapping from names to numbers"),
        ("resources={'MEM': '8G'}", "resources must be a mapping from names to numbers above 0"),
        ("resources={'MEM': 0}", "above 0"),
        ("resources={'MEM': float('inf')}", "above 0"),
        ("resources={1: 2}", "resources must be a mapping"),
        ("resources={'GPU': True}", "above 0"),
    ],
)
def test_a_wrong_word_is_refused_at_its_line(load: Any, argument: str, said: str) -> None:
    with pytest.raises(DagFileError) as error:
        load.one(f"\nEmptyOperator(task_id='a', {argument})")
    assert said in error.value.message
    assert error.value.line == 2


def test_a_class_with_a_queue_of_its_own_keeps_it(load: Any) -> None:
    spec = load.one(
        "class Send(BaseOperator):\n"
        "    def __init__(self, *, queue, **more):\n"
        "        super().__init__(**more)\n"
        "        self.queue = queue\n"
        "    def execute(self, context):\n"
        "        return self.queue\n"
        "assert Send(task_id='a', queue=['x']).queue == ['x']\n"
        "Send.partial(task_id='m').expand(queue=[[1], [2]])"
    )
    assert [each.queue for each in spec.tasks] == [None, None]


@pytest.mark.parametrize(
    ("fields", "default", "said"),
    [
        ({"executor": "gird"}, "local", "executor 'gird' is not known; known: local, cluster, grid"),
        ({"executor": "CeleryExecutor"}, "local", "executor 'CeleryExecutor' is not known"),
    ],
)
def test_an_unknown_executor_is_an_error_with_the_task_s_line(
    fields: dict[str, Any], default: str, said: str
) -> None:
    spec = dag("d", task("a", **fields, line=7))
    with pytest.raises(DagFileError) as error:
        placed(spec, GRID, default)
    assert said in error.value.message
    assert (error.value.file, error.value.line) == (spec.file, 7)


@pytest.mark.parametrize(
    ("fields", "default", "warned"),
    [
        ({"executor": "grid", "queue": "q"}, "local", False),
        ({"executor": "cluster", "queue": "q"}, "local", False),
        ({"queue": "q"}, "grid", False),
        ({"queue": "q"}, "local", True),
        ({"executor": "LocalExecutor", "queue": "q"}, "grid", True),
        ({"resources": {"MEM": 1.0}}, "local", True),
        ({}, "local", False),
    ],
)
def test_a_queue_on_this_machine_is_warned_of(fields: dict[str, Any], default: str, *, warned: bool) -> None:
    found = placed(dag("d", task("a", **fields)), GRID, default)
    assert ("has no effect on the local executor" in "".join(found.warnings)) is warned


@pytest.mark.parametrize(
    "fields",
    [{"executor": "x" * 101}, {"queue": ""}, {"queue": "a\0"}, {"resources": {"MEM": -1.0}},
     {"resources": {"MEM": float("nan")}}],
)  # fmt: skip
def test_the_engine_checks_it_again(fields: dict[str, Any]) -> None:
    spec = dag("d", task("a"))
    wrong = msgspec.structs.replace(spec, tasks=(msgspec.structs.replace(spec.tasks[0], **fields),))
    assert [fault for fault in faults(wrong) if next(iter(fields))[:8] in fault.message]
