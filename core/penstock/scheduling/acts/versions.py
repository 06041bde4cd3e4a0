"""Moves a run to another version of its DAG: adds new tasks, and removes those that are gone."""

from __future__ import annotations

from dataclasses import dataclass, field

from penstock.errors import RefusedError
from penstock.model.states import OCCUPIES_SLOT, TaskState
from penstock.model.structure import Structure
from penstock.model.transitions import TaskEvent
from penstock.model.views.plans import PlanItem
from penstock.scheduling.acts.planned import task_item
from penstock.scheduling.moves.task import move
from penstock.scheduling.world.fresh_run import new_tasks
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun, World, build_live
from penstock.store.engine.records import TaskRecord


@dataclass(frozen=True, slots=True)
class VersionChange:
    """The changes when a run moves to another version: tasks that are new, and tasks that are gone.

    ``whole`` are first instances of tasks that are no longer mapped: each becomes the task itself.
    """

    structure: Structure
    new: tuple[str, ...] = ()
    gone: tuple[TaskRecord, ...] = field(default=())
    whole: tuple[TaskRecord, ...] = field(default=())

    def items(self, live: LiveRun) -> list[PlanItem]:
        """Return the plan's lines for added and removed tasks."""
        run = live.record
        come = [
            PlanItem(
                dag_id=run.dag_id,
                run_id=run.run_id,
                task_id=task_id,
                before="",
                after="pending",
                note="new in this version",
            )
            for task_id in self.new
        ]
        return [*come, *(task_item(live, task, "removed", "not in this version") for task in self.gone)]


def latest_version(world: World, live: LiveRun) -> VersionChange | None:
    """Return the change to the DAG's current version, or None if the run has it.

    Raises `RefusedError` while a task that the current version does not have is running.
    """
    entry = world.dag(live.record.dag_id)
    if entry.facts.missing:
        raise RefusedError(f"DAG {entry.dag_id!r} is gone: {entry.facts.file} no longer makes it")
    return None if entry.structure.id == live.structure.id else change_to(live, entry.structure)


def change_to(live: LiveRun, structure: Structure) -> VersionChange:
    """Return the changes of moving *live* to *structure*; raise `RefusedError` while that is impossible."""
    new = tuple(task_id for task_id in structure.graph.order if task_id not in live.instances)
    gone = tuple(
        task
        for task in live.tasks.values()
        if task.state is not TaskState.REMOVED and _is_gone(task, structure)
    )
    alive = [task.key for task in gone if task.state in OCCUPIES_SLOT]
    if alive:
        raise RefusedError(
            f"{', '.join(alive[:3])} of {live.record.run_id} is running, and the other version of the DAG "
            f"has no such task: cancel it first"
        )
    whole = tuple(
        task
        for task in live.tasks.values()
        if task.map_index == 0 and task.task_id in structure.tasks and task.task_id not in structure.mapping
    )
    return VersionChange(structure, new, gone, whole)


def _is_gone(task: TaskRecord, structure: Structure) -> bool:
    """Whether a version does not have the instance: no such task, or it is no longer mapped."""
    return task.task_id not in structure.tasks or (
        task.map_index > 0 and task.task_id not in structure.mapping
    )


def take_to(tick: Tick, live: LiveRun, change: VersionChange) -> LiveRun:
    """Pin *live*, which is in the working set, to the version of *change*; return the new `LiveRun`.

    The caller writes the run.
    """
    structure, run = change.structure, live.record
    for task in change.gone:
        move(tick, live, task, TaskEvent.REMOVE, reason="not in the version that the run was moved to")
    for task in change.whole:
        tick.gate.number_task(run, task, -1)
    fresh = [task for task_id in change.new for task in new_tasks(structure, task_id)]
    tick.gate.add_tasks(run, fresh)
    tasks = [*live.tasks.values(), *fresh]
    for task in tasks:
        place = structure.graph.position.get(task.task_id, len(structure.tasks))
        if task.position != place:
            tick.gate.place_task(task, place)
    run.version_id = structure.id
    ordered = sorted(tasks, key=lambda task: (task.position, task.map_index))
    return tick.world.replace(live, build_live(run, structure, ordered))
