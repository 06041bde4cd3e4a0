"""Reads attempts: launches of a task instance, where their logs are, what they used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from penstock.clock import from_us, opt_from_us, opt_us
from penstock.errors import UnknownError
from penstock.executor_settings import LOCAL
from penstock.ids import check_attempt_id, instance_key
from penstock.model.states import RUN_TERMINAL
from penstock.model.subject import about_row
from penstock.model.views.attempts import AttemptRow, Sample
from penstock.model.views.xcoms import XComSource
from penstock.store.checked import checked
from penstock.store.sieve import Sieve
from penstock.store.sql.columns import TABLES
from penstock.store.sql.views import attempts as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.runs import run_row
from penstock.store.views.task_rows import outcome_view

_NUMBERS = {
    name: checked(TABLES["attempt"], [name])
    for name in ("try_number", "queued_us", "start_us", "end_us", "pid", "log_bytes")
}
_checked_sample = checked(TABLES["sample"], TABLES["sample"].names)


def read_attempts(
    connection: Connection, dag_id: str, run_id: str, task_id: str, *, map_index: int
) -> list[AttemptRow]:
    """Return every attempt of a task instance, oldest first.

    Raises `UnknownError` for a run or task that does not exist.
    """
    run = run_row(connection, dag_id, run_id)
    wanted = {"run_pk": run.id, "task_id": task_id, "map_index": map_index}
    task = connection.execute(sql.TASK, wanted).first()
    if task is None:
        raise UnknownError(f"run {run_id} of DAG {dag_id} has no task {instance_key(task_id, map_index)}")
    rows = connection.execute(sql.OF_TASK, {"ti_id": task.id})
    return [_attempt_view(row, (dag_id, run_id), task_id, map_index) for row in rows]


def read_run_attempts(
    connection: Connection, dag_id: str, run_id: str, tasks: Sequence[str]
) -> list[AttemptRow]:
    """Return every attempt of *tasks* of a run, oldest first; of a mapped task those of all instances."""
    run = run_row(connection, dag_id, run_id)
    rows = connection.execute(sql.OF_RUN, {"run_pk": run.id, "tasks": tasks})
    return [_attempt_view(row, (dag_id, run_id), row.task_id, row.map_index) for row in rows]


class Printed(NamedTuple):
    """An attempt that was started; times are microseconds since 1970."""

    attempt_id: str
    task_id: str
    map_index: int
    try_number: int
    queued_us: int
    start_us: int | None
    end_us: int | None


def read_printed(connection: Connection, dag_id: str, run_id: str, since: int) -> tuple[bool, list[Printed]]:
    """Return whether a run goes on, and its attempts that had not ended at *since*, oldest first."""
    run = run_row(connection, dag_id, run_id)
    query = sql.PRINTED.where(sql.ENDED_SINCE) if since else sql.PRINTED
    rows = [
        Printed(*row)
        for row in connection.execute(query, {"run_pk": run.id, "since": since})
        if all(isinstance(number, int) for number in (row.try_number, row.queued_us))
    ]
    return run.state not in RUN_TERMINAL, rows


def _attempt_view(row: Any, run: tuple[str, str], task_id: str, map_index: int) -> AttemptRow:
    known = _readable(row)
    return AttemptRow(
        attempt_id=row.attempt_id,
        dag_id=run[0],
        run_id=run[1],
        task_id=task_id,
        map_index=map_index,
        try_number=known["try_number"] or 0,
        queued=from_us(known["queued_us"] or 0),
        start=opt_from_us(known["start_us"]),
        end=opt_from_us(known["end_us"]),
        outcome=outcome_view(row.outcome),
        pid=known["pid"],
        log_bytes=known["log_bytes"],
        executor=row.executor if isinstance(row.executor, str) else LOCAL,
        worker=row.worker if isinstance(row.worker, str) else None,
    )


def _readable(row: Any) -> dict[str, int | None]:
    """Return the numbers of an attempt's row, None for each that is not a number."""
    found = {}
    for name, check in _NUMBERS.items():
        try:
            found[name] = check([getattr(row, name)])[0]
        except ValueError:
            found[name] = None
    return found


def has_ended(connection: Connection, attempt_id: str) -> bool:
    """Return whether an attempt of a task or of a callback has ended.

    Raises `UnknownError` if it does not exist.
    """
    check_attempt_id(attempt_id)
    for query in sql.ENDS:
        row = connection.execute(query, {"attempt_id": attempt_id}).first()
        if row is not None:
            return row.end_us is not None
    raise UnknownError(f"attempt {attempt_id} does not exist")


def read_samples(connection: Connection, attempt_id: str) -> list[Sample]:
    """Return the resource samples of an attempt, oldest first."""
    has_ended(connection, attempt_id)
    rows = connection.execute(sql.SAMPLES, {"attempt_id": attempt_id}).all()
    return Sieve().rows(rows, lambda row: about_row("sample", row.at_us), _sample_view)


def _sample_view(row: Any) -> Sample:
    _checked_sample(row)
    return Sample(
        at=from_us(row.at_us),
        cpu_percent=row.cpu_percent,
        rss=row.rss,
        read_bytes=row.read_bytes,
        write_bytes=row.write_bytes,
        processes=row.processes,
    )


def read_xcom_sources(
    connection: Connection,
    dag_id: str,
    task_ids: Sequence[str],
    key: str,
    run_id: str | None,
    until: datetime | None,
) -> list[XComSource]:
    """Return the attempts with what tasks pushed under *key*, those of the newest run first.

    They are of one run, or of every run with a logical date up to *until*.
    """
    values = {"dag_id": dag_id, "tasks": task_ids, "key": key, "run_id": run_id, "until": opt_us(until)}
    wanted = ([] if run_id is None else [sql.IN_RUN]) + ([] if until is None else [sql.UNTIL])
    rows = connection.execute(sql.SOURCES.where(*wanted), values)
    return [
        XComSource(run_id=row[0], task_id=row[1], map_index=row[2], attempt_id=row[3])
        for row in rows
        if row[3] is not None
    ]
