"""What follows from a DAG's spec: groups, mapping, watchers, and what scheduling refuses."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.model.spec import DagSpec, ExpandSpec, GroupSpec, MapInput, ScheduleSpec, TaskSpec
from penstock.model.structure import Structure

ROWS = ExpandSpec(kind="rows", inputs={"rows": MapInput(kind="xcom", task_id="a")})
ITEMS = ExpandSpec(kind="product", inputs={"x": MapInput(kind="literal", length=2)})

GROUPS = (
    GroupSpec(group_id="outer"),
    GroupSpec(group_id="outer.each", parent="outer", expand=ROWS),
    GroupSpec(group_id="outer.each.deep", parent="outer.each"),
    GroupSpec(group_id="empty"),
)
TASKS = {"a": None, "b": "outer", "c": "outer.each", "d": "outer.each.deep", "e": "outer"}


def structure(*tasks: TaskSpec, groups: tuple[GroupSpec, ...] = ()) -> Structure:
    spec = DagSpec(dag_id="d", file="d.py", schedule=ScheduleSpec(), tasks=tasks, groups=groups)
    return Structure(7, spec, "0" * 64)


def task(task_id: str, **fields: Any) -> TaskSpec:
    return TaskSpec(task_id=task_id, operator="EmptyOperator", launch="empty", **fields)


@pytest.fixture
def nested() -> Structure:
    """Return tasks at the top, in a group, in a mapped group in it, and in one inside that."""
    return structure(*(task(name, group=group) for name, group in TASKS.items()), groups=GROUPS)


@pytest.mark.parametrize(
    ("group", "members"),
    [
        ("outer", ("b", "c", "d", "e")),
        ("outer.each", ("c", "d")),
        ("outer.each.deep", ("d",)),
        ("empty", ()),
    ],
)
def test_a_group_has_the_tasks_of_the_groups_inside_it(
    nested: Structure, group: str, members: tuple[str, ...]
) -> None:
    assert nested.members[group] == members


@pytest.mark.parametrize(
    ("group", "around"),
    [
        ("outer", ("outer",)),
        ("outer.each", ("outer.each", "outer")),
        ("outer.each.deep", ("outer.each.deep", "outer.each", "outer")),
        ("empty", ("empty",)),
    ],
)
def test_groups_around_a_group_come_from_the_inside_out(
    nested: Structure, group: str, around: tuple[str, ...]
) -> None:
    assert nested.around[group] == around


def test_a_mapped_group_maps_all_that_is_inside_it(nested: Structure) -> None:
    assert nested.group_of == {"c": "outer.each", "d": "outer.each"}
    assert nested.mapping == {"c": ROWS, "d": ROWS}


def test_the_innermost_mapped_group_counts() -> None:
    groups = (GroupSpec(group_id="g", expand=ROWS), GroupSpec(group_id="g.h", parent="g", expand=ITEMS))
    found = structure(task("x", group="g"), task("y", group="g.h"), groups=groups)
    assert found.group_of == {"x": "g", "y": "g.h"}
    assert found.mapping == {"x": ROWS, "y": ITEMS}


def test_a_task_is_mapped_by_itself() -> None:
    plain = (GroupSpec(group_id="plain"),)
    found = structure(task("x", expand=ITEMS), task("y", group="plain"), groups=plain)
    assert found.mapping == {"x": ITEMS}
    assert found.group_of == {}


def test_a_group_that_is_not_there_holds_nobody() -> None:
    found = structure(task("x", group="gone"))
    assert (found.members, found.group_of, found.mapping) == ({}, {}, {})


@pytest.mark.parametrize(
    ("fields", "watchers"),
    [
        ({}, {}),
        ({"depends_on_past": True}, {"x": ("x",)}),
        ({"wait_for_downstream": True}, {"x": ("x",), "y": ("x",), "z": ("x",)}),
        ({"depends_on_past": True, "wait_for_downstream": True}, {"x": ("x",), "y": ("x",), "z": ("x",)}),
    ],
)
def test_a_task_watches_itself_and_its_children_in_the_run_before(
    fields: dict[str, bool], watchers: dict[str, tuple[str, ...]]
) -> None:
    found = structure(task("x", **fields), task("y", upstream=("x",)), task("z", upstream=("x",)))
    assert found.watchers == watchers


def test_two_tasks_may_watch_one() -> None:
    waiting = (task("y", wait_for_downstream=True), task("x", wait_for_downstream=True))
    found = structure(*waiting, task("z", upstream=("x", "y")))
    assert found.watchers["z"] == ("x", "y")


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ((task("x", upstream=("gone",)),), "depends on 'gone', which is not in the DAG"),
        ((task("x", upstream=("y",)), task("y", upstream=("x",))), "cycle: "),
        ((task("x", trigger_rule="sometimes"),), "task x: trigger rule 'sometimes' does not exist$"),
        ((task("x", trigger_rule="sometimes", line=12),), r"'sometimes' does not exist \(line 12\)$"),
    ],
)
def test_what_cannot_be_scheduled_is_refused_when_it_is_checked(
    tasks: tuple[TaskSpec, ...], message: str
) -> None:
    found = structure(*tasks)  # people may look at it all the same
    assert set(found.tasks) == {each.task_id for each in tasks}
    with pytest.raises(ValueError, match=message):
        found.checked()


def test_a_check_works_out_what_takes_long() -> None:
    large = structure(*(task(f"t{number}") for number in range(100)))
    assert large.checked() is large
    assert {"graph", "setups", "weights", "watchers", "group_of", "mapping"} <= vars(large).keys()


def test_what_only_runs_need_is_computed_for_a_dag_that_runs(nested: Structure) -> None:
    """Of thousands of DAGs most have no run for hours."""
    nested.checked()
    known = vars(nested.spec)
    assert {"graph"} == known.keys()
    assert nested.weights is known["weights"]
    assert Structure(8, nested.spec, "").weights is nested.weights
