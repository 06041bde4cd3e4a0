"""Advance: pending tasks whose answer may have changed go, are skipped, are blocked, or wait on.

The rules are pure (`model.trigger_rules`); this step applies them until the run comes to rest.
"""

from __future__ import annotations

from collections.abc import Sequence

from penstock.model.spec import TaskSpec
from penstock.model.states import SUCCESS_LIKE, RunState, TaskState
from penstock.model.transitions import TaskEvent
from penstock.model.trigger_rules import ParentCounts, TriggerRule, Verdict, evaluate
from penstock.scheduling.assets import announce
from penstock.scheduling.moves import move, settle_run
from penstock.scheduling.teardown import may_tear_down
from penstock.scheduling.tick import Tick
from penstock.scheduling.world import LiveRun, World
from penstock.store.records import TaskRecord


def advance(tick: Tick) -> None:
    """Bring every stirred run to rest, and end those that are done."""
    while tick.world.stirred:
        live = tick.world.runs.get(tick.world.stirred.pop())
        if live is None:
            continue
        if live.record.state is RunState.RUNNING:
            _advance(tick, live)
        settle_run(tick, live)
        tick.world.stirred.discard(live.record.id)


def _advance(tick: Tick, live: LiveRun) -> None:
    order = live.structure.graph.position
    while live.dirty:
        batch = sorted(live.dirty, key=lambda task_id: order.get(task_id, 0))
        live.dirty.clear()
        for task_id in batch:
            task = live.tasks.get(task_id)
            if task is None or task.state is not TaskState.PENDING:
                continue
            if live.record.intent is None or may_tear_down(live, task_id):
                _apply(tick, live, task)


def _apply(tick: Tick, live: LiveRun, task: TaskRecord) -> None:
    spec = live.structure.tasks[task.task_id]
    verdict, reason = judge(live, spec)
    match verdict:
        case Verdict.SKIP:
            move(tick, live, task, TaskEvent.SKIP, reason=reason)
        case Verdict.BLOCK:
            move(tick, live, task, TaskEvent.BLOCK, reason=reason)
        case Verdict.GO if blocking_past(tick.world, live, spec) is None:
            move(tick, live, task, TaskEvent.MEET)
            # Nothing to launch: an empty operator is done as soon as it may begin, unless somebody
            # wants it held.
            if spec.launch == "empty" and not _held_back(tick.world, live, task):
                finish_empty(tick, live, task)
        case _:
            pass


def judge(live: LiveRun, spec: TaskSpec) -> tuple[Verdict, str | None]:
    """Return what the run so far says of a pending task, with the reason for a skip or block."""
    decider = next((by for by, others in live.decisions.items() if spec.task_id in others), None)
    if decider is not None:
        return Verdict.SKIP, f"{decider} decided against it"
    needed = live.structure.setups.needed.get(spec.task_id, ())
    setups = ParentCounts.of(live.tasks[name].state for name in needed if name in live.tasks)
    verdict = evaluate(TriggerRule(spec.trigger_rule), live.counts[spec.task_id], setups)
    if verdict not in (Verdict.SKIP, Verdict.BLOCK):
        return verdict, None
    if setups.success < setups.done and spec.trigger_rule != TriggerRule.ALWAYS:
        return verdict, f"what it needs was not set up: {states_text(live, needed)}"
    return verdict, f"{spec.trigger_rule} cannot be met: {parents_text(live, spec)}"


def parents_text(live: LiveRun, spec: TaskSpec, limit: int = 4) -> str:
    """Return the direct parents that did not succeed, with their states."""
    return states_text(live, spec.upstream, limit) or "all parents succeeded"


def states_text(live: LiveRun, task_ids: Sequence[str], limit: int = 4) -> str:
    """Return those of *task_ids* that did not succeed, with their states; empty when all did."""
    odd = [
        f"{name} is {live.tasks[name].state}"
        for name in task_ids
        if name in live.tasks and live.tasks[name].state is not TaskState.SUCCESS
    ]
    more = f" and {len(odd) - limit} more" if len(odd) > limit else ""
    return ", ".join(odd[:limit]) + more


def finish_empty(tick: Tick, live: LiveRun, task: TaskRecord) -> None:
    """End a task that does nothing."""
    task.try_number += 1
    task.start_us = tick.now_us
    task.rush = None
    announce(tick, live, task)
    move(tick, live, task, TaskEvent.SUCCEED)


def _held_back(world: World, live: LiveRun, task: TaskRecord) -> bool:
    dag_id, run_id = live.key
    return bool(
        world.frozen(dag_id) or world.held(dag_id, run_id) or world.held(dag_id, run_id, task.task_id)
    )


def blocking_past(world: World, live: LiveRun, spec: TaskSpec) -> tuple[str, str] | None:
    """Return (run id, what of it) that ``depends_on_past`` or ``wait_for_downstream`` waits for, or None."""
    if not (spec.depends_on_past or spec.wait_for_downstream) or live.record.logical_us is None:
        return None
    found = world.previous(live)
    if found is None:
        return None
    run_id, states = found
    wanted = [spec.task_id]
    if spec.wait_for_downstream:
        wanted += live.structure.graph.downstream[spec.task_id]
    for task_id in wanted:
        state = states(task_id)
        if state is not None and state not in SUCCESS_LIKE:
            return run_id, f"{task_id} is {state}"
    return None
