"""The `Engine` port over the store: in the daemon, and read-only if no engine runs."""

from __future__ import annotations

import os
import pwd
import threading
import time
from collections.abc import Iterator
from datetime import date, datetime
from typing import Protocol

from msgspec.structs import replace

from penstock.api.local_far import LocalFarTasks
from penstock.api.local_forecast import LocalForecasts
from penstock.api.local_searches import LocalSearches
from penstock.api.local_system import LocalSystem, Running
from penstock.api.local_tasks import LocalTasks
from penstock.api.runbooks import LocalRunbooks
from penstock.api.value_rows import Stored, connection_rows, variable_rows
from penstock.clock import Clock, opt_from_us
from penstock.errors import EngineNotRunningError, PenstockError
from penstock.execution.executor import Archive
from penstock.model.acts import AnyAct
from penstock.model.queries import RunQuery
from penstock.model.views.assets import AssetEventRow, AssetRow
from penstock.model.views.attempts import AttemptRow, LogChunk, Sample
from penstock.model.views.backfills import BackfillRow
from penstock.model.views.callbacks import CallbackRow
from penstock.model.views.dags import DagDetail, DagRow
from penstock.model.views.digest import Digest
from penstock.model.views.events import Change, EventRow
from penstock.model.views.failures import FailuresPage
from penstock.model.views.now import NowPage, Waits
from penstock.model.views.pauses import BreakpointRow
from penstock.model.views.plans import Done, Plan, PlanAnswer
from penstock.model.views.points import DayRow, LedgerPoint, LedgerRow, PointRow
from penstock.model.views.pools import PoolRow
from penstock.model.views.quarantine import QuarantineRow
from penstock.model.views.questions import QuestionRow
from penstock.model.views.runs import RunDetail, RunRow, RunsPage, RunStates
from penstock.model.views.status import EngineStatus, ImportErrorRow
from penstock.model.views.values import ConnectionRow, VariableRow
from penstock.model.views.why import Why
from penstock.model.views.xcoms import XComSource
from penstock.settings import Settings
from penstock.store.database import Database
from penstock.store.views.reads import Reads

POLL_SECONDS = 1.0


class Planner(Protocol):
    """Works out what acts would change and why things wait; writes nothing."""

    def plan(self, act: AnyAct) -> Plan:
        """Return exactly what *act* would change now.

        Raises `UnknownError`, `UsageError` or `RefusedError` for what cannot be done.
        """
        ...

    def why(self, dag_id: str, run_id: str | None, task_id: str | None, map_index: int) -> Why:
        """Return every barrier that keeps a run, a task instance or (without a run) the DAG from running."""
        ...

    def waits(self, limit: int) -> Waits:
        """Return what waits, the first *limit* with why, and the peaks of what runs."""
        ...


class Acts(Planner, Running, Protocol):
    """A planner that can also carry acts out: the running engine's."""

    def commit(self, act: AnyAct, *, expect: str | None, actor: str, act_id: str | None) -> Done:
        """Carry out *act* and return once it is durable.

        Raises `PlanStaleError` if *expect* no longer fits, and like `plan`.
        """
        ...

    async def commit_async(self, act: AnyAct, *, expect: str | None, actor: str, act_id: str | None) -> Done:
        """Do the same without blocking the engine's event loop.

        Raises like `commit`.
        """
        ...


