"""The read side of the store: everything the `Engine` port shows, as frozen views.

Each call is one short read transaction on a connection of its own, so an answer never mixes two
states, and calls may come from any thread. The statements are in the files beside this one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from penstock.clock import Clock, SystemClock, to_us
from penstock.forecast.facts import Facts
from penstock.model.queries import RunQuery
from penstock.model.views.assets import AssetEventRow, AssetRow
from penstock.model.views.attempts import AttemptRow, Sample
from penstock.model.views.backfills import BackfillRow
from penstock.model.views.callbacks import CallbackRow
from penstock.model.views.dags import DagDetail, DagRow
from penstock.model.views.digest import Digest
from penstock.model.views.events import Change, EventRow
from penstock.model.views.failures import FailuresPage
from penstock.model.views.now import LiveAttempt
from penstock.model.views.pauses import BreakpointRow
from penstock.model.views.points import DayRow, LedgerPoint, LedgerRow, PointRow
from penstock.model.views.pools import PoolRow
from penstock.model.views.quarantine import QuarantineRow
from penstock.model.views.questions import QuestionRow
from penstock.model.views.runs import RunDetail, RunRow, RunsPage, RunStates
from penstock.model.views.status import EngineStatus, ImportErrorRow
from penstock.model.views.xcoms import XComSource
from penstock.settings import Settings
from penstock.store.database import Database
from penstock.store.engine.working_set import WorkingSet
from penstock.store.sieve import Sieve
from penstock.store.sqlite.connection import Connection
from penstock.store.views import (
    assets,
    attempts,
    backfills,
    breakpoints,
    callbacks,
    dags,
    digest,
    failures,
    forecast,
    now,
    quarantine,
    questions,
    runs,
    status,
)
from penstock.store.views import (
    ledger as ledger_rows,
)
from penstock.store.views.durations import Durations
from penstock.store.views.next_points import Coming
from penstock.store.views.run_pages import RunPages
from penstock.store.views.system_reads import SystemReads, size_of
from penstock.store.views.task_reads import TaskReads
from penstock.store.views.versions import Versions

_SIZES_FOR = 15.0
"""Seconds for which the sum of all logs is reused."""
_MOVED_LIMIT = 1000
_MOST_ROWS = 10_000
_MOST_POINTS = 1_000
_LONGEST_STRIP = 500
# The most points in an answer, because the engine answers between two ticks.


class Reads:
    """Rows turned into views. Raises `UnknownError` for ids that do not exist."""

    def __init__(self, database: Database, settings: Settings, clock: Clock | None = None) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock or SystemClock()
        self._versions = Versions()
        self._durations = Durations()
        self._run_pages = RunPages(self._versions)
        self._coming = Coming(self._clock)
        self.of_tasks = TaskReads(database, self._versions, self._durations)
        self.of_system = SystemReads(database, settings, self._versions, self._clock)
        self._log_bytes = (float("-inf"), 0)

    def status(self) -> EngineStatus:
        """Return the figures of the instance; ``pid`` and ``since`` are not known here."""
        with self._database.show() as connection:
            now_us = to_us(self._clock.now())
            figures = status.read_status(connection, now_us)
            open_failures = failures.count_open(connection, now_us)
            log_bytes = self._all_logs(connection)
        return msgspec.structs.replace(
            figures,
            home=str(self._settings.home),
            parallelism=self._settings.parallelism,
            kept=self._settings.kept_of("").words(),
            database_bytes=size_of(self._database.path) + self._database.wal_bytes(),
            log_bytes=log_bytes,
            failures=open_failures,
        )

    def _all_logs(self, connection: Connection) -> int:
        read_at, total = self._log_bytes
        now = time.monotonic()
        if now - read_at > _SIZES_FOR:
            total = status.read_log_bytes(connection)
            self._log_bytes = now, total
        return total

    def dags(self, strip: int = 24, only: Sequence[str] | None = None) -> list[DagRow]:
        """Return every known DAG by id, or *only* some."""
        with self._database.show() as connection:
            return dags.read_dags(connection, self._versions, self._coming, min(strip, _LONGEST_STRIP), only)

    def dag(self, dag_id: str, *, structure: bool = True) -> DagDetail:
        """Return one DAG with its structure, or without its tasks and groups."""
        with self._database.show() as connection:
            return dags.read_dag(connection, self._versions, self._coming, dag_id, structure=structure)

    def next_points(self, dag_id: str, count: int) -> list[PointRow]:
        """Return the next *count* schedule points."""
        with self._database.show() as connection:
            row = dags.dag_row(connection, dag_id)
            spec = self._versions.one(connection, row.version_id).spec
        return self._coming.points(dags.dag_cursor(row), spec, min(count, _MOST_POINTS))

    def facts(self) -> Facts:
        """Return what a forecast begins with."""
        with self._database.show() as connection:
            return forecast.read_facts(
                connection, self._versions, self._durations, self._clock.now(), self._settings
            )

    def newest_news(self) -> int:
        """Return the number of the newest event that people or DAG files caused."""
        with self._database.show() as connection:
            return digest.newest_news(connection)

    def ledger(self, dag_id: str, limit: int) -> list[LedgerRow]:
        """Return the newest records of the missed-point ledger, newest first."""
        with self._database.show() as connection:
            return ledger_rows.read_ledger(connection, dag_id, min(limit, _MOST_ROWS))

    def points(self, dag_id: str, first: datetime, last: datetime, limit: int) -> list[LedgerPoint]:
        """Return what happened to each schedule point between two times, oldest first."""
        with self._database.show() as connection:
            return self._points_of(connection, dag_id).points(first, last, min(max(limit, 0), _MOST_ROWS))

    def days(self, dag_id: str, first: date, last: date) -> list[DayRow]:
        """Return what happened to the schedule points of each day between two, in the DAG's time zone."""
        with self._database.show() as connection:
            return self._points_of(connection, dag_id).days(first, last)

    def _points_of(self, connection: Connection, dag_id: str) -> ledger_rows.DagPoints:
        row = dags.dag_row(connection, dag_id)
        return ledger_rows.DagPoints(
            connection,
            dags.dag_cursor(row),
            self._versions.one(connection, row.version_id).spec,
            self._clock.now(),
            missing=row.missing,
        )

    def runs(self, dag_id: str, limit: int = 50, before: datetime | None = None) -> list[RunRow]:
        """Return the newest runs of a DAG, newest first."""
        with self._database.show() as connection:
            rows = runs.newest_rows(connection, dag_id, min(limit, _MOST_ROWS), before)
            return self._run_pages.views(connection, rows)

    def find_runs(self, query: RunQuery) -> RunsPage:
        """Return one page of the runs of all DAGs."""
        query = msgspec.structs.replace(query, limit=min(max(query.limit, 0), _MOST_ROWS))
        with self._database.show() as connection:
            return self._run_pages.read(connection, query, to_us(self._clock.now()))

    def failures(
        self,
        *,
        since: datetime | None,
        everything: bool,
        fingerprint: str | None,
        person: str,
        limit: int,
        tasks: int,
        seen: int | None = None,
    ) -> FailuresPage:
        """Return groups of failures, that of the newest one first."""
        with self._database.show() as connection:
            return failures.read_failures(
                connection,
                to_us(self._clock.now()),
                since=since,
                everything=everything,
                fingerprint=fingerprint,
                person=person,
                limit=min(max(limit, 0), _MOST_ROWS),
                tasks=min(max(tasks, 0), _MOST_ROWS),
                seen=seen,
            )

    def digest(self, person: str, since: datetime | None, limit: int, tasks: int) -> Digest:
        """Return what happened since a person looked last, or since *since*."""
        with self._database.show() as connection:
            return digest.read_digest(
                connection,
                self._durations,
                to_us(self._clock.now()),
                person=person,
                since=since,
                limit=min(max(limit, 0), _MOST_ROWS),
                tasks=min(max(tasks, 0), _MOST_ROWS),
                has_deadline=lambda dag_id: bool(
                    self._versions.one(connection, dags.dag_row(connection, dag_id).version_id).spec.deadlines
                ),
            )

    def live(self, peaks: dict[str, int]) -> list[LiveAttempt]:
        """Return every live attempt, the oldest first; *peaks* are bytes by attempt."""
        with self._database.show() as connection:
            return now.read_live(connection, self._durations, to_us(self._clock.now()), peaks)

    def run(self, dag_id: str, run_id: str) -> RunDetail:
        """Return one run with its task instances."""
        with self._database.show() as connection:
            return runs.read_run(connection, self._versions, self._durations, dag_id, run_id)

    def run_states(
        self,
        dag_id: str,
        wanted: datetime | str | None,
        task_ids: Sequence[str] | None = None,
        group_id: str | None = None,
        *,
        must_exist: bool = False,
    ) -> RunStates:
        """Return the state of a run by logical date or id, and of tasks in it."""
        with self._database.show() as connection:
            if must_exist or group_id is not None:
                row = dags.dag_row(connection, dag_id)
                version = self._versions.one(connection, row.version_id)
                task_ids = runs.named_tasks(version, task_ids, group_id)
            return runs.read_run_states(connection, dag_id, wanted, task_ids)

    def xcom_sources(
        self, dag_id: str, task_ids: Sequence[str], key: str, run_id: str | None, until: datetime | None
    ) -> list[XComSource]:
        """Return the attempts with what tasks pushed, those of the newest run first."""
        with self._database.show() as connection:
            return attempts.read_xcom_sources(connection, dag_id, task_ids, key, run_id, until)

    def callbacks(self, dag_id: str, run_id: str | None = None, limit: int = 100) -> list[CallbackRow]:
        """Return the callbacks of a DAG, or of one run, newest first."""
        with self._database.show() as connection:
            return callbacks.read_callbacks(connection, dag_id, run_id, min(limit, _MOST_ROWS))

    def attempts(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> list[AttemptRow]:
        """Return every attempt of a task instance, oldest first."""
        with self._database.show() as connection:
            return attempts.read_attempts(connection, dag_id, run_id, task_id, map_index=map_index)

    def has_ended(self, attempt_id: str) -> bool:
        """Return whether an attempt of a task or of a callback has ended."""
        with self._database.show() as connection:
            return attempts.has_ended(connection, attempt_id)

    def samples(self, attempt_id: str) -> list[Sample]:
        """Return the resource samples of an attempt, oldest first."""
        with self._database.show() as connection:
            return attempts.read_samples(connection, attempt_id)

    def events(
        self,
        dag_id: str | None = None,
        run_id: str | None = None,
        limit: int = 100,
        after: int = 0,
        instance: tuple[str, int] | None = None,
    ) -> list[EventRow]:
        """Return the newest events with a seq above *after*, newest first; of one task *instance*."""
        with self._database.show() as connection:
            limit = min(limit, _MOST_ROWS)
            return status.read_events(connection, dag_id, run_id, limit, after, instance)

    def breakpoints(self, dag_id: str | None, run_id: str | None) -> list[BreakpointRow]:
        """Return the breakpoints that are set: all, those of a DAG, or of a run."""
        with self._database.show() as connection:
            return breakpoints.read_breakpoints(connection, dag_id, run_id)

    def questions(
        self, dag_id: str | None, run_id: str | None, *, everything: bool, limit: int
    ) -> list[QuestionRow]:
        """Return what waits for a person's answer, or all that was asked."""
        with self._database.show() as connection:
            if dag_id is not None:
                runs.known_dag(connection, dag_id)
            return questions.read_questions(connection, dag_id, run_id, everything=everything, limit=limit)

    def import_errors(self) -> list[ImportErrorRow]:
        """Return the DAG files that cannot be loaded now."""
        with self._database.show() as connection:
            return status.read_import_errors(connection)

    def quarantine(self) -> list[QuarantineRow]:
        """Return what is in quarantine, oldest first."""
        with self._database.show() as connection:
            return quarantine.read_quarantine(connection)

    def backfills(self, dag_id: str | None = None) -> list[BackfillRow]:
        """Return backfills, newest first, without their points."""
        with self._database.show() as connection:
            return backfills.read_backfills(connection, dag_id)

    def backfill(self, backfill_id: int) -> BackfillRow:
        """Return one backfill with its points."""
        with self._database.show() as connection:
            return backfills.read_backfill(connection, backfill_id)

    def assets(self) -> list[AssetRow]:
        """Return every asset, by name."""
        with self._database.show() as connection:
            return assets.read_assets(connection, self._versions)

    def asset_events(
        self, name: str | None, uri: str | None, alias: str | None, limit: int
    ) -> list[AssetEventRow]:
        """Return the newest changes of an asset, newest first."""
        with self._database.show() as connection:
            return assets.read_asset_events(connection, name, uri, alias, min(limit, _MOST_ROWS))

    def values(self, kind: str) -> list[tuple[str, Any, str | None, int, str]]:
        """Return the store's ``variable`` or ``connection`` entries: name, entry, about, when, by."""
        return [
            (record.name, json.loads(record.entry), record.description, record.updated_us, record.by)
            for record in WorkingSet(self._database).values(Sieve())
            if record.kind == kind
        ]

    def pools(self) -> list[PoolRow]:
        """Return every pool."""
        with self._database.show() as connection:
            return backfills.read_pools(connection, self._versions)

    def cursor(self) -> int:
        """Return the newest event's seq."""
        with self._database.show() as connection:
            return status.read_cursor(connection)

    def watch(self) -> Iterator[Change | None]:
        """Yield at each step what other connections have committed since the last, or None.

        For readers without an engine that sends notices. Keeps one connection until closed.
        """
        with self._database.show() as connection:
            seen = self._database.data_version(connection)
            cursor = status.read_cursor(connection)
            connection.rollback()
            yield Change(cursor=cursor, all=True)
            while True:
                version = self._database.data_version(connection)
                connection.rollback()
                if version == seen:
                    yield None
                    continue
                seen = version
                change = _moved(connection, cursor)
                connection.rollback()
                cursor = change.cursor
                yield change


def _moved(connection: Connection, cursor: int) -> Change:
    newest = status.read_cursor(connection)
    moved = status.read_moved(connection, cursor, _MOVED_LIMIT)
    dags = tuple(dict.fromkeys(dag_id for dag_id, _ in moved if dag_id))
    runs = tuple(dict.fromkeys((dag_id, run_id) for dag_id, run_id in moved if dag_id and run_id))
    if not dags or len(moved) == _MOVED_LIMIT:
        return Change(cursor=newest, all=True)
    return Change(cursor=newest, dags=dags, runs=runs)
