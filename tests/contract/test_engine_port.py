"""One suite for both implementations of the Engine port: over the store, and over the socket."""

from __future__ import annotations

import asyncio
import os
import shutil
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

import builders
from builders import NOON
from penstock.api.client import SocketEngine
from penstock.api.connect import open_engine
from penstock.api.local import LocalEngine
from penstock.clock import to_us
from penstock.errors import (
    BadIdError,
    EngineNotRunningError,
    PlanStaleError,
    RefusedError,
    UnknownError,
    UsageError,
)
from penstock.execution.protocol import LOG, LOG_INDEX, attempt_path
from penstock.model import acts, views
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import GroupSpec, ParamSpec, ScheduleSpec
from penstock.model.states import RunState, TaskState
from penstock.service.notices import Notices
from penstock.settings import Settings
from penstock.store import tables
from penstock.store.database import Database
from serving import Served

ATTEMPT = "018f00000000-0000000a"
LIVE = "018f00000000-0000000b"


class FixedClock:
    """A clock that stands still, an hour after the runs began."""

    def now(self) -> datetime:
        return NOON + timedelta(hours=1)

    def monotonic(self) -> float:
        return 0.0


class RememberedActs:
    """Acts kept in memory: enough to see that they travel whole and act once."""

    warnings = ("the disk is nearly full",)

    def __init__(self) -> None:
        self.done: dict[str, views.Done] = {}
        self.seen: list[tuple[acts.AnyAct, str]] = []

    def plan(self, act: acts.AnyAct) -> views.Plan:
        if isinstance(act, acts.DeletePool):
            raise RefusedError(f"pool {act.name} is held")
        item = views.PlanItem(dag_id="etl", run_id=None, task_id=None, before="-", after="queued")
        return views.Plan(act=acts.act_name(act), title="1 thing", items=(item,), fingerprint="f1")

    def why(self, dag_id: str, run_id: str, task_id: str | None, map_index: int) -> views.Why:
        gate = views.Gate(kind="pool", text=f"map index {map_index}", holders=("etl/r/extract",))
        return views.Why(subject=f"{dag_id}/{run_id}/{task_id}", state="scheduled", gates=(gate,))

    def commit(self, act: acts.AnyAct, *, expect: str | None, actor: str, act_id: str | None) -> views.Done:
        if act_id is not None and act_id in self.done:
            return self.done[act_id]
        if expect not in {None, "f1"}:
            raise PlanStaleError
        self.seen.append((act, actor))
        done = views.Done(act=acts.act_name(act), message=f"done {len(self.seen)}", touched=1)
        self.done[act_id or ""] = done
        return done

    async def commit_async(
        self, act: acts.AnyAct, *, expect: str | None, actor: str, act_id: str | None
    ) -> views.Done:
        await asyncio.sleep(0)
        return self.commit(act, expect=expect, actor=actor, act_id=act_id)


class Bench(NamedTuple):
    """An engine under test, and what stands behind it."""

    engine: LocalEngine | SocketEngine
    database: Database
    settings: Settings
    acts: RememberedActs
    move: Callable[[str, str], None]
    """Make something of a run move."""


