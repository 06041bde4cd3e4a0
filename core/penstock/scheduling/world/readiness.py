"""Whether a task instance may start: setups, direct parents, and the run before it."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.model.spec import TaskSpec
from penstock.model.states import OCCUPIES_SLOT, SUCCESS_LIKE, TERMINAL, TaskState
from penstock.model.trigger_rules import ParentCounts, TriggerRule, Verdict, evaluate
from penstock.scheduling.world.instances import (
    decider,
    direct_parents,
    instances,
    needed_setups,
    parent_counts,
    unexpanded,
)
from penstock.scheduling.world.mapping import judge_sources
from penstock.scheduling.world.teardown import in_its_way
from penstock.scheduling.world.world import LiveRun, World
from penstock.store.engine.records import TaskRecord


def judge(live: LiveRun, task: TaskRecord) -> tuple[Verdict, str | None]:
    """Return the verdict for a pending task instance, with the reason for a skip or block."""
    by = decider(live, task)
    if by is not None:
        return Verdict.SKIP, f"{by} decided against it"
    spec = live.structure.tasks[task.task_id]
    if unexpanded(live, task):
        verdict, reason = judge_sources(live, task.task_id)
        if verdict is not Verdict.GO:
            return verdict, reason
    needed = needed_setups(live, task)
    verdict = verdict_of(live, task, needed)
    if verdict not in (Verdict.SKIP, Verdict.BLOCK):
        return verdict, None
    amiss = any(each.state in TERMINAL and each.state is not TaskState.SUCCESS for each in needed)
    if amiss and spec.trigger_rule != TriggerRule.ALWAYS:
        return verdict, f"its setup did not succeed: {states_text(needed)}"
    return verdict, f"{spec.trigger_rule} cannot be met: {parents_text(live, task)}"


def verdict_of(live: LiveRun, task: TaskRecord, needed: Iterable[TaskRecord]) -> Verdict:
    """Return the verdict of the trigger rule, given the setups that the task needs."""
    rule = TriggerRule(live.structure.tasks[task.task_id].trigger_rule)
    verdict = evaluate(rule, parent_counts(live, task), ParentCounts.of(each.state for each in needed))
    return Verdict.WAIT if verdict is Verdict.GO and in_its_way(live, task) else verdict


def parents_text(live: LiveRun, task: TaskRecord, limit: int = 4) -> str:
    """Return the instances of direct parents that did not succeed, with their states."""
    return states_text(direct_parents(live, task), limit) or "all parents succeeded"


def states_text(tasks: Iterable[TaskRecord], limit: int = 4) -> str:
    """Return those of *tasks* that did not succeed, with their states; empty if all did."""
    odd = [f"{task.key} is {task.state}" for task in tasks if task.state is not TaskState.SUCCESS]
    more = f" and {len(odd) - limit} more" if len(odd) > limit else ""
    return ", ".join(odd[:limit]) + more


def not_begun(live: LiveRun, spec: TaskSpec) -> list[TaskRecord]:
    """Return the instances that a row waits for: its slot would be missing where its work is done."""
    works = [] if spec.row_of is None else instances(live, spec.row_of)
    begun = any(each.state in OCCUPIES_SLOT or each.state in TERMINAL for each in works)
    return [] if begun else works


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
