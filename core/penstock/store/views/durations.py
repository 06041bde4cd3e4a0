"""How long tasks usually take, by their last successes.

Reading the history of a thousand tasks each time a run is shown would cost more than the run, so
the durations of a finished run are kept until the run changes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from penstock.model.usual import Usual
from penstock.store.sql.views import durations as sql
from penstock.store.sqlite.connection import Connection

LEAST_RUNS = 20
"""Finished runs that are read at least, also for a DAG with many tasks."""
_ENOUGH = 20_000
"""Durations after which no further runs are read."""
_KEPT_DAGS = 512
"""A forecast asks for all DAGs at once."""

_Run = tuple[int, int]
"""Key and version of a run: with the same two its durations cannot have changed."""
_Took = Mapping[str, Sequence[float]]
"""Seconds by task id; several for a mapped task."""


class Usuals(NamedTuple):
    """The usual durations of a DAG's tasks, and the keys of the runs that they are from."""

    by_task: Mapping[str, Usual]
    runs: frozenset[int]

    def p95(self, task_id: str, run_pk: int, own: float | None) -> float | None:
        """Return what 95 % of the task's other successes took at most.

        *own* is the seconds of a success in the run *run_pk*, None for anything else.
        """
        usual = self.by_task.get(task_id)
        return usual.p95(own if run_pk in self.runs else None) if usual is not None else None

    def p50(self, task_id: str) -> float | None:
        """Return the median of the task's successes."""
        usual = self.by_task.get(task_id)
        return usual.p50 if usual is not None else None


class _Kept(NamedTuple):
    finished: list[_Run]
    history: dict[_Run, _Took]
    usuals: Usuals


class Durations:
    """The usual durations of the DAGs that were shown lately. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def usuals(self, connection: Connection, dag_id: str) -> Usuals:
        """Return the usual durations of tasks that have succeeded lately."""
        with self._lock:
            rows = connection.execute(sql.FINISHED, {"dag_id": dag_id})
            finished: list[_Run] = [(key, version) for key, version in rows]
            kept = self._kept.get(dag_id)
            if kept is None or kept.finished != finished:
                history = _history(connection, finished, kept.history if kept is not None else {})
                kept = self._kept[dag_id] = _Kept(finished, history, _usuals(history))
                while len(self._kept) > _KEPT_DAGS:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(dag_id)
        return kept.usuals


def _history(
    connection: Connection, finished: Sequence[_Run], known: Mapping[_Run, _Took]
) -> dict[_Run, _Took]:
    """Return the durations in the newest runs; reads those not *known*, always the same number at once."""
    history: dict[_Run, _Took] = {}
    rows = 0
    for first in range(0, len(finished), LEAST_RUNS):
        part = finished[first : first + LEAST_RUNS]
        fresh = _read(connection, [run for run in part if run not in known])
        for run in part:
            history[run] = known[run] if run in known else fresh[run[0]]
            rows += sum(map(len, history[run].values()))
        if rows >= _ENOUGH:
            break
    return history


def _read(connection: Connection, runs: Sequence[_Run]) -> Mapping[int, _Took]:
    took: dict[int, dict[str, list[float]]] = {key: defaultdict(list) for key, _ in runs}
    if runs:
        for run_pk, task_id, microseconds in connection.execute(sql.SUCCESSES, {"runs": list(took)}):
            if microseconds is not None:
                took[run_pk][task_id].append(microseconds / 1e6)
    return took


def _usuals(history: Mapping[_Run, _Took]) -> Usuals:
    together: dict[str, list[float]] = defaultdict(list)
    for took in history.values():
        for task_id, seconds in took.items():
            together[task_id] += seconds
    by_task = {task_id: Usual(seconds) for task_id, seconds in together.items()}
    return Usuals(by_task, frozenset(key for key, _ in history))
