"""Advance: pending tasks whose answer may have changed go, are skipped, are blocked, or wait on.

The rules are pure (`model.trigger_rules`); this step applies them until the run comes to rest.
"""

from __future__ import annotations

from collections.abc import Iterable

from penstock.model.spec import TaskSpec
from penstock.model.states import SUCCESS_LIKE, TERMINAL, RunState, TaskState
from penstock.model.transitions import TaskEvent
from penstock.model.trigger_rules import ParentCounts, TriggerRule, Verdict, evaluate
from penstock.scheduling.assets import announce
from penstock.scheduling.expand import expand, judge_sources, revise
from penstock.scheduling.instances import (
    alike,
    decider,
    direct_parents,
    in_order,
    needed_setups,
    parent_counts,
    unexpanded,
)
from penstock.scheduling.moves import move, settle_run
from penstock.scheduling.teardown import in_its_way, may_tear_down
from penstock.scheduling.tick import Tick
from penstock.scheduling.world import LiveRun, World
from penstock.store.records import TaskRecord

_BLOCKED_BY = "blocked by "


def advance(tick: Tick) -> None:
    """Bring every stirred run to rest, and end those that are done."""
    while tick.world.stirred:
        live = tick.world.runs.get(tick.world.stirred.pop())
        if live is None:
            continue
        with live.subject:
            if live.record.state is RunState.RUNNING:
                _advance(tick, live)
            settle_run(tick, live)
        tick.world.stirred.discard(live.record.id)


def _advance(tick: Tick, live: LiveRun) -> None:
    while live.dirty:
        batch = in_order(live, [name for name in live.dirty if not _all_wait(live, name)])
        live.dirty.clear()
        counted: set[str] = set()
        for task in batch:
            if task.state is TaskState.UPSTREAM_FAILED and live.record.intent is None:
                _remark(tick, live, task)
            if task.state is not TaskState.PENDING:
                continue
            if live.record.intent is None or may_tear_down(live, task):
                _apply(tick, live, task, counted)


def _all_wait(live: LiveRun, name: str) -> bool:
    """Whether *name* means many instances, and they wait for the same: then none of them has to be asked."""
    found = live.instances.get(name, ())
    if len(found) < 2 or not alike(live, name):
        return False
    return _verdict(live, found[0], needed_setups(live, found[0])) is Verdict.WAIT


def _apply(tick: Tick, live: LiveRun, task: TaskRecord, counted: set[str]) -> None:
    """Do what is to be done with a pending instance; *counted* are mapped tasks of the right size."""
    verdict, reason = judge(live, task)
    match verdict:
        case Verdict.SKIP:
            move(tick, live, task, TaskEvent.SKIP, reason=reason)
        case Verdict.BLOCK:
            move(tick, live, task, TaskEvent.BLOCK, reason=reason)
        case Verdict.GO if unexpanded(live, task):
            expand(tick, live, task)
        case Verdict.GO:
            _go(tick, live, task, counted)
        case _:
            pass


def _go(tick: Tick, live: LiveRun, task: TaskRecord, counted: set[str]) -> None:
    spec = live.structure.tasks[task.task_id]
    if blocking_past(tick.world, live, spec) is not None:
        return
    if task.task_id in live.structure.mapping and task.task_id not in counted:
        counted.add(task.task_id)
        if revise(tick, live, task):
            return  # those that are there now are judged next
    move(tick, live, task, TaskEvent.MEET)
    # Nothing to launch: an empty operator is done as soon as it may begin, unless somebody wants it held.
    if spec.launch == "empty" and not _held_back(tick.world, live, task):
        finish_empty(tick, live, task)


def judge(live: LiveRun, task: TaskRecord) -> tuple[Verdict, str | None]:
    """Return what the run so far says of a pending task instance, with the reason for a skip or block."""
    by = decider(live, task)
    if by is not None:
        return Verdict.SKIP, f"{by} decided against it"
    spec = live.structure.tasks[task.task_id]
    if unexpanded(live, task):
        verdict, reason = judge_sources(live, task.task_id)
        if verdict is not Verdict.GO:
            return verdict, reason
    needed = needed_setups(live, task)
    verdict = _verdict(live, task, needed)
    if verdict not in (Verdict.SKIP, Verdict.BLOCK):
        return verdict, None
    amiss = any(each.state in TERMINAL and each.state is not TaskState.SUCCESS for each in needed)
    if amiss and spec.trigger_rule != TriggerRule.ALWAYS:
        return verdict, f"what it needs was not set up: {states_text(needed)}"
    return verdict, f"{spec.trigger_rule} cannot be met: {parents_text(live, task)}"


def _verdict(live: LiveRun, task: TaskRecord, needed: Iterable[TaskRecord]) -> Verdict:
    rule = TriggerRule(live.structure.tasks[task.task_id].trigger_rule)
    verdict = evaluate(rule, parent_counts(live, task), ParentCounts.of(each.state for each in needed))
    return Verdict.WAIT if verdict is Verdict.GO and in_its_way(live, task) else verdict


def parents_text(live: LiveRun, task: TaskRecord, limit: int = 4) -> str:
    """Return the instances of direct parents that did not succeed, with their states."""
    return states_text(direct_parents(live, task), limit) or "all parents succeeded"


def states_text(tasks: Iterable[TaskRecord], limit: int = 4) -> str:
    """Return those of *tasks* that did not succeed, with their states; empty when all did."""
    odd = [f"{task.key} is {task.state}" for task in tasks if task.state is not TaskState.SUCCESS]
    more = f" and {len(odd) - limit} more" if len(odd) > limit else ""
    return ", ".join(odd[:limit]) + more


def _remark(tick: Tick, live: LiveRun, task: TaskRecord) -> None:
    """Let a blocked task say so once what blocked it has ended well after all, or runs again.

    It stays blocked until somebody runs it again: whether it is to run at all is for a person to say.
    """
    verdict, reason = judge(live, task)
    if verdict is not Verdict.BLOCK:
        before = [*direct_parents(live, task), *needed_setups(live, task)]
        last = max(before, key=lambda each: (each.state not in TERMINAL, each.end_us or 0), default=None)
        reason = None if last is None else _no_longer(live, last, task)
    elif not (task.reason or "").startswith(_BLOCKED_BY):
        return
    if reason is not None and reason != task.reason:
        task.reason = reason
        tick.gate.save_task(live.record, task)


def _no_longer(live: LiveRun, by: TaskRecord, task: TaskRecord) -> str:
    if by.state not in TERMINAL:
        return f"{_BLOCKED_BY}{by.key}, which runs again"
    said = "has succeeded" if by.state is TaskState.SUCCESS else f"is {by.state}"
    way = f"penstock retry {live.record.dag_id} {live.record.run_id} {task.key}"
    return f"{_BLOCKED_BY}{by.key}, which {said} since: run it with: {way}"


def finish_empty(tick: Tick, live: LiveRun, task: TaskRecord) -> None:
    """End a task that does nothing."""
    task.try_number += 1
    task.start_us = tick.now_us
    task.rush = None
    announce(tick, live, task)
    move(tick, live, task, TaskEvent.SUCCEED)


def _held_back(world: World, live: LiveRun, task: TaskRecord) -> bool:
    dag_id, run_id = live.key
    return bool(world.frozen(dag_id) or world.held(dag_id, run_id) or world.held(dag_id, run_id, task.key))


def blocking_past(world: World, live: LiveRun, spec: TaskSpec) -> tuple[str, str, TaskState] | None:
    """Return (run id, task id, its state) that ``depends_on_past`` or ``wait_for_downstream`` waits for."""
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
            return run_id, task_id, state
    return None
