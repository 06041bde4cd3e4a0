"""Reads the rows that the engine works with from its start on, and checks each.

A row that cannot be read goes into the `Sieve`; without one it is an error.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from penstock.decoding import decoder
from penstock.errors import BadIdError, RefusedError
from penstock.ids import check_attempt_id
from penstock.model.backfills import BackfillPointState, BackfillState, Canary, Reprocess
from penstock.model.callbacks import CallbackState
from penstock.model.outcome import Outcome
from penstock.model.pauses import PauseKind
from penstock.model.rush import Rush
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.subject import Subject, SubjectKind, about_dag, about_row, about_run
from penstock.model.transitions import RunEvent, TaskEvent
from penstock.store.checked import checked, json_object
from penstock.store.database import Database
from penstock.store.engine.columns import RUN_FIELDS, TASK_FIELDS
from penstock.store.engine.records import (
    BackfillPointRecord,
    BackfillRecord,
    CallbackRecord,
    DagRecord,
    PauseRecord,
    PoolRecord,
    QuarantineRecord,
    RunRecord,
    TaskRecord,
    ValueRecord,
)
from penstock.store.query import Query
from penstock.store.sieve import Sieve
from penstock.store.sql.columns import TABLES
from penstock.store.sql.engine import live_rows as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.sqlite.text import shown


@dataclass(frozen=True, slots=True)
class Apart:
    """An unfinished run that is left out, with what still counts: its slots and its place in the queue.

    ``live`` are (attempt id, task id) of its live attempts.
    """

    id: int
    dag_id: str
    run_id: str
    state: str
    backfill_id: int | None
    version_id: int
    live: tuple[tuple[str, str], ...]


_dag_row = checked(TABLES["dag"], DagRecord.__slots__)
_RUN_INTENT: Any = Literal[tuple(each.value for each in RunEvent)] | None
_TASK_INTENT: Any = Literal[tuple(each.value for each in TaskEvent)] | None
RUN_WORDS: dict[str, Any] = {
    "state": RunState,
    "run_type": RunType,
    "intent": _RUN_INTENT,
    "rush": Rush | None,
}
TASK_WORDS: dict[str, Any] = {"state": TaskState, "intent": _TASK_INTENT, "rush": Rush | None}
"""Columns of runs and tasks with a fixed vocabulary, and its type."""
_run_row = checked(TABLES["run"], RUN_FIELDS, **RUN_WORDS)
_task_row = checked(TABLES["task_instance"], TASK_FIELDS, **TASK_WORDS)
_TASK_JSON: dict[str, msgspec.json.Decoder[Any]] = {"outcome": decoder(Outcome), "skips": decoder(list[str])}
_pause_row = checked(TABLES["pause"], PauseRecord.__slots__, kind=PauseKind)
_pool_row = checked(TABLES["pool"], PoolRecord.__slots__)
_backfill_row = checked(
    TABLES["backfill"],
    BackfillRecord.__slots__,
    state=BackfillState,
    canary=Canary | None,
    reprocess=Reprocess,
)
_point_row = checked(TABLES["backfill_slot"], BackfillPointRecord.__slots__, state=BackfillPointState)
_callback_row = checked(TABLES["callback"], CallbackRecord.__slots__, state=CallbackState)
_quarantine_row = checked(TABLES["quarantine"], QuarantineRecord.__slots__, kind=SubjectKind)
_value_row = checked(TABLES["stored_value"], ValueRecord.__slots__)


class Standing:
    """Reads records; every method is one short read."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def quarantined(self, sieve: Sieve) -> dict[str, QuarantineRecord]:
        """Return what is in quarantine, by id, oldest first; from here on *sieve* leaves it out."""
        with self.database.read() as connection:
            rows = connection.execute(sql.QUARANTINE).all()
        ones = Sieve()
        found = ones.rows(
            rows,
            lambda row: about_row("quarantine", shown(row.id)),
            lambda row: QuarantineRecord(*_quarantine_row(row)),
        )
        sieve.out.update(one.id for one in found)
        for subject, error in ones.faults:  # its subject is tried again
            sieve.fault(subject, error)
        return {one.id: one for one in found}

    def dags(self, sieve: Sieve | None = None) -> list[DagRecord]:
        """Return every DAG, also those left out, as far as their rows can be read."""
        with self.database.read() as connection:
            rows = connection.execute(sql.DAGS).all()
        found = []
        for row in rows:
            try:
                found.append(DagRecord(*_dag_row(row)))
            except ValueError as error:
                strained = _or_raise(sieve, error)
                strained.fault(about_dag(shown(row[0])), error)
                strained.bad_dags.append(shown(row[0]))
        return found

    def active_runs(self, sieve: Sieve | None = None) -> list[tuple[RunRecord, list[TaskRecord]]]:
        """Return unfinished runs, and finished ones with a live attempt."""
        return self._runs(sql.ACTIVE_RUNS, {}, sieve)

    def run(self, dag_id: str, run_id: str) -> tuple[RunRecord, list[TaskRecord]] | None:
        """Return one run, or None. Raises `RefusedError` if it cannot be read."""
        try:
            found = self._runs(sql.ONE_RUN, {"dag_id": dag_id, "run_id": run_id}, None)
        except ValueError as error:
            raise RefusedError(f"run {run_id} of {dag_id} cannot be read: {error}") from None
        return found[0] if found else None

    def apart(self, run_pks: list[int]) -> list[Apart]:
        """Return unfinished runs that are left out."""
        these = {"runs": run_pks}
        with self.database.read() as connection:
            attempts = connection.execute(sql.LIVE_APART, these).all()
            rows = connection.execute(sql.APART, these).all()
        return [
            Apart(
                row.id,
                row.dag_id,
                row.run_id,
                row.state,
                row.backfill_id,
                row.version_id,
                tuple((each[1], each[2]) for each in attempts if each[0] == row.id),
            )
            for row in rows
        ]

    def pauses(self, sieve: Sieve | None = None) -> list[PauseRecord]:
        """Return every pause in force; an unreadable one stays in force, without an end."""
        with self.database.read() as connection:
            rows = connection.execute(sql.PAUSES).all()
        found = _strained(sieve, rows, _subject_of_pause, lambda row: PauseRecord(*_pause_row(row)))
        if sieve is not None:
            left_out = [row for row in rows if _subject_of_pause(row).id in sieve.out]
            why = "the row of this pause cannot be read"
            for row in left_out:
                kind, dag_id, run_id, task_id = (shown(each) for each in row[:4])
                if kind in frozenset(PauseKind):
                    found.append(PauseRecord(PauseKind(kind), dag_id, run_id, task_id, "?", 0, why))
        return found

    def pools(self, sieve: Sieve | None = None) -> dict[str, PoolRecord]:
        """Return the pools by name."""
        with self.database.read() as connection:
            rows = connection.execute(sql.POOLS).all()
        found = _strained(sieve, rows, lambda row: about_row("pool", shown(row[0])), _pool_record)
        return {pool.name: pool for pool in found}

    def values(self, sieve: Sieve | None = None) -> list[ValueRecord]:
        """Return the variables and connections of the store, by kind and name."""
        with self.database.read() as connection:
            rows = connection.execute(sql.VALUES).all()
        return _strained(
            sieve,
            rows,
            lambda row: about_row("stored_value", f"{shown(row[0])}/{shown(row[1])}"),
            _value_record,
        )

    def backfills(self, sieve: Sieve | None = None) -> list[tuple[BackfillRecord, list[BackfillPointRecord]]]:
        """Return backfills that have not ended, with their points in order."""
        with self.database.read() as connection:
            heads = connection.execute(sql.BACKFILLS).all()
            return _strained(
                sieve,
                heads,
                lambda row: about_row("backfill", row[0], shown(row[1])),
                lambda row: _backfill_of(connection, row),
            )

    def callbacks(self, sieve: Sieve | None = None) -> list[CallbackRecord]:
        """Return the callbacks that are not done, oldest first."""
        with self.database.read() as connection:
            rows = connection.execute(sql.CALLBACKS).all()
        return _strained(sieve, rows, lambda row: about_row("callback", row[0]), _callback_record)

    def _runs(
        self, query: Query, values: dict[str, Any], sieve: Sieve | None
    ) -> list[tuple[RunRecord, list[TaskRecord]]]:
        with self.database.read() as connection:
            rows = connection.execute(query, values).all()
            runs = _strained(sieve, rows, _subject_of_run, run_record)
            tasks = _tasks_of(connection, {run.id: run for run in runs}, sieve)
        found = [(run, tasks[run.id]) for run in runs if run.id in tasks]
        if sieve is not None:
            read = {run.id for run, _ in found}
            sieve.apart += [row[0] for row in rows if row[0] not in read]
        return found


