"""Measures a database and checks it: its file, its rows, and whether its events match the rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel

from penstock.errors import StoreError
from penstock.model.states import TaskState
from penstock.model.transitions import RunEvent, TaskEvent
from penstock.store import tables
from penstock.store.database import Database
from penstock.store.sqlite.errors import UNREADABLE, driver_text
from penstock.store.sqlite.header import read_header
from penstock.store.sqlite.whole import bytes_by_table, damages, lost_parents
from penstock.store.statement import table_of

_run = table_of(tables.RunRow)
_task = table_of(tables.TaskInstanceRow)
_attempt = table_of(tables.AttemptRow)
_event = table_of(tables.EventRow)
_sample = table_of(tables.SampleRow)
_version = table_of(tables.DagVersionRow)
_MOST = 100
"""Problems of one kind that are listed one by one."""
_TASK_MOVES = frozenset(event.value for event in TaskEvent)
_RUN_MOVES = frozenset({"run_create", *(f"run_{event.value}" for event in RunEvent)})


@dataclass(frozen=True, slots=True)
class TableSize:
    """One table: its rows, and the bytes of its pages and indexes (None if the database does not say)."""

    table: str
    rows: int
    bytes: int | None


@dataclass(frozen=True, slots=True)
class DagSize:
    """What is kept of one DAG. ``log_bytes`` are those of attempts that have ended."""

    dag_id: str
    runs: int
    tasks: int
    attempts: int
    events: int
    samples: int
    log_bytes: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem: ``kind`` is schema, file, reference, history or files."""

    kind: str
    text: str


@contextmanager
def _reading(database: Database) -> Iterator[Connection]:
    """Give a connection; turn errors of a damaged file into `StoreError`."""
    try:
        with database.read() as connection:
            yield connection
    except UNREADABLE as error:
        raise StoreError(f"{database.path} cannot be read: {driver_text(error)}") from None


def table_sizes(database: Database) -> list[TableSize]:
    """Return every table, the largest first.

    Raises `StoreError` if the database cannot be read.
    """
    known = SQLModel.metadata.sorted_tables
    with _reading(database) as connection:
        pages = bytes_by_table(connection)
        found = [
            TableSize(
                str(table.name),
                int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()),
                None if pages is None else pages.get(table.name, 0),
            )
            for table in known
        ]
    return sorted(found, key=lambda size: (-(size.bytes or 0), -size.rows, size.table))


def dag_sizes(database: Database) -> list[DagSize]:
    """Return what is kept of every DAG, the largest logs first.

    Raises `StoreError` if the database cannot be read.
    """
    tasks = _run.join(_task, _task.c.run_pk == _run.c.id)
    attempts = tasks.join(_attempt, _attempt.c.ti_id == _task.c.id)
    count = sa.func.count()
    found: dict[str, dict[str, int]] = {}
    with _reading(database) as connection:
        for name, value, table in (
            ("runs", count, _run),
            ("tasks", count, tasks),
            ("attempts", count, attempts),
            ("log_bytes", sa.func.coalesce(sa.func.sum(_attempt.c.log_bytes), 0), attempts),
            ("samples", count, attempts.join(_sample, _sample.c.attempt_id == _attempt.c.attempt_id)),
        ):
            for dag_id, amount in connection.execute(
                sa.select(_run.c.dag_id, value).select_from(table).group_by(_run.c.dag_id)
            ):
                found.setdefault(dag_id, {})[name] = int(amount)
        of_dags = sa.select(_event.c.dag_id, count).where(_event.c.dag_id.is_not(None))
        for dag_id, amount in connection.execute(of_dags.group_by(_event.c.dag_id)):
            found.setdefault(dag_id, {})["events"] = int(amount)
    names = ("runs", "tasks", "attempts", "events", "samples", "log_bytes")
    sizes = [DagSize(dag_id, **{name: row.get(name, 0) for name in names}) for dag_id, row in found.items()]
    return sorted(sizes, key=lambda size: (-size.log_bytes, -size.runs, size.dag_id))


