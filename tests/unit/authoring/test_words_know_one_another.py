"""What a task, a group and a DAG know of one another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from penstock import DAG, EmptyOperator, Operator, Pool, PythonOperator, TaskGroup, task
from penstock.authoring import scope
from penstock.authoring.abstract_operator import AbstractOperator
from penstock.authoring.mapped import MappedOperator
from penstock.authoring.node import Graph, Group, Task
from penstock.authoring.pools import declared_pools
from penstock.errors import DagFileError


@pytest.fixture(autouse=True)
def fresh_scope() -> Iterator[None]:
    """Forget what the test declares."""
    with scope.fresh():
        yield


def test_each_is_reached_from_the_other() -> None:
    with DAG("d") as dag, TaskGroup("g") as group:
        first = EmptyOperator(task_id="first")
        second = EmptyOperator(task_id="second")
        first >> second
    assert isinstance(dag, Graph)
    assert isinstance(group, Group)
    assert isinstance(first, Task)
    assert (first.dag, first.task_group, first.dag_id) == (dag, group, "d")
    assert dag.get_task("g.first") is first
    assert (dag.has_task("g.second"), dag.has_task("second")) == (True, False)
    with pytest.raises(KeyError):
        dag.get_task("second")
    assert (first.downstream_list, second.upstream_list) == ([second], [first])
    assert (first.entries(), second.exits()) == ([first], [second])
    assert (group.entries(), group.exits()) == ([first], [second])
    assert (dag.task_group.is_root, group.is_root) == (True, False)
    assert list(dag.task_group.tasks()) == [first, second]
    assert first.task_type == "EmptyOperator"


def test_a_task_in_no_dag_has_no_neighbours() -> None:
    alone = EmptyOperator(task_id="alone")
    assert (alone.dag, alone.dag_id, alone.upstream_list, alone.downstream_list) == (None, "", [], [])
    assert alone.mapped_group is None
    assert not alone.feeds_mapping


def _length(items: list[int]) -> int:
    return len(items)


def test_a_mapped_task_is_the_sibling_of_what_it_maps() -> None:
    with DAG("d") as dag:
        rows = PythonOperator(task_id="rows", python_callable=list)
        mapped = PythonOperator.partial(task_id="m", python_callable=_length).expand(op_args=rows.output)
    assert isinstance(mapped, MappedOperator)
    assert isinstance(mapped, AbstractOperator)
    assert not isinstance(mapped, Operator)
    assert (mapped.is_mapped, rows.is_mapped) == (True, False)
    assert (mapped.counted, rows.counted) == ((rows,), ())
    assert (rows.feeds_mapping, mapped.feeds_mapping) == (True, False)
    assert dag.mapping_sources == {"rows"}


def test_tasks_in_a_mapped_group_know_it() -> None:
    from penstock import task_group

    with DAG("d") as dag:

        @task
        def rows() -> list[int]:
            return [1]

        @task_group
        def each(item: int) -> None:
            with TaskGroup("inner"):
                EmptyOperator(task_id="leaf")

        each.expand(item=rows())
    leaf, group = dag.get_task("each.inner.leaf"), dag.task_groups["each"]
    assert (leaf.mapped_group, leaf.is_mapped, leaf.counted) == (group, False, ())
    assert group.mapped_group is group
    assert group.counted == (dag.get_task("rows"),)
    assert dag.mapping_sources == {"rows"}


@pytest.mark.parametrize("thing", ["task", 7, None])
def test_a_dag_takes_nothing_but_tasks_and_groups(thing: Any) -> None:
    dag = DAG("d")
    with pytest.raises(DagFileError, match="DAG 'd' takes tasks, not "):
        dag.add_task(thing)
    with pytest.raises(DagFileError, match="DAG 'd' takes task groups, not "):
        dag.add_group(thing)
    assert (dag.task_dict, dag.task_groups) == ({}, {})


def test_pools_are_found_among_what_a_file_declares() -> None:
    Pool("small", slots=1)
    DAG("d")
    Pool("large", slots=9)
    assert [(pool.name, pool.slots) for pool in declared_pools()] == [("small", 1), ("large", 9)]
    with scope.fresh():
        assert declared_pools() == []
