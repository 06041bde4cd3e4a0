"""Advance: pending tasks that may have changed get ready, are skipped, are blocked, or wait on.

The rules are pure (`model.trigger_rules`); this step applies them until nothing changes any more.
"""

from __future__ import annotations

from penstock.model.states import TERMINAL, RunState, TaskState
from penstock.model.transitions import TaskEvent
from penstock.model.trigger_rules import Verdict
from penstock.scheduling.moves.empty import finish_empty
from penstock.scheduling.moves.ending import end_more
from penstock.scheduling.moves.expand import expand, revise
from penstock.scheduling.moves.run import settle_run
from penstock.scheduling.moves.task import move
from penstock.scheduling.world import slices
from penstock.scheduling.world.breakpoints import behind
from penstock.scheduling.world.instances import (
    alike,
    direct_parents,
    in_order,
    needed_setups,
    unexpanded,
)
from penstock.scheduling.world.readiness import blocking_past, judge, verdict_of
from penstock.scheduling.world.teardown import may_tear_down
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun, World
from penstock.store.engine.records import TaskRecord

_BLOCKED_BY = "blocked by "


def advance(tick: Tick) -> None:
    """Advance every run with something to do until nothing changes, and end those that are done."""
    while tick.world.to_advance:
        live = tick.world.runs.get(tick.world.to_advance.pop())
        if live is None:
            continue
        with live.subject:
            if live.ending and live.record.id not in tick.world.put_off:
                end_more(tick, live)
            if live.record.state is RunState.RUNNING:
                _advance(tick, live)
            settle_run(tick, live)
        tick.world.to_advance.discard(live.record.id)


def _advance(tick: Tick, live: LiveRun) -> None:
    pk, counted = live.record.id, set[str]()
    while live.dirty or live.backlog:
        if not live.backlog:
            live.backlog.extend(in_order(live, [name for name in live.dirty if not _all_wait(live, name)]))
            live.dirty.clear()
            counted.clear()
        left = slices.TASKS - tick.looked[pk]
        tick.looked[pk] += min(left, len(live.backlog))
        for _ in range(min(left, len(live.backlog))):
            _look(tick, live, live.backlog.popleft(), counted)
        if live.backlog:
            tick.world.put_off.add(pk)
            return


def _look(tick: Tick, live: LiveRun, task: TaskRecord, counted: set[str]) -> None:
    if task.state is TaskState.UPSTREAM_FAILED and live.record.intent is None:
        _remark(tick, live, task)
    if task.state is TaskState.PENDING and (live.record.intent is None or may_tear_down(live, task)):
        _apply(tick, live, task, counted)


def _all_wait(live: LiveRun, name: str) -> bool:
    """Whether *name* has many instances that wait for the same, so that none needs a check of its own."""
    found = live.instances.get(name, ())
    if len(found) < 2 or not alike(live, name):
        return False
    return verdict_of(live, found[0], needed_setups(live, found[0])) is Verdict.WAIT


def _apply(tick: Tick, live: LiveRun, task: TaskRecord, counted: set[str]) -> None:
    """Advance a pending instance; *counted* are the mapped tasks with the right number of instances."""
    if behind(tick.world, live, task) is not None:
        return
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
    # Nothing to launch: an empty operator is done as soon as it may begin, unless it is held.
    if spec.launch == "empty" and not _held_back(tick.world, live, task):
        finish_empty(tick, live, task)


def _remark(tick: Tick, live: LiveRun, task: TaskRecord) -> None:
    """Update a blocked task's reason once what blocked it has succeeded after all, or runs again.

    It stays blocked until somebody runs it again: a person decides whether it should run.
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


def _held_back(world: World, live: LiveRun, task: TaskRecord) -> bool:
    dag_id, run_id = live.key
    return bool(world.frozen(dag_id) or world.held(dag_id, run_id) or world.held(dag_id, run_id, task.key))
