"""Clears task instances, and reopens ended runs."""

from __future__ import annotations

from penstock.model.states import OCCUPIES_SLOT, RUN_TERMINAL, TERMINAL
from penstock.model.transitions import RunEvent, TaskEvent
from penstock.scheduling.moves.backfill_points import run_again
from penstock.scheduling.moves.task import clear_ended, clear_fields, move, stop
from penstock.scheduling.world import slices
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import TaskRecord


def clear_tasks(tick: Tick, live: LiveRun, tasks: list[TaskRecord], *, reason: str) -> None:
    """Clear task instances of one run and reopen it if it had ended."""
    tick.world.adopt(live)
    run = live.record
    if run.state in RUN_TERMINAL:
        reopen(tick, live, reason=reason)
    elif run.intent is not None:
        _go_on(tick, live)
    ended = [task for task in tasks if task.state in TERMINAL] if len(tasks) > slices.MANY else []
    if 4 * len(ended) > len(live.tasks):  # else one by one is quicker
        tasks = [task for task in tasks if task.state not in TERMINAL]
        clear_ended(tick, live, ended)
    for task in tasks:
        if task.state in OCCUPIES_SLOT:
            stop(tick, live, task, TaskEvent.CLEAR, reason=reason)
        else:
            clear_fields(live, task)
            move(tick, live, task, TaskEvent.CLEAR)
    tick.world.to_advance.add(run.id)


def _go_on(tick: Tick, live: LiveRun) -> None:
    """Stop a run from ending; its time limit starts again, or it would end at once."""
    run = live.record
    run.intent = run.reason = None
    live.ending.clear()
    run.stood_us = 0
    if run.turn_us is not None:
        run.end_turn(tick.now_us)
        run.turn_us = tick.now_us
    tick.gate.save_run(run)


def reopen(tick: Tick, live: LiveRun, *, reason: str) -> None:
    """Put an ended run back to queued. It keeps its first start, and the time that it has worked."""
    run = live.record
    run.end_us = run.reason = run.intent = run.rush = None
    run.stood_us = 0
    run.queued_us = tick.now_us
    tick.gate.move_run(run, RunEvent.REOPEN, reason=reason)
    run_again(tick, run)
