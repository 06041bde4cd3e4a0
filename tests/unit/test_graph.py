"""The graph of a DAG: order, reach, cycles, weights."""

from __future__ import annotations

import random
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.model import graph as graph_module
from penstock.model.graph import Graph, find_cycle, priority_weights
from penstock.model.spec import TaskSpec

DIAMOND: dict[str, list[str]] = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"], "e": []}


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    """An acyclic graph whose tasks are defined in any order."""
    size = draw(st.integers(0, 12))
    names = [f"t{number}" for number in range(size)]
    upstream = {
        name: draw(st.lists(st.sampled_from(names[:place]), unique=True)) if place else []
        for place, name in enumerate(names)
    }
    return {name: upstream[name] for name in draw(st.permutations(names))}


def test_edges_both_ways_roots_and_leaves() -> None:
    graph = Graph(DIAMOND)
    assert graph.downstream == {"a": ("b", "c"), "b": ("d",), "c": ("d",), "d": (), "e": ()}
    assert graph.roots == ("a", "e")
    assert graph.leaves == ("d", "e")
    assert graph.ancestors("d") == {"a", "b", "c"}
    assert graph.descendants("a") == {"b", "c", "d"}
    assert graph.ancestors("e") == graph.descendants("e") == frozenset()


def test_order_keeps_the_authors_order_where_it_can() -> None:
    assert Graph({"z": [], "y": [], "x": ["y"], "w": []}).order == ("z", "y", "x", "w")
    assert Graph({"last": ["first"], "first": [], "other": []}).order == ("first", "last", "other")


def test_a_parent_named_twice_counts_once() -> None:
    assert Graph({"a": [], "b": ["a", "a"]}).order == ("a", "b")


@given(graphs())
def test_every_task_comes_after_its_parents(upstream: dict[str, list[str]]) -> None:
    graph = Graph(upstream)
    assert sorted(graph.order) == sorted(upstream)
    for task, parents in upstream.items():
        assert all(graph.position[parent] < graph.position[task] for parent in parents)
        assert graph.ancestors(task) == set(parents).union(*(graph.ancestors(parent) for parent in parents))
        assert all(task in graph.ancestors(down) for down in graph.descendants(task))
    assert find_cycle(upstream) is None


@given(graphs(), st.data())
def test_an_edge_back_to_an_ancestor_is_a_cycle(upstream: dict[str, list[str]], data: st.DataObject) -> None:
    graph = Graph(upstream)
    tasks = [task for task in graph.order if graph.ancestors(task)]
    if not tasks:
        return
    task = data.draw(st.sampled_from(tasks))
    ancestor = data.draw(st.sampled_from(sorted(graph.ancestors(task))))
    closed = {**upstream, ancestor: [*upstream[ancestor], task]}
    cycle = find_cycle(closed)
    assert cycle is not None
    assert cycle[0] == cycle[-1]
    for before, after in pairwise(cycle):
        assert before in closed[after]
    with pytest.raises(ValueError, match=r"^cycle: "):
        Graph(closed)


def test_a_task_may_not_follow_itself() -> None:
    with pytest.raises(ValueError, match="cycle: a -> a"):
        Graph({"a": ["a"]})


def test_an_unknown_parent_is_named() -> None:
    with pytest.raises(ValueError, match="'b' depends on 'ghost'"):
        Graph({"b": ["ghost"]})


WEIGHTS = {
    "absolute": {"a": 1, "b": 2, "c": 3, "d": 4},
    "downstream": {"a": 10, "b": 6, "c": 7, "d": 4},
    "upstream": {"a": 1, "b": 3, "c": 4, "d": 10},
}


@pytest.mark.parametrize("rule", WEIGHTS)
def test_priority_weights(rule: str) -> None:
    tasks = [
        TaskSpec(
            task_id=name,
            operator="EmptyOperator",
            launch="empty",
            upstream=tuple(DIAMOND[name]),
            priority_weight=weight,
            weight_rule=rule,  # type: ignore[arg-type]
        )
        for name, weight in (("a", 1), ("b", 2), ("c", 3), ("d", 4))
    ]
    # A diamond counts d once, not once per way.
    assert priority_weights(tasks, Graph.of(tasks)) == WEIGHTS[rule]


def test_weights_of_a_long_chain_need_little_memory() -> None:
    names = [f"t{number}" for number in range(10_000)]
    tasks = [
        TaskSpec(
            task_id=name, operator="EmptyOperator", launch="empty", upstream=tuple(names[max(at - 1, 0) : at])
        )
        for at, name in enumerate(names)
    ]
    graph = Graph.of(tasks)
    tracemalloc.start()
    try:
        weights = priority_weights(tasks, graph)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (weights["t0"], weights["t9999"]) == (10_000, 1)
    assert peak < 5 << 20, "a set of tasks each would be 6 MB, or 12"


@pytest.mark.parametrize("rule", ["upstream", "downstream"])
def test_weights_are_the_same_when_sets_are_worked_out_in_parts(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(7)
    names = [f"t{number}" for number in range(60)]
    tasks = [
        TaskSpec(
            task_id=name,
            operator="EmptyOperator",
            launch="empty",
            upstream=tuple(sorted(chance.sample(names[max(0, at - 9) : at], min(at, 3)))),
            priority_weight=chance.choice([1, 1, 4, 10]),
            weight_rule=rule,  # type: ignore[arg-type]
        )
        for at, name in enumerate(names)
    ]
    graph = Graph.of(tasks)
    own = {task.task_id: task.priority_weight for task in tasks}
    reach = graph.ancestors if rule == "upstream" else graph.descendants
    wanted = {name: own[name] + sum(own[other] for other in reach(name)) for name in names}
    monkeypatch.setattr(graph_module, "_SET_BYTES", 1)
    for at_once in (1, 7, 59, 60, 1000):
        monkeypatch.setattr(graph_module, "_LEAST_AT_ONCE", at_once)
        assert priority_weights(tasks, graph) == wanted
