"""The conditions of actions: why something cannot be done to a target.

Each returns None if it can, or the reason in a few words. Pure.
"""

from __future__ import annotations

from penstock.model.backfills import BACKFILLS
from penstock.model.states import RUN_UNFINISHED, TERMINAL, RunState
from penstock_tui.target import (
    AssetTarget,
    BackfillTarget,
    DagTarget,
    FailureTarget,
    PointTarget,
    PoolTarget,
    Target,
    TaskTarget,
    WorkerTarget,
    dag_of,
    quarantined_in,
    run_of,
)
from penstock_tui.view.tally import BAD

_NO_RUN = "there is no run yet"
_BAD = frozenset(state for state, _ in BAD)


def always(_target: Target) -> None:
    """Allow everything."""


def needs_run(target: Target) -> str | None:
    """Need a run."""
    if isinstance(target, FailureTarget):
        return None
    return None if run_of(target) is not None else _NO_RUN


def needs_failure(target: Target) -> str | None:
    """Need something that failed."""
    if isinstance(target, FailureTarget):
        return None if target.group.open else "all of it is dealt with"
    run = run_of(target)
    if run is None:
        return _NO_RUN
    if isinstance(target, TaskTarget) and target.marked:
        failed = any(task.state in _BAD for task in target.tasks)
        return None if failed else "nothing that is marked has failed"
    failed = run.state is RunState.FAILED or any(run.counts.get(state) for state in _BAD)
    return None if failed else "nothing failed in this run"


def needs_task(target: Target) -> str | None:
    """Need a task."""
    return None if isinstance(target, TaskTarget | FailureTarget) else "no task is chosen"


def needs_life(target: Target) -> str | None:
    """Need something that has not ended."""
    match target:
        case BackfillTarget():
            return "the backfill has ended" if target.backfill.state in BACKFILLS.final else None
        case TaskTarget():
            alive = any(task.state not in TERMINAL for task in target.tasks)
            return None if alive else "it has ended already"
    run = run_of(target)
    if run is None:
        return _NO_RUN
    return None if run.state in RUN_UNFINISHED else "the run has ended already"


def needs_log(target: Target) -> str | None:
    """Need an attempt."""
    if isinstance(target, TaskTarget) and not any(task.attempts for task in target.tasks):
        return "no attempt has been made yet"
    return None if isinstance(target, FailureTarget) else needs_run(target)


def needs_schedule(target: Target) -> str | None:
    """Need a schedule, and points without gaps between them."""
    if isinstance(target, PointTarget) and target.gap:
        return "the marked points have others between them, and a backfill takes a span: v marks one"
    return needs_points(target) or needs_file(target)


def needs_points(target: Target) -> str | None:
    """Need a schedule."""
    dag = dag_of(target)
    if dag is not None and dag.schedule in {"None", ""}:
        return "this DAG has no schedule, so it has no points"
    return None


def needs_file(target: Target) -> str | None:
    """Need the DAG's file."""
    dag = dag_of(target)
    return "the DAG's file is gone" if dag is not None and dag.missing else None


def can_change(target: Target) -> str | None:
    """Need an asset that is not an alias."""
    alias = isinstance(target, AssetTarget) and target.asset.alias
    return "an alias does not change by itself" if alias else None


def needs_pool(target: Target) -> str | None:
    """Need a pool."""
    return None if isinstance(target, PoolTarget) else "no pool is chosen"


def needs_worker(target: Target) -> str | None:
    """Need a worker on another host that can be told something."""
    if not isinstance(target, WorkerTarget):
        return "no worker of another host is chosen"
    return "there is no contact with it" if target.worker.state == "unreachable" else None


def needs_quarantine(target: Target) -> str | None:
    """Need something that is in quarantine."""
    return None if quarantined_in(target) is not None else "it is not in quarantine"


def can_pause(target: Target) -> str | None:
    """Need something that can still be paused."""
    match target:
        case DagTarget():
            return None
        case TaskTarget(marked=True):
            alive = any(task.state not in TERMINAL for task in target.tasks)
            return None if alive else "all that is marked has ended already"
        case TaskTarget():
            return None if target.run.state in RUN_UNFINISHED else "the run has ended already"
        case _:
            return needs_life(target)
