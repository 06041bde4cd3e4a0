"""DAGs with mapped tasks for the scripted engine, and what became of their instances."""

from __future__ import annotations

import msgspec

from data.builders import dag
from drive.loop import Bench
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import DagSpec, ExpandSpec, GroupSpec, MapInput, TaskSpec
from penstock.model.states import TaskState


def returned(length: int) -> Outcome:
    """A success that left *length* items to be mapped over."""
    return Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, mapped_length=length)


def over(*names: str) -> ExpandSpec:
    """Mapped over what tasks return."""
    return ExpandSpec(kind="product", inputs={name: MapInput(kind="xcom", task_id=name) for name in names})


def listed(length: int) -> ExpandSpec:
    """Mapped over a list in the file."""
    return ExpandSpec(kind="product", inputs={"x": MapInput(kind="literal", length=length)})


def mapped(spec: TaskSpec, expand: ExpandSpec, **fields: object) -> TaskSpec:
    """Return *spec*, mapped."""
    return msgspec.structs.replace(spec, expand=expand, **fields)


def in_group(spec: TaskSpec, group: str = "g") -> TaskSpec:
    """Return *spec* in a group."""
    return msgspec.structs.replace(spec, group=group)


def grouped(expand: ExpandSpec, *tasks: TaskSpec) -> DagSpec:
    """A DAG with a mapped group ``g``."""
    return msgspec.structs.replace(dag("d", *tasks), groups=(GroupSpec(group_id="g", expand=expand),))


def states(bench: Bench, run: str) -> dict[str, str]:
    """Return states by key; what was launched counts as running."""
    found = {}
    for row in bench.run("d", run).tasks:
        index = "" if row.map_index < 0 else f"[{row.map_index}]"
        found[f"{row.task_id}{index}"] = "running" if row.state is TaskState.QUEUED else row.state.value
    return found
