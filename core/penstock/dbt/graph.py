"""From dbt's manifest to what is needed of it: the selected nodes and the order between them. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from graphlib import TopologicalSorter
from typing import Any

TASKS = frozenset({"model", "seed", "snapshot", "test", "unit_test", "function", "source"})
"""The types of nodes that can become tasks. Of others, ``dbt build`` runs nothing that others wait for."""
TESTS = frozenset({"test", "unit_test"})


@dataclass(frozen=True, slots=True)
class DbtNode:
    """One node of a project: a model, seed, snapshot, test or source.

    ``upstream`` are the unique ids of selected nodes that end before it begins: also those that are
    connected with it only through nodes that are not selected, and tests of what it is made of. ``tested``
    is the node that a test is about. ``selector`` is what makes dbt choose this node alone. ``freshness``:
    a source says when it is too old. ``task`` are arguments of the node's task, from ``meta.penstock``.
    ``level`` and ``unique_id`` are the order in which dbt itself takes the nodes that may begin.
    """

    unique_id: str
    type: str
    name: str
    package: str
    selector: str
    folder: str = ""
    group: str | None = None
    tags: tuple[str, ...] = ()
    doc: str = ""
    upstream: tuple[str, ...] = ()
    tested: str | None = None
    freshness: bool = False
    task: dict[str, Any] = field(default_factory=dict)
    level: int = 0


@dataclass(frozen=True, slots=True)
class DbtGraph:
    """The selected nodes of a project, those first that others wait for.

    ``adapter`` is the kind of database; ``database`` the file of a DuckDB, which takes one writer.
    """

    project: str
    version: str
    adapter: str
    database: str | None
    threads: int
    nodes: tuple[DbtNode, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the graph as data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DbtGraph:
        """Return the graph that `to_json` gave; raises KeyError or TypeError for anything else."""
        lists = ("tags", "upstream")
        nodes = [DbtNode(**{**each, **{name: tuple(each[name]) for name in lists}}) for each in data["nodes"]]
        return cls(**{**data, "nodes": tuple(nodes)})


def graph_of(manifest: Mapping[str, Any], answer: Mapping[str, Any]) -> DbtGraph:
    """Return the graph of the nodes that *answer* names, as `ask_dbt` gave it, in dbt's *manifest*."""
    known = {**manifest["nodes"], **manifest.get("sources", {}), **manifest.get("unit_tests", {})}
    known |= manifest.get("functions", {})
    chosen = {name for name in answer["nodes"] if name in known and _is_run(known[name])}
    parents = {name: _parents(known[name]) for name in known}
    before = _order(known, parents, chosen)
    levels = _levels(before)
    fqns = [tuple(node["fqn"]) for name, node in known.items() if name in chosen]
    return DbtGraph(
        project=manifest["metadata"].get("project_name") or "",
        version=answer.get("dbt") or "",
        adapter=answer.get("adapter") or manifest["metadata"].get("adapter_type") or "",
        database=answer.get("database"),
        threads=int(answer.get("threads") or 1),
        nodes=tuple(
            _node(name, known[name], before[name], levels[name], fqns)
            for name in sorted(before, key=lambda name: (levels[name], name))
        ),
    )


def _is_run(node: Mapping[str, Any]) -> bool:
    # An ephemeral model is a part of the statements of those that use it.
    ephemeral = (node.get("config") or {}).get("materialized") == "ephemeral"
    return node["resource_type"] in TASKS and not (ephemeral and node["resource_type"] == "model")