def run_record(row: Any) -> RunRecord:
    """Return the record of a row of `RUN_FIELDS`; raise ValueError if it is invalid."""
    record = RunRecord(*_run_row(row))
    json_object("run", "conf", record.conf)
    return record


def _tasks_of(
    connection: Connection, runs: dict[int, RunRecord], sieve: Sieve | None
) -> dict[int, list[TaskRecord]]:
    """Return the task instances of runs, by run, without runs that have an unreadable one."""
    run_pks = list(runs)
    found: dict[int, list[TaskRecord]] = {pk: [] for pk in run_pks}
    place = TASK_FIELDS.index("run_pk")
    for start in range(0, len(run_pks), 500):
        for row in connection.execute(sql.TASKS, {"runs": run_pks[start : start + 500]}):
            tasks = found.get(row[place])
            if tasks is None:
                continue
            try:
                tasks.append(_task_record(row))
            except ValueError as error:
                run = runs[row[place]]
                _or_raise(sieve, error).fault(about_run(run.dag_id, run.run_id), error)
                del found[run.id]
    return found


def _task_record(row: Any) -> TaskRecord:
    try:
        record = TaskRecord(*_task_row(row))
        if record.map_index < -1:
            raise ValueError(f"task_instance.map_index is {record.map_index}: it must be -1 or more")
        if record.attempt_id is not None:
            try:
                check_attempt_id(record.attempt_id)
            except BadIdError as error:
                raise ValueError(f"task_instance.attempt_id: {error}") from None
        check_task_json("outcome", record.outcome)
        check_task_json("skips", record.skips)
    except ValueError as error:
        raise ValueError(f"task {shown(row[2])} (row {row[0]}): {error}") from None
    return record


