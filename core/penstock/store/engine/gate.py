"""The one gate through which states are written.

A tick's moves are gathered and written in one transaction (one fsync), each as a compare-and-set on
state and version with its event row beside it. The engine's working records change at once; if the
write fails, the tick is void and the engine reads its records anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.errors import StaleRowsError
from penstock.model.states import TERMINAL, RunState, TaskState
from penstock.model.transitions import RunEvent, TaskEvent, move_run, move_task
from penstock.store import tables
from penstock.store.database import Database
from penstock.store.engine.records import RunRecord, TaskRecord
from penstock.store.statement import Statement, table_of

ENGINE = "engine"
"""The actor of moves that no person asked for."""

_task = table_of(tables.TaskInstanceRow)
_run = table_of(tables.RunRow)
_attempt = table_of(tables.AttemptRow)
_event = table_of(tables.EventRow)

_TASK_COLUMNS = (
    "try_number", "max_tries", "queued_us", "start_us", "end_us", "next_us", "first_poke_us", "stop_us",
    "pokes", "intent", "reason", "attempt_id", "attempts", "outcome", "skips", "peak_rss", "cpu_seconds",
    "read_bytes", "write_bytes", "rush", "mapped_length", "rendered_map_index",
)  # fmt: skip
_RUN_COLUMNS = (
    "start_us", "end_us", "queued_us", "stood_us", "turn_us", "worked_us", "intent", "reason", "backfill_id",
    "version_id", "conf", "rush",
)  # fmt: skip


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


_SWAP_TASK = _swap(_task, _TASK_COLUMNS)
_SWAP_RUN = _swap(_run, _RUN_COLUMNS)
_PLACE_TASK = Statement(
    sa.update(_task).where(_task.c.id == sa.bindparam("b_id")).values(position=sa.bindparam("position"))
)
# Apart from the others: a statement that names a column of an index writes that index anew each time.
_NUMBER_TASK = Statement(
    sa.update(_task).where(_task.c.id == sa.bindparam("b_id")).values(map_index=sa.bindparam("map_index"))
)
_INSERT_RUN = Statement(sa.insert(_run))
_INSERT_TASK = Statement(sa.insert(_task))
_INSERT_EVENT = Statement(sa.insert(_event))
_INSERT_ATTEMPT = Statement(sa.insert(_attempt))
_CLAIM_ATTEMPT = Statement(
    sa.update(_attempt)
    .where(_attempt.c.attempt_id == sa.bindparam("b_id"))
    .values(start_us=sa.bindparam("start_us"), pid=sa.bindparam("pid"))
)
_END_ATTEMPT = Statement(
    sa.update(_attempt)
    .where(_attempt.c.attempt_id == sa.bindparam("b_id"), _attempt.c.end_us.is_(None))
    .values({name: sa.bindparam(name) for name in ("start_us", "end_us", "outcome", "log_bytes")})
)


@dataclass(frozen=True, slots=True)
class Touched:
    """What a commit touched, for whoever shows it."""

    dags: frozenset[str]
    runs: frozenset[tuple[str, str]]
    cursor: int
    events: int
    bells: tuple[str, ...] = ()
    """What consoles ring for."""


class Gate:
    """Gathers moves and writes them together.

    ``now_us`` is set by the engine at the start of each tick and stamps every event.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now_us = 0
        self.actor = ENGINE
        self.cursor = self._last(_event.c.seq)
        self._run_pk = self._last(_run.c.id)
        self._task_pk = self._last(_task.c.id)
        self._reset()

    def _reset(self) -> None:
        self._firsts: list[tuple[Statement, Mapping[str, Any]]] = []
        self._new_runs: list[dict[str, Any]] = []
        self._new_tasks: list[dict[str, Any]] = []
        self._tasks: list[dict[str, Any]] = []
        self._runs: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []
        self._attempts: list[dict[str, Any]] = []
        self._claims: list[dict[str, Any]] = []
        self._ends: list[dict[str, Any]] = []
        self._others: list[tuple[Statement, list[Mapping[str, Any]]]] = []
        self._works: list[Callable[[Connection], object]] = []
        self._dags: set[str] = set()
        self._touched: set[tuple[str, str]] = set()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        gathered = (
            self._firsts,
            self._new_runs, self._new_tasks, self._tasks, self._runs, self._events, self._attempts,
            self._claims, self._ends, self._others, self._works,
        )  # fmt: skip
        return not any(gathered)

    @property
    def noted(self) -> Sequence[Mapping[str, Any]]:
        """The events gathered so far, in order: rows of the trail."""
        return self._events

    # -- moves ---------------------------------------------------------------------------------

    def move_task(
        self,
        run: RunRecord,
        task: TaskRecord,
        event: TaskEvent,
        *,
        reason: str | None = None,
        ended_us: int | None = None,
    ) -> TaskState:
        """Move *task* by *event* and return its new state; raise `IllegalMoveError` if it cannot.

        Other fields of the record that changed since the last write travel along. *ended_us* is when
        a task that the move ends did end; now, unless its attempt ended before anyone looked. What had
        ended already and is only called otherwise ended when it did.
        """
        before = task.state
        after = move_task(before, event)
        seen = task.version
        task.state = after
        task.version = seen + 1
        if after in TERMINAL and (before not in TERMINAL or task.end_us is None):
            task.end_us = self.now_us if ended_us is None else ended_us
        self._tasks.append(self._row(task, _TASK_COLUMNS, before, seen))
        self.note(
            event.value,
            dag_id=run.dag_id,
            run_id=run.run_id,
            task_id=task.task_id,
            map_index=task.map_index,
            before=before.value,
            after=after.value,
            reason=reason,
        )
        return after

    def save_task(self, run: RunRecord, task: TaskRecord) -> None:
        """Write fields of *task* that are not its state."""
        seen = task.version
        task.version = seen + 1
        self._tasks.append(self._row(task, _TASK_COLUMNS, task.state, seen))
        self.touch(run.dag_id, run.run_id)

    def move_run(self, run: RunRecord, event: RunEvent, *, reason: str | None = None) -> RunState:
        """Move *run* by *event* and return its new state; raise `IllegalMoveError` if it cannot."""
        before = run.state
        after = move_run(before, event)
        seen = run.version
        run.state = after
        run.version = seen + 1
        self._runs.append(self._row(run, _RUN_COLUMNS, before, seen))
        self.note(
            f"run_{event.value}",
            dag_id=run.dag_id,
            run_id=run.run_id,
            before=before.value,
            after=after.value,
            reason=reason,
        )
        return after

    def save_run(self, run: RunRecord) -> None:
        """Write fields of *run* that are not its state."""
        seen = run.version
        run.version = seen + 1
        self._runs.append(self._row(run, _RUN_COLUMNS, run.state, seen))
        self.touch(run.dag_id, run.run_id)

    @staticmethod
    def _row(
        record: TaskRecord | RunRecord, columns: tuple[str, ...], before: TaskState | RunState, seen: int
    ) -> dict[str, Any]:
        row = {name: getattr(record, name) for name in columns}
        row["state"] = record.state.value
        row["version"] = record.version
        row["b_id"] = record.id
        row["b_version"] = seen
        row["b_state"] = before.value
        return row

    # -- births --------------------------------------------------------------------------------

    def create_run(self, run: RunRecord, tasks: list[TaskRecord]) -> None:
        """Record a new run and its task instances; gives them their keys.

        Keys are counted up here because there is one writer: the records are complete before the
        transaction.
        """
        self._run_pk += 1
        run.id = self._run_pk
        self._new_runs.append(_values(run))
        self.add_tasks(run, tasks)
        self.note(
            "run_create", dag_id=run.dag_id, run_id=run.run_id, after=run.state.value, reason=run.reason
        )

    def add_tasks(self, run: RunRecord, tasks: list[TaskRecord]) -> None:
        """Record further task instances of a run that exists; gives them their keys."""
        for task in tasks:
            self._task_pk += 1
            task.id = self._task_pk
            task.run_pk = run.id
        self._new_tasks.extend(_values(task) for task in tasks)
        self.touch(run.dag_id, run.run_id)

    def place_task(self, task: TaskRecord, position: int) -> None:
        """Give *task* another place in the order of its run."""
        task.position = position
        self.also(_PLACE_TASK, {"b_id": task.id, "position": position})

    def number_task(self, run: RunRecord, task: TaskRecord, map_index: int) -> None:
        """Give *task* another map index; instances made in the same tick are written before that."""
        task.map_index = map_index
        self.also(_NUMBER_TASK, {"b_id": task.id, "map_index": map_index})
        self.touch(run.dag_id, run.run_id)

    # -- attempts ------------------------------------------------------------------------------

    def record_attempt(self, task: TaskRecord, attempt_id: str) -> None:
        """Record a launch before it is asked for."""
        self._attempts.append(
            {
                "attempt_id": attempt_id,
                "ti_id": task.id,
                "try_number": task.try_number,
                "queued_us": self.now_us,
                "start_us": None,
                "end_us": None,
                "pid": None,
                "outcome": None,
                "log_bytes": None,
            }
        )

    def claim_attempt(self, attempt_id: str, *, start_us: int, pid: int | None) -> None:
        """Record that a supervisor took the attempt."""
        self._claims.append({"b_id": attempt_id, "start_us": start_us, "pid": pid})

    def end_attempt(
        self,
        attempt_id: str,
        *,
        start_us: int | None,
        end_us: int,
        outcome: str,
        log_bytes: int | None,
    ) -> None:
        """Record how an attempt ended; *outcome* is JSON."""
        self._ends.append(
            {
                "b_id": attempt_id,
                "start_us": start_us,
                "end_us": end_us,
                "outcome": outcome,
                "log_bytes": log_bytes,
            }
        )

    # -- everything else -----------------------------------------------------------------------

    def note(
        self,
        kind: str,
        *,
        dag_id: str | None = None,
        run_id: str | None = None,
        task_id: str | None = None,
        map_index: int = -1,
        before: str | None = None,
        after: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Append an event."""
        self._events.append(
            {
                "at_us": self.now_us,
                "actor": self.actor,
                "kind": kind,
                "dag_id": dag_id,
                "run_id": run_id,
                "task_id": task_id,
                "map_index": map_index,
                "before": before,
                "after": after,
                "reason": reason,
            }
        )
        if dag_id:
            self.touch(dag_id, run_id)

    def also(self, statement: Statement, row: Mapping[str, Any]) -> None:
        """Write *row* with *statement* in the same transaction, after the moves and in this order."""
        if self._others and self._others[-1][0] is statement:
            self._others[-1][1].append(row)
        else:
            self._others.append((statement, [row]))

    def first(self, statement: Statement, row: Mapping[str, Any]) -> None:
        """Write *row* with *statement* in the same transaction, before new runs: they refer to it."""
        self._firsts.append((statement, row))

    def work(self, work: Callable[[Connection], object]) -> None:
        """Have *work* done over the connection in the same transaction, after everything else."""
        self._works.append(work)

    def touch(self, dag_id: str, run_id: str | None = None) -> None:
        """Note that what is shown of a DAG or run has changed."""
        self._dags.add(dag_id)
        if run_id is not None:
            self._touched.add((dag_id, run_id))

    def commit(self) -> Touched:
        """Write everything in one transaction and return what was touched.

        Raises `StoreError` if a row was not as remembered; then nothing is written, and the
        working records must be read anew.
        """
        try:
            with self.database.write() as connection:
                self._write(connection)
            self.cursor += len(self._events)
            bells = tuple(str(event["reason"]) for event in self._events if event["kind"] == "bell")
            return Touched(
                frozenset(self._dags), frozenset(self._touched), self.cursor, len(self._events), bells
            )
        finally:
            self._reset()

    def discard(self) -> None:
        """Forget what was gathered. The working records must be read anew.

        So is the cursor: a commit that reported a failure may have been carried out all the same.
        """
        self._reset()
        self.cursor = self._last(_event.c.seq)

    def _write(self, connection: Connection) -> None:
        for statement, row in self._firsts:
            statement.run(connection, [row])
        _INSERT_RUN.run(connection, self._new_runs)
        _INSERT_TASK.run(connection, self._new_tasks)
        self._swap(connection, _SWAP_RUN, self._runs, "run")
        # An attempt's end comes before the next one's beginning: one live attempt per task instance.
        _CLAIM_ATTEMPT.run(connection, self._claims)
        _END_ATTEMPT.run(connection, self._ends)
        _INSERT_ATTEMPT.run(connection, self._attempts)
        self._swap(connection, _SWAP_TASK, self._tasks, "task instance")
        for statement, rows in self._others:
            statement.run(connection, rows)
        for work in self._works:
            work(connection)
        _INSERT_EVENT.run(connection, self._events)

    @staticmethod
    def _swap(connection: Connection, statement: Statement, rows: list[dict[str, Any]], noun: str) -> None:
        written = statement.run(connection, rows)
        if written != len(rows):
            raise StaleRowsError(f"{len(rows) - written} {noun} row(s) were not as remembered; reading anew")

    def _last(self, column: sa.Column[Any]) -> int:
        with self.database.read() as connection:
            return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(column), 0))).scalar_one())


def _values(record: RunRecord | TaskRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


def move_runs(
    connection: Connection,
    run_pks: Collection[int],
    by_us: int,
    *,
    of_runs: Sequence[str],
    of_tasks: Sequence[str],
    ended: Collection[str],
) -> None:
    """Move moments of runs that nobody has in hand, and of their tasks that are in no state of *ended*.

    ``of_runs`` and ``of_tasks`` name the columns; what is not a number there stays as it is.
    """

    def moved(table: sa.Table, names: Sequence[str]) -> dict[str, Any]:
        return {
            name: sa.case(
                (sa.func.typeof(table.c[name]) == "integer", table.c[name] + by_us), else_=table.c[name]
            )
            for name in names
        }

    of_them = sa.and_(_task.c.run_pk.in_(run_pks), _task.c.state.not_in(sorted(ended)))
    connection.execute(sa.update(_run).where(_run.c.id.in_(run_pks)).values(moved(_run, of_runs)))
    connection.execute(sa.update(_task).where(of_them).values(moved(_task, of_tasks)))