def _parents(node: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple((node.get("depends_on") or {}).get("nodes") or ())


def _order(
    known: Mapping[str, Any], parents: Mapping[str, Collection[str]], chosen: Collection[str]
) -> dict[str, set[str]]:
    """Return for each chosen node the chosen ones that it waits for."""
    before: dict[str, set[str]] = {}
    for name in chosen:
        found: set[str] = set()
        _nearest(name, parents, chosen, found, set())
        before[name] = found
    for name in chosen:
        if known[name]["resource_type"] != "unit_test":
            continue
        # It is about how a model is made, so it comes before it, after what the model is made of.
        models = [model for model in before[name] if model.startswith("model.")]
        before[name] = {up for model in models for up in before[model]} - set(models) - {name}
        for model in models:
            before[model].add(name)
    tests = [name for name in chosen if known[name]["resource_type"] == "test"]
    about = {name: before[name] - set(tests) for name in tests}
    ancestors = _ancestors(before)
    for test in tests:
        if not about[test]:
            continue
        # What is made of all that the test is about waits for it, as in `dbt build`.
        after = [
            name
            for name in chosen
            if known[name]["resource_type"] not in TESTS and about[test] <= ancestors[name]
        ]
        first = set(after)
        for name in after:
            if not ancestors[name] & first:
                before[name].add(test)
    return before


def _nearest(
    name: str,
    parents: Mapping[str, Collection[str]],
    chosen: Collection[str],
    found: set[str],
    seen: set[str],
) -> None:
    """Add to *found* the chosen nodes before *name*, through those that are not chosen."""
    stack = list(parents.get(name, ()))
    while stack:
        parent = stack.pop()
        if parent in seen:
            continue
        seen.add(parent)
        if parent in chosen:
            found.add(parent)
        else:
            stack += parents.get(parent, ())


def _ancestors(before: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    """Return for each node all that comes before it, directly or not."""
    done: dict[str, frozenset[str]] = {}
    for name in TopologicalSorter(before).static_order():
        done[name] = frozenset(before[name]).union(*(done[each] for each in before[name]))
    return done


def _levels(before: Mapping[str, set[str]]) -> dict[str, int]:
    levels: dict[str, int] = {}
    for name in TopologicalSorter(before).static_order():
        levels[name] = 1 + max((levels[each] for each in before[name]), default=-1)
    return levels


def _node(
    name: str, node: Mapping[str, Any], before: set[str], level: int, fqns: list[tuple[str, ...]]
) -> DbtNode:
    kind = node["resource_type"]
    config = node.get("config") or {}
    fresh = node.get("freshness") or {}
    path = str(node.get("original_file_path") or "")
    folder = "/".join(node["fqn"][1:-1]) if kind not in TESTS else ""
    own = (config.get("meta") or node.get("meta") or {}).get("penstock") or {}
    return DbtNode(
        unique_id=name,
        type=kind,
        name=str(node["name"]) if kind != "source" else f"{node['source_name']}_{node['name']}",
        package=str(node.get("package_name") or ""),
        selector=_selector(kind, node, path, fqns),
        folder=folder,
        group=node.get("group") or config.get("group"),
        tags=tuple(node.get("tags") or ()),
        doc=str(node.get("description") or ""),
        upstream=tuple(sorted(before)),
        tested=_tested(node) if kind in TESTS else None,
        freshness=any((fresh.get(limit) or {}).get("count") for limit in ("warn_after", "error_after")),
        task=dict(own) if isinstance(own, dict) else {},
        level=level,
    )


def _tested(node: Mapping[str, Any]) -> str | None:
    if node.get("attached_node"):
        return str(node["attached_node"])
    return next(iter(_parents(node)), None)


def _selector(kind: str, node: Mapping[str, Any], path: str, fqns: list[tuple[str, ...]]) -> str:
    """Return what makes dbt choose this node alone."""
    if kind == "source":
        return f"source:{'.'.join(node['fqn'])}"
    fqn = tuple(node["fqn"])
    said = f"fqn:{'.'.join(fqn)}"
    # The name of a folder chooses all that is in it, and a model may be called as a folder is.
    if any(other[: len(fqn)] == fqn and other != fqn for other in fqns):
        return f"{said},file:{path.rpartition('/')[2]}"
    return said


def task_name(text: str, taken: Collection[str] = ()) -> str:
    """Return *text* as a task id that is not in *taken*: ASCII, and not longer than one may be."""
    name = re.sub(r"[^A-Za-z0-9_-]", "_", text).lstrip("-_") or "node"
    if len(name) > _LONGEST or name in taken:
        name = f"{name[: _LONGEST - 9]}_{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    return name


_LONGEST = 120
"""An id has at most 250 characters, and groups come before it."""
