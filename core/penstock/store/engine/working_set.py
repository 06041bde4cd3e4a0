"""Reads the engine's working set: unfinished runs and what they need, as records."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from typing import Any, Literal

import msgspec

from penstock.decoding import decoder
from penstock.errors import UnknownError
from penstock.ids import instance_key
from penstock.model.one_spec import stored_spec
from penstock.model.points import PointState
from penstock.model.questions import Question, Reply
from penstock.model.states import RunState, TaskState, progress
from penstock.model.structure import Structure
from penstock.model.subject import about_row
from penstock.store.checked import checked, known
from penstock.store.engine.assets import Queued, events_of_run, next_event_id, queued_events
from penstock.store.engine.failures import (
    Known,
    any_recorded,
    known_failures,
    known_looks,
    newest_numbers,
    snoozes,
)
from penstock.store.engine.live_rows import Standing, run_record
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
from penstock.store.query import Row
from penstock.store.sieve import Sieve
from penstock.store.sql.columns import TABLES
from penstock.store.sql.engine import working_set as sql

Counted = Literal["version", "backfill", "point", "undo", "callback"]

_version_row = checked(TABLES["dag_version"], ("id", "spec", "source_hash"))
_question_row = checked(TABLES["question"], QuestionRecord.__slots__)
_ledger_row = checked(TABLES["ledger"], LedgerRecord.__slots__, status=PointState)


def _structure(row: Row) -> Structure:
    key, spec, source_hash = _version_row(row)
    return Structure(key, stored_spec(spec), source_hash)


class WorkingSet(Standing):
    """Reads records; every method is one short read."""

    def version(self, version_id: int) -> Structure:
        """Return one version of a DAG; raise `UnknownError` if it was deleted because nothing used it."""
        with self.database.read() as connection:
            row = connection.execute(sql.VERSION, {"key": version_id}).first()
        if row is None:
            raise UnknownError(f"version {version_id} of the DAG is no longer kept")
        try:
            return _structure(row)
        except (msgspec.MsgspecError, TypeError, ValueError) as error:
            raise ValueError(f"version {version_id} of the DAG cannot be read: {error}") from error

    def versions(self, keys: Iterable[int]) -> Iterator[Structure]:
        """Yield versions of DAGs, many at once; those that `version` cannot return are left out."""
        wanted = list(keys)
        for start in range(0, len(wanted), 500):
            with self.database.read() as connection:
                rows = connection.execute(sql.VERSIONS, {"keys": wanted[start : start + 500]}).all()
            for row in rows:
                with suppress(msgspec.MsgspecError, TypeError, ValueError):
                    yield _structure(row)

    def version_hashes(self, version_id: int) -> str | None:
        """Return the two hashes of a version, whether or not it can be read; None if there is none."""
        with self.database.read() as connection:
            row = connection.execute(sql.VERSION_HASHES, {"key": version_id}).first()
        return None if row is None else f"{row[0]}-{row[1]}"

    def version_id(self, dag_id: str, spec_hash: str, source_hash: str) -> int | None:
        """Return the key of a stored version, or None."""
        values = {"dag_id": dag_id, "spec_hash": spec_hash, "source_hash": source_hash}
        with self.database.read() as connection:
            found: int | None = connection.scalar(sql.VERSION_ID, values)
        return found

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
        with self.database.read() as connection:
            rows = connection.execute(sql.PEAKS, {"attempts": attempt_ids})
            return {row[0]: row[1] for row in rows if isinstance(row[1], int)}

    def questions(self, attempt_ids: Collection[str]) -> list[QuestionRecord]:
        """Return what attempts asked people; raise ValueError if that cannot be read."""
        with self.database.read() as connection:
            rows = connection.execute(sql.QUESTIONS, {"attempts": attempt_ids}).all()
        return [_question_record(row) for row in rows]

    def has_run(self, dag_id: str, run_id: str) -> bool:
        """Whether the run exists."""
        with self.database.read() as connection:
            return connection.execute(sql.HAS_RUN, {"dag_id": dag_id, "run_id": run_id}).first() is not None

    def run_ids(self, dag_id: str, *, before: int | None = None, after: int | None = None) -> list[str]:
        """Return ids of runs with a logical date before or after a time (microseconds), oldest first."""
        where = ([sql.BEFORE] if before is not None else []) + ([sql.AFTER] if after is not None else [])
        values = {"dag_id": dag_id, "before": before, "after": after}
        with self.database.read() as connection:
            return connection.execute(sql.RUN_IDS.where(*where), values).scalars()

    def run_ids_at(self, dag_id: str, moments: Iterable[int]) -> dict[int, tuple[str, RunState]]:
        """Return the runs at some logical dates: date in microseconds -> (run_id, state)."""
        wanted = list(moments)
        found: dict[int, tuple[str, RunState]] = {}
        with self.database.read() as connection:
            for start in range(0, len(wanted), 500):
                some = {"dag_id": dag_id, "moments": wanted[start : start + 500]}
                for logical_us, run_id, state in connection.execute(sql.RUNS_AT, some):
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
            previous = connection.execute(sql.PREVIOUS_RUN, span).first()
            if previous is None:
                return None
            rows = connection.execute(sql.STATES, {"run_pk": previous.id}).all()
        found: dict[str, list[TaskState]] = {}
        for task_id, map_index, text in rows:
            state = known(TaskState, text, TaskState.PENDING)  # tasks that depend on it wait
            if map_index < 0 or state is not TaskState.REMOVED:
                found.setdefault(task_id, []).append(state)
        return previous.run_id, {task_id: min(states, key=progress) for task_id, states in found.items()}

    def queued_assets(self, sieve: Sieve | None = None) -> Queued:
        """Return the asset events that have not had a run yet."""
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
        found: dict[str, dict[str, Any]] = {}
        with self.database.read() as connection:
            rows = connection.execute(sql.XCOMS, {"dag_id": dag_id, "run_id": run_id})
            for task_id, map_index, key, value in rows:
                values = found.setdefault(instance_key(task_id, map_index), {})
                values[key] = None if value is None else json.loads(value)
        return found

    def previous_success(self, dag_id: str, logical_us: int, *, without: Collection[int]) -> RunRecord | None:
        """Return the last successful run before a logical date, leaving out some keys, or None."""
        values = {"dag_id": dag_id, "before": logical_us, "without": list(without)}
        with self.database.read() as connection:
            row = connection.execute(sql.PREVIOUS_SUCCESS, values).first()
        try:
            return None if row is None else run_record(row)
        except ValueError:  # only that run is affected: others see no version
            return None

    def last_written_us(self) -> int | None:
        """Return when the last event was, in microseconds; None if there is none."""
        with self.database.read() as connection:
            found: int | None = connection.scalar(sql.LAST_WRITTEN)
        return found

    def undos(self) -> list[UndoRecord]:
        """Return the last acts that can be undone, newest first."""
        with self.database.read() as connection:
            rows = connection.execute(sql.UNDOS).all()
        return [UndoRecord(*row) for row in rows]

    def missed_deadlines(self) -> set[tuple[int, str]]:
        """Return (run key, kind of callback) of the deadlines that unfinished runs missed already."""
        with self.database.read() as connection:
            return {(row[0], row[1]) for row in connection.execute(sql.MISSED_DEADLINES)}

    def last_ends(self, dag_id: str, limit: int) -> list[tuple[int, RunState]]:
        """Return the DAG's newest finished runs, by when they ended, newest first: (key, state)."""
        with self.database.read() as connection:
            rows = connection.execute(sql.LAST_ENDS, {"dag_id": dag_id, "limit": limit})
            return [(row[0], known(RunState, row[1], RunState.FAILED)) for row in rows]

    def answer(self, act_id: str) -> str | None:
        """Return the first answer (JSON) to an act that was carried out before, or None."""
        with self.database.read() as connection:
            found: str | None = connection.scalar(sql.ANSWER, {"act_id": act_id})
        return found

    def ledger_before(
        self, dag_id: str, moment_us: int, *, without: Collection[int] = ()
    ) -> LedgerRecord | None:
        """Return the last record of a DAG that begins before a moment, leaving out some ids, or None."""
        values = {"dag_id": dag_id, "moment": moment_us, "without": list(without)}
        with self.database.read() as connection:
            row = connection.execute(sql.LEDGER_BEFORE, values).first()
        return None if row is None else next(iter(_ledger_records([row])), None)

    def ledger_between(self, dag_id: str, first_us: int, last_us: int) -> list[LedgerRecord]:
        """Return a DAG's records with a point between two moments, both counted, oldest first."""
        values = {"dag_id": dag_id, "first": first_us, "last": last_us}
        with self.database.read() as connection:
            found = _ledger_records(connection.execute(sql.LEDGER_BETWEEN, values).all())
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
        with self.database.read() as connection:
            return int(connection.scalar(sql.LAST_KEY[kind])) + 1


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
