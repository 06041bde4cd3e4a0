"""Creates runs: the record, its task instances, and the entry in the working set."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from penstock.clock import to_us
from penstock.model.expansion import instance_count
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.structure import Structure
from penstock.scheduling.moves.breakpoints import take_over
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun, build_live
from penstock.store.engine.records import RunRecord, TaskRecord


def create_run(
    tick: Tick,
    structure: Structure,
    *,
    run_id: str,
    run_type: RunType,
    logical: datetime | None,
    interval: tuple[datetime, datetime] | None,
    run_after_us: int,
    conf: dict[str, Any] | None = None,
    backfill_id: int | None = None,
    rerun_of: RunRecord | None = None,
) -> LiveRun:
    """Create a run, queued, pinned to *structure*'s version.

    One that repeats another (*rerun_of*) is linked to it and uses its date.
    """
    run = RunRecord(
        id=0,
        dag_id=structure.spec.dag_id,
        run_id=run_id,
        run_type=run_type,
        state=RunState.QUEUED,
        version=1,
        version_id=structure.id,
        logical_us=None if logical is None else to_us(logical),
        interval_start_us=None if interval is None else to_us(interval[0]),
        interval_end_us=None if interval is None else to_us(interval[1]),
        run_after_us=run_after_us,
        queued_us=tick.now_us,
        conf=json.dumps(conf or {}),
        backfill_id=backfill_id,
        by=tick.gate.actor,
        rerun_of=None if rerun_of is None else rerun_of.run_id,
        stands_for_us=None if rerun_of is None else rerun_of.date_us,
    )
    tasks = [task for task_id in structure.graph.order for task in new_tasks(structure, task_id)]
    tick.gate.create_run(run, tasks)
    live = build_live(run, structure, tasks)
    tick.world.adopt(live)
    take_over(tick, live)
    tick.created += 1
    return live


def new_tasks(structure: Structure, task_id: str) -> list[TaskRecord]:
    """Return the new instances of a task: one, or one for each item of a literal list."""
    expand = structure.mapping.get(task_id)
    count = instance_count(expand, lambda _: None) if expand is not None else None
    return [new_task(structure, task_id, index) for index in (range(count) if count else (-1,))]


def new_task(structure: Structure, task_id: str, map_index: int) -> TaskRecord:
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
