"""Finds the tasks that a branch leaves out."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.authoring import scope
from penstock.authoring.exceptions import TaskError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.context import Context
    from penstock.authoring.node import Graph, Task


class BranchError(TaskError, ValueError):
    """A branch chose something that does not exist."""


def follow(task: Task, chosen: Any, context: Context) -> Any:
    """Rule out the children of *task* that *chosen* leaves out; return what the branch is then worth.

    Raises `BranchError` for a choice that is not in the DAG.
    """
    skips = ruled_out(task, chosen)
    context["ti"].rule_out(skips)
    return chosen if tells(skips) else None


def ruled_out(task: Task, chosen: Any) -> list[str]:
    """Return the ids of the direct children of *task* that *chosen* leaves out, sorted.

    *chosen* is an id, several, or None. Raises `BranchError` for an id that is not in the DAG.
    """
    dag = task.dag
    if dag is None:
        return []
    picked = {name for one in _listed(chosen) for name in _expand(dag, one)}
    kept = picked | dag.descendants(sorted(picked))
    return sorted(task.downstream_task_ids - kept)


def tells(skips: list[str]) -> bool:
    """Whether a branch that skips these keeps its value, as it does if it skips none, and always in 2.x."""
    dialect = scope.current().dialect
    return not skips or (dialect is not None and dialect.old)


def _listed(chosen: Any) -> list[str]:
    if chosen is None:
        return []
    ids = [chosen] if isinstance(chosen, str) else chosen
    if not isinstance(ids, Iterable) or isinstance(ids, dict):
        raise BranchError(f"a branch must return an id, a list of ids or None, not {chosen!r}")
    listed = list(ids)
    if not all(isinstance(one, str) for one in listed):
        raise BranchError(f"a branch must return an id, a list of ids or None, not {chosen!r}")
    return listed


def _expand(dag: Graph, name: str) -> list[str]:
    if name in dag.task_dict:
        return [name]
    if name in dag.task_groups:
        return [task.task_id for task in dag.task_groups[name].entries()]
    raise BranchError(f"the branch chose {name!r}, which is not a task or group of DAG {dag.dag_id!r}")
