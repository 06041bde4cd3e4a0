"""DAGs whose tasks are set up and torn down."""

from __future__ import annotations

from data.builders import dag, task
from penstock.model.spec import DagSpec, TaskSpec


def make(task_id: str, *upstream: str) -> TaskSpec:
    """Return a setup."""
    return task(task_id, *upstream, is_setup=True)


def undo(task_id: str, *upstream: str, fail: bool = False, **fields: object) -> TaskSpec:
    """Return a teardown; if *fail*, its failure is the run's."""
    return task(
        task_id,
        *upstream,
        is_teardown=True,
        on_failure_fail_dagrun=fail,
        trigger_rule="all_done_setup_success",
        **fields,
    )


def usual(**fields: object) -> DagSpec:
    """Set up, work in two steps, tear down."""
    return dag("d", make("s"), task("w", "s"), task("w2", "w"), undo("t", "s", "w2"), **fields)
