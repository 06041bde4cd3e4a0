"""The points of backfills that have not ended: keeps rows and working copies in step."""

from __future__ import annotations

from penstock.model.backfills import BackfillPointState
from penstock.model.states import RunState
from penstock.scheduling.world.live_backfill import LiveBackfill
from penstock.scheduling.world.tick import Tick
from penstock.store.engine.records import BackfillPointRecord, RunRecord

_ENDS = {
    RunState.SUCCESS: BackfillPointState.SUCCESS,
    RunState.FAILED: BackfillPointState.FAILED,
    RunState.CANCELLED: BackfillPointState.CANCELLED,
}


def save_point(
    tick: Tick,
    found: LiveBackfill,
    point: BackfillPointRecord,
    state: BackfillPointState,
    *,
    reason: str | None = None,
) -> None:
    """Write a point's state."""
    before = point.state
    point.become(state)
    found.running += (state is BackfillPointState.RUNNING) - (before is BackfillPointState.RUNNING)
    found.failed += (state is BackfillPointState.FAILED) - (before is BackfillPointState.FAILED)
    if point.run_id is not None:
        found.by_run[point.run_id] = point
    point.reason = reason
    tick.gate.put(point)
    tick.gate.touch(found.record.dag_id)


def run_ended(tick: Tick, run: RunRecord) -> None:
    """Write how a run ended into its backfill point, if it has one."""
    found = tick.world.backfills.get(run.backfill_id or 0)
    point = found.by_run.get(run.run_id) if found is not None else None
    if found is not None and point is not None and point.state is BackfillPointState.RUNNING:
        save_point(tick, found, point, _ENDS[run.state], reason=run.reason)


def run_again(tick: Tick, run: RunRecord) -> None:
    """Record that a run was cleared: unless its backfill has ended, its point is running again."""
    found = tick.world.backfills.get(run.backfill_id or 0)
    point = found.by_run.get(run.run_id) if found is not None else None
    if found is not None and point is not None and point.state in _ENDS.values():
        save_point(tick, found, point, BackfillPointState.RUNNING)
