"""How a run of a DAG usually goes: its tasks, what each waits for, and how long each takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from penstock.model.expansion import instance_count
from penstock.model.slots import queue_kind
from penstock.model.spec import TaskSpec
from penstock.model.structure import Structure
from penstock.model.usual import Usual


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One task. ``takes_us`` is 0 for what has nothing to do, or never succeeded yet."""

    spec: TaskSpec
    takes_us: int
    instances: int
    weight: int
    above: int
    """How many tasks it waits for; the one that it is a row of is one of them."""
    below: tuple[int, ...]
    """The tasks that wait for it, by place."""
    holds: bool
    """Whether it takes slots while it runs."""
    kind: tuple[str, int, str]
    past: tuple[str, ...] = ()
    """The tasks of the run before that it waits for."""
    row_of: int | None = None
    """The task whose beginning it waits for, by place."""
    rows: tuple[int, ...] = ()
    """The tasks that wait for its beginning."""

    @property
    def at_once(self) -> bool:
        """Whether it is done as soon as it may begin."""
        return self.takes_us == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The tasks of a version in topological order."""

    steps: tuple[Step, ...]
    places: Mapping[str, int]
    known: bool
    """Whether at least one of its tasks has a history, or none needs one."""
    length_us: int
    """How long a run takes when nothing is in its way."""
    looks_back: bool


def shape_of(structure: Structure, usual: Mapping[str, Usual], history: int, *, slow: bool = False) -> Shape:
    """Return the shape of *structure*'s runs, by the median of its tasks, or (*slow*) by their p95."""
    order = structure.graph.order
    places = {task_id: place for place, task_id in enumerate(order)}
    rows: dict[str, list[int]] = {}
    for each in order:
        rows.setdefault(structure.tasks[each].row_of or "", []).append(places[each])
    steps = tuple(
        _step(structure, structure.tasks[each], places, usual, history, tuple(rows.get(each, ())), slow=slow)
        for each in order
    )
    ends = [0] * len(steps)
    for place, step in enumerate(steps):
        begins = max((ends[places[each]] for each in structure.graph.upstream[step.spec.task_id]), default=0)
        ends[place] = begins + step.takes_us
    worked = [step for step in steps if step.spec.launch != "empty"]
    return Shape(
        steps=steps,
        places=places,
        known=not worked or any(step.spec.task_id in usual for step in worked),
        length_us=max(ends, default=0),
        looks_back=any(step.past for step in steps),
    )


def _step(
    structure: Structure,
    spec: TaskSpec,
    places: Mapping[str, int],
    usual: Mapping[str, Usual],
    history: int,
    rows: tuple[int, ...],
    *,
    slow: bool,
) -> Step:
    known = usual.get(spec.task_id)
    seconds = 0.0 if known is None or spec.launch == "empty" else _seconds(known, slow=slow)
    graph = structure.graph
    row_of = places.get(spec.row_of or "")
    between = spec.sensor is not None and spec.sensor.mode == "reschedule"
    return Step(
        spec=spec,
        takes_us=round(seconds * 1e6),
        instances=_instances(structure, spec, known, history),
        weight=structure.weights[spec.task_id],
        above=len(graph.upstream[spec.task_id]) + (row_of is not None),
        below=tuple(places[each] for each in graph.downstream[spec.task_id]),
        holds=seconds > 0 and not between,
        kind=queue_kind(spec),
        past=_past(structure, spec),
        row_of=row_of,
        rows=rows,
    )


def _seconds(known: Usual, *, slow: bool) -> float:
    return (known.p95() or known.seconds[-1]) if slow else known.p50


def _instances(structure: Structure, spec: TaskSpec, known: Usual | None, history: int) -> int:
    """Return how many instances a task has: as many as its list has items, or as in earlier runs."""
    expand = structure.mapping.get(spec.task_id)
    if expand is None:
        return 1
    count = instance_count(expand, lambda _: None)
    if count is None and known is not None and history:
        count = round(len(known.seconds) / history)
    return max(1, count or 1)


def _past(structure: Structure, spec: TaskSpec) -> tuple[str, ...]:
    if spec.wait_for_downstream:
        return (spec.task_id, *structure.graph.downstream[spec.task_id])
    return (spec.task_id,) if spec.depends_on_past else ()


class Shapes:
    """Shapes by version, kept for the next simulation as long as what is usual is the same."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, bool], tuple[Mapping[str, Usual], int, Shape]] = {}

    def of(self, structure: Structure, usual: Mapping[str, Usual], history: int, *, slow: bool) -> Shape:
        """Return what `shape_of` does; the same object of *usual* stands for the same durations."""
        key = (structure.id, slow)
        kept = self._kept.get(key)
        if kept is None or kept[0] is not usual or kept[1] != history:
            kept = self._kept[key] = (usual, history, shape_of(structure, usual, history, slow=slow))
        return kept[2]

    def keep(self, versions: Collection[int]) -> None:
        """Forget the shapes of all but these versions."""
        self._kept = {key: kept for key, kept in self._kept.items() if key[0] in versions}