class LocalEngine(LocalSearches, LocalTasks, LocalRunbooks, LocalForecasts, LocalSystem, LocalFarTasks):
    """Answers from *database* and, what attempts printed, from *archive*.

    With *acts* it is the daemon's: ``status().pid`` is this process and commits are carried out.
    Without, it is read-only: *planner* (default: one over the same database) answers plan and why.
    *since* is when the engine started.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        archive: Archive,
        acts: Acts | None = None,
        *,
        planner: Planner | None = None,
        since: datetime | None = None,
        clock: Clock | None = None,
    ) -> None:
        LocalRunbooks.__init__(self, settings)
        LocalForecasts.__init__(self)
        LocalSearches.__init__(self, database, settings, archive, clock)
        reads = Reads(database, settings, clock)
        LocalTasks.__init__(self, reads.of_tasks, settings, archive)
        LocalFarTasks.__init__(self, reads, settings, archive)
        self._database = database
        LocalSystem.__init__(self, reads.of_system, acts, since)
        self._acts = acts
        self._planner = acts or planner
        self._reads = reads
        self._closed = threading.Event()

    def status(self) -> EngineStatus:
        """Return the state of the engine."""
        figures = self._reads.status()
        if self._acts is None:
            return figures
        return replace(
            figures,
            pid=os.getpid(),
            since=self._since,
            warnings=self._acts.warnings,
            ticks=self._acts.ticks.count,
            tick_seconds=self._acts.ticks.seconds,
        )

    def dags(self, *, strip: int = 24, only: list[str] | None = None) -> list[DagRow]:
        """Return every known DAG by id, or *only* some, with up to *strip* last runs each."""
        return self._reads.dags(strip, only)

    def dag(self, dag_id: str, *, structure: bool = True) -> DagDetail:
        """Return one DAG with its structure, or without its tasks and groups."""
        return self._reads.dag(dag_id, structure=structure)

    def next_points(self, dag_id: str, count: int) -> list[PointRow]:
        """Return the next *count* schedule points."""
        return self._reads.next_points(dag_id, count)

    def ledger(self, dag_id: str, limit: int = 100) -> list[LedgerRow]:
        """Return the newest *limit* records of the missed-point ledger, newest first."""
        return self._reads.ledger(dag_id, limit)

    def points(self, dag_id: str, *, first: datetime, last: datetime, limit: int = 1000) -> list[LedgerPoint]:
        """Return what happened to each schedule point from *first* to *last*, both included, oldest first.

        At most *limit* of them: continue from the date of the last one. Points without a record are included,
        as waiting or upcoming.
        """
        return self._reads.points(dag_id, first, last, limit)

    def days(self, dag_id: str, *, first: date, last: date) -> list[DayRow]:
        """Return what happened to the points of each day from *first* to *last* in the DAG's time zone.

        Days without a point are left out; at most 400 days are answered.
        """
        return self._reads.days(dag_id, first, last)

    def runs(self, dag_id: str, *, limit: int = 50, before: datetime | None = None) -> list[RunRow]:
        """Return the newest *limit* runs, newest first."""
        return self._reads.runs(dag_id, limit, before)

    def find_runs(self, query: RunQuery) -> RunsPage:
        """Return one page of the runs of all DAGs that *query* asks for, and how many there are."""
        return self._reads.find_runs(query)

    def failures(
        self,
        *,
        since: datetime | None = None,
        everything: bool = False,
        fingerprint: str | None = None,
        person: str = "",
        limit: int = 200,
        tasks: int = 100,
        seen: int | None = None,
    ) -> FailuresPage:
        """Return the failures of all DAGs and runs that are not dealt with, grouped by their fingerprint."""
        return self._reads.failures(
            since=since,
            everything=everything,
            fingerprint=fingerprint,
            person=person,
            limit=limit,
            tasks=tasks,
            seen=seen,
        )

    def digest(
        self, *, person: str = "", since: datetime | None = None, limit: int = 200, tasks: int = 0
    ) -> Digest:
        """Return what happened since *person* looked last, or since *since*: *limit* rows of each part.

        Causes of failures have *tasks* failures each, the newest first.
        """
        return self._reads.digest(person, since, limit, tasks)

    def live(self, *, waiting: int = 50) -> NowPage:
        """Return what runs in all DAGs with what it uses, and the first *waiting* of what waits, with why."""
        waits = self._plans().waits(waiting)
        return NowPage(
            attempts=tuple(self._reads.live(waits.peaks)), waiting=waits.waiting, waiting_total=waits.total
        )

    def run(self, dag_id: str, run_id: str) -> RunDetail:
        """Return one run with its task instances."""
        return self._reads.run(dag_id, run_id)

    def callbacks(self, dag_id: str, run_id: str | None = None, limit: int = 100) -> list[CallbackRow]:
        """Return the callbacks of a DAG, or of one run, newest first."""
        rows = self._reads.callbacks(dag_id, run_id, limit)
        return [replace(row, log_path=self._log_file(row.attempt_id)) for row in rows]

    def attempts(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> list[AttemptRow]:
        """Return every attempt of a task instance, oldest first."""
        rows = self._reads.attempts(dag_id, run_id, task_id, map_index)
        return [replace(row, log_path=self._log_file(row.attempt_id)) for row in rows]

    def read_log(self, attempt_id: str, offset: int, limit: int) -> LogChunk:
        """Return up to *limit* bytes (at most 1 MiB) of a log from *offset*.

        A negative offset counts from the end.
        """
        # Looked up before the log is read: what an attempt wrote before it ended is then never missed.
        ended = self._reads.has_ended(attempt_id)
        piece = self._archive.read_log(attempt_id, offset, limit)
        if self._acts is None:  # no engine runs that would write down an end
            ended = ended or not piece.may_grow
        follows = piece.offset + len(piece.data)
        return LogChunk(
            data=piece.data,
            offset=piece.offset,
            next_offset=follows,
            size=piece.size,
            end=ended and follows >= piece.size,
            start_time=opt_from_us(piece.written_us),
        )

    def samples(self, attempt_id: str) -> list[Sample]:
        """Return the resource samples of an attempt, oldest first."""
        return self._reads.samples(attempt_id)

    def why(
        self, dag_id: str, run_id: str | None = None, task_id: str | None = None, map_index: int = -1
    ) -> Why:
        """Return every barrier that keeps a run, a task instance or (without a run) the DAG from running."""
        return self._plans().why(dag_id, run_id, task_id, map_index)

    def events(
        self,
        *,
        dag_id: str | None = None,
        run_id: str | None = None,
        task_id: str | None = None,
        map_index: int = -1,
        limit: int = 100,
        after: int = 0,
    ) -> list[EventRow]:
        """Return the newest *limit* events with a seq above *after*, newest first."""
        instance = None if task_id is None else (task_id, map_index)
        return self._reads.events(dag_id, run_id, limit, after, instance)

    def breakpoints(self, dag_id: str | None = None, run_id: str | None = None) -> list[BreakpointRow]:
        """Return the breakpoints that are set."""
        return self._reads.breakpoints(dag_id, run_id)

    def questions(
        self,
        dag_id: str | None = None,
        run_id: str | None = None,
        *,
        everything: bool = False,
        limit: int = 500,
    ) -> list[QuestionRow]:
        """Return what waits for a person's answer, oldest first."""
        return self._reads.questions(dag_id, run_id, everything=everything, limit=limit)

    def import_errors(self) -> list[ImportErrorRow]:
        """Return the DAG files that cannot be loaded now."""
        return self._reads.import_errors()

    def quarantine(self) -> list[QuarantineRow]:
        """Return what is in quarantine, oldest first."""
        return self._reads.quarantine()

    def backfills(self, dag_id: str | None = None) -> list[BackfillRow]:
        """Return backfills, newest first, without their points."""
        return self._reads.backfills(dag_id)

    def backfill(self, backfill_id: int) -> BackfillRow:
        """Return one backfill with its points."""
        return self._reads.backfill(backfill_id)

    def pools(self) -> list[PoolRow]:
        """Return every pool."""
        return self._reads.pools()

    def assets(self) -> list[AssetRow]:
        """Return every asset and alias that a DAG knows or that ever changed, by name."""
        return self._reads.assets()

    def asset_events(
        self,
        name: str | None = None,
        *,
        uri: str | None = None,
        alias: str | None = None,
        limit: int = 100,
    ) -> list[AssetEventRow]:
        """Return the newest *limit* changes of an asset by name, by URI or by an alias, newest first."""
        return self._reads.asset_events(name, uri, alias, limit)

    def variables(self) -> list[VariableRow]:
        """Return every variable by name, the source that counts first."""
        return variable_rows(self._settings, self._stored("variable"))

    def connections(self) -> list[ConnectionRow]:
        """Return every connection by id, the source that counts first."""
        return connection_rows(self._settings, self._stored("connection"))

    def plan(self, act: AnyAct) -> Plan:
        """Return exactly what *act* would change now, without changing anything.

        Raises like `Planner.plan`.
        """
        return self._plans().plan(act)

    def plans(self, acts: list[AnyAct]) -> list[PlanAnswer]:
        """Return the plan of each of *acts*, or why it has none."""
        return [self._plan_or_reason(act) for act in acts]

    def _plan_or_reason(self, act: AnyAct) -> PlanAnswer:
        try:
            return PlanAnswer(plan=self._plans().plan(act))
        except PenstockError as error:
            return PlanAnswer(refused=error.message)

    def commit(
        self, act: AnyAct, *, expect: str | None = None, actor: str = "", act_id: str | None = None
    ) -> Done:
        """Carry out *act* and return once it is durable.

        Raises `EngineNotRunningError` where no engine runs, and like `Acts.commit`.
        """
        return self._doer().commit(act, expect=expect, actor=actor or user_name(), act_id=act_id)

    async def commit_async(
        self, act: AnyAct, *, expect: str | None = None, actor: str = "", act_id: str | None = None
    ) -> Done:
        """Carry out *act* on the engine's own event loop, and return once it is durable.

        Raises `EngineNotRunningError` where no engine runs, and like `Acts.commit`.
        """
        return await self._doer().commit_async(act, expect=expect, actor=actor or user_name(), act_id=act_id)

    def run_states(
        self,
        dag_id: str,
        logical_date: datetime | None = None,
        task_ids: tuple[str, ...] | None = None,
        run_id: str | None = None,
        group_id: str | None = None,
        *,
        must_exist: bool = False,
    ) -> RunStates:
        """Return the state of a run, by logical date or id, and of tasks in it: named, or of a group."""
        wanted = logical_date if run_id is None else run_id
        return self._reads.run_states(dag_id, wanted, task_ids, group_id, must_exist=must_exist)

    def xcom_sources(
        self,
        dag_id: str,
        task_ids: tuple[str, ...],
        key: str,
        run_id: str | None = None,
        until: datetime | None = None,
    ) -> list[XComSource]:
        """Return the attempts that hold pushed values: of one run, or dated up to *until*, newest first."""
        return self._reads.xcom_sources(dag_id, task_ids, key, run_id, until)

    def changes(self, *, heartbeat: float = 15.0) -> Iterator[Change]:
        """Yield a notice whenever another process has written, checking once a second.

        The engine's own listeners get notices from `penstock.service.notices` at once instead.
        """
        told_at = time.monotonic()
        cursor = 0
        for change in self._reads.watch():
            if change is not None:
                cursor, told_at = change.cursor, time.monotonic()
                yield change
            elif time.monotonic() - told_at >= heartbeat:
                told_at = time.monotonic()
                yield Change(cursor=cursor)
            if self._closed.wait(min(POLL_SECONDS, heartbeat)):
                return

    def close(self) -> None:
        """End `changes`, and close the database if it is read-only; the daemon closes its own."""
        self._closed.set()
        if self._acts is None:
            self._database.close()

    def _log_file(self, attempt_id: str | None) -> str | None:
        return None if attempt_id is None else self._archive.log_file(attempt_id)

    def _stored(self, kind: str) -> list[Stored]:
        return [Stored(*row) for row in self._reads.values(kind)]

    def _doer(self) -> Acts:
        if self._acts is None:
            raise EngineNotRunningError
        return self._acts

    def _plans(self) -> Planner:
        if self._planner is None:
            from penstock.scheduling.planner import StoredPlanner

            self._planner = StoredPlanner(self._database, self._settings)
        return self._planner


def user_name() -> str:
    """Return the name of the user this process runs as."""
    uid = os.geteuid()
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
