"""What a DAG file may not say of a dbt project, and what tasks become of a graph; dbt is not asked."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.authoring import scope
from penstock.authoring.dag import DAG
from penstock.authoring.group import TaskGroup
from penstock.authoring.operator import Operator
from penstock.dbt.arguments import DbtDagArgs, DbtGroupArgs
from penstock.dbt.dag import OPTIONS, DbtDag, DbtTaskGroup
from penstock.dbt.graph import DbtGraph, DbtNode
from penstock.dbt.project import DbtProject
from penstock.dbt.rendering import Rendering
from penstock.errors import DagFileError


@pytest.fixture(autouse=True)
def own_scope() -> Iterator[None]:
    with scope.fresh():
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dbt_project.yml").write_text("name: p\n")
    (tmp_path / "profiles.yml").write_text("p: {}\n")
    program = tmp_path / "dbt"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"project_dir": None}, "project_dir must be the path of a folder, not None"),
        ({"project_dir": "nowhere"}, "nowhere' does not exist, or is not a folder"),
        ({"project_dir": "/"}, "is not a dbt project: it has no dbt_project.yml"),
        ({"profiles_dir": "nowhere"}, "profiles_dir '.*nowhere' does not exist"),
        ({"render": "rows"}, "render must be one of 'nodes', 'project', not 'rows'"),
        ({"tests": True}, "tests must be one of 'after', 'grouped', 'none', not True"),
        ({"group_by": "owner"}, "group_by must be one of 'group', 'tag', 'folder', None, not 'owner'"),
        ({"freshness": "task"}, "freshness must be one of 'sensor', 'none', not 'task'"),
        ({"vars": "day: 1"}, "vars must be a dict, not 'day: 1'"),
        ({"threads": 0}, "threads must be a whole number from 1, not 0"),
        ({"select": [1]}, "select must be selectors"),
        ({"exclude": "--full-refresh"}, "exclude must be selectors"),
        ({"dbt": "/no/such/dbt"}, "the program '/no/such/dbt' is not there: install dbt with its adapter"),
        ({"dbt": ""}, "dbt must be the name or path of the program"),
    ],
)
@pytest.mark.parametrize("kind", [DbtDag, DbtTaskGroup])
def test_refusals(kind: Any, folder: Path, options: dict[str, Any], message: str) -> None:
    said = {"project_dir": str(folder), "dbt": str(folder / "dbt"), **options}
    with pytest.raises(DagFileError, match=message), DAG("around", schedule=None):
        kind("shop", **said)


def test_a_project_must_be_named() -> None:
    with pytest.raises(DagFileError, match="project_dir is missing"):
        DbtDag("shop")  # type: ignore[call-arg]  # as a checker says too


A = DbtNode("model.p.a", "model", "a", "p", "fqn:p.a", folder="core/base", group="g", tags=("t",))
B = DbtNode("model.p.b", "model", "b", "p", "fqn:p.b", upstream=("model.p.a",), task={"retries": 4})
OF_A = DbtNode("test.p.t", "test", "t", "p", "fqn:p.t", upstream=("model.p.a",), tested="model.p.a")
ALSO = DbtNode("test.p.u", "test", "u", "p", "fqn:p.u", upstream=("model.p.a",), tested="model.p.a")
RAW = DbtNode("source.p.r.x", "source", "r_x", "p", "source:p.r.x", freshness=True)
OLD = DbtNode("source.p.r.y", "source", "r_y", "p", "source:p.r.y")


def rendered(folder: Path, *nodes: DbtNode, **more: Any) -> dict[str, set[str]]:
    """Return task id -> those before it, of a group in a DAG that makes *nodes*."""
    with DAG("d", schedule=None) as dag, TaskGroup("shop") as group:
        made(folder, *nodes, **more).make(group)
    return {name: task.upstream_task_ids for name, task in dag.task_dict.items()}


def made(folder: Path, *nodes: DbtNode, **more: Any) -> Rendering:
    said: dict[str, Any] = {
        "as_project": False, "tests": "after", "group_by": None, "sensors": True, "poke_interval": 60,
        "freshness_timeout": 60, "pool": None, "threads": 2, "dbt_args": [], **more,
    }  # fmt: skip
    project = DbtProject(str(folder), dbt=str(folder / "dbt"))
    graph = DbtGraph("p", "1", "duckdb", "/data/p.duckdb", 2, nodes)
    return Rendering(project=project, graph=graph, **said)


@pytest.mark.parametrize(
    ("nodes", "more", "tasks"),
    [
        ((A, B), {}, {"a": set(), "b": {"a"}}),
        ((A, B), {"group_by": "group"}, {"g.a": set(), "b": {"g.a"}}),
        ((A, B), {"group_by": "tag"}, {"t.a": set(), "b": {"t.a"}}),
        ((A, B), {"group_by": "folder"}, {"core.base.a": set(), "b": {"core.base.a"}}),
        ((A, OF_A, ALSO), {}, {"a": set(), "t": {"a"}, "u": {"a"}}),
        ((A, OF_A, ALSO), {"group_by": "group"}, {"g.a": set(), "g.t": {"g.a"}, "g.u": {"g.a"}}),
        ((A, OF_A, ALSO), {"tests": "grouped"}, {"a": set(), "a_tests": {"a"}}),
        ((A, OF_A, ALSO), {"tests": "none"}, {"a": set()}),
        ((RAW, OLD), {}, {"r_x_fresh": set()}),
        ((RAW,), {"sensors": False}, {}),
        ((A, B), {"as_project": True}, {"dbt": set(), "a": set(), "b": {"a"}}),
        ((RAW, A), {"as_project": True}, {"dbt": {"r_x_fresh"}, "r_x_fresh": set(), "a": set()}),
    ],
)
def test_tasks(
    folder: Path, nodes: tuple[DbtNode, ...], more: dict[str, Any], tasks: dict[str, set[str]]
) -> None:
    found = rendered(folder, *nodes, **more)
    assert found == {f"shop.{name}": {f"shop.{up}" for up in ups} for name, ups in tasks.items()}


def test_arguments_from_the_project_and_one_writer(folder: Path) -> None:
    with DAG("d", schedule=None, default_args={"retries": 1}) as dag:
        made(folder, A, B).make(dag)
    tasks = [task for task in dag.task_dict.values() if isinstance(task, Operator)]
    assert {task.task_id: task.retries for task in tasks} == {"a": 1, "b": 4}
    assert len({str(task.pool) for task in tasks}) == 1
    assert str(tasks[0].pool).startswith("duckdb-p-")


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"pool": "mine"}, "names a pool, but a DuckDB takes one writer"),
        ({"task_id": "x"}, "cannot say task_id"),
        ({"retires": 3}, "retires"),
        ({"retries": "many"}, "retries"),
    ],
)
def test_what_a_node_may_not_say_of_its_task(folder: Path, task: dict[str, Any], message: str) -> None:
    node = DbtNode("model.p.a", "model", "a", "p", "fqn:p.a", task=task)
    with pytest.raises(DagFileError, match=message):
        rendered(folder, node)


@pytest.mark.parametrize(
    ("typed", "around"), [(DbtDagArgs, DAG), (DbtGroupArgs, TaskGroup)], ids=["DbtDag", "DbtTaskGroup"]
)
def test_type_checkers_know_every_argument(typed: Any, around: type) -> None:
    named = inspect.signature(around.__init__).parameters.values()  # type: ignore[misc]  # of the class itself
    theirs = {each.name for each in named if each.kind is not inspect.Parameter.VAR_KEYWORD}
    assert set(typed.__annotations__) == {*OPTIONS, *theirs} - {"self", "dag_id", "description", "group_id"}
