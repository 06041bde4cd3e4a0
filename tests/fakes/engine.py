"""`FakeEngine`: the whole Engine port in memory, for tests of the console and the command line."""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from fakes import world_acts, world_plans
from fakes.across import AcrossDags
from fakes.believable import believable
from fakes.forecast import Forecasts
from fakes.of_dags import FakeDags
from fakes.of_system import FakeSystem
from fakes.task_engine import FakeTasks
from fakes.world import DAY, NOW, World, replace
from penstock.errors import EngineNotRunningError, PenstockError, PlanStaleError, RefusedError, UnknownError
from penstock.model.acts import AnyAct, Looked, act_name
from penstock.model.runbooks import parse
from penstock.model.views.assets import AssetEventRow, AssetRow
from penstock.model.views.backfills import BackfillRow
from penstock.model.views.callbacks import CallbackRow
from penstock.model.views.events import Change, EventRow
from penstock.model.views.pauses import BreakpointRow
from penstock.model.views.plans import Done, Plan, PlanAnswer
from penstock.model.views.pools import PoolRow
from penstock.model.views.quarantine import QuarantineRow
from penstock.model.views.questions import QuestionRow
from penstock.model.views.runbooks import RunbookRow
from penstock.model.views.status import EngineStatus, ImportErrorRow
from penstock.model.views.values import ConnectionRow, VariableRow


@dataclass(frozen=True)
class Committed:
    """One call of `FakeEngine.commit` that was carried out."""

    act: AnyAct
    expect: str | None
    actor: str
    act_id: str | None


