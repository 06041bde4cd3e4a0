"""Who waited for whom in a run, and what decided when it ended. Pure: now is passed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from penstock.ids import instance_key
from penstock.model.states import TERMINAL, TaskState
from penstock.model.views.runs import TaskRow

SORTS = ("start", "duration", "name")
_RUNS_ON = frozenset({TaskState.RUNNING, TaskState.STOPPING, TaskState.RESTARTING})


class Links:
    """Who waited for whom in one run."""

    def __init__(self, tasks: Sequence[TaskRow]) -> None:
        self._by_id: dict[str, list[TaskRow]] = {}
        for task in tasks:
            self._by_id.setdefault(task.task_id, []).append(task)

    def parents(self, task: TaskRow) -> list[TaskRow]:
        """Return the task instances that *task* comes after."""
        return [parent for up in task.upstream for parent in self._by_id.get(up, ())]

    def ready(self, task: TaskRow, begun: datetime | None) -> datetime | None:
        """Return when the parents of *task* had ended, at the earliest when the run had *begun*.

        None while one of them has not ended.
        """
        ends = [parent.end for parent in self.parents(task) if parent.state is not TaskState.REMOVED]
        known = [end for end, parent in zip(ends, self.parents(task), strict=False) if end is not None]
        unfinished = any(parent.state not in TERMINAL for parent in self.parents(task))
        if unfinished or begun is None:
            return None
        return max([begun, *known])


def critical_path(tasks: Sequence[TaskRow], now: datetime) -> set[str]:
    """Return the keys of the tasks that decided when the run ended, or how far it is by *now*.

    From what ended last back to the parent that ended last, and so on.
    """
    links = Links(tasks)
    timed = [task for task in tasks if task.start is not None]
    if not timed:
        return set()

    def ended(task: TaskRow) -> datetime:
        return now if task.end is None or task.state in _RUNS_ON else task.end

    here = max(timed, key=ended)
    path = {_key(here)}
    while True:
        parents = [task for task in links.parents(here) if task.start is not None]
        if not parents:
            return path
        here = max(parents, key=ended)
        if _key(here) in path:
            return path
        path.add(_key(here))


def order(sort: str, now: datetime) -> Callable[[TaskRow], tuple[object, ...]]:
    """Return the sort key: by start (what has not started comes last), longest first, or by name."""
    never = datetime.max.replace(tzinfo=now.tzinfo)

    def key(task: TaskRow) -> tuple[object, ...]:
        if sort == "duration":
            return (-_took(task, now), _key(task))
        if sort == "name":
            return (_key(task),)
        return (task.start or never,)

    return key


def _took(task: TaskRow, now: datetime) -> float:
    return -1.0 if task.start is None else ((task.end or now) - task.start).total_seconds()


def _key(task: TaskRow) -> str:
    return instance_key(task.task_id, task.map_index)
