"""Reads what a forecast begins with: DAGs, pauses, pools, unfinished runs, and how long tasks took."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from penstock.clock import from_us
from penstock.forecast.facts import (
    BackfillFacts,
    BackfillPointFacts,
    DagFacts,
    Facts,
    Paused,
    PoolFacts,
    RunFacts,
    StopFacts,
    TaskFacts,
)
from penstock.ids import instance_key, split_instance
from penstock.model.backfills import BackfillState, Canary
from penstock.model.pauses import PauseKind
from penstock.model.states import RunState, TaskState
from penstock.model.subject import about_dag, about_run
from penstock.settings import Settings
from penstock.store.sieve import Sieve
from penstock.store.sql.views import forecast as sql
from penstock.store.sql.views.runs import PAUSES
from penstock.store.sqlite.connection import Connection
from penstock.store.views.breakpoints import read_breakpoints
from penstock.store.views.dags import all_dag_rows, dag_cursor
from penstock.store.views.durations import Durations
from penstock.store.views.quarantine import reasons
from penstock.store.views.runs import AnyRow
from penstock.store.views.versions import StoredVersion, Versions

_MOST_POINTS = 2_000
"""Waiting points of a backfill that are read; the others are counted."""

_Pauses = dict[tuple[str, str, str, str], Paused]


def read_facts(
    connection: Connection, versions: Versions, durations: Durations, now: datetime, settings: Settings
) -> Facts:
    """Return the picture of the instance; DAGs and runs that cannot be read are left out."""
    rows = all_dag_rows(connection)
    runs = connection.execute(sql.RUNS).all()
    kept = versions.load(connection, {row.version_id for row in (*rows, *runs)})
    pauses = _pauses(connection)
    served: dict[str, dict[int, str]] = defaultdict(dict)
    for dag_id, logical_us, run_id in connection.execute(sql.SERVED):
        served[dag_id][logical_us] = run_id
    stops = _stops(connection)
    barred = reasons(connection)
    working = {row.dag_id for row in runs}

    def dag(row: AnyRow) -> DagFacts:
        version, cursor = kept[row.version_id], dag_cursor(row)
        comes = version.spec.schedule.kind != "none" and not row.missing
        usual = durations.usuals(connection, row.dag_id) if comes or row.dag_id in working else None
        return DagFacts(
            structure=_whole(version),
            cursor=cursor.point,
            first_seen=from_us(row.first_seen_us),
            missing=bool(row.missing),
            barred=barred.get(row.dag_id),
            paused=pauses.get((PauseKind.SCHEDULE, row.dag_id, "", "")),
            frozen=pauses.get((PauseKind.FREEZE, row.dag_id, "", "")),
            served=served.get(row.dag_id, {}),
            usual=usual.by_task if usual is not None else {},
            history=len(usual.runs) if usual is not None else 0,
            stops=stops.get((row.dag_id, None), ()),
        )

    tasks: dict[int, list[AnyRow]] = defaultdict(list)
    for row in connection.execute(sql.TASKS):
        tasks[row.run_pk].append(row)
    return Facts(
        now=now,
        parallelism=settings.parallelism,
        runs_per_tick=settings.runs_per_tick,
        pools={
            row.name: PoolFacts(row.slots)
            for row in connection.execute(sql.POOLS)
            if isinstance(row.slots, int)
        },
        dags=tuple(Sieve().rows(rows, lambda row: about_dag(str(row.dag_id)), dag)),
        runs=tuple(
            Sieve().rows(
                [row for row in runs if f"{row.dag_id}/{row.run_id}" not in barred],
                lambda row: about_run(str(row.dag_id), str(row.run_id)),
                lambda row: _run_facts(
                    row, kept, pauses, tasks[row.id], stops.get((row.dag_id, row.run_id), ())
                ),
            )
        ),
        backfills=tuple(_backfill_facts(connection, row) for row in connection.execute(sql.BACKFILLS).all()),
    )


def _stops(connection: Connection) -> dict[tuple[str, str | None], tuple[StopFacts, ...]]:
    """Return breakpoints by DAG and run; those of a DAG's next run have None for the run."""
    found: dict[tuple[str, str | None], tuple[StopFacts, ...]] = {}
    for each in read_breakpoints(connection, None, None):
        task_id, index = split_instance(each.task_id)
        key = (each.dag_id, each.run_id)
        found[key] = (*found.get(key, ()), StopFacts(task_id, each.where == "before", index))
    return found


def _backfill_facts(connection: Connection, row: AnyRow) -> BackfillFacts:
    values = {"backfill_id": row.id, "limit": _MOST_POINTS}
    points = connection.execute(sql.POINTS, values).all()
    full = len(points) == _MOST_POINTS
    return BackfillFacts(
        id=row.id,
        dag_id=row.dag_id,
        at_once=row.max_active_runs,
        waiting=tuple(BackfillPointFacts(each.logical_us, each.run_after_us, each.run_id) for each in points),
        more=(connection.scalar(sql.COUNT, values) or 0) - _MOST_POINTS if full else 0,
        paused=row.state == BackfillState.PAUSED,
        canary=row.canary == Canary.WAITING,
    )


def _whole(version: StoredVersion) -> StoredVersion:
    """Return a version that can be worked with; raise ValueError otherwise."""
    if not version.readable:
        raise ValueError(version.spec.description or "its version cannot be read")
    version.checked()
    return version


def _pauses(connection: Connection) -> _Pauses:
    return {
        (row.kind, row.dag_id, row.run_id, row.task_id): Paused(row.by, row.why, row.until_us)
        for row in connection.execute(PAUSES)
    }


def _run_facts(
    row: Any,
    kept: dict[int, StoredVersion],
    pauses: _Pauses,
    tasks: list[AnyRow],
    stops: tuple[StopFacts, ...],
) -> RunFacts:
    def held(task: AnyRow) -> Paused | None:
        names = (instance_key(task.task_id, task.map_index), task.task_id)
        found = (pauses.get((PauseKind.TASK, row.dag_id, row.run_id, name)) for name in names)
        return next((each for each in found if each is not None), None)

    return RunFacts(
        dag_id=row.dag_id,
        run_id=row.run_id,
        structure=_whole(kept[row.version_id]),
        state=RunState(row.state),
        run_after_us=row.run_after_us,
        logical_us=row.logical_us,
        backfill_id=row.backfill_id,
        held=pauses.get((PauseKind.RUN, row.dag_id, row.run_id, "")),
        tasks=tuple(
            TaskFacts(
                task.task_id,
                TaskState(task.state),
                since_us=task.start_us if task.start_us is not None else task.queued_us,
                next_us=task.next_us,
                held=held(task),
            )
            for task in tasks
        ),
        stops=stops,
    )
