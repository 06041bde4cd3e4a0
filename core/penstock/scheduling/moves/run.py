"""Ends runs: by their leaves, or because somebody or something ends them."""

from __future__ import annotations

from penstock.model.states import RUN_TERMINAL, TaskState
from penstock.model.transitions import RunEvent
from penstock.scheduling.moves.backfill_points import run_ended
from penstock.scheduling.moves.failures import record_run_failure
from penstock.scheduling.moves.pause import lift_pause
from penstock.scheduling.world.breakpoints import keeps_open
from penstock.scheduling.world.instances import instances
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun


def settle_run(tick: Tick, live: LiveRun) -> None:
    """End a run once nothing in it is unfinished, by its leaves."""
    run = live.record
    if run.state in RUN_TERMINAL:
        if not live.live:
            tick.world.drop(live)
        return
    if live.unfinished or (run.intent is None and keeps_open(tick.world, live)):
        return
    if run.intent == RunEvent.CANCEL.value:
        event, reason = RunEvent.CANCEL, run.reason
    elif run.intent == RunEvent.FAIL.value:
        event, reason = RunEvent.FAIL, run.reason
    else:
        event, reason = _by_leaves(live)
    end_run(tick, live, event, reason)


def end_run(tick: Tick, live: LiveRun, event: RunEvent, reason: str | None) -> None:
    """End a run; it leaves the working set once it has no live attempt."""
    run = live.record
    run.end_us = tick.now_us
    run.end_turn(tick.now_us)
    run.reason = reason
    whole = run.intent is not None
    run.intent = None
    if run.start_us is None:
        run.start_us = tick.now_us
    tick.gate.move_run(run, event, reason=reason)
    if event is RunEvent.FAIL:
        record_run_failure(tick, live, whole=whole)
    run_ended(tick, run)
    tick.room = True
    tick.world.due_dags.look_at(run.dag_id)  # room for another run: points that waited for it are due
    for pause in tick.world.pauses.of_run(*live.key):
        if pause.stops_since_us is not None:  # a breakpoint that it never got to stays, for a clear or retry
            lift_pause(tick, pause.key)
    if not live.live:
        tick.world.drop(live)


def _by_leaves(live: LiveRun) -> tuple[RunEvent, str | None]:
    leaves = [each for leaf in live.structure.setups.leaves for each in instances(live, leaf)]
    bad = [
        leaf for leaf in leaves if leaf.state not in (TaskState.SUCCESS, TaskState.SKIPPED, TaskState.REMOVED)
    ]
    if not bad:
        return RunEvent.SUCCEED, None
    roots = [task for task in live.tasks.values() if task.state in (TaskState.FAILED, TaskState.CANCELLED)]
    named = ", ".join(task.key for task in (roots or bad)[:3])
    more = len(roots or bad) - 3
    return RunEvent.FAIL, f"{named}{f' and {more} more' if more > 0 else ''} did not succeed"
