"""Creates runs: the record, its task instances, and the entry in the working set."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from penstock.clock import to_us
from penstock.model.states import RunState, RunType
from penstock.model.structure import Structure
from penstock.scheduling.moves.breakpoints import take_over
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import RunRecord
from penstock.timetable.partition import key_of_date

_BY_SCHEDULE = frozenset({RunType.SCHEDULED, RunType.BACKFILL})


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
    partition_key: str | None = None,
) -> LiveRun:
    """Create a run, queued, pinned to *structure*'s version.

    One that repeats another (*rerun_of*) is linked to it and uses its date and its partition. Without
    *partition_key*, a run of a schedule gets the partition of its date, if the schedule has any. The callers
    ask first whether it is ready (`Making.ready`): a very large one that is not takes long.
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
        partition_key=partition_key or (None if rerun_of is None else rerun_of.partition_key),
    )
    if run.partition_key is None and logical is not None and run_type in _BY_SCHEDULE:
        run.partition_key = key_of_date(structure.spec.schedule, logical)
    fresh = tick.world.making.take(structure)
    tick.gate.create_run(run, fresh.tasks)
    live = fresh.live(run)
    tick.world.adopt(live)
    take_over(tick, live)
    tick.created += 1
    return live
