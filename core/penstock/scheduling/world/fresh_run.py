"""The task instances of a run that is about to be created, and what the engine derives from them.

For a very large DAG that is half a second of work, so it is done ahead, a part of it in each tick
(`Making`). Nothing of it is written, and nobody sees it, until one tick creates the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from penstock.model.expansion import instance_count
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.structure import Structure
from penstock.model.trigger_rules import ParentCounts
from penstock.scheduling.world import slices
from penstock.scheduling.world.instances import recount
from penstock.scheduling.world.live_run import LiveRun
from penstock.store.engine.records import RunRecord, TaskRecord


class FreshRun:
    """What a run of *structure* consists of, made in steps. All its tasks are pending."""

    __slots__ = ("_live", "_steps", "structure", "tasks", "whole")

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.tasks: list[TaskRecord] = []
        self.whole = False
        """Whether nothing is left to make."""
        self._live = LiveRun(_nobody(structure), structure, {})
        self._steps = self._made()

    def go_on(self, steps: int | None = None) -> None:
        """Make up to *steps* task instances more; all that is left without a number."""
        for _ in islice(self._steps, steps):
            pass

    def live(self, run: RunRecord) -> LiveRun:
        """Return the run in the working set; *run* is its record."""
        self.go_on()
        return replace(self._live, record=run)

    def _made(self) -> Iterator[None]:
        live, structure = self._live, self.structure
        for task_id in structure.graph.order:
            made = new_tasks(structure, task_id)
            self.tasks += made
            live.instances[task_id] = made
            live.tasks.update((task.key, task) for task in made)
            yield
        for task_id, parents in structure.graph.upstream.items():
            if task_id in structure.group_of:
                recount(live, task_id)
            else:
                live.counts[task_id] = ParentCounts(sum(len(live.instances[each]) for each in parents))
            yield
        live.dirty.clear()  # its start says what is to be looked at
        live.unfinished = len(self.tasks)
        self.whole = True


class Making:
    """Runs of very large DAGs that are being put together, at most one for each version.

    Those who want to create one ask in every tick whether it is ready. One that nobody asked for any more
    is dropped.
    """

    def __init__(self) -> None:
        self._begun: dict[int, FreshRun] = {}
        self._asked: set[int] = set()

    def ready(self, structure: Structure) -> bool:
        """Whether a run can be created in this tick; if not, it is put together in this one and the next."""
        if not is_large(structure):
            return True
        self._asked.add(structure.id)
        found = self._found(structure)
        if found is None:
            found = self._begun[structure.id] = FreshRun(structure)
        return found.whole

    def take(self, structure: Structure) -> FreshRun:
        """Return what a run consists of; what is not ready is made now."""
        found = self._found(structure) or FreshRun(structure)
        self._begun.pop(structure.id, None)
        found.go_on()
        return found

    def go_on(self) -> bool:
        """Make a part of what was asked for in this tick; return whether there is any."""
        self._begun = {key: fresh for key, fresh in self._begun.items() if key in self._asked}
        self._asked.clear()
        for fresh in self._begun.values():
            if not fresh.whole:
                fresh.go_on(slices.TASKS)
        return bool(self._begun)

    def _found(self, structure: Structure) -> FreshRun | None:
        found = self._begun.get(structure.id)
        # After a tick that failed, a version may have a number that another had in it.
        return found if found is not None and found.structure.spec is structure.spec else None


def is_large(structure: Structure) -> bool:
    """Whether a run of *structure* is put together in several ticks."""
    return len(structure.spec.tasks) > slices.TASKS


def new_tasks(structure: Structure, task_id: str) -> list[TaskRecord]:
    """Return the new instances of a task: one, or one for each item of a literal list."""
    expand = structure.mapping.get(task_id)
    count = instance_count(expand, lambda _: None) if expand is not None else None
    return [_new_task(structure, task_id, index) for index in (range(count) if count else (-1,))]


def _new_task(structure: Structure, task_id: str, map_index: int) -> TaskRecord:
    """Return a task instance that has not begun."""
    return TaskRecord(
        id=0,
        run_pk=0,
        task_id=task_id,
        map_index=map_index,
        state=TaskState.PENDING,
        version=1,
        try_number=0,
        max_tries=structure.tasks[task_id].retries + 1,
        position=structure.graph.position[task_id],
    )


def _nobody(structure: Structure) -> RunRecord:
    """Return the record that stands in the place of the run's until there is one."""
    return RunRecord(
        id=0,
        dag_id=structure.spec.dag_id,
        run_id="",
        run_type=RunType.MANUAL,
        state=RunState.QUEUED,
        version=1,
        version_id=structure.id,
        logical_us=None,
        interval_start_us=None,
        interval_end_us=None,
        run_after_us=0,
        queued_us=0,
    )
