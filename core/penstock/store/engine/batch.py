"""The rows of one transaction, in the order in which they must be written.

Each move is a compare-and-set on state and version: a row that is not as expected stops everything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from penstock.errors import StaleRowsError
from penstock.store.engine.records import EventRecord
from penstock.store.query import Write
from penstock.store.sql.engine import batch as sql
from penstock.store.sqlite.connection import Connection

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
        self.tasks: list[Row] = []
        self.events: list[EventRecord] = []
        self._before: list[tuple[Write, list[Row]]] = []
        self._after: list[tuple[Write, list[Row]]] = []
        self._last: list[Callable[[Connection], object]] = []

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        moves = (self.new_runs, self.new_tasks, self.runs, self.claims, self.ends, self.attempts, self.tasks)
        return not any((*moves, self.events, self._before, self._after, self._last))

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
        _compare_and_set(connection, sql.SWAP_TASK, self.tasks, "task instance")
        for statement, rows in self._after:
            connection.write(statement, rows)
        for work in self._last:
            work(connection)
        connection.write(sql.INSERT_EVENT, self.events)


def _append(gathered: list[tuple[Write, list[Row]]], statement: Write, row: Row) -> None:
    if gathered and gathered[-1][0] is statement:
        gathered[-1][1].append(row)
    else:
        gathered.append((statement, [row]))


def _compare_and_set(connection: Connection, statement: Write, rows: list[Row], noun: str) -> None:
    written = connection.write(statement, rows)
    if written != len(rows):
        raise StaleRowsError(f"{len(rows) - written} {noun} row(s) changed by another program; reading again")
