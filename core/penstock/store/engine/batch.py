"""The rows of one transaction, in the order in which they must be written.

Each move is a compare-and-set on state and version: a row that is not as expected stops everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.errors import StaleRowsError
from penstock.store import tables
from penstock.store.statement import Statement, table_of

_task = table_of(tables.TaskInstanceRow)
_run = table_of(tables.RunRow)
_attempt = table_of(tables.AttemptRow)
_event = table_of(tables.EventRow)
_xcom = table_of(tables.XComRow)
_undo = table_of(tables.UndoRow)
_import_error = table_of(tables.ImportErrorRow)

TASK_COLUMNS = (
    "try_number", "max_tries", "queued_us", "start_us", "end_us", "next_us", "first_poke_us", "stop_us",
    "pokes", "intent", "reason", "attempt_id", "attempts", "outcome", "skips", "peak_rss", "cpu_seconds",
    "read_bytes", "write_bytes", "rush", "mapped_length", "rendered_map_index",
    "resumes", "began_us",
)  # fmt: skip
"""What a move of a task instance writes besides its state and version."""
RUN_COLUMNS = (
    "start_us", "end_us", "queued_us", "stood_us", "turn_us", "worked_us", "intent", "reason", "backfill_id",
    "version_id", "conf", "rush",
)  # fmt: skip
"""The same for a run."""


def _swap(table: sa.Table, columns: tuple[str, ...]) -> Statement:
    return Statement(
        sa.update(table)
        .where(
            table.c.id == sa.bindparam("b_id"),
            table.c.version == sa.bindparam("b_version"),
            table.c.state == sa.bindparam("b_state"),
        )
        .values({name: sa.bindparam(name) for name in ("state", "version", *columns)})
    )


_SWAP_TASK = _swap(_task, TASK_COLUMNS)
_SWAP_RUN = _swap(_run, RUN_COLUMNS)
_INSERT_RUN = Statement(sa.insert(_run))
_INSERT_TASK = Statement(sa.insert(_task))
_INSERT_EVENT = Statement(sa.insert(_event))
_INSERT_ATTEMPT = Statement(sa.insert(_attempt))
_CLAIM_ATTEMPT = Statement(
    sa.update(_attempt)
    .where(_attempt.c.attempt_id == sa.bindparam("b_id"))
    .values({name: sa.bindparam(name) for name in ("start_us", "pid", "worker")})
)
_END_ATTEMPT = Statement(
    sa.update(_attempt)
    .where(_attempt.c.attempt_id == sa.bindparam("b_id"), _attempt.c.end_us.is_(None))
    .values({name: sa.bindparam(name) for name in ("start_us", "end_us", "outcome", "log_bytes")})
)

PLACE_TASK = Statement(
    sa.update(_task).where(_task.c.id == sa.bindparam("b_id")).values(position=sa.bindparam("position"))
)
# Separate, because a statement that names an indexed column rewrites the index each time.
NUMBER_TASK = Statement(
    sa.update(_task).where(_task.c.id == sa.bindparam("b_id")).values(map_index=sa.bindparam("map_index"))
)
SHIFT_ATTEMPT = Statement(
    sa.update(_attempt)
    .where(_attempt.c.attempt_id == sa.bindparam("b_id"))
    .values(
        queued_us=_attempt.c.queued_us + sa.bindparam("b_by_us"),
        start_us=_attempt.c.start_us + sa.bindparam("b_by_us"),
    )
)
DELETE_XCOMS = Statement(sa.delete(_xcom).where(_xcom.c.ti_id == sa.bindparam("b_ti_id")))
DELETE_UNDOS = Statement(sa.delete(_undo).where(_undo.c.id <= sa.bindparam("b_id")))
DELETE_IMPORT_ERROR = Statement(
    sa.delete(_import_error).where(_import_error.c.file == sa.bindparam("b_file"))
)

Row = Mapping[str, Any]


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
        self.events: list[dict[str, Any]] = []
        self._before: list[tuple[Statement, list[Row]]] = []
        self._after: list[tuple[Statement, list[Row]]] = []
        self._last: list[Callable[[Connection], object]] = []

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        moves = (self.new_runs, self.new_tasks, self.runs, self.claims, self.ends, self.attempts, self.tasks)
        return not any((*moves, self.events, self._before, self._after, self._last))

    def before(self, statement: Statement, row: Row) -> None:
        """Write *row* before new runs, which may refer to it; in the order of the calls."""
        _append(self._before, statement, row)

    def after(self, statement: Statement, row: Row) -> None:
        """Write *row* after the moves; in the order of the calls."""
        _append(self._after, statement, row)

    def last(self, work: Callable[[Connection], object]) -> None:
        """Do *work* after all rows except the events."""
        self._last.append(work)

    def write(self, connection: Connection) -> None:
        """Write everything; raise `StaleRowsError` if a row was not as expected."""
        for statement, rows in self._before:
            statement.run(connection, rows)
        _INSERT_RUN.run(connection, self.new_runs)
        _INSERT_TASK.run(connection, self.new_tasks)
        _compare_and_set(connection, _SWAP_RUN, self.runs, "run")
        # An attempt's end comes before the next one's beginning: one live attempt per task instance.
        _CLAIM_ATTEMPT.run(connection, self.claims)
        _END_ATTEMPT.run(connection, self.ends)
        _INSERT_ATTEMPT.run(connection, self.attempts)
        _compare_and_set(connection, _SWAP_TASK, self.tasks, "task instance")
        for statement, rows in self._after:
            statement.run(connection, rows)
        for work in self._last:
            work(connection)
        _INSERT_EVENT.run(connection, self.events)


def _append(gathered: list[tuple[Statement, list[Row]]], statement: Statement, row: Row) -> None:
    if gathered and gathered[-1][0] is statement:
        gathered[-1][1].append(row)
    else:
        gathered.append((statement, [row]))


def _compare_and_set(connection: Connection, statement: Statement, rows: list[Row], noun: str) -> None:
    written = statement.run(connection, rows)
    if written != len(rows):
        raise StaleRowsError(f"{len(rows) - written} {noun} row(s) changed by another program; reading again")
