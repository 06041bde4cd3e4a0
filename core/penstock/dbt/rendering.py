"""Makes tasks of a dbt graph: names, groups, edges, pools, assets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from penstock.authoring.assets import Asset
from penstock.authoring.group import TaskGroup
from penstock.authoring.node import Graph, Group, connect
from penstock.authoring.place import refuse
from penstock.authoring.pools import Pool
from penstock.dbt.graph import TESTS as TEST_TYPES
from penstock.dbt.graph import DbtGraph, DbtNode, task_name
from penstock.dbt.manifest import parsed_before
from penstock.dbt.project import DbtProject
from penstock.dbt.tasks import DbtFreshnessSensor, DbtOperator, DbtRowOperator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.abstract_operator import AbstractOperator

TESTS = ("after", "grouped", "none")
GROUPS = ("group", "tag", "folder", None)
_BEHIND = "dbt"
"""The task that runs dbt for all rows."""
_OURS = frozenset({"task_id", "dag", "task_group", "default_args", "trigger_rule"})
"""What ``meta.penstock`` cannot say: it follows from the graph."""


@dataclass(slots=True)
class _Unit:
    """What becomes one task: a node, or the tests of a node."""

    name: str
    nodes: list[DbtNode]
    place: DbtNode
    """The node that says in which group it is."""


@dataclass(slots=True)
class Rendering:
    """How the nodes of a project become tasks."""

    project: DbtProject
    graph: DbtGraph
    as_project: bool
    tests: str
    group_by: str | None
    sensors: bool
    poke_interval: float
    freshness_timeout: float
    pool: str | Pool | None
    threads: int
    dbt_args: Sequence[str]
    _groups: dict[str, TaskGroup] = field(default_factory=dict)
    _made: dict[str, AbstractOperator] = field(default_factory=dict)

    def make(self, around: Graph | Group) -> None:
        """Make the tasks in *around*, a DAG or a group that is open."""
        whole = around if isinstance(around, Group) else around.task_group
        units = list(self._units())
        writer = self._writer()
        parsed = parsed_before(self.project)
        behind: DbtOperator | None = None
        if self.as_project:
            behind = DbtOperator(
                task_id=_BEHIND,
                project=self.project,
                rows=True,
                as_selected=self.tests != "none",
                dbt_args=self.dbt_args,
                parsed=parsed,
                priority_weight=len(units) + 1,
                weight_rule="absolute",
                **writer,
            )
        rows = self._rows_pool(whole, behind) if behind is not None else None
        for place, unit in enumerate(units):
            group = self._group(unit.place, whole)
            self._make_unit(unit, group, behind, rows, writer, parsed, len(units) - place)
        for unit in units:
            for node in unit.nodes:
                for up in node.upstream:
                    if up in self._made and self._made[up] is not self._made[node.unique_id]:
                        connect(self._made[up], self._made[node.unique_id])
        if behind is not None:
            for task in self._made.values():
                if isinstance(task, DbtFreshnessSensor):
                    connect(task, behind)

    def _units(self) -> Iterator[_Unit]:
        """Yield what becomes a task, in dbt's own order."""
        nodes = {node.unique_id: node for node in self.graph.nodes}
        grouped: dict[str, _Unit] = {}
        taken: set[str] = {_BEHIND} if self.as_project else set()
        for node in self.graph.nodes:
            test = node.type in TEST_TYPES
            if (test and self.tests == "none") or (node.type == "source" and not self._watched(node)):
                continue
            about = nodes.get(node.tested or "", node)
            # One that is about more than its model may have to wait for what waits for the others.
            if self.tests == "grouped" and node.type == "test" and set(node.upstream) <= {node.tested}:
                found = grouped.get(about.unique_id)
                if found is not None:
                    found.nodes.append(node)
                    continue
                name = task_name(f"{about.name}_tests", taken)
                unit = grouped[about.unique_id] = _Unit(name, [node], about)
            else:
                said = f"{node.name}_fresh" if node.type == "source" else node.name
                unit = _Unit(task_name(said if said not in taken else node.unique_id, taken), [node], about)
            taken.add(unit.name)
            yield unit

    def _watched(self, node: DbtNode) -> bool:
        return self.sensors and node.freshness

    def _make_unit(
        self,
        unit: _Unit,
        group: Group,
        behind: DbtOperator | None,
        rows: Pool | None,
        writer: dict[str, Any],
        parsed: str | None,
        weight: int,
    ) -> None:
        node = unit.nodes[0]
        said = self._said(node)
        more: dict[str, Any] = {"doc": node.doc or None, **said, "task_group": group}
        if node.type == "source":
            task: AbstractOperator = DbtFreshnessSensor(
                task_id=unit.name,
                project=self.project,
                source=node.unique_id,
                selector=node.selector,
                parsed=parsed,
                outlets=[self._asset(node)],
                **{
                    "mode": "reschedule",
                    "poke_interval": self.poke_interval,
                    "timeout": self.freshness_timeout,
                    **writer,
                    **more,
                },
            )
        else:
            assets = {"inlets": self._inlets(unit), "outlets": self._outlets(unit)}
            if behind is not None:
                shown = {"pool": rows, "pool_slots": 1, "priority_weight": weight, "weight_rule": "absolute"}
                names = [each.unique_id for each in unit.nodes]
                task = DbtRowOperator(
                    task_id=unit.name, behind=behind.task_id, nodes=names, **{**assets, **more, **shown}
                )
                behind.nodes += [(each.unique_id, task.task_id, each.selector) for each in unit.nodes]
            else:
                task = DbtOperator(
                    task_id=unit.name,
                    project=self.project,
                    dbt_args=self.dbt_args,
                    parsed=parsed,
                    **{**assets, **more, **writer},
                )
                task.nodes = [(each.unique_id, task.task_id, each.selector) for each in unit.nodes]
            task.operator_name = f"dbt {node.type}"
        for each in unit.nodes:
            self._made[each.unique_id] = task

    def _said(self, node: DbtNode) -> dict[str, Any]:
        """Return the arguments in the node's ``meta.penstock``."""
        bad = sorted(_OURS & node.task.keys())
        if bad:
            refuse(f"meta.penstock of {node.unique_id} cannot say {', '.join(bad)}")
        if "pool" in node.task and self.graph.database and not self.as_project:
            refuse(
                f"meta.penstock of {node.unique_id} names a pool, but a DuckDB takes one writer: give "
                "pool= to the whole project"
            )
        return node.task

    def _writer(self) -> dict[str, Any]:
        """Return the pool in which everything waits that opens the database, if it takes one writer."""
        if self.pool is not None:
            return {"pool": self.pool}
        if self.graph.adapter != "duckdb" or not self.graph.database or "://" in self.graph.database:
            return {}
        path = self.graph.database
        short = hashlib.sha256(path.encode()).hexdigest()[:6]
        name = f"duckdb-{task_name(Path(path).stem)[:80]}-{short}"
        return {"pool": Pool(name, slots=1, description=f"DuckDB takes one writer: {path}")}

    def _rows_pool(self, whole: Group, behind: DbtOperator) -> Pool:
        """Return the pool of the rows: as many are shown at work as dbt has threads."""
        name = f"{whole.dag.dag_id}.{behind.task_id}.rows"[-200:].lstrip(".-")
        return Pool(name, slots=self.threads, description="as many as dbt has threads")

    def _group(self, node: DbtNode, whole: Group) -> Group:
        """Return the group of *node*, made when it is first needed."""
        names = {
            "group": [node.group] if node.group else [],
            "tag": list(node.tags[:1]),
            "folder": [part for part in node.folder.split("/") if part],
        }.get(self.group_by or "", [])
        around, path = whole, ""
        for name in names:
            path = f"{path}/{name}"
            if path not in self._groups:
                self._groups[path] = TaskGroup(task_name(name), parent_group=around)
            around = self._groups[path]
        return around

    def _asset(self, node: DbtNode) -> Asset:
        return Asset(
            node.unique_id, uri=f"dbt://{self.graph.project}/{node.type}/{task_name(node.name)}", group="dbt"
        )

    def _outlets(self, unit: _Unit) -> list[Asset]:
        return [self._asset(node) for node in unit.nodes if node.type in ("model", "seed", "snapshot")]

    def _inlets(self, unit: _Unit) -> list[Asset]:
        known = {node.unique_id: node for node in self.graph.nodes}
        ups = dict.fromkeys(up for node in unit.nodes for up in node.upstream)
        return [self._asset(known[up]) for up in ups if known[up].type not in TEST_TYPES]
