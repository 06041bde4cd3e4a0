"""Measures a database and checks it: its file, its rows, and whether its events match the rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from penstock.errors import StoreError
from penstock.model.states import TaskState
from penstock.model.transitions import TaskEvent
from penstock.store.database import Database
from penstock.store.sql.schema import APPLICATION_ID, SCHEMA_VERSION
from penstock.store.sql.upkeep import health as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.sqlite.errors import UNREADABLE
from penstock.store.sqlite.header import read_header
from penstock.store.sqlite.whole import bytes_by_table, damages, lost_parents

_MOST = 100
"""Problems of one kind that are listed one by one."""
_TASK_MOVES = frozenset(event.value for event in TaskEvent)
_BORN = TaskState.PENDING.value


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
        raise StoreError(f"{database.path} cannot be read: {error}") from None


def table_sizes(database: Database) -> list[TableSize]:
    """Return every table, the largest first.

    Raises `StoreError` if the database cannot be read.
    """
    with _reading(database) as connection:
        pages = bytes_by_table(connection)
        found = [
            TableSize(
                table,
                int(connection.scalar(count)),
                None if pages is None else pages.get(table, 0),
            )
            for table, count in sql.ROWS.items()
        ]
    return sorted(found, key=lambda size: (-(size.bytes or 0), -size.rows, size.table))


def dag_sizes(database: Database) -> list[DagSize]:
    """Return what is kept of every DAG, the largest logs first.

    Raises `StoreError` if the database cannot be read.
    """
    found: dict[str, dict[str, int]] = {}
    with _reading(database) as connection:
        for name, query in sql.OF_DAGS.items():
            for dag_id, amount in connection.execute(query):
                found.setdefault(dag_id, {})[name] = int(amount)
    names = ("runs", "tasks", "attempts", "events", "samples", "log_bytes")
    sizes = [DagSize(dag_id, **{name: row.get(name, 0) for name in names}) for dag_id, row in found.items()]
    return sorted(sizes, key=lambda size: (-size.log_bytes, -size.runs, size.dag_id))


def oldest_run(database: Database) -> int | None:
    """Return when the oldest stored run was due, in microseconds since 1970 UTC.

    Raises `StoreError` if the database cannot be read.
    """
    with _reading(database) as connection:
        found: int | None = connection.scalar(sql.OLDEST_RUN)
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
        if application != APPLICATION_ID:
            yield Problem("schema", f"application_id is {application:#x}: not a Penstock database")
        if schema != SCHEMA_VERSION:
            yield Problem("schema", f"schema {schema}, this program's is {SCHEMA_VERSION}")
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
    runs = {(str(row.dag_id), str(row.run_id)): (row.id, row.state) for row in connection.execute(sql.RUNS)}
    seen: set[tuple[str, str]] = set()
    for key, events in groupby(connection.execute(sql.TRAIL), key=itemgetter(0, 1)):
        if key not in runs:
            continue
        seen.add(key)
        pk, state = runs[key]
        reached: dict[tuple[str | None, Any], str | None] = {}
        name = "/".join(key)
        for _, _, task_id, map_index, kind, before, after in events:  # many millions: names would cost half
            if (kind in _TASK_MOVES) is (task_id is None):
                continue
            whole = task_id is not None and type(map_index) is int and map_index < 0
            place = (task_id, 0 if whole else map_index)  # as `_place` has it
            was = reached.get(place, None if task_id is None else _BORN)
            if was != before:
                yield f"{_named(name, *place)}: {kind} began at {before}, after {was}"
            reached[place] = after
        if reached.get((None, -1)) != state:
            yield f"{name} is {state}; its events lead to {reached.get((None, -1))}"
        for task_id, map_index, state in connection.execute(sql.STATES, {"key": pk}):
            led = reached.get((task_id, _place(task_id, map_index)), _BORN)
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
        return {str(each) for each in connection.execute(sql.SOURCES).scalars()}
