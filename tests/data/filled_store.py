"""A store with one of everything, and acts kept in memory: what the Engine port's suite looks at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from data import builders
from data.builders import NOON
from penstock.api.client import SocketEngine
from penstock.api.local import LocalEngine
from penstock.attempts.protocol import LOG, attempt_path
from penstock.clock import to_us
from penstock.errors import PlanStaleError, RefusedError
from penstock.execution.executor import Worker
from penstock.model import acts
from penstock.model.barriers import BarrierKind
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import GroupSpec, ParamSpec, ScheduleSpec
from penstock.model.views.now import WaitingItem, Waits
from penstock.model.views.plans import Done, Plan, PlanItem
from penstock.model.views.why import Barrier, Why
from penstock.scheduling.tick_times import Ticks
from penstock.settings import Settings
from penstock.store import tables
from penstock.store.database import Database

ATTEMPT = "018f00000000-0000000a"
LIVE = "018f00000000-0000000b"


LATER = NOON + timedelta(hours=1)
"""An hour after the runs began: what the clock of the engine under test says."""


class RememberedActs:
    """Acts kept in memory: enough to see that they travel whole and act once."""

    warnings = ("the disk is nearly full",)

    def __init__(self) -> None:
        self.ticks = Ticks()
        for seconds in (0.002, 0.004, 0.5):
            self.ticks.add(seconds, to_us(NOON))
        self.done: dict[str, Done] = {}
        self.seen: list[tuple[acts.AnyAct, str]] = []
        self.far: list[Worker] = []
        """Workers on other hosts."""

    def workers(self) -> tuple[Worker, ...]:
        return (Worker("local", 4712, 1, "working", 9 << 20), *self.far)

    def task_of(self, attempt_id: str) -> tuple[str, str, str, int] | None:
        return ("etl", "now", "report", -1) if attempt_id == LIVE else None

    async def freshen(self, attempt_id: str) -> None:
        """Logs are here."""

    def plan(self, act: acts.AnyAct) -> Plan:
        if isinstance(act, acts.DeletePool):
            raise RefusedError(f"pool {act.name} is held")
        item = PlanItem(dag_id="etl", run_id=None, task_id=None, before="-", after="queued")
        return Plan(act=acts.act_name(act), title="1 thing", items=(item,), fingerprint="f1")

    def why(self, dag_id: str, run_id: str | None, task_id: str | None, map_index: int) -> Why:
        barrier = Barrier(kind=BarrierKind.POOL, text=f"map index {map_index}", holders=("etl/r/extract",))
        return Why(subject=f"{dag_id}/{run_id}/{task_id}", state="scheduled", barriers=(barrier,))

    def waits(self, limit: int) -> Waits:
        item = WaitingItem(
            dag_id="etl", run_id="now", task_id="load", map_index=-1, state="scheduled", since=NOON,
            kind=BarrierKind.POOL, text="pool warehouse: 3 of 3 slots in use",
        )  # fmt: skip
        return Waits(waiting=(item,)[:limit], total=1, peaks={LIVE: 7 << 20})

    def commit(self, act: acts.AnyAct, *, expect: str | None, actor: str, act_id: str | None) -> Done:
        if act_id is not None and act_id in self.done:
            return self.done[act_id]
        if expect not in {None, "f1"}:
            raise PlanStaleError
        self.seen.append((act, actor))
        done = Done(act=acts.act_name(act), message=f"done {len(self.seen)}", touched=1)
        self.done[act_id or ""] = done
        return done

    async def commit_async(
        self, act: acts.AnyAct, *, expect: str | None, actor: str, act_id: str | None
    ) -> Done:
        await asyncio.sleep(0)
        return self.commit(act, expect=expect, actor=actor, act_id=act_id)


class Port(NamedTuple):
    """An engine under test, and what stands behind it."""

    engine: LocalEngine | SocketEngine
    database: Database
    settings: Settings
    acts: RememberedActs
    move: Callable[[str, str], None]
    """Make something of a run move."""


def settings_of(home: Path) -> Settings:
    return Settings(home=home, dags_folder=home / "dags")


ETL = builders.dag(
    "etl",
    builders.task("report", "load", retries=2, pool="warehouse", pool_slots=2),
    builders.task("extract"),
    builders.task("load", "extract", group="g", trigger_rule="all_done"),
    schedule=ScheduleSpec(kind="cron", crons=("0 12 * * *",), text="0 12 * * *"),
    groups=(GroupSpec(group_id="g"),),
    params={"day": ParamSpec(default="today", json_schema={"type": "string"})},
    owner="ops",
    tags=("nightly",),
)


def fill(database: Database, settings: Settings) -> None:
    """Two DAGs, three runs, two attempts, and one of everything else."""
    version = builders.add_dag(
        database,
        ETL,
        cursor_us=to_us(NOON),
        cursor_start_us=to_us(NOON),
        cursor_end_us=to_us(NOON),
    )
    builders.add_dag(database, builders.dag("idle", builders.task("only")))
    done = {"extract": "success", "load": "failed", "report": "success"}
    for days, took in ((2, 10.0), (1, 30.0)):
        builders.add_run(
            database, ETL, version, at=NOON - timedelta(days=days), state="success", tasks=done, took=took
        )
    run_id = builders.add_run(
        database,
        ETL,
        version,
        tasks={"extract": "success", "load": "scheduled", "report": "running"},
        run_id="now",
    )
    extract = builders.task_key(database, "etl", run_id, "extract")
    ended = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, duration=1.0)
    builders.add_attempt(database, extract, ATTEMPT, outcome=ended, log_bytes=1000)
    builders.add_attempt(database, builders.task_key(database, "etl", run_id, "report"), LIVE, pid=4711)
    builders.add_events(
        database, [("etl", run_id, "run_start"), ("etl", run_id, "launch"), ("idle", None, "seen")]
    )
    builders.insert(database, tables.PoolRow, name="warehouse", slots=3)
    builders.insert(
        database,
        tables.PauseRow,
        kind="freeze",
        dag_id="etl",
        run_id="",
        task_id="",
        by="ann",
        since_us=to_us(NOON),
    )
    builders.insert(
        database, tables.PauseRow, kind="task", dag_id="etl", run_id="now", task_id="load", by="bob",
        since_us=to_us(NOON), why="wait",
    )  # fmt: skip
    builders.insert(
        database, tables.ImportErrorRow, file="idle.py", message="NameError: x", line=3, since_us=to_us(NOON)
    )
    builders.insert(
        database, tables.SampleRow, attempt_id=ATTEMPT, at_us=to_us(NOON), cpu_percent=12.5, rss=1 << 20,
        read_bytes=1, write_bytes=2, processes=3,
    )  # fmt: skip
    for ordinal, status in enumerate(("ran", "skipped", "ran_late")):
        moment = to_us(NOON + timedelta(days=ordinal))
        builders.insert(
            database,
            tables.LedgerRow,
            dag_id="etl",
            first_us=moment,
            last_us=moment,
            count=ordinal + 1,
            status=status,
        )
    backfill = builders.insert(
        database, tables.BackfillRow, dag_id="etl", from_us=to_us(NOON), to_us=to_us(NOON), reprocess="none",
        max_active_runs=4, backwards=False, state="running", by="ann", created_us=to_us(NOON),
    )  # fmt: skip
    for ordinal, state in enumerate(("success", "running", "waiting")):
        moment = to_us(NOON + timedelta(days=ordinal))
        builders.insert(
            database, tables.BackfillPointRow, backfill_id=backfill, ordinal=ordinal, logical_us=moment,
            interval_start_us=moment, interval_end_us=moment, run_after_us=moment, state=state,
        )  # fmt: skip
    folder = attempt_path(settings.attempts, ATTEMPT)
    folder.mkdir(parents=True)
    (folder / LOG).write_bytes(b"one\ntwo\n\xff\x1b[31mthree\n")
