"""Writes backfills, and gives up slots that have not started."""

from __future__ import annotations

from penstock.model.backfills import BackfillPointState
from penstock.model.states import TERMINAL, RunState
from penstock.scheduling.moves.backfill_points import save_point
from penstock.scheduling.moves.cancel import cancel
from penstock.scheduling.world.live_backfill import LiveBackfill
from penstock.scheduling.world.tick import Tick
from penstock.store.engine.records import BackfillRecord


def give_up(tick: Tick, found: LiveBackfill, state: BackfillPointState, reason: str) -> None:
    """End the slots that have not started. Running ones go on, and the backfill ends with them."""
    found.waiting.clear()
    for point in found.points:
        if point.state is BackfillPointState.WAITING:
            save_point(tick, found, point, state, reason=reason)
        elif point.state is BackfillPointState.RUNNING and point.run_id is not None:
            live = tick.world.run(found.record.dag_id, point.run_id)
            if live.record.state is RunState.QUEUED:
                unfinished = [task for task in live.tasks.values() if task.state not in TERMINAL]
                save_point(tick, found, point, state, reason=reason)
                cancel(tick, live, unfinished, whole=True, reason=reason)


def save_backfill(tick: Tick, record: BackfillRecord, *, end_us: int | None = None) -> None:
    """Write a backfill's state and size; with *end_us* (microseconds) also its end."""
    record.end_us = end_us
    tick.gate.put(record)
    tick.gate.touch(record.dag_id)