def settings_of(home: Path) -> Settings:
    return Settings(home=home, dags_folder=home / "dags")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home made once; each test works on a copy."""
    home = tmp_path_factory.mktemp("filled")
    database = Database.open(home / "penstock.db")
    fill(database, settings_of(home))
    database.checkpoint(truncate=True)
    database.close()
    return home


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(tmp_path / "home")


@pytest.fixture
def database(settings: Settings, filled: Path) -> Iterator[Database]:
    shutil.copytree(filled, settings.home)
    opened = Database.open(settings.database)
    yield opened
    opened.close()


@pytest.fixture(params=["local", "socket"])
def bench(request: pytest.FixtureRequest, database: Database, settings: Settings) -> Iterator[Bench]:
    remembered, notices = RememberedActs(), Notices()
    local = LocalEngine(database, settings, remembered, since=NOON, clock=FixedClock())

    def write(dag_id: str, run_id: str) -> None:
        builders.add_events(database, [(dag_id, run_id, "start")])

    if request.param == "local":
        with closing(local):
            yield Bench(local, database, settings, remembered, write)
        return
    with Served(local, notices, settings) as served, closing(SocketEngine(settings.socket)) as client:

        def write_and_tell(dag_id: str, run_id: str) -> None:
            write(dag_id, run_id)
            change = views.Change(
                cursor=local.events(limit=1)[0].seq, dags=(dag_id,), runs=((dag_id, run_id),)
            )
            served.soon(notices.publish, change)

        yield Bench(client, database, settings, remembered, write_and_tell)


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
            database, tables.BackfillSlotRow, backfill_id=backfill, ordinal=ordinal, logical_us=moment,
            interval_start_us=moment, interval_end_us=moment, run_after_us=moment, state=state,
        )  # fmt: skip
    folder = attempt_path(settings.attempts, ATTEMPT)
    folder.mkdir(parents=True)
    (folder / LOG).write_bytes(b"one\ntwo\n\xff\x1b[31mthree\n")


def test_status_counts_what_the_rows_say(bench: Bench) -> None:
    status = bench.engine.status()
    assert (status.pid, status.since) == (os.getpid(), NOON)
    assert status.warnings == ("the disk is nearly full",)
    assert (status.running, status.queued, status.attempts_live) == (1, 1, 1)
    assert (status.dags, status.runs_active, status.import_errors) == (2, 1, 1)
    assert status.failed_24h == 0 + sum(
        1 for days in (2, 1) if NOON - timedelta(days=days) >= NOON + timedelta(hours=1) - timedelta(days=1)
    )
    assert status.idle_seconds == 3600.0
    assert status.log_bytes == 1000
    assert status.database_bytes > 4096
    assert status.home == str(bench.settings.home)
    assert status.parallelism == bench.settings.parallelism


def test_failures_of_the_last_day_are_counted(bench: Bench) -> None:
    version = 1
    now = NOON + timedelta(hours=1)
    for number, hours in enumerate((23, 25)):
        builders.add_run(
            bench.database, ETL, version, at=now - timedelta(hours=hours), state="failed",
            tasks={"extract": "failed"}, took=0.0, run_id=f"f{number}", logical_us=None,
        )  # fmt: skip
    assert bench.engine.status().failed_24h == 1


def test_a_dag_row_tells_the_whole_story(bench: Bench) -> None:
    etl, idle = bench.engine.dags()
    assert (etl.dag_id, etl.schedule, etl.owner, etl.tags, etl.tasks) == (
        "etl",
        "0 12 * * *",
        "ops",
        ("nightly",),
        3,
    )
    assert [cell.state for cell in etl.strip] == [RunState.SUCCESS, RunState.SUCCESS, RunState.RUNNING]
    assert etl.strip[-1].run_id == "now"
    assert etl.last_run is not None
    assert etl.last_run.counts == {"success": 1, "scheduled": 1, "running": 1}
    assert (etl.active_runs, etl.running_tasks) == (1, 1)
    assert etl.p50 == 20.0
    assert etl.frozen is not None
    assert etl.frozen.by == "ann"
    assert etl.paused is None
    assert etl.next_run == NOON + timedelta(days=1)
    assert (idle.strip, idle.last_run, idle.p50, idle.next_run) == ((), None, None, None)
    assert idle.import_error == "NameError: x"
    assert etl.import_error is None


def test_the_strip_is_as_long_as_asked(bench: Bench) -> None:
    assert [cell.run_id for cell in bench.engine.dags(strip=1)[0].strip] == ["now"]
    assert bench.engine.dags(strip=0)[0].strip == ()


def test_a_paused_schedule_has_no_next_run(bench: Bench) -> None:
    builders.insert(
        bench.database, tables.PauseRow, kind="schedule", dag_id="etl", by="ann", since_us=to_us(NOON),
        until_us=to_us(NOON + timedelta(days=9)),
    )  # fmt: skip
    etl = bench.engine.dags()[0]
    assert etl.next_run is None
    assert etl.paused is not None
    assert etl.paused.until == NOON + timedelta(days=9)
    assert len(bench.engine.next_points("etl", 2)) == 2


def test_dag_detail_has_the_structure_in_order(bench: Bench) -> None:
    detail = bench.engine.dag("etl")
    assert [node.task_id for node in detail.nodes] == ["extract", "load", "report"]
    assert detail.nodes[1].downstream == ("report",)
    assert detail.nodes[1].group == "g"
    assert [group.group_id for group in detail.groups] == ["g"]
    assert detail.params == {"day": {"type": "string", "default": "today"}}
    assert detail.dag.dag_id == "etl"


def test_next_points_follow_the_cursor(bench: Bench) -> None:
    points = bench.engine.next_points("etl", 3)
    assert [point.run_after for point in points] == [NOON + timedelta(days=days) for days in (1, 2, 3)]
    assert bench.engine.next_points("idle", 3) == []


def test_runs_come_newest_first_and_page(bench: Bench) -> None:
    runs = bench.engine.runs("etl")
    assert [run.run_after for run in runs] == [NOON, NOON - timedelta(days=1), NOON - timedelta(days=2)]
    assert runs[1].failed_inside
    assert not runs[0].failed_inside
    assert runs[1].counts == {"success": 2, "failed": 1}
    page = bench.engine.runs("etl", limit=1, before=runs[0].run_after)
    assert [run.run_id for run in page] == [runs[1].run_id]
    assert bench.engine.runs("idle") == []


def test_run_detail_has_tasks_in_topological_order(bench: Bench) -> None:
    detail = bench.engine.run("etl", "now")
    assert [(task.task_id, task.state) for task in detail.tasks] == [
        ("extract", TaskState.SUCCESS),
        ("load", TaskState.SCHEDULED),
        ("report", TaskState.RUNNING),
    ]
    extract, load, report = detail.tasks
    assert load.upstream == ("extract",)
    assert (load.trigger_rule, load.group, report.pool) == ("all_done", "g", "warehouse")
    assert load.held is not None
    assert load.held.why == "wait"
    assert extract.p50 == 20.0
    assert load.p50 is None
    assert detail.frozen is not None
    assert detail.run.held is None
    assert detail.run.counts == {"success": 1, "scheduled": 1, "running": 1}


def test_medians_follow_new_runs(bench: Bench) -> None:
    bench.engine.run("etl", "now")
    builders.add_run(
        bench.database,
        ETL,
        1,
        at=NOON - timedelta(hours=1),
        state="success",
        tasks={"extract": "success"},
        took=21.0,
    )
    assert bench.engine.run("etl", "now").tasks[0].p50 == 21.0


def test_attempts_and_samples(bench: Bench) -> None:
    [attempt] = bench.engine.attempts("etl", "now", "extract")
    assert attempt.outcome == Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, duration=1.0)
    assert attempt.log_path is not None
    assert Path(attempt.log_path).is_file()
    assert bench.engine.attempts("etl", "now", "load") == []
    [sample] = bench.engine.samples(ATTEMPT)
    assert (sample.rss, sample.processes) == (1 << 20, 3)


def test_log_is_read_in_pieces_byte_for_byte(bench: Bench) -> None:
    whole = b"one\ntwo\n\xff\x1b[31mthree\n"
    first = bench.engine.read_log(ATTEMPT, 0, 4)
    assert (first.data, first.next_offset, first.size, first.end) == (b"one\n", 4, len(whole), False)
    rest = bench.engine.read_log(ATTEMPT, first.next_offset, 1 << 30)
    assert (first.data + rest.data, rest.end) == (whole, True)
    tail = bench.engine.read_log(ATTEMPT, -6, 100)
    assert (tail.data, tail.offset) == (b"three\n", len(whole) - 6)
    assert bench.engine.read_log(ATTEMPT, -1000, 3).data == b"one"
    assert bench.engine.read_log(ATTEMPT, 1000, 3).data == b""


def test_a_piece_of_log_knows_when_it_was_written(bench: Bench) -> None:
    entries = [(0, to_us(NOON)), (4, to_us(NOON + timedelta(seconds=2)))]
    index = attempt_path(bench.settings.attempts, ATTEMPT) / LOG_INDEX
    index.write_bytes(b"".join(struct.pack("<QQ", *entry) for entry in entries) + b"half")
    at = [bench.engine.read_log(ATTEMPT, offset, 1).start_time for offset in (0, 3, 4, 9)]
    assert at == [NOON, NOON, NOON + timedelta(seconds=2), NOON + timedelta(seconds=2)]


def test_a_log_that_is_not_there_yet_is_empty(bench: Bench) -> None:
    chunk = bench.engine.read_log(LIVE, 0, 100)
    assert (chunk.data, chunk.size, chunk.end) == (b"", 0, False)


def test_events_newest_first_and_only_new_ones(bench: Bench) -> None:
    events = bench.engine.events()
    assert [event.kind for event in events] == ["seen", "launch", "run_start"]
    assert [event.kind for event in bench.engine.events(dag_id="etl", run_id="now", limit=1)] == ["launch"]
    assert bench.engine.events(after=events[0].seq) == []


def test_the_smaller_lists(bench: Bench) -> None:
    assert [(error.file, error.line) for error in bench.engine.import_errors()] == [("idle.py", 3)]
    assert [(row.status, row.count) for row in bench.engine.ledger("etl", 2)] == [
        ("ran_late", 3),
        ("skipped", 2),
    ]
    pools = {pool.name: pool for pool in bench.engine.pools()}
    assert (pools["warehouse"].used, pools["warehouse"].slots) == (2, 3)
    assert pools["warehouse"].holders == ("etl/now/report",)
    assert (pools["default_pool"].used, pools["default_pool"].waiting) == (0, 1)


def test_backfills(bench: Bench) -> None:
    [listed] = bench.engine.backfills("etl")
    assert (listed.counts, listed.slots) == ({"success": 1, "running": 1, "waiting": 1}, ())
    whole = bench.engine.backfill(listed.backfill_id)
    assert [slot.state for slot in whole.slots] == ["success", "running", "waiting"]
    assert msgspec.structs.replace(whole, slots=()) == listed
    assert bench.engine.backfills("idle") == []


def test_run_states_for_those_who_wait_elsewhere(bench: Bench) -> None:
    states = bench.engine.run_states("etl", NOON, ("extract", "report", "no_such"))
    assert states.run is RunState.RUNNING
    assert states.tasks == {"extract": TaskState.SUCCESS, "report": TaskState.RUNNING}
    assert bench.engine.run_states("etl", NOON).tasks == {}
    assert bench.engine.run_states("etl", NOON + timedelta(days=1), ("extract",)).run is None
    assert bench.engine.run_states("never_heard_of", NOON).run is None


@pytest.mark.parametrize(
    "ask",
    [
        lambda engine: engine.dag("nope"),
        lambda engine: engine.next_points("nope", 1),
        lambda engine: engine.ledger("nope"),
        lambda engine: engine.runs("nope"),
        lambda engine: engine.run("nope", "now"),
        lambda engine: engine.run("etl", "nope"),
        lambda engine: engine.attempts("etl", "now", "nope"),
        lambda engine: engine.attempts("etl", "now", "extract", 3),
        lambda engine: engine.read_log("018f00000000-ffffffff", 0, 1),
        lambda engine: engine.samples("018f00000000-ffffffff"),
        lambda engine: engine.events(dag_id="nope"),
        lambda engine: engine.events(dag_id="etl", run_id="nope"),
        lambda engine: engine.backfills("nope"),
        lambda engine: engine.backfill(99),
    ],
)
def test_what_does_not_exist_is_said_so(bench: Bench, ask: Callable[[LocalEngine], object]) -> None:
    with pytest.raises(UnknownError, match=r"nope|no task|99|ffffffff"):
        ask(bench.engine)  # type: ignore[arg-type]


def test_an_attempt_id_cannot_leave_its_folder(bench: Bench) -> None:
    with pytest.raises(BadIdError):
        bench.engine.read_log("../../../etc/passwd", 0, 10)


def test_plan_and_why_pass_through(bench: Bench) -> None:
    plan = bench.engine.plan(acts.Clear(dag_id="etl", run_id="now", tasks=("load",)))
    assert (plan.act, plan.items[0].after) == ("clear", "queued")
    why = bench.engine.why("etl", "now", "load", 4)
    assert (why.subject, why.gates[0].text) == ("etl/now/load", "map index 4")
    with pytest.raises(RefusedError, match="pool p is held"):
        bench.engine.plan(acts.DeletePool(name="p"))


EVERY_ACT: list[acts.AnyAct] = [
    acts.Trigger(dag_id="etl", logical_date=NOON, conf={"a": [1, None, "é"]}, run_id="x"),
    acts.Clear(dag_id="etl", run_id="r", tasks=("a", "b"), upstream=True, only_failed=True),
    acts.Retry(dag_id="etl", run_id="r"),
    acts.Mark(dag_id="etl", run_id="r", tasks=("a",), state="skipped", future=True),
    acts.Cancel(dag_id="etl", run_id="r", task_id="a"),
    acts.PauseSchedule(dag_id="etl", why="w", until=datetime(2026, 1, 1)),  # in the DAG's zone
    acts.UnpauseSchedule(dag_id="etl"),
    acts.Freeze(dag_id="etl"),
    acts.Unfreeze(dag_id="etl"),
    acts.Hold(dag_id="etl", run_id="r", task_id="a", until=datetime(2026, 1, 1, tzinfo=UTC)),
    acts.Release(dag_id="etl", run_id="r"),
    acts.CreateBackfill(dag_id="etl", from_date=NOON, to_date=NOON, reprocess="failed", backwards=True),
    acts.PauseBackfill(backfill_id=1),
    acts.ResumeBackfill(backfill_id=1),
    acts.CancelBackfill(backfill_id=1),
    acts.ResizeBackfill(backfill_id=1, max_active_runs=3),
    acts.SetPool(name="p", slots=2),
    acts.DeletePool(name="p"),
]


@pytest.mark.parametrize("act", EVERY_ACT, ids=acts.act_name)
def test_every_act_arrives_as_it_was_sent(bench: Bench, act: acts.AnyAct) -> None:
    done = bench.engine.commit(act, expect="f1", actor="ann@tty1")
    assert done.act == acts.act_name(act)
    assert bench.acts.seen == [(act, "ann@tty1")]


def test_the_same_act_id_acts_once(bench: Bench) -> None:
    act = acts.Freeze(dag_id="etl")
    first = bench.engine.commit(act, act_id="one")
    assert bench.engine.commit(act, act_id="one") == first
    assert len(bench.acts.seen) == 1


def test_an_act_without_an_actor_is_the_users(bench: Bench) -> None:
    bench.engine.commit(acts.Freeze(dag_id="etl"))
    assert bench.acts.seen[0][1] != ""


def test_a_stale_plan_is_refused_as_such(bench: Bench) -> None:
    with pytest.raises(PlanStaleError):
        bench.engine.commit(acts.Freeze(dag_id="etl"), expect="older")


def test_changes_begin_at_once_and_name_what_moved(bench: Bench) -> None:
    with closing(bench.engine.changes()) as changes:  # type: ignore[type-var]
        first = next(changes)
        assert first.all
        bench.move("etl", "now")
        moved = next(changes)
    assert (moved.dags, moved.runs, moved.all) == (("etl",), (("etl", "now"),), False)
    assert moved.cursor == bench.engine.events(limit=1)[0].seq


def test_quiet_changes_give_a_sign_of_life(bench: Bench) -> None:
    with closing(bench.engine.changes(heartbeat=0.1)) as changes:  # type: ignore[type-var]
        next(changes)
        beat = next(changes)
    assert (beat.dags, beat.runs, beat.all) == ((), (), False)


def test_closing_ends_changes(bench: Bench) -> None:
    changes = bench.engine.changes()
    next(changes)
    threading.Timer(0.05, bench.engine.close).start()
    assert list(changes) == []


def test_calls_from_many_threads_get_their_own_answers(bench: Bench) -> None:
    wrong: list[object] = []

    def ask(number: int) -> None:
        for _ in range(20):
            dag_id = ("etl", "idle")[number % 2]
            if bench.engine.dag(dag_id).dag.dag_id != dag_id:
                wrong.append(dag_id)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []


def test_without_an_engine_the_store_is_shown_read_only(database: Database, settings: Settings) -> None:
    engine = open_engine(settings)
    assert isinstance(engine, LocalEngine)
    with closing(engine):
        status = engine.status()
        assert (status.pid, status.since, status.dags) == (None, None, 2)
        assert status.last_seen == NOON
        assert engine.run("etl", "now").run.state is RunState.RUNNING
        with pytest.raises(EngineNotRunningError):
            engine.commit(acts.Freeze(dag_id="etl"))


def test_a_store_left_in_good_order_opens_and_stays_as_it_is(settings: Settings, filled: Path) -> None:
    shutil.copytree(filled, settings.home)
    before = settings.database.read_bytes()
    with closing(open_engine(settings)) as engine:
        assert [dag.dag_id for dag in engine.dags()] == ["etl", "idle"]
        why = engine.why("etl", "now", "load")
        assert why.gates[0].kind == "engine"
        assert engine.plan(acts.Cancel(dag_id="etl", run_id="now")).items
        assert next(engine.changes()).all
    assert settings.database.read_bytes() == before


def test_with_an_engine_the_socket_answers(database: Database, settings: Settings) -> None:
    local = LocalEngine(database, settings, RememberedActs(), since=NOON)
    with Served(local, Notices(), settings), closing(open_engine(settings)) as engine:
        assert isinstance(engine, SocketEngine)
        assert engine.status().pid == os.getpid()


def test_without_engine_and_database_there_is_nobody(settings: Settings) -> None:
    with pytest.raises(EngineNotRunningError):
        open_engine(settings)


def test_wrong_arguments_are_wrong_use() -> None:
    assert issubclass(UnknownError, UsageError)
