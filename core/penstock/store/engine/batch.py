"""The rows of one transaction, in the order in which they must be written.

Each move is a compare-and-set on state and version: a row that is not as expected stops everything.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

import msgspec

from penstock.errors import StaleRowsError
from penstock.store.engine.records import EventRecord
from penstock.store.query import Write
from penstock.store.sql.engine import batch as sql
from penstock.store.sqlite.connection import Connection

_MANY = 200
"""From this many events on that are alike, they are written by one statement."""
_TASK = EventRecord._fields.index("task_id")
"""The place of an event's task instance: the id, then the map index."""
Row = tuple[Any, ...]
"""The values of a statement's parameters, in their order."""


class Batch:
    """The rows of one transaction."""

    def __init__(self) -> None:
        self.new_runs: list[Row] = []
        self.new_tasks: list[Row] = []
        self.runs: list[Row] = []
        self.claims: list[Row] = []
        self.ends: list[Row] = []
        self.attempts: list[Row] = []
        self._tasks: list[Row] = []
        self._alike: dict[tuple[str, Row], list[int]] = {}
        self._moved: set[int] = set()
        self.events: list[EventRecord] = []
        self._before: list[tuple[Write, list[Row]]] = []
        self._after: list[tuple[Write, list[Row]]] = []
        self._last: list[Callable[[Connection], object]] = []

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        moves = (self.new_runs, self.new_tasks, self.runs, self.claims, self.ends, self.attempts)
        return not any((*moves, self._moved, self.events, self._before, self._after, self._last))

    def swap_task(self, key: int, row: Row) -> None:
        """Write a move of a task instance, with a row of `SWAP_TASK`."""
        self._moved.add(key)
        self._tasks.append(row)

    def swap_alike(self, key: int, columns: str, row: Row) -> bool:
        """Write a move that changes only the *columns* of that name; return whether that can be done.

        *row* is one of `SWAP_ALIKE` without the ids: many that are equal are one statement. It can be done
        for the first move of a task instance in a tick.
        """
        if key in self._moved:
            return False
        self._moved.add(key)
        self._alike.setdefault((columns, row), []).append(key)
        return True

    def before(self, statement: Write, row: Row) -> None:
        """Write *row* before new runs, which may refer to it; in the order of the calls."""
        _append(self._before, statement, row)

    def after(self, statement: Write, row: Row) -> None:
        """Write *row* after the moves; in the order of the calls."""
        _append(self._after, statement, row)

    def last(self, work: Callable[[Connection], object]) -> None:
        """Do *work* after all rows except the events."""
        self._last.append(work)

    def write(self, connection: Connection) -> None:
        """Write everything; raise `StaleRowsError` if a row was not as expected."""
        for statement, rows in self._before:
            connection.write(statement, rows)
        connection.write(sql.INSERT_RUN, self.new_runs)
        connection.write(sql.INSERT_TASK, self.new_tasks)
        _compare_and_set(connection, sql.SWAP_RUN, self.runs, "run")
        # An attempt's end comes before the next one's beginning: one live attempt per task instance.
        connection.write(sql.CLAIM_ATTEMPT, self.claims)
        connection.write(sql.END_ATTEMPT, self.ends)
        connection.write(sql.INSERT_ATTEMPT, self.attempts)
        for (columns, row), keys in self._alike.items():
            ids = msgspec.json.encode(keys).decode()
            written = connection.write(sql.SWAP_ALIKE[columns], [(*row[:-2], ids, *row[-2:])])
            _require(written, len(keys), "task instance")
        _compare_and_set(connection, sql.SWAP_TASK, self._tasks, "task instance")
        for statement, rows in self._after:
            connection.write(statement, rows)
        for work in self._last:
            work(connection)
        _tell(connection, self.events)


def _append(gathered: list[tuple[Write, list[Row]]], statement: Write, row: Row) -> None:
    if gathered and gathered[-1][0] is statement:
        gathered[-1][1].append(row)
    else:
        gathered.append((statement, [row]))


def _compare_and_set(connection: Connection, statement: Write, rows: list[Row], noun: str) -> None:
    _require(connection.write(statement, rows), len(rows), noun)


def _require(written: int, wanted: int, noun: str) -> None:
    if written != wanted:
        raise StaleRowsError(f"{wanted - written} {noun} row(s) changed by another program; reading again")


def _tell(connection: Connection, events: list[EventRecord]) -> None:
    """Append events; many in a row that differ in their task instance only are one statement."""
    if len(events) < _MANY:
        connection.write(sql.INSERT_EVENT, events)
        return
    single: list[EventRecord] = []
    for (facts, end), group in groupby(events, key=lambda event: (event[:_TASK], event[_TASK + 2 :])):
        told = list(group)
        if len(told) < _MANY:
            single += told
            continue
        connection.write(sql.INSERT_EVENT, single)
        single = []
        places = msgspec.json.encode([event[_TASK : _TASK + 2] for event in told]).decode()
        connection.write(sql.TELL_ALIKE, [(*facts, *end, places)])
    connection.write(sql.INSERT_EVENT, single)
