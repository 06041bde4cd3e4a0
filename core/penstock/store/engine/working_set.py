"""Reads the engine's working set: unfinished runs and what they need, as records."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from penstock.decoding import decoder
from penstock.errors import UnknownError
from penstock.ids import instance_key
from penstock.model.points import PointState
from penstock.model.questions import Question, Reply
from penstock.model.spec import decode_spec
from penstock.model.states import RunState, TaskState, progress
from penstock.model.structure import Structure
from penstock.model.subject import about_row
from penstock.store import tables
from penstock.store.checked import checked, known
from penstock.store.engine.assets import events_of_run, next_event_id, queued_events
from penstock.store.engine.failures import (
    Known,
    any_recorded,
    known_failures,
    known_looks,
    newest_numbers,
    snoozes,
)
from penstock.store.engine.live_rows import RUN_FIELDS, Standing, run_record
from penstock.store.engine.meta import read_meta
from penstock.store.engine.records import (
    AssetEventRecord,
    LedgerRecord,
    QuarantineRecord,
    QuestionRecord,
    RunRecord,
    TaskRecord,
    UndoRecord,
)
from penstock.store.engine.removal import Removal, removal_of
from penstock.store.sieve import Sieve
from penstock.store.statement import table_of

_version = table_of(tables.DagVersionRow)
_run = table_of(tables.RunRow)
_task = table_of(tables.TaskInstanceRow)
_attempt = table_of(tables.AttemptRow)
_backfill = table_of(tables.BackfillRow)
_point = table_of(tables.BackfillPointRow)
_xcom = table_of(tables.XComRow)
_callback = table_of(tables.CallbackRow)
_act = table_of(tables.ActRow)
_ledger = table_of(tables.LedgerRow)
_event = table_of(tables.EventRow)
_undo = table_of(tables.UndoRow)
_sample = table_of(tables.SampleRow)
_question = table_of(tables.QuestionRow)

Counted = Literal["version", "backfill", "point", "undo", "callback"]
_COUNTED = {"version": _version, "backfill": _backfill, "point": _point, "undo": _undo, "callback": _callback}

_LEDGER_COLUMNS = tuple(_ledger.c[name] for name in LedgerRecord.__slots__)
_VERSION_NAMES = ("id", "spec", "source_hash")
_version_row = checked(_version, _VERSION_NAMES)
_question_row = checked(_question, QuestionRecord.__slots__)
_ledger_row = checked(_ledger, LedgerRecord.__slots__, status=PointState)

# Statements for every created run are built once: building one costs as much as running it.
_IN_DAG = _run.c.dag_id == sa.bindparam("dag_id")
_HAS_RUN = sa.select(_run.c.id).where(_IN_DAG, _run.c.run_id == sa.bindparam("run_id"))
_RUNS_AT = sa.select(_run.c.logical_us, _run.c.run_id, _run.c.state).where(
    _IN_DAG, _run.c.logical_us.in_(sa.bindparam("moments", expanding=True))
)
_PREVIOUS_RUN = (
    sa.select(_run.c.id, _run.c.run_id)
    .where(_IN_DAG, _run.c.logical_us < sa.bindparam("before"), _run.c.logical_us > sa.bindparam("after"))
    .order_by(_run.c.logical_us.desc())
    .limit(1)
)
_STATES = sa.select(_task.c.task_id, _task.c.map_index, _task.c.state).where(
    _task.c.run_pk == sa.bindparam("run_pk")
)
_LEDGER_BEFORE = (
    sa.select(*_LEDGER_COLUMNS)
    .where(
        _ledger.c.dag_id == sa.bindparam("dag_id"),
        _ledger.c.first_us < sa.bindparam("moment"),
        _ledger.c.id.not_in(sa.bindparam("without", expanding=True)),
    )
    .order_by(_ledger.c.first_us.desc())
    .limit(1)
)
_LEDGER_BETWEEN = (
    sa.select(*_LEDGER_COLUMNS)
    .where(
        _ledger.c.dag_id == sa.bindparam("dag_id"),
        _ledger.c.first_us.between(sa.bindparam("first"), sa.bindparam("last")),
    )
    .order_by(_ledger.c.first_us)
)


class WorkingSet(Standing):
    """Reads records; every method is one short read."""

    def version(self, version_id: int) -> Structure:
        """Return one version of a DAG; raise `UnknownError` if it was deleted because nothing used it."""
        columns = [_version.c[name] for name in _VERSION_NAMES]
        with self.database.read() as connection:
            row = connection.execute(sa.select(*columns).where(_version.c.id == version_id)).first()
        if row is None:
            raise UnknownError(f"version {version_id} of the DAG is no longer kept")
        try:
            key, spec, source_hash = _version_row(row)
            return Structure(key, decode_spec(spec), source_hash)
        except (msgspec.MsgspecError, TypeError, ValueError) as error:
            raise ValueError(f"version {version_id} of the DAG cannot be read: {error}") from error

    def version_hashes(self, version_id: int) -> str | None:
        """Return the two hashes of a version, whether or not it can be read; None if there is none."""
        columns = (_version.c.spec_hash, _version.c.source_hash)
        with self.database.read() as connection:
            row = connection.execute(sa.select(*columns).where(_version.c.id == version_id)).first()
        return None if row is None else f"{row[0]}-{row[1]}"

    def version_id(self, dag_id: str, spec_hash: str, source_hash: str) -> int | None:
        """Return the key of a stored version, or None."""
        with self.database.read() as connection:
            return connection.execute(
                sa.select(_version.c.id).where(
                    _version.c.dag_id == dag_id,
                    _version.c.spec_hash == spec_hash,
                    _version.c.source_hash == source_hash,
                )
            ).scalar_one_or_none()

    def failures(self, prefix: str) -> Known:
        """Return the failures whose fingerprint begins with *prefix*. See `known_failures`."""
        return known_failures(self.database, prefix)

    def recorded(self, tasks: Collection[TaskRecord]) -> bool:
        """Return whether the present failure of one of *tasks* is on record."""
        return any_recorded(self.database, {task.id: task.attempt_id for task in tasks})

    def snoozes(self) -> dict[str, int]:
        """Return when snoozes of failures end, in microseconds since 1970 UTC, by fingerprint."""
        return snoozes(self.database)

    def newest(self) -> tuple[int, int]:
        """Return the numbers of the newest event and failure. See `newest_numbers`."""
        return newest_numbers(self.database)

    def looks(self, person: str) -> dict[str, int]:
        """Return how far *person* has seen each place. See `known_looks`."""
        return known_looks(self.database, person)

    def peaks(self, attempt_ids: Collection[str]) -> dict[str, int]:
        """Return the highest memory in samples of some attempts, in bytes, for those that have samples."""
        query = (
            sa.select(_sample.c.attempt_id, sa.func.max(_sample.c.rss))
            .where(_sample.c.attempt_id.in_(attempt_ids))
            .group_by(_sample.c.attempt_id)
        )
        with self.database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query) if isinstance(row[1], int)}

    def questions(self, attempt_ids: Collection[str]) -> list[QuestionRecord]:
        """Return what attempts asked people; raise ValueError if that cannot be read."""
        query = sa.select(*(_question.c[name] for name in QuestionRecord.__slots__)).where(
            _question.c.attempt_id.in_(attempt_ids)
        )
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        return [_question_record(row) for row in rows]

    def has_run(self, dag_id: str, run_id: str) -> bool:
        """Whether the run exists."""
        with self.database.read() as connection:
            return connection.execute(_HAS_RUN, {"dag_id": dag_id, "run_id": run_id}).first() is not None

    def run_ids(self, dag_id: str, *, before: int | None = None, after: int | None = None) -> list[str]:
        """Return ids of runs with a logical date before or after a time (microseconds), oldest first."""
        where = [_run.c.dag_id == dag_id, _run.c.logical_us.is_not(None)]
        if before is not None:
            where.append(_run.c.logical_us < before)
        if after is not None:
            where.append(_run.c.logical_us > after)
        with self.database.read() as connection:
            query = sa.select(_run.c.run_id).where(*where).order_by(_run.c.logical_us)
            return list(connection.execute(query).scalars())

    def run_ids_at(self, dag_id: str, moments: Iterable[int]) -> dict[int, tuple[str, RunState]]:
        """Return the runs at some logical dates: date in microseconds -> (run_id, state)."""
        wanted = list(moments)
        found: dict[int, tuple[str, RunState]] = {}
        with self.database.read() as connection:
            for start in range(0, len(wanted), 500):
                some = {"dag_id": dag_id, "moments": wanted[start : start + 500]}
                for logical_us, run_id, state in connection.execute(_RUNS_AT, some):
                    found[logical_us] = (run_id, known(RunState, state, RunState.FAILED))
        return found

    def previous_states(
        self, dag_id: str, logical_us: int, *, after: int
    ) -> tuple[str, dict[str, TaskState]] | None:
        """Return the last run between two logical dates (neither counted) with the states of its tasks.

        For a mapped task, the state of the instance that is furthest from success.
        """
        span = {"dag_id": dag_id, "after": after, "before": logical_us}
        with self.database.read() as connection:
            previous = connection.execute(_PREVIOUS_RUN, span).one_or_none()
            if previous is None:
                return None
            rows = connection.execute(_STATES, {"run_pk": previous.id}).all()
        found: dict[str, list[TaskState]] = {}
        for task_id, map_index, text in rows:
            state = known(TaskState, text, TaskState.PENDING)  # tasks that depend on it wait
            if map_index < 0 or state is not TaskState.REMOVED:
                found.setdefault(task_id, []).append(state)
        return previous.run_id, {task_id: min(states, key=progress) for task_id, states in found.items()}

    def queued_assets(self, sieve: Sieve | None = None) -> dict[str, list[AssetEventRecord]]:
        """Return the asset events that have not had a run yet, oldest first, by DAG."""
        return queued_events(self.database, sieve)

    def assets_of_run(self, run_pk: int) -> tuple[AssetEventRecord, ...]:
        """Return the asset events that made a run, oldest first."""
        return events_of_run(self.database, run_pk)

    def next_asset_event(self) -> int:
        """Return an id that no asset event has yet."""
        return next_event_id(self.database)

    def xcoms(self, dag_id: str, run_id: str) -> dict[str, dict[str, Any]]:
        """Return a run's XComs: task (``task[3]`` when mapped) -> key -> value.

        None for a value that is too large for the database.
        """
        query = (
            sa.select(_task.c.task_id, _task.c.map_index, _xcom.c.key, _xcom.c.value)
            .join(_task, _task.c.id == _xcom.c.ti_id)
            .join(_run, _run.c.id == _task.c.run_pk)
            .where(_run.c.dag_id == dag_id, _run.c.run_id == run_id)
        )
        found: dict[str, dict[str, Any]] = {}
        with self.database.read() as connection:
            for task_id, map_index, key, value in connection.execute(query):
                values = found.setdefault(instance_key(task_id, map_index), {})
                values[key] = None if value is None else json.loads(value)
        return found

    def previous_success(self, dag_id: str, logical_us: int, *, without: Collection[int]) -> RunRecord | None:
        """Return the last successful run before a logical date, leaving out some keys, or None."""
        query = (
            sa.select(*(_run.c[name] for name in RUN_FIELDS))
            .where(
                _run.c.dag_id == dag_id,
                _run.c.logical_us < logical_us,
                _run.c.state == RunState.SUCCESS.value,
                _run.c.id.not_in(list(without)),
            )
            .order_by(_run.c.logical_us.desc())
            .limit(1)
        )
        with self.database.read() as connection:
            row = connection.execute(query).one_or_none()
        try:
            return None if row is None else run_record(row)
        except ValueError:  # only that run is affected: others see no version
            return None

    def last_written_us(self) -> int | None:
        """Return when the last event was, in microseconds; None if there is none."""
        query = sa.select(_event.c.at_us).order_by(_event.c.seq.desc()).limit(1)
        with self.database.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def undos(self) -> list[UndoRecord]:
        """Return the last acts that can be undone, newest first."""
        columns = (_undo.c[name] for name in UndoRecord.__slots__)
        with self.database.read() as connection:
            rows = connection.execute(sa.select(*columns).order_by(_undo.c.id.desc())).all()
        return [UndoRecord(*row) for row in rows]

    def missed_deadlines(self) -> set[tuple[int, str]]:
        """Return (run key, kind of callback) of the deadlines that unfinished runs missed already."""
        query = (
            sa.select(_callback.c.run_pk, _callback.c.kind)
            .join(_run, _run.c.id == _callback.c.run_pk)
            .where(
                _run.c.state.in_([RunState.QUEUED.value, RunState.RUNNING.value]),
                _callback.c.kind.like("deadline:%"),
            )
        )
        with self.database.read() as connection:
            return {(row[0], row[1]) for row in connection.execute(query)}

    def last_ends(self, dag_id: str, limit: int) -> list[tuple[int, RunState]]:
        """Return the DAG's newest finished runs, by when they ended, newest first: (key, state)."""
        query = (
            sa.select(_run.c.id, _run.c.state)
            .where(_run.c.dag_id == dag_id, _run.c.end_us.is_not(None))
            .order_by(_run.c.end_us.desc(), _run.c.id.desc())
            .limit(limit)
        )
        with self.database.read() as connection:
            return [(row[0], known(RunState, row[1], RunState.FAILED)) for row in connection.execute(query)]

    def answer(self, act_id: str) -> str | None:
        """Return the first answer (JSON) to an act that was carried out before, or None."""
        with self.database.read() as connection:
            return connection.execute(
                sa.select(_act.c.answer).where(_act.c.act_id == act_id)
            ).scalar_one_or_none()

    def ledger_before(
        self, dag_id: str, moment_us: int, *, without: Collection[int] = ()
    ) -> LedgerRecord | None:
        """Return the last record of a DAG that begins before a moment, leaving out some ids, or None."""
        values = {"dag_id": dag_id, "moment": moment_us, "without": list(without)}
        with self.database.read() as connection:
            row = connection.execute(_LEDGER_BEFORE, values).one_or_none()
        return None if row is None else next(iter(_ledger_records([row])), None)

    def ledger_between(self, dag_id: str, first_us: int, last_us: int) -> list[LedgerRecord]:
        """Return a DAG's records with a point between two moments, both counted, oldest first."""
        values = {"dag_id": dag_id, "first": first_us, "last": last_us}
        with self.database.read() as connection:
            found = _ledger_records(connection.execute(_LEDGER_BETWEEN, values).all())
        # Records do not overlap, so of the earlier ones only the last can overlap the range.
        before = self.ledger_before(dag_id, first_us)
        return [before, *found] if before is not None and before.last_us >= first_us else found

    def removal(self, record: QuarantineRecord, now_us: int, reason: str) -> Removal:
        """Return how to remove what is in quarantine; raise `UnknownError` if it does not exist."""
        with self.database.read() as connection:
            return removal_of(connection, record, now_us, reason)

    def fact(self, key: str) -> str | None:
        """Return a fact about the database as a whole, or None."""
        return read_meta(self.database, key)

    def next_key(self, kind: Counted) -> int:
        """Return a key that no row of that kind has yet."""
        table = _COUNTED[kind]
        with self.database.read() as connection:
            return (
                int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0))).scalar_one())
                + 1
            )


def _ledger_records(rows: Iterable[Any]) -> list[LedgerRecord]:
    """Return the readable records; points of the others count as unrecorded."""
    return Sieve().rows(
        rows, lambda row: about_row("ledger", row.id), lambda row: LedgerRecord(*_ledger_row(row))
    )


def _question_record(row: Any) -> QuestionRecord:
    record = QuestionRecord(*_question_row(row))
    for name, text, kind in (("question", record.question, Question), ("reply", record.reply, Reply)):
        try:
            if text is not None:
                decoder(kind).decode(text)
        except msgspec.MsgspecError as error:
            raise ValueError(
                f"question.{name} of attempt {record.attempt_id} cannot be read: {error}"
            ) from None
    return record
