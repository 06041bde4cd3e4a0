"""How many instances a mapped task needs, and whether that is known."""

from __future__ import annotations

from penstock.model.expansion import instance_count
from penstock.model.states import TaskState
from penstock.model.trigger_rules import Verdict
from penstock.scheduling.world.instances import mapping_sources, returned_length
from penstock.scheduling.world.world import LiveRun

_FAILED = frozenset({TaskState.FAILED, TaskState.UPSTREAM_FAILED, TaskState.CANCELLED})


def judge_sources(live: LiveRun, task_id: str) -> tuple[Verdict, str | None]:
    """Return whether a mapped task without instances can still get some, by what it is mapped over.

    This counts whatever its trigger rule is: without items there are no instances to run.
    """
    found = mapping_sources(live, task_id)
    alone = [task for task in found if task.map_index < 0]
    for task in alone:
        if task.state in _FAILED:
            return Verdict.BLOCK, f"nothing to map over: {task.task_id} is {task.state}"
    for task in alone:
        if task.state is TaskState.SKIPPED:
            return Verdict.SKIP, f"nothing to map over: {task.task_id} is skipped"
    return Verdict.GO, None


def wanted_count(live: LiveRun, task_id: str) -> int | None:
    """Return how many instances a mapped task must have, or None while that is unknown."""
    return instance_count(live.structure.mapping[task_id], lambda name: returned_length(live, name))
