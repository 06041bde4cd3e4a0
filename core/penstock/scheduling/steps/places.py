"""Places of runs under ``max_active_runs``: a run that only waits gives its place to the one it waits for.

A run with tasks that depend on the past may have started while the run before it had failed. When that one
is cleared it needs a place; the later run has the place and waits for it: neither would ever go on.
"""

from __future__ import annotations

from collections.abc import Sequence

from penstock.model.states import TERMINAL, RunState, TaskState
from penstock.model.transitions import RunEvent
from penstock.model.trigger_rules import Verdict
from penstock.scheduling.world.limits import run_limit, run_queue
from penstock.scheduling.world.readiness import blocking_past, judge
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun, World


def waiting_for(world: World, live: LiveRun, active: Sequence[LiveRun]) -> LiveRun | None:
    """Return the latest of *active* runs that can do nothing before *live*, a queued one, has ended."""
    found = [other for other in active if _waits(world, other, live, set())]
    return max(found, key=lambda other: (other.record.logical_us or 0, other.record.id), default=None)


def give_way(tick: Tick, live: LiveRun, to: LiveRun) -> None:
    """Put a run that only waits back into the queue, so that the run it waits for can start."""
    run = live.record
    run.end_turn(tick.now_us)
    run.stood_us = 0
    run.queued_us = tick.now_us
    reason = f"gives its place to {to.record.run_id}, for which it waits"
    tick.gate.move_run(run, RunEvent.GIVE_WAY, reason=reason)
    tick.room = True


def _waits(world: World, live: LiveRun, wanted: LiveRun, seen: set[int]) -> bool:
    """Whether no task of *live* can go on before *wanted* does, through any number of runs between."""
    if live is wanted:
        return True
    if live.record.id in seen or live.record.intent is not None:
        return False
    seen = seen | {live.record.id}
    past = _only_waits_for(world, live)
    if past is not None and _waits(world, past, wanted, seen):
        return True
    if live.record.state is RunState.QUEUED:
        queue = run_queue(world, live)
        holders = [
            other
            for other in world.runs_of(live.record.dag_id)
            if other.record.state is RunState.RUNNING and run_queue(world, other) == queue
        ]
        full = len(holders) >= run_limit(world, live)
        return full and all(_waits(world, other, wanted, seen) for other in holders)
    return False


def _only_waits_for(world: World, live: LiveRun) -> LiveRun | None:
    """Return the unfinished run that *live* waits for, if that is all it does."""
    waiting = [task for task in live.tasks.values() if task.state not in TERMINAL]
    if any(task.state is not TaskState.PENDING for task in waiting):
        return None
    for task in waiting:
        past = blocking_past(world, live, live.structure.tasks[task.task_id])
        if past is not None and judge(live, task)[0] is Verdict.GO:
            pk = world.by_key.get((live.record.dag_id, past[0]))
            return None if pk is None else world.runs[pk]
    return None
