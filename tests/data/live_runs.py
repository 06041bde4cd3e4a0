"""Runs of the working set made by hand, for tests of what is worked out from them alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from fakes.clock import START
from penstock.clock import to_us
from penstock.model.backfills import BackfillState, Reprocess
from penstock.model.spec import DagSpec, TaskSpec
from penstock.model.states import OCCUPIES_SLOT, RunState, RunType, TaskState
from penstock.model.structure import Structure
from penstock.scheduling.world.live_backfill import LiveBackfill
from penstock.scheduling.world.places import Places
from penstock.scheduling.world.world import LiveRun, World, build_live
from penstock.store.engine.records import BackfillRecord, PoolRecord, RunRecord, TaskRecord


def task_record(spec: TaskSpec, state: TaskState = TaskState.PENDING, **fields: object) -> TaskRecord:
    """Return a task instance of *spec*."""
    record = TaskRecord(
        id=1, run_pk=1, task_id=spec.task_id, map_index=-1, state=state, version=1, try_number=0,
        max_tries=spec.retries + 1, position=0,
    )  # fmt: skip
    for name, value in fields.items():
        setattr(record, name, value)
    return record


def live_run(
    spec: DagSpec,
    states: dict[str, TaskState] | None = None,
    *,
    key: int = 1,
    backfill_id: int | None = None,
    run_state: RunState = RunState.RUNNING,
    conf: str = "{}",
) -> LiveRun:
    """Return a run of *spec* whose tasks are in *states*, pending where nothing is said."""
    moment = to_us(START)
    run = RunRecord(
        id=key, dag_id=spec.dag_id, run_id=f"r{key}", run_type=RunType.MANUAL, state=run_state, version=1,
        version_id=1, logical_us=moment, interval_start_us=moment, interval_end_us=moment + 3_600_000_000,
        run_after_us=moment, queued_us=moment, start_us=moment, backfill_id=backfill_id, conf=conf,
    )  # fmt: skip
    tasks: list[TaskRecord] = []
    for each in spec.tasks:
        state = (states or {}).get(each.task_id, TaskState.PENDING)
        attempt = f"{key:012x}-{len(tasks):08x}" if state is not TaskState.PENDING else None
        tasks.append(task_record(each, state, attempt_id=attempt))
    return build_live(run, Structure(1, spec, "0" * 64), tasks)


def world_of(
    *runs: LiveRun, pools: dict[str, int] | None = None, backfills: dict[int, int] | None = None
) -> World:
    """Return what rules ask of a world. *backfills* gives the limit of active ones by key."""
    attempts = {
        task.attempt_id: (live.record.id, task.task_id)
        for live in runs
        for task in live.tasks.values()
        if task.state in OCCUPIES_SLOT
    }
    found = {}
    for key, limit in (backfills or {}).items():
        record = BackfillRecord(
            key, "d", 0, 1, Reprocess.NONE, limit, backwards=False, conf="{}", state=BackfillState.RUNNING,
            by="tester", created_us=0,
        )  # fmt: skip
        found[key] = LiveBackfill(record, [])
    dags = {live.record.dag_id: SimpleNamespace(structure=live.structure) for live in runs}
    world = SimpleNamespace(
        slots_apart=[],
        places=Places(),
        runs={live.record.id: live for live in runs},
        attempts=attempts,
        pools={
            name: PoolRecord(name, slots) for name, slots in {"default_pool": 128, **(pools or {})}.items()
        },
        backfills=found,
        dags=dags,
        dag=dags.__getitem__,
    )
    return cast("World", world)