class FakeEngine(FakeDags, AcrossDags, Forecasts, FakeTasks, FakeSystem):
    """An engine that keeps its world in a dict and obeys at once.

    ``acts`` are the acts carried out, in order; ``committed`` the same with fingerprint and actor;
    ``calls`` the names of all calls. ``stop()`` makes every call raise `EngineNotRunningError` and
    ends `changes`; ``start()`` ends that. ``move()`` makes all plans seen before stale. ``refuse``,
    when set, is raised by the next `plan` or `commit`. ``notify()`` sends a change.
    """

    def __init__(self, world: World | None = None, *, now: datetime = NOW) -> None:
        self.world = world or believable()
        self.now = now
        self.acts: list[AnyAct] = []
        self.committed: list[Committed] = []
        self.calls: list[str] = []
        self.refuse: PenstockError | None = None
        self.read_only = False
        self.told: list[CallbackRow] = []
        self.closed = False
        self._age = 0
        self._gone = threading.Event()
        self._answers: dict[str, Done] = {}
        self._listeners: list[queue.Queue[Change | None]] = []

    # -- what a test steers ----------------------------------------------------------------------

    def stop(self) -> None:
        """Vanish: every call fails, every listener ends."""
        self._gone.set()
        for listener in list(self._listeners):
            listener.put(None)

    def start(self) -> None:
        """Come back."""
        self._gone.clear()

    def move(self) -> None:
        """Let the world move, so that plans made before are stale."""
        self._age += 1

    def notify(self, *runs: tuple[str, str], dags: tuple[str, ...] = (), all: bool = False) -> None:  # noqa: A002
        """Send a change to every listener."""
        names = tuple(dict.fromkeys((*dags, *(run[0] for run in runs))))
        change = Change(cursor=len(self.world.events), dags=names, runs=runs, all=all)
        for listener in list(self._listeners):
            listener.put(change)

    def ring(self, *texts: str) -> None:
        """Have every console ring."""
        for listener in list(self._listeners):
            listener.put(Change(cursor=len(self.world.events), dags=("etl",), bells=texts))

    def set_task(self, dag_id: str, run_id: str, task_id: str, **changes: object) -> None:
        """Change fields of one task instance (``state=...``) and tell listeners."""
        world_acts.set_tasks(self.world, dag_id, run_id, {task_id}, **changes)
        self.notify((dag_id, run_id))

    def append_log(self, attempt_id: str, data: bytes) -> None:
        """Let a task print."""
        self.world.logs[attempt_id] = self.world.logs.get(attempt_id, b"") + data

    def _ask(self, name: str) -> None:
        self.calls.append(name)
        if self._gone.is_set():
            raise EngineNotRunningError

    # -- the port: reading -----------------------------------------------------------------------

    def status(self) -> EngineStatus:
        """Answer `Engine.status`."""
        self._ask("status")
        tasks = [task for run in self.world.runs.values() for task in run.tasks]
        active = [run for run in self.world.runs.values() if run.run.state.value in {"queued", "running"}]
        return EngineStatus(
            pid=None if self.read_only else 4711,
            since=self.now - timedelta(days=12, hours=3),
            running=sum(task.state.value in {"running", "stopping", "restarting"} for task in tasks),
            queued=sum(task.state.value in {"scheduled", "queued"} for task in tasks),
            failed_24h=sum(
                task.state.value == "failed" and task.end is not None and task.end > self.now - DAY
                for task in tasks
            ),
            idle_seconds=3.0,
            database_bytes=3 << 20,
            log_bytes=41 << 20,
            home="/srv/penstock/prod-etl",
            version="0.1.0",
            dags=len(self.world.dags),
            runs_active=len(active),
            parallelism=16,
            import_errors=len(self.world.errors),
            last_seen=self.now - timedelta(minutes=4) if self.read_only else self.now,
            attempts_live=3,
            failures=self.open_failures(),
        )

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
        """Answer `Engine.events`."""
        self._ask("events")
        found = [
            event
            for event in reversed(self.world.events)
            if event.seq > after
            and dag_id in {None, event.dag_id}
            and run_id in {None, event.run_id}
            and (task_id is None or (task_id, map_index) == (event.task_id, event.map_index))
        ]
        return found[:limit]

    def breakpoints(self, dag_id: str | None = None, run_id: str | None = None) -> list[BreakpointRow]:
        """Answer `Engine.breakpoints`."""
        self._ask("breakpoints")
        return [
            each
            for each in self.world.breakpoints
            if dag_id in (None, each.dag_id) and run_id in (None, each.run_id)
        ]

    def questions(
        self,
        dag_id: str | None = None,
        run_id: str | None = None,
        *,
        everything: bool = False,
        limit: int = 500,
    ) -> list[QuestionRow]:
        """Answer `Engine.questions`."""
        self._ask("questions")
        found = [
            each
            for each in self.world.questions
            if dag_id in (None, each.dag_id) and run_id in (None, each.run_id) and (everything or each.open)
        ]
        return (found[::-1] if everything else found)[:limit]

    def import_errors(self) -> list[ImportErrorRow]:
        """Answer `Engine.import_errors`."""
        self._ask("import_errors")
        return list(self.world.errors)

    def runbooks(self) -> list[RunbookRow]:
        """Answer `Engine.runbooks`."""
        self._ask("runbooks")
        return [self.world.runbooks[name] for name in sorted(self.world.runbooks)]

    def keep_runbook(self, name: str, text: str, *, replace: bool = False) -> RunbookRow:
        """Answer `Engine.keep_runbook`."""
        self._ask("keep_runbook")
        if name in self.world.runbooks and not replace:
            raise RefusedError(f"there is a runbook {name} already")
        book = parse(text)
        row = self.world.runbooks[name] = RunbookRow(
            name=name,
            path=f"/srv/pipelines/runbooks/{name}.runbook",
            text=text,
            title=book.title,
            steps=tuple(step.text for step in book.steps),
            params=book.params,
            recording=book.person,
            since=book.since,
        )
        return row

    def quarantine(self) -> list[QuarantineRow]:
        """Answer `Engine.quarantine`."""
        self._ask("quarantine")
        return list(self.world.quarantine)

    def backfills(self, dag_id: str | None = None) -> list[BackfillRow]:
        """Answer `Engine.backfills`."""
        self._ask("backfills")
        rows = sorted(self.world.backfills.values(), key=lambda row: -row.backfill_id)
        return [replace(row, points=()) for row in rows if dag_id in {None, row.dag_id}]

    def backfill(self, backfill_id: int) -> BackfillRow:
        """Answer `Engine.backfill`."""
        self._ask("backfill")
        if backfill_id not in self.world.backfills:
            raise UnknownError(f"no backfill {backfill_id}")
        return self.world.backfills[backfill_id]

    def pools(self) -> list[PoolRow]:
        """Answer `Engine.pools`."""
        self._ask("pools")
        return list(self.world.pools.values())

    def assets(self) -> list[AssetRow]:
        """Answer `Engine.assets`."""
        self._ask("assets")
        return list(self.world.assets)

    def asset_events(
        self,
        name: str | None = None,
        *,
        uri: str | None = None,
        alias: str | None = None,
        limit: int = 100,
    ) -> list[AssetEventRow]:
        """Return the newest *limit* changes of an asset by name, by URI or by an alias, newest first."""
        self._ask("asset_events")
        return [each for each in self.world.changes if each.name == name and uri in {None, each.uri}][:limit]

    def variables(self) -> list[VariableRow]:
        """Answer `Engine.variables`."""
        self._ask("variables")
        return []

    def connections(self) -> list[ConnectionRow]:
        """Answer `Engine.connections`."""
        self._ask("connections")
        return []

    # -- the port: acting ------------------------------------------------------------------------

    def plan(self, act: AnyAct) -> Plan:
        """Answer `Engine.plan`."""
        self._ask("plan")
        self._refuse()
        title, items, counts, cli = world_plans.plan(self.world, act, self.now)
        facts = repr((title, items, self._age)).encode()
        return Plan(
            act=act_name(act),
            title=title,
            items=items,
            fingerprint=hashlib.sha256(facts).hexdigest()[:16],
            counts=counts,
            cli=cli,
        )

    def plans(self, acts: list[AnyAct]) -> list[PlanAnswer]:
        """Answer `Engine.plans`."""
        answers = []
        for act in acts:
            try:
                answers.append(PlanAnswer(plan=self.plan(act)))
            except PenstockError as error:
                answers.append(PlanAnswer(refused=error.message))
        return answers

    def commit(
        self, act: AnyAct, *, expect: str | None = None, actor: str = "", act_id: str | None = None
    ) -> Done:
        """Answer `Engine.commit`; a look at the digest changes nothing that is shown, and is not counted."""
        if isinstance(act, Looked) and act.place == "digest" and not self.read_only:
            world_acts.say(self.world, act, actor, self.now)
            return Done(act="looked", message="", touched=0)
        self._ask("commit")
        if self.read_only:
            raise EngineNotRunningError
        if act_id is not None and act_id in self._answers:
            return self._answers[act_id]
        plan = self.plan(act)
        if expect is not None and expect != plan.fingerprint:
            raise PlanStaleError
        done = world_acts.carry_out(self.world, act, plan, self.now, actor)
        self.acts.append(act)
        self.committed.append(Committed(act, expect, actor, act_id))
        if act_id is not None:
            self._answers[act_id] = done
        self.notify(all=True)
        return done

    def _refuse(self) -> None:
        if self.refuse is not None:
            error, self.refuse = self.refuse, None
            raise error

    def changes(self, *, heartbeat: float = 15.0) -> Iterator[Change]:
        """Answer `Engine.changes`."""
        self._ask("changes")
        mine: queue.Queue[Change | None] = queue.Queue()
        self._listeners.append(mine)
        try:
            yield Change(cursor=len(self.world.events), all=True)
            while not self.closed:
                try:
                    change = mine.get(timeout=heartbeat)
                except queue.Empty:
                    change = Change(cursor=len(self.world.events))
                if change is None:
                    raise EngineNotRunningError
                yield change
        finally:
            self._listeners.remove(mine)

    def close(self) -> None:
        """Answer `Engine.close`."""
        self.closed = True
        for listener in list(self._listeners):
            listener.put(None)


__all__ = ["NOW", "Committed", "FakeEngine", "RefusedError", "World", "believable"]