def oldest_run(database: Database) -> int | None:
    """Return when the oldest stored run was due, in microseconds since 1970 UTC.

    Raises `StoreError` if the database cannot be read.
    """
    with _reading(database) as connection:
        found: int | None = connection.execute(sa.select(sa.func.min(_run.c.run_after_us))).scalar_one()
    return found


def problems(database: Database) -> Iterator[Problem]:
    """Yield the problems of the file, of references between rows, and of the events."""
    try:
        yield from _problems(database)
    except StoreError as error:
        yield Problem("file", str(error))


def _problems(database: Database) -> Iterator[Problem]:
    with _reading(database) as connection:
        with database.raw() as raw:
            application, schema = read_header(raw)
        if application != tables.APPLICATION_ID:
            yield Problem("schema", f"application_id is {application:#x}: not a Penstock database")
        if schema != tables.SCHEMA_VERSION:
            yield Problem("schema", f"schema {schema}, this program's is {tables.SCHEMA_VERSION}")
        yield from (Problem("file", line) for line in damages(connection, _MOST))
        for table, number, parent in lost_parents(connection, _MOST):
            yield Problem("reference", f"row {number} of {table} refers to a {parent} that does not exist")
        told = 0
        for text in _contradictions(connection):
            yield Problem("history", text)
            if (told := told + 1) == _MOST:
                return


def _contradictions(connection: Connection) -> Iterator[str]:
    """Replay the events of each run, and yield where they do not lead to the states in the rows."""
    trail = (
        sa.select(
            _event.c.dag_id, _event.c.run_id, _event.c.task_id, _event.c.map_index, _event.c.kind,
            _event.c.before, _event.c.after,
        )
        .where(_event.c.run_id.is_not(None), _event.c.kind.in_(sorted(_TASK_MOVES | _RUN_MOVES)))
        .order_by(_event.c.dag_id, _event.c.run_id, _event.c.seq)
    )  # fmt: skip
    runs = {
        (str(row.dag_id), str(row.run_id)): (row.id, row.state)
        for row in connection.execute(sa.select(_run.c.id, _run.c.dag_id, _run.c.run_id, _run.c.state))
    }
    states = sa.select(_task.c.task_id, _task.c.map_index, _task.c.state).where(
        _task.c.run_pk == sa.bindparam("pk")
    )
    seen: set[tuple[str, str]] = set()
    for key, events in groupby(connection.execute(trail), key=lambda row: (row.dag_id, row.run_id)):
        if key not in runs:
            continue
        seen.add(key)
        pk, state = runs[key]
        reached: dict[tuple[str | None, Any], str | None] = {}
        name = "/".join(key)
        for row in events:
            place = (row.task_id, _place(row.task_id, row.map_index))
            if (row.kind in _TASK_MOVES) != (row.task_id is not None):
                continue
            born = None if row.task_id is None else TaskState.PENDING.value
            was = reached.get(place, born)
            if was != row.before:
                yield f"{_named(name, *place)}: {row.kind} began at {row.before}, after {was}"
            reached[place] = row.after
        if reached.get((None, -1)) != state:
            yield f"{name} is {state}; its events lead to {reached.get((None, -1))}"
        for task_id, map_index, state in connection.execute(states, {"pk": pk}):
            led = reached.get((task_id, _place(task_id, map_index)), TaskState.PENDING.value)
            if led != state:
                yield f"{_named(name, task_id, map_index)} is {state}; its events lead to {led}"
    for key in sorted(runs.keys() - seen):
        yield f"{'/'.join(key)} has no events"


def _place(task_id: str | None, map_index: Any) -> Any:
    """Return a map index that identifies a row for good: the first instance may become the whole task."""
    if task_id is None or not isinstance(map_index, int):
        return map_index
    return max(map_index, 0)


def _named(run: str, task_id: Any, map_index: Any) -> str:
    index = "" if isinstance(map_index, int) and map_index < 0 else f"[{map_index}]"
    return run + (f"/{task_id}" if task_id else "") + index


def sources(database: Database) -> set[str]:
    """Return the SHA-256 of every DAG file that a run or DAG is pinned to.

    Raises `StoreError` if the database cannot be read.
    """
    with _reading(database) as connection:
        return {str(each) for each in connection.execute(sa.select(_version.c.source_hash)).scalars()}
