"""The port between the engine and its clients.

It has two implementations: `penstock.api.local.LocalEngine` over the store (in the daemon, and
read-only if no engine runs) and `penstock.api.client.SocketEngine` over the Unix socket. Both
pass one contract suite. The socket's client and its protocol are made from these type hints
(`penstock.api.questions`), so a new question is one method here and its answer in `LocalEngine`.
Calls block and may be made from any thread; none takes longer than the engine needs to read a few
rows, except `changes` and what is marked with `aside`.

Every call raises `UnknownError` for an id that does not exist, and `EngineNotRunningError` if
nobody can answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Protocol

from penstock.api.marks import acting as acting  # noqa: PLC0414 - known under this name too
from penstock.api.marks import aside as aside  # noqa: PLC0414
from penstock.api.system_engine import SystemEngine
from penstock.api.task_engine import TaskEngine
from penstock.model import views
from penstock.model.acts import AnyAct
from penstock.model.queries import ForecastQuery, RunQuery


class Engine(TaskEngine, SystemEngine, Protocol):
    """What a client may ask."""

    def status(self) -> views.status.EngineStatus:
        """Return the state of the engine."""
        ...

    def dags(self, *, strip: int = 24, only: list[str] | None = None) -> list[views.dags.DagRow]:
        """Return every known DAG by id, with up to *strip* last runs each.

        Of *only* some, if given: those of a notice, for a client that has the others. What does not exist is
        left out.
        """
        ...

    @aside
    def dag(self, dag_id: str, *, structure: bool = True) -> views.dags.DagDetail:
        """Return one DAG with its structure, or without its tasks and groups."""
        ...

    def next_points(self, dag_id: str, count: int) -> list[views.points.PointRow]:
        """Return the next *count* schedule points, whether or not the schedule is paused."""
        ...

    @aside
    def forecast(self, query: ForecastQuery) -> views.coming.ComingPage:
        """Return one page of what all schedules will do, and what a change on paper would do to it.

        Raises `UsageError` for a window or a size that is impossible, `UnknownError` for a DAG that does not
        exist.
        """
        ...

    def ledger(self, dag_id: str, limit: int = 100) -> list[views.points.LedgerRow]:
        """Return the newest *limit* records of the missed-point ledger, newest first."""
        ...

    def points(
        self, dag_id: str, *, first: datetime, last: datetime, limit: int = 1000
    ) -> list[views.points.LedgerPoint]:
        """Return what happened to each schedule point from *first* to *last*, both included, oldest first.

        At most *limit* of them: continue from the date of the last one. Points without a record are included,
        as waiting or upcoming.
        """
        ...

    def days(self, dag_id: str, *, first: date, last: date) -> list[views.points.DayRow]:
        """Return what happened to the points of each day from *first* to *last* in the DAG's time zone.

        Days without a point are left out; at most 400 days are answered.
        """
        ...

    def runs(
        self, dag_id: str, *, limit: int = 50, before: datetime | None = None
    ) -> list[views.runs.RunRow]:
        """Return the newest *limit* runs (by run_after), newest first, older than *before* if given."""
        ...

    def find_runs(self, query: RunQuery) -> views.runs.RunsPage:
        """Return one page of the runs of all DAGs that *query* asks for, and how many there are."""
        ...

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
    ) -> views.failures.FailuresPage:
        """Return the failures of all DAGs and runs that are not dealt with, grouped by their fingerprint.

        *everything* adds those that are dealt with: the task succeeded since, was marked or cleared, or the
        failure was acknowledged or is snoozed. *fingerprint* may be the beginning of one. What is ``new`` is
        so for *person*, or what has a number above *seen*. At most *limit* groups with *tasks* failures each,
        the newest first.
        """
        ...

    @aside
    def digest(
        self, *, person: str = "", since: datetime | None = None, limit: int = 200, tasks: int = 0
    ) -> views.digest.Digest:
        """Return what happened since *person* looked last, or since *since*: *limit* rows of each part.

        Causes of failures have *tasks* failures each, the newest first.
        """
        ...

    def live(self, *, waiting: int = 50) -> views.now.NowPage:
        """Return what runs in all DAGs with what it uses, and the first *waiting* of what waits, with why."""
        ...

    @aside
    def run(self, dag_id: str, run_id: str) -> views.runs.RunDetail:
        """Return one run with its task instances."""
        ...

    def callbacks(
        self, dag_id: str, run_id: str | None = None, limit: int = 100
    ) -> list[views.callbacks.CallbackRow]:
        """Return the callbacks of a DAG, or of one run, newest first."""
        ...

    def attempts(
        self, dag_id: str, run_id: str, task_id: str, map_index: int = -1
    ) -> list[views.attempts.AttemptRow]:
        """Return every attempt of a task instance, oldest first."""
        ...

    def read_log(self, attempt_id: str, offset: int, limit: int) -> views.attempts.LogChunk:
        """Return up to *limit* bytes (at most 1 MiB) of a log from *offset*.

        A negative offset counts from the end. An attempt without a log yet gives no bytes.
        """
        ...

    def samples(self, attempt_id: str) -> list[views.attempts.Sample]:
        """Return the resource samples of an attempt, oldest first."""
        ...

    def why(
        self, dag_id: str, run_id: str | None = None, task_id: str | None = None, map_index: int = -1
    ) -> views.why.Why:
        """Return every barrier that keeps a run, a task instance or (without a run) the DAG from running."""
        ...

    def events(
        self,
        *,
        dag_id: str | None = None,
        run_id: str | None = None,
        task_id: str | None = None,
        map_index: int = -1,
        limit: int = 100,
        after: int = 0,
    ) -> list[views.events.EventRow]:
        """Return the newest *limit* events with a seq above *after*, newest first.

        With *task_id* only those of one task instance of a run.
        """
        ...

    def breakpoints(
        self, dag_id: str | None = None, run_id: str | None = None
    ) -> list[views.pauses.BreakpointRow]:
        """Return the breakpoints that are set: all, those of a DAG, or of a run, by DAG and run."""
        ...

    def questions(
        self,
        dag_id: str | None = None,
        run_id: str | None = None,
        *,
        everything: bool = False,
        limit: int = 500,
    ) -> list[views.questions.QuestionRow]:
        """Return what waits for a person's answer, oldest first: in all DAGs, in one, or in one run.

        With *everything* also what was answered or is over, the newest first.
        """
        ...

    def import_errors(self) -> list[views.status.ImportErrorRow]:
        """Return the DAG files that cannot be loaded now."""
        ...

    def runbooks(self) -> list[views.runbooks.RunbookRow]:
        """Return every runbook in the home's ``runbooks`` folder, by name."""
        ...

    @acting
    def keep_runbook(self, name: str, text: str, *, replace: bool = False) -> views.runbooks.RunbookRow:
        """Write a runbook; without *replace* raise `RefusedError` if there is one of that name."""
        ...

    def quarantine(self) -> list[views.quarantine.QuarantineRow]:
        """Return what is in quarantine, oldest first."""
        ...

    def backfills(self, dag_id: str | None = None) -> list[views.backfills.BackfillRow]:
        """Return backfills, newest first, without their points."""
        ...

    def backfill(self, backfill_id: int) -> views.backfills.BackfillRow:
        """Return one backfill with its points."""
        ...

    def pools(self) -> list[views.pools.PoolRow]:
        """Return every pool."""
        ...

    def assets(self) -> list[views.assets.AssetRow]:
        """Return every asset and alias that a DAG knows or that ever changed, by name."""
        ...

    def asset_events(
        self,
        name: str | None = None,
        *,
        uri: str | None = None,
        alias: str | None = None,
        limit: int = 100,
    ) -> list[views.assets.AssetEventRow]:
        """Return the newest *limit* changes of an asset by name, by URI or by an alias, newest first."""
        ...

    def variables(self) -> list[views.values.VariableRow]:
        """Return every variable by name, the source that counts first; without secrets."""
        ...

    def connections(self) -> list[views.values.ConnectionRow]:
        """Return every connection by id, the source that counts first; without secrets."""
        ...

    def plan(self, act: AnyAct) -> views.plans.Plan:
        """Return exactly what *act* would change now, without changing anything.

        Raises `RefusedError` or `UsageError` if the act is impossible or wrong.
        """
        ...

    def plans(self, acts: list[AnyAct]) -> list[views.plans.PlanAnswer]:
        """Return the plan of each of *acts*, or why it has none, in one question."""
        ...

    @acting
    def commit(
        self, act: AnyAct, *, expect: str | None = None, actor: str = "", act_id: str | None = None
    ) -> views.plans.Done:
        """Carry out *act* and return once it is durable.

        With *expect* (a plan's fingerprint) it raises `PlanStaleError` if the plan is no longer the
        same. The same *act_id* twice acts once and returns the first answer again. *actor* is who asks,
        for the event trail. Raises `EngineNotRunningError` if only reading is possible.
        """
        ...

    def changes(self, *, heartbeat: float = 15.0) -> Iterator[views.events.Change]:
        """Yield a notice whenever something changed, until closed; the first one comes at once.

        Notices are merged, so a slow reader gets one that covers all it missed. If nothing changes for
        *heartbeat* seconds an empty notice comes, as a sign of life. Ends with
        `EngineNotRunningError` when the engine ends.
        """
        ...

    def close(self) -> None:
        """Close connections."""
        ...


