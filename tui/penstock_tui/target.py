"""What an action applies to, and the conditions under which it cannot be done.

A condition returns None, or the reason in a few words for a person. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from penstock.model.states import RUN_UNFINISHED, TERMINAL, RunState, TaskState
from penstock.model.views.backfills import BackfillRow
from penstock.model.views.views import DagRow, RunRow, TaskRow

Kind = Literal["dag", "run", "task", "backfill", "point"]
"""What the rows of a screen are."""
Takes = Literal["all", "tasks", "one", "run", "dag", "dags"]
"""How much an action takes: all that is marked, tasks of one run, one row, one run, one DAG, DAGs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an action applies to: one DAG, a run of it, or tasks of that run; or a backfill.

    ``kind`` says what the row is. With ``dag`` ``run`` is the DAG's newest run, with ``task`` the
    run of ``tasks``. ``tasks`` are the marked tasks, or those under the cursor: ``marked`` says
    which. A screen whose marks span several DAGs or runs gives several targets.
    """

    kind: Kind = "run"
    marked: bool = False
    dag_id: str = ""
    run_id: str | None = None
    dag: DagRow | None = None
    run: RunRow | None = None
    tasks: tuple[TaskRow, ...] = ()
    backfill: BackfillRow | None = None
    days: tuple[date, date] | None = None
    """The first and the last day (or moment, on the DAG's clock) of the chosen schedule points."""
    gap: bool = False
    """Whether points between those are not chosen."""


def too_much(takes: Takes | None, targets: Sequence[Target], *, looking: bool) -> str | None:
    """Return why an action that *takes* so much cannot be done to what is marked. None is not about rows.

    Who is only *looking* at the DAG around the marked tasks or runs does nothing to them.
    """
    marked = [target for target in targets if target.marked]
    if not marked or takes in {None, "all"}:
        return None
    if looking and takes == "dag" and marked[0].kind != "dag":
        return None
    kind, count = marked[0].kind, sum(len(target.tasks) or 1 for target in marked)
    fits = {
        "tasks": len(marked) == 1,
        "one": count == 1,
        "run": count == 1 and kind != "task",
        "dag": (count == 1 and kind == "dag") or kind == "point",
        "dags": kind == "dag",
    }
    if fits[str(takes)]:
        return None
    noun = "DAG" if kind == "dag" else kind
    rows = f"{count} {noun}s are marked" if count > 1 else f"a {noun} is marked"
    return f"{rows}, and this takes {_TAKEN[str(takes)]}; esc unmarks"


_TAKEN = {
    "tasks": "one row, or tasks of one run",
    "one": "one",
    "run": "one whole run",
    "dag": "one whole DAG",
    "dags": "whole DAGs",
}


def needs_run(target: Target) -> str | None:
    """Ask for a run."""
    return None if target.run is not None else "there is no run yet"


def needs_failure(target: Target) -> str | None:
    """Ask for something that failed."""
    if target.run is None:
        return "there is no run yet"
    if target.marked and target.tasks:
        failed = any(task.state in _FAILED for task in target.tasks)
        return None if failed else "nothing that is marked has failed"
    bad = sum(target.run.counts.get(state, 0) for state in _FAILED)
    if not bad and target.run.state is not RunState.FAILED:
        return "nothing failed in this run"
    return None


_FAILED = (TaskState.FAILED, TaskState.UPSTREAM_FAILED, TaskState.CANCELLED)


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
    """Ask for a schedule, and for points that are one span of it."""
    if target.gap:
        return "the marked points have others between them, and a backfill takes a span: v marks one"
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
    if target.kind == "dag":
        return None
    if target.kind == "task" and target.marked:
        alive = any(task.state not in TERMINAL for task in target.tasks)
        return None if alive else "all that is marked has ended already"
    if target.run is None:
        return "there is no run here"
    return None if target.run.state in RUN_UNFINISHED else "the run has ended already"


def needs_undoable(target: Target) -> str | None:
    """Ask for a run or a DAG that something can have been done to."""
    return "there is no run here" if target.kind != "dag" and target.run_id is None else None


def needs_waiting(target: Target) -> str | None:
    """Ask for something that waits."""
    if target.tasks and target.tasks[0].state in {TaskState.RUNNING, TaskState.SUCCESS}:
        return None
    if target.kind == "dag":
        return None
    return needs_run(target)
