"""The slots of backfills that have not ended: one place keeps rows and working copies in step."""

from __future__ import annotations

from penstock.model.backfills import BackfillPointState
from penstock.model.states import RunState
from penstock.scheduling.world.live_backfill import LiveBackfill
from penstock.scheduling.world.tick import Tick
from penstock.store.engine.records import RunRecord, SlotRecord

_ENDS = {
    RunState.SUCCESS: BackfillPointState.SUCCESS,
    RunState.FAILED: BackfillPointState.FAILED,
    RunState.CANCELLED: BackfillPointState.CANCELLED,
}


def save_slot(
    tick: Tick, found: LiveBackfill, slot: SlotRecord, state: BackfillPointState, *, reason: str | None = None
) -> None:
    """Write a slot's state."""
    before = slot.state
    slot.become(state)
    found.running += (state is BackfillPointState.RUNNING) - (before is BackfillPointState.RUNNING)
    found.failed += (state is BackfillPointState.FAILED) - (before is BackfillPointState.FAILED)
    if slot.run_id is not None:
        found.by_run[slot.run_id] = slot
    slot.reason = reason
    tick.gate.put(slot)
    tick.gate.touch(found.record.dag_id)


def run_ended(tick: Tick, run: RunRecord) -> None:
    """Take over how a run ended into the slot that it fills, if it fills one."""
    found = tick.world.backfills.get(run.backfill_id or 0)
    slot = found.by_run.get(run.run_id) if found is not None else None
    if found is not None and slot is not None and slot.state is BackfillPointState.RUNNING:
        save_slot(tick, found, slot, _ENDS[run.state], reason=run.reason)


def run_again(tick: Tick, run: RunRecord) -> None:
    """Note that a run was cleared: if its backfill has not ended, its slot is running again."""
    found = tick.world.backfills.get(run.backfill_id or 0)
    slot = found.by_run.get(run.run_id) if found is not None else None
    if found is not None and slot is not None and slot.state in _ENDS.values():
        save_slot(tick, found, slot, BackfillPointState.RUNNING)