class TaskQuestions(Protocol):
    """What a task's process may ask besides, by a client of its own (`penstock.task_process`)."""

    def run_states(
        self,
        dag_id: str,
        logical_date: datetime | None = None,
        task_ids: tuple[str, ...] | None = None,
        run_id: str | None = None,
        group_id: str | None = None,
        *,
        must_exist: bool = False,
    ) -> views.runs.RunStates:
        """Return the state of a run, by logical date or id, and of tasks in it: named, or of a group.

        With *must_exist* a DAG, task or group that does not exist raises `UnknownError`.
        """
        ...

    def xcom_sources(
        self,
        dag_id: str,
        task_ids: tuple[str, ...],
        key: str,
        run_id: str | None = None,
        until: datetime | None = None,
    ) -> list[views.xcoms.XComSource]:
        """Return the attempts that hold pushed values: of one run, or dated up to *until*, newest first."""
        ...

    @aside
    def left_behind(self, attempt_id: str) -> views.xcoms.LeftBehind:
        """Return what an attempt pushed, as other tasks get it: for a task on another host."""
        ...

    @aside
    def look_up(self, kind: str, name: str, *, resolve: bool = False) -> views.values.FoundEntry:
        """Return the variable or connection called *name*, as a task of this machine would find it.

        With *resolve* the engine's environment counts too, and the values of references are in the answer.
        """
        ...
