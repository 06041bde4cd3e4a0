"""The gate: the only code that writes states.

A tick's moves are collected (`batch`) and written in one transaction (one fsync), each as a
compare-and-set on state and version with its event row. The engine's working records change at
once; if the write fails, the tick is void and the engine reads its records again.

Everything except runs and tasks has three verbs, by the table in `record_kinds`: `Gate.add` writes a
new record, `Gate.put` replaces one, `Gate.drop` removes one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any

from penstock.model.states import TERMINAL, RunState, TaskState
from penstock.model.transitions import RunEvent, TaskEvent, move_run, move_task
from penstock.store.database import Database
from penstock.store.engine.batch import Batch
from penstock.store.engine.columns import ALIKE, RUN_COLUMNS, TASK_COLUMNS
from penstock.store.engine.record_kinds import KINDS, Kind, Record
from penstock.store.engine.records import EventRecord, RunRecord, TaskRecord
from penstock.store.engine.removal import Removal, settle_points
from penstock.store.engine.shift import shift_runs
from penstock.store.query import Query, Write
from penstock.store.sql.engine import batch as sql
from penstock.store.sql.engine import record_kinds as of_kinds

ENGINE = "engine"
"""The actor of moves that no person asked for."""

_task_values = attrgetter(*TASK_COLUMNS)
_alike_values = {name: attrgetter(*columns) for name, columns in ALIKE.items()}
_run_values = attrgetter(*RUN_COLUMNS)
_new_task = attrgetter(*sql.INSERT_TASK.names)
_new_run = attrgetter(*sql.INSERT_RUN.names)


@dataclass(frozen=True, slots=True)
class Touched:
    """What a commit changed, for screens that show it."""

    dags: frozenset[str]
    runs: frozenset[tuple[str, str]]
    cursor: int
    events: int
    bells: tuple[str, ...] = ()
    """Messages for which consoles ring the bell."""


class Gate:
    """Collects moves and writes them together.

    ``now_us`` is set by the engine at the start of each tick and stamps every event.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now_us = 0
        self.actor = ENGINE
        self.cursor = self._last(sql.LAST_EVENT)
        self._run_pk = self._last(sql.LAST_RUN)
        self._task_pk = self._last(sql.LAST_TASK)
        self._reset()

    def _reset(self) -> None:
        self._batch = Batch()
        self._dags: set[str] = set()
        self._touched: set[tuple[str, str]] = set()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write, and nothing to tell."""
        return self._batch.empty and not self._dags

    @property
    def events(self) -> Sequence[EventRecord]:
        """The events collected so far, in order: rows of the trail."""
        return self._batch.events

    # -- moves ---------------------------------------------------------------------------------

    def move_task(
        self,
        run: RunRecord,
        task: TaskRecord,
        event: TaskEvent,
        *,
        reason: str | None = None,
        ended_us: int | None = None,
        columns: str | None = None,
    ) -> TaskState:
        """Move *task* by *event* and return its new state; raise `IllegalMoveError` if it cannot.

        Other changed fields of the record are written too. *ended_us* is when the task ended, if the move
        ends it; now by default, but its attempt may have ended earlier. A task that had ended already and
        gets another final state keeps its end. *columns* names those of `columns.ALIKE` if no others have
        changed: many such moves cost a fraction.
        """
        before = task.state
        after = move_task(before, event)
        seen = task.version
        task.state = after
        task.version = seen + 1
        if after in TERMINAL and (before not in TERMINAL or task.end_us is None):
            task.end_us = self.now_us if ended_us is None else ended_us
        swapped = columns is not None and self._batch.swap_alike(
            task.id,
            columns,
            (after._value_, task.version, *_alike_values[columns](task), seen, before._value_),
        )
        if not swapped:
            self._batch.swap_task(task.id, _swap(task, _task_values(task), before, seen))
        self.note(
            event._value_,  # `value` is a property, and several times as slow
            dag_id=run.dag_id,
            run_id=run.run_id,
            task_id=task.task_id,
            map_index=task.map_index,
            before=before._value_,
            after=after._value_,
            reason=reason,
        )
        return after

    def save_task(self, run: RunRecord, task: TaskRecord) -> None:
        """Write fields of *task* that are not its state."""
        seen = task.version
        task.version = seen + 1
        self._batch.swap_task(task.id, _swap(task, _task_values(task), task.state, seen))
        self.touch(run.dag_id, run.run_id)

    def move_run(self, run: RunRecord, event: RunEvent, *, reason: str | None = None) -> RunState:
        """Move *run* by *event* and return its new state; raise `IllegalMoveError` if it cannot."""
        before = run.state
        after = move_run(before, event)
        seen = run.version
        run.state = after
        run.version = seen + 1
        self._batch.runs.append(_swap(run, _run_values(run), before, seen))
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
        self._batch.runs.append(_swap(run, _run_values(run), run.state, seen))
        self.touch(run.dag_id, run.run_id)

    # -- new runs ------------------------------------------------------------------------------

    def create_run(self, run: RunRecord, tasks: list[TaskRecord]) -> None:
        """Record a new run and its task instances; gives them their keys.

        Keys are counted here because there is only one writer: the records are complete before the
        transaction.
        """
        self._run_pk += 1
        run.id = self._run_pk
        self._batch.new_runs.append(_new_run(run))
        self.add_tasks(run, tasks)
        self.note(
            "run_create", dag_id=run.dag_id, run_id=run.run_id, after=run.state.value, reason=run.reason
        )

    def add_tasks(self, run: RunRecord, tasks: list[TaskRecord]) -> None:
        """Record task instances of a run that have not begun; gives them their keys."""
        for task in tasks:
            self._task_pk += 1
            task.id = self._task_pk
            task.run_pk = run.id
        self._batch.new_tasks.extend(map(_new_task, tasks))
        self.touch(run.dag_id, run.run_id)

    def place_task(self, task: TaskRecord, position: int) -> None:
        """Change the position of *task* in its run."""
        task.position = position
        self._batch.after(sql.PLACE_TASK, (position, task.id))

    def number_task(self, run: RunRecord, task: TaskRecord, map_index: int) -> None:
        """Change the map index of *task*; instances made in the same tick are written first."""
        task.map_index = map_index
        self._batch.after(sql.NUMBER_TASK, (map_index, task.id))
        self.touch(run.dag_id, run.run_id)

    # -- attempts ------------------------------------------------------------------------------

    def record_attempt(self, task: TaskRecord, attempt_id: str, executor: str | None = None) -> None:
        """Record a launch before it is requested; *executor* is None for this machine's."""
        self._batch.attempts.append((attempt_id, task.id, task.try_number, self.now_us, executor))

    def claim_attempt(
        self, attempt_id: str, *, start_us: int | None, pid: int | None, worker: str | None = None
    ) -> None:
        """Record that a supervisor took the attempt, on *worker* if not on this machine."""
        self._batch.claims.append((start_us, pid, worker, attempt_id))

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
        self._batch.ends.append((start_us, end_us, outcome, log_bytes, attempt_id))

    # -- records -------------------------------------------------------------------------------

    def add(self, record: Record) -> None:
        """Write a record that has no row yet."""
        kind = KINDS[type(record)]
        self._write(kind, of_kinds.INSERT, record)

    def put(self, record: Record) -> None:
        """Write *record* over its row.

        For kinds that change in place only their changing columns, and nothing if the row is gone; for the
        others the whole row, whether or not there was one.
        """
        kind = KINDS[type(record)]
        if kind.changes:
            self._write(kind, of_kinds.UPDATE, record)
        else:
            self._write(kind, of_kinds.DELETE, record)
            self._write(kind, of_kinds.INSERT, record)

    def drop(self, record: Record) -> None:
        """Remove the row of *record*, if there is one."""
        self._write(KINDS[type(record)], of_kinds.DELETE, record)

    def _write(self, kind: Kind, statements: Mapping[str, Write], record: Record) -> None:
        statement = statements[kind.table]
        place = self._batch.before if kind.before_runs else self._batch.after
        place(statement, kind.row(record, statement.names, self.now_us))

    def drop_xcoms(self, task: TaskRecord) -> None:
        """Remove every value that a task instance pushed."""
        self._batch.after(sql.DELETE_XCOMS, (task.id,))

    def drop_import_error(self, file: str) -> None:
        """Remove the error of a DAG file, if it has one."""
        self._batch.after(sql.DELETE_IMPORT_ERROR, (file,))

    def drop_undos(self, newest: int) -> None:
        """Forget the acts up to number *newest*, included: they can no longer be undone."""
        self._batch.after(sql.DELETE_UNDOS, (newest,))

    # -- rows outside the working set ----------------------------------------------------------

    def shift_attempt(self, attempt_id: str, by_us: int) -> None:
        """Shift the times of a live attempt by *by_us* microseconds, before its end in this tick."""
        self._batch.before(sql.SHIFT_ATTEMPT, (by_us, by_us, attempt_id))

    def shift_runs(self, run_pks: Collection[int], by_us: int) -> None:
        """Shift the times of runs and of their unfinished tasks (`columns.RUN_MOMENTS`, `TASK_MOMENTS`)."""
        self._batch.last(partial(shift_runs, run_pks=run_pks, by_us=by_us))

    def settle_points(self, backfill_id: str) -> None:
        """Take over into a backfill's points how their runs ended while they were not in the working set."""
        self._batch.last(partial(settle_points, backfill_id=backfill_id))

    def remove(self, removal: Removal) -> None:
        """Remove rows that cannot be used."""
        self._batch.last(removal.write)

    # -- the trail and the end -----------------------------------------------------------------

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
        self._batch.events.append(
            EventRecord(
                self.now_us, self.actor, kind, dag_id, run_id, task_id, map_index, before, after, reason
            )
        )
        if dag_id:
            self.touch(dag_id, run_id)

    def touch(self, dag_id: str, run_id: str | None = None) -> None:
        """Record that what screens show of a DAG or run has changed."""
        self._dags.add(dag_id)
        if run_id is not None:
            self._touched.add((dag_id, run_id))

    def commit(self) -> Touched:
        """Write everything in one transaction and return what was touched.

        Raises `StaleRowsError` if a row was not as expected, another `StoreError` if the database could
        not be written; then nothing is written, and the working records must be read again.
        """
        try:
            with self.database.write() as connection:
                self._batch.write(connection)
            self.cursor += len(self._batch.events)
            bells = tuple(str(event.reason) for event in self._batch.events if event.kind == "bell")
            return Touched(
                frozenset(self._dags), frozenset(self._touched), self.cursor, len(self._batch.events), bells
            )
        finally:
            self._reset()

    def discard(self) -> None:
        """Drop everything collected. The working records must be read again.

        The cursor is too: a commit that reported a failure may still have been carried out.
        """
        self._reset()
        self.cursor = self._last(sql.LAST_EVENT)

    def _last(self, number: Query) -> int:
        with self.database.read() as connection:
            return int(connection.scalar(number))


def _swap(
    record: TaskRecord | RunRecord, values: tuple[Any, ...], before: TaskState | RunState, seen: int
) -> tuple[Any, ...]:
    """Return the row of `SWAP_TASK` or `SWAP_RUN`: what is written, and what must be there."""
    return (record.state._value_, record.version, *values, record.id, seen, before._value_)
