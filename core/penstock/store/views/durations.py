"""How long tasks usually take: medians over their last successes.

Reading the history of a thousand tasks for each picture of a run would cost more than the run, so
what a finished run says is kept until the run changes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from statistics import median

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.store import tables
from penstock.store.statement import table_of

_run = table_of(tables.RunRow)
_task = table_of(tables.TaskInstanceRow)

HISTORY = 10
"""Finished runs looked at."""
_KEPT_DAGS = 16

_FINISHED = (
    sa.select(_run.c.id, _run.c.version)
    .where(_run.c.dag_id == sa.bindparam("dag_id"), _run.c.state.in_(("success", "failed")))
    .order_by(_run.c.run_after_us.desc())
    .limit(HISTORY)
)
_SUCCESSES = sa.select(_task.c.task_id, _task.c.end_us - _task.c.start_us).where(
    _task.c.run_pk == sa.bindparam("run_pk"), _task.c.state == "success", _task.c.start_us.is_not(None)
)

_Run = tuple[int, int]
"""Key and version of a run: what it says cannot change under the same two."""


class Durations:
    """Medians by task of the DAGs looked at of late. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[dict[_Run, dict[str, list[float]]], dict[str, float]]] = (
            OrderedDict()
        )

    def medians(self, connection: Connection, dag_id: str) -> dict[str, float]:
        """Return seconds by task_id, for the tasks that have succeeded of late."""
        with self._lock:
            runs: list[_Run] = [
                (key, version) for key, version in connection.execute(_FINISHED, {"dag_id": dag_id})
            ]
            history, medians = self._kept.get(dag_id, ({}, {}))
            if dag_id not in self._kept or list(history) != runs:
                history = {run: history.get(run) or self._read(connection, run[0]) for run in runs}
                medians = self._medians(history)
                self._kept[dag_id] = history, medians
                while len(self._kept) > _KEPT_DAGS:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(dag_id)
        return medians

    @staticmethod
    def _read(connection: Connection, run_pk: int) -> dict[str, list[float]]:
        took: dict[str, list[float]] = defaultdict(list)
        for task_id, microseconds in connection.execute(_SUCCESSES, {"run_pk": run_pk}):
            if microseconds is not None:
                took[task_id].append(microseconds / 1e6)
        return took

    @staticmethod
    def _medians(history: dict[_Run, dict[str, list[float]]]) -> dict[str, float]:
        together: dict[str, list[float]] = defaultdict(list)
        for took in history.values():
            for task_id, seconds in took.items():
                together[task_id] += seconds
        return {task_id: median(seconds) for task_id, seconds in together.items()}