def check_task_json(name: str, text: str | None) -> None:
    """Raise ValueError if the JSON in a task's column *name* is not what belongs there."""
    kind = _TASK_JSON.get(name)
    if text is None or kind is None:
        return
    try:
        kind.decode(text)
    except msgspec.MsgspecError as error:
        raise ValueError(f"task_instance.{name} is {text!r:.80}: {error}") from None


def _subject_of_run(row: Any) -> Subject:
    return about_run(shown(row[1]), shown(row[2]))


def _subject_of_pause(row: Any) -> Subject:
    return about_row("pause", "/".join(shown(each) for each in row[:4] if each), shown(row[1]))


def _pool_record(row: Any) -> PoolRecord:
    record = PoolRecord(*_pool_row(row))
    if record.slots < 0:
        raise ValueError(f"pool.slots is {record.slots}: slots must be 0 or more")
    return record


def _value_record(row: Any) -> ValueRecord:
    record = ValueRecord(*_value_row(row))
    try:
        entry = json.loads(record.entry)
    except ValueError as error:
        raise ValueError(f"stored_value.entry is not JSON: {error}") from None
    if not isinstance(entry, str | dict):
        raise ValueError(f"stored_value.entry must be a string or an object, not {record.entry[:80]}")
    return record


def _backfill_of(connection: Connection, row: Any) -> tuple[BackfillRecord, list[BackfillPointRecord]]:
    record = BackfillRecord(*_backfill_row(row))
    json_object("backfill", "conf", record.conf)
    points = connection.execute(sql.POINTS, {"backfill_id": record.id}).all()
    return record, [BackfillPointRecord(*_point_row(point)) for point in points]


def _callback_record(row: Any) -> CallbackRecord:
    record = CallbackRecord(*_callback_row(row))
    context = json_object("callback", "facts", record.facts).get("context")
    if not isinstance(context, dict) or not {"dag_id", "run_id"} <= context.keys():
        raise ValueError("callback.facts does not name a DAG and run")
    return record


def _strained(sieve: Sieve | None, rows: Any, name: Any, make: Any) -> list[Any]:
    return [make(row) for row in rows] if sieve is None else sieve.rows(rows, name, make)


def _or_raise(sieve: Sieve | None, error: Exception) -> Sieve:
    if sieve is None:
        raise error
    return sieve
