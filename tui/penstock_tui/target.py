"""What an action applies to, and the conditions under which it cannot be done.

A condition returns None, or the reason in a few words for a person. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from penstock.model.backfills import BackfillRow
from penstock.model.states import RUN_UNFINISHED, TERMINAL, RunState, TaskState
from penstock.model.views import DagRow, RunRow, TaskRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an action applies to: one DAG, a run of it, or tasks of that run; or a backfill.

    ``dag`` is set only where the row is a DAG (then ``run`` is its newest run, and pausing means its
    schedule); with ``run`` and no ``dag`` pausing means the run, with ``tasks`` those tasks.
    ``tasks`` are the marked tasks, or the one under the cursor. A screen whose marks span several
    DAGs or runs gives several targets.
    """

    dag_id: str = ""
    run_id: str | None = None
    dag: DagRow | None = None
    run: RunRow | None = None
    tasks: tuple[TaskRow, ...] = ()
    backfill: BackfillRow | None = None
    days: tuple[date, date] | None = None
    """The first and the last day (or moment, on the DAG's clock) of the chosen schedule points."""


def needs_run(target: Target) -> str | None:
    """Ask for a run."""
    return None if target.run is not None else "there is no run yet"


def needs_failure(target: Target) -> str | None:
    """Ask for something that failed."""
    if target.run is None:
        return "there is no run yet"
    bad = sum(target.run.counts.get(state, 0) for state in ("failed", "upstream_failed", "cancelled"))
    if not bad and target.run.state is not RunState.FAILED:
        return "nothing failed in this run"
    return None


def needs_task(target: Target) -> str | None:
    """Ask for a task."""
    return None if target.tasks else "no task is chosen"


def needs_life(target: Target) -> str | None:
    """Ask for something unfinished."""
    if target.backfill is not None:
        return None if target.backfill.state in {"running", "paused"} else "the backfill has ended"
    if target.run is None:
        return "there is no run yet"
    if target.tasks:
        return None if any(task.state not in TERMINAL for task in target.tasks) else "it has ended already"
    return None if target.run.state in RUN_UNFINISHED else "the run has ended already"


def needs_log(target: Target) -> str | None:
    """Ask for an attempt."""
    if target.run is None:
        return "there is no run yet"
    if target.tasks and not any(task.attempts for task in target.tasks):
        return "no attempt has been made yet"
    return None


def needs_schedule(target: Target) -> str | None:
    """Ask for a schedule."""
    if target.dag is not None and target.dag.schedule in {"None", ""}:
        return "this DAG has no schedule, so it has no points to backfill"
    return needs_file(target)


def needs_points(target: Target) -> str | None:
    """Ask for a schedule to look at."""
    if not target.dag_id:
        return "there is no DAG here"
    if target.dag is not None and target.dag.schedule in {"None", ""}:
        return "this DAG has no schedule, so it has no points"
    return None


def needs_file(target: Target) -> str | None:
    """Ask for the DAG's file."""
    return "the DAG's file is gone" if target.dag is not None and target.dag.missing else None


def can_pause(target: Target) -> str | None:
    """Ask for something that can still be paused."""
    if target.backfill is not None:
        return None if target.backfill.state in {"running", "paused"} else "the backfill has ended"
    if target.tasks:
        return None if any(task.state not in TERMINAL for task in target.tasks) else "it has ended already"
    return None


def needs_waiting(target: Target) -> str | None:
    """Ask for something that waits."""
    if target.tasks and target.tasks[0].state in {TaskState.RUNNING, TaskState.SUCCESS}:
        return None
    if target.dag is not None:
        return None
    return needs_run(target)
