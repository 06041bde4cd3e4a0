"""From dbt's manifest to nodes, their order and their names: by tables."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.dbt.graph import DbtGraph, DbtNode, graph_of, task_name


def node(unique_id: str, *before: str, **more: Any) -> dict[str, Any]:
    kind, package, own = unique_id.split(".", 2)
    return {
        "resource_type": kind,
        "package_name": package,
        "name": own,
        "fqn": [package, *own.split(".")],
        "depends_on": {"nodes": list(before)},
        "original_file_path": f"models/{own}.sql",
        **more,
    }


def made(*nodes: dict[str, Any], chosen: list[str] | None = None, **answer: Any) -> dict[str, DbtNode]:
    named = {f"{each['resource_type']}.{each['package_name']}.{each['name']}": each for each in nodes}
    manifest = {"metadata": {"project_name": "p", "adapter_type": "duckdb"}, "nodes": named}
    graph = graph_of(manifest, {"nodes": chosen or list(named), **answer})
    assert DbtGraph.from_json(graph.to_json()) == graph
    return {each.unique_id: each for each in graph.nodes}


A, B, C = node("model.p.a"), node("model.p.b", "model.p.a"), node("model.p.c", "model.p.b")
OF_A = node("test.p.of_a", "model.p.a", attached_node="model.p.a")
OF_BOTH = node("test.p.of_both", "model.p.a", "model.p.b", attached_node="model.p.a")
EPHEMERAL = node("model.p.b", "model.p.a", config={"materialized": "ephemeral"})
UNIT = node("unit_test.p.u", "model.p.b")


@pytest.mark.parametrize(
    ("nodes", "chosen", "upstream"),
    [
        ([A, B, C], None, {"a": [], "b": ["a"], "c": ["b"]}),
        ([A, B, C], ["model.p.a", "model.p.c"], {"a": [], "c": ["a"]}),
        ([A, B, C], ["model.p.c"], {"c": []}),
        ([A, B, C, OF_A], None, {"a": [], "of_a": ["a"], "b": ["a", "of_a"], "c": ["b"]}),
        ([A, B, C, OF_BOTH], None, {"a": [], "b": ["a"], "of_both": ["a", "b"], "c": ["b", "of_both"]}),
        (
            [A, B, C, OF_A],
            ["model.p.a", "test.p.of_a", "model.p.c"],
            {"a": [], "of_a": ["a"], "c": ["a", "of_a"]},
        ),
        ([A, EPHEMERAL, C, node("analysis.p.x", "model.p.c")], None, {"a": [], "c": ["a"]}),
        ([A, B, C, UNIT], None, {"a": [], "u": ["a"], "b": ["a", "u"], "c": ["b"]}),
    ],
)  # fmt: skip
def test_order(nodes: list[dict[str, Any]], chosen: list[str] | None, upstream: dict[str, list[str]]) -> None:
    found = made(*nodes, chosen=chosen)
    assert {each.name: [up.rpartition(".")[2] for up in each.upstream] for each in found.values()} == upstream


def test_the_order_of_rows_is_that_in_which_dbt_takes_nodes() -> None:
    late, early = node("model.p.z"), node("model.p.y", "model.p.z")
    assert [each.rpartition(".")[2] for each in made(B, A, late, early)] == ["a", "z", "b", "y"]


@pytest.mark.parametrize(
    ("one", "other", "selector"),
    [
        (node("model.p.a"), node("model.p.b"), "fqn:p.a"),
        (node("model.p.a"), node("model.p.a_b"), "fqn:p.a"),
        # A folder is called as the model is.
        (node("model.p.a"), node("model.p.b", fqn=["p", "a", "b"]), "fqn:p.a,file:a.sql"),
    ],
)
def test_a_selector_means_one_node(one: dict[str, Any], other: dict[str, Any], selector: str) -> None:
    assert made(one, other)["model.p.a"].selector == selector


@pytest.mark.parametrize(
    ("freshness", "watched"),
    [
        (None, False),
        ({"warn_after": {"count": None, "period": None}, "error_after": {}}, False),
        ({"warn_after": {"count": 1, "period": "day"}}, True),
        ({"error_after": {"count": 1, "period": "day"}}, True),
    ],
)
def test_sources(freshness: object, watched: bool) -> None:
    source = node("source.p.raw.t", source_name="raw", name="t", freshness=freshness, fqn=["p", "raw", "t"])
    found = graph_of(
        {"metadata": {}, "nodes": {}, "sources": {"source.p.raw.t": source}}, {"nodes": ["source.p.raw.t"]}
    ).nodes[0]
    assert (found.name, found.freshness, found.selector) == ("raw_t", watched, "source:p.raw.t")


@pytest.mark.parametrize(
    ("text", "taken", "name"),
    [
        ("orders", [], "orders"),
        ("orders.v2", [], "orders_v2"),
        ("größe in cm", [], "gr__e_in_cm"),
        ("--", [], "node"),
        ("orders", ["orders"], "orders_5df56b4f"),
    ],
)
def test_task_names(text: str, taken: list[str], name: str) -> None:
    found = task_name(text, taken)
    assert found == name or (found.startswith("orders_") and taken)
    assert len(task_name("x" * 300)) == 120
    assert task_name("x" * 300) != task_name("x" * 301)
