"""Reading one task: how the version of its run sets it, and how it went in its last runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from penstock.clock import from_us, opt_from_us
from penstock.errors import UnknownError
from penstock.model.states import RunType, TaskState
from penstock.model.summary import summary
from penstock.model.usual import SHARE, Usual, quantile
from penstock.model.views.one_task import HistoryRow, TaskDetail, TaskHistory
from penstock.model.views.runs import TaskRow
from penstock.store.checked import checked
from penstock.store.sql.columns import TABLES
from penstock.store.sql.views import one_task as sql
from penstock.store.sql.views.grid import PRESENT
from penstock.store.sqlite.connection import Connection
from penstock.store.views.durations import Durations
from penstock.store.views.runs import AnyRow, aware_us, holds, known_dag, read_one_run, run_row
from penstock.store.views.task_rows import outcome_view, read_tasks
from penstock.store.views.versions import StoredVersion, Versions
from penstock.values import cover_named

_of_run = checked(TABLES["run"], sql.HISTORY.columns[:4], run_type=RunType)
_of_task = checked(TABLES["task_instance"], sql.HISTORY.columns[4:], state=TaskState)


def read_task(
    connection: Connection,
    versions: Versions,
    durations: Durations,
    names: tuple[str, str],
    task_id: str,
    map_index: int,
) -> TaskDetail:
    """Return one task instance of the run *names* (dag_id, run_id), without what its attempt rendered."""
    dag_id, run_id = names
    stored = run_row(connection, dag_id, run_id)
    version = versions.one(connection, stored.version_id)
    held = holds(connection, dag_id)
    usuals = durations.usuals(connection, dag_id)
    tasks = read_tasks(connection, stored, version, usuals, held, [task_id])
    task = next((task for task in tasks if task.map_index == map_index), None)
    if task is None:
        index = "" if map_index < 0 else f"[{map_index}]"
        raise UnknownError(f"run {run_id} of DAG {dag_id} has no task {task_id}{index}")
    present = connection.scalar(PRESENT, {"dag_id": dag_id})
    return _detail(connection, stored, version, task, newest=present in (None, stored.version_id))


def _detail(
    connection: Connection, stored: AnyRow, version: StoredVersion, task: TaskRow, *, newest: bool
) -> TaskDetail:
    spec, dag = version.tasks.get(task.task_id), version.spec
    run = read_one_run(connection, stored, version.name)
    defaults = {name: param.default for name, param in dag.params.items() if not param.required}
    command = spec.command if spec is not None else None
    return TaskDetail(
        run=run,
        task=task,
        file=dag.file,
        line=spec.line if spec else None,
        newest=newest,
        doc=spec.doc if spec else None,
        dag_doc=dag.doc,
        description=dag.description,
        owner=(spec.owner if spec else None) or dag.owner,
        retries=spec.retries if spec else 0,
        retry_delay=spec.retry_delay if spec else None,
        execution_timeout=spec.execution_timeout if spec else None,
        secrets=spec.secrets if spec else {},
        params=cover_named({**defaults, **run.conf}),
        defaults=cover_named(defaults),
        conf=cover_named(run.conf),
        command=command.argv if command else (),
        cwd=command.cwd if command else None,
        env=cover_named(command.env) if command else {},
    )


def read_history(
    connection: Connection,
    dag_id: str,
    task_id: str,
    map_index: int | None,
    limit: int,
    before: datetime | None,
) -> TaskHistory:
    """Return how a task went in the DAG's last *limit* runs, newest first; runs without it are left out."""
    known_dag(connection, dag_id)
    values: dict[str, Any] = {"dag_id": dag_id, "task_id": task_id, "limit": max(limit, 0)}
    if before is not None:
        values["before"] = aware_us(before)
    query = sql.HISTORY if before is None else sql.OLDER_HISTORY
    if map_index is not None:
        query = query.where(sql.OF_INSTANCE)
        values["map_index"] = map_index
    by_run: dict[str, list[Sequence[Any]]] = {}
    for row in connection.execute(query, values):
        try:
            found = (*_of_run(row[:4]), *_of_task(row[4:]))
        except ValueError:
            continue  # one that cannot be read does not tell how long the task takes
        by_run.setdefault(row[0], []).append(found)
    if not by_run and not _ever(connection, dag_id, task_id):
        raise UnknownError(f"DAG {dag_id!r} has no task {task_id!r}")
    return history_of(dag_id, task_id, map_index, [_row(rows) for rows in by_run.values()])


def history_of(dag_id: str, task_id: str, map_index: int | None, rows: Sequence[HistoryRow]) -> TaskHistory:
    """Return the history with what is usual in it, and the slow ones marked."""
    successes = [row.seconds for row in rows if _counts(row) and row.seconds is not None]
    if not successes:
        return TaskHistory(dag_id=dag_id, task_id=task_id, map_index=map_index, runs=tuple(rows))
    usual = Usual(successes)
    return TaskHistory(
        dag_id=dag_id,
        task_id=task_id,
        map_index=map_index,
        runs=tuple(_marked(row, usual) for row in rows),
        p50=usual.p50,
        p95=quantile(usual.seconds, SHARE),
    )


def _counts(row: HistoryRow) -> bool:
    return row.state is TaskState.SUCCESS and row.seconds is not None


def _marked(row: HistoryRow, usual: Usual) -> HistoryRow:
    import msgspec

    p95 = usual.p95(row.seconds if _counts(row) else None)
    slow = row.seconds is not None and p95 is not None and row.seconds > p95
    return msgspec.structs.replace(row, slow=True) if slow else row


def _ever(connection: Connection, dag_id: str, task_id: str) -> bool:
    return connection.execute(sql.EVER, {"dag_id": dag_id, "task_id": task_id}).first() is not None


def _row(rows: Sequence[Sequence[Any]]) -> HistoryRow:
    """Return one row of history for the instances of a task in one run."""
    run_id, run_type, logical, run_after = rows[0][:4]
    starts = [row[5] for row in rows if row[5] is not None]
    ends = [row[6] for row in rows if row[6] is not None]
    peaks = [row[7] for row in rows if row[7] is not None]
    cpu = [row[8] for row in rows if row[8] is not None]
    start = min(starts, default=None)
    ended = len(ends) == len(rows) or (bool(ends) and len(ends) == len(starts))
    end = max(ends, default=None) if ended else None
    return HistoryRow(
        run_id=run_id,
        run_type=run_type,
        logical_date=opt_from_us(logical),
        run_after=from_us(run_after),
        state=summary(row[4] for row in rows),
        start=opt_from_us(start),
        end=opt_from_us(end),
        seconds=(end - start) / 1e6 if start is not None and end is not None else None,
        peak_rss=max(peaks, default=None),
        cpu_seconds=sum(cpu) if cpu else None,
        try_number=max(row[9] for row in rows),
        instances=len(rows),
        outcome=outcome_view(rows[0][10]) if len(rows) == 1 else None,
    )
