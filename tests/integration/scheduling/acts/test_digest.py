"""While you were away: what is told, to whom, since when, and what a look moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from data import builders
from data.builders import dag, task
from drive.loop import BAD, Bench
from penstock.clock import to_us
from penstock.model.acts import (
    AnyAct,
    Clear,
    Freeze,
    Hold,
    Looked,
    Mark,
    PauseAll,
    PauseSchedule,
    ResumeAll,
    Retry,
    Trigger,
    Undo,
    UnpauseSchedule,
)
from penstock.model.digest import ENGINE_START, ENGINE_STOP
from penstock.model.spec import DagFileProblem, DeadlineSpec, ParsedFile, ScheduleSpec
from penstock.model.views.digest import Digest, FileMove, LateKind
from penstock.scheduling.world.orders import EngineMoved, FileGone, FileLoaded
from penstock.store import tables
from penstock.store.statement import table_of


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.load(dag("d", task("a"), task("b", "a")), dag("e", task("x")))
    return bench


def digest(bench: Bench, person: str = "ann@pts/1", **more: object) -> Digest:
    return bench.engine.digest(person=person, **more)  # type: ignore[arg-type]


def look(bench: Bench, person: str = "ann (console)", upto: int = 0, failures: int | None = None) -> None:
    act = Looked(place="digest", upto=upto, failures=failures)
    bench.loop.commit(act, expect=None, actor=person, act_id=None)


def do(bench: Bench, act: AnyAct, actor: str) -> None:
    bench.loop.commit(act, expect=None, actor=actor, act_id=None)


def fail(bench: Bench, dag_id: str = "d", name: str = "a", log: bytes = b"ERROR disk full\n") -> str:
    run = bench.trigger(dag_id)
    bench.executor.logs[bench.live()[f"{run}/{name}"]] = log
    bench.end(name, BAD, run_id=run)
    return run


async def test_who_never_looked_is_told_the_last_day_and_then_only_what_is_new(bench: Bench) -> None:
    fail(bench)
    first = digest(bench)
    assert first.looked is None
    assert first.until - first.since == timedelta(days=1)
    assert [group.line for group in first.failed] == ["ERROR disk full"]
    assert {file.dag_id for file in first.files} == {"d", "e"}
    look(bench)
    after = digest(bench)
    assert (after.news, after.looked) == (0, bench.clock.time)
    assert not any(after.counts.values())
    bench.clock.forward(60)
    fail(bench, "e", "x")
    again = digest(bench)
    assert again.since == after.looked
    [group] = again.failed
    assert (group.count, group.dags, group.new) == (1, ("e",), True)
    assert len(digest(bench, limit=0).failed) == 0


async def test_one_person_at_two_terminals_has_one_mark_and_another_has_her_own(bench: Bench) -> None:
    look(bench, "ann (console)")
    fail(bench)
    assert digest(bench, "ann@pts/3").counts["failed"] == 1
    look(bench, "ann@pts/3")
    assert digest(bench, "ann (console)").counts["failed"] == 0
    assert digest(bench, "bob").looked is None
    assert digest(bench, "bob").counts["failed"] == 1


async def test_a_mark_never_goes_back(bench: Bench) -> None:
    early = digest(bench)
    fail(bench)
    look(bench)
    look(bench, upto=early.upto, failures=early.newest_failure)  # of a console that hung for a while
    assert not any(digest(bench).counts.values())


async def test_a_look_at_everything_is_one_at_triage_but_not_the_other_way(bench: Bench) -> None:
    fail(bench)
    newest = bench.engine.failures(person="ann").newest
    do(bench, Looked(place="failures", upto=newest), "ann (console)")
    assert not bench.engine.failures(person="ann@pts/9").failures[0].new
    assert digest(bench).failed[0].new
    bench.clock.forward(1)
    fail(bench, "e", "x", b"ERROR no rows\n")
    look(bench)
    assert not any(group.new for group in bench.engine.failures(person="ann").failures)
    # A console remembers what was new when it came.
    assert [group.new for group in bench.engine.failures(person="ann", seen=newest).failures] == [True, False]


async def test_since_overrides_the_mark(bench: Bench) -> None:
    fail(bench)
    bench.clock.forward(3600)
    half = bench.clock.time
    fail(bench, "e", "x")
    look(bench)
    later = digest(bench, since=half)
    assert (later.since, [group.dags for group in later.failed]) == (half, [("e",)])
    assert [act.dag_id for act in later.acts] == ["e"]
    assert len(digest(bench, since=half - timedelta(hours=2)).acts) == 2
    assert not any(digest(bench, since=half + timedelta(hours=1)).counts.values())


async def test_what_failed_and_is_green_again(bench: Bench) -> None:
    look(bench)
    again, later = fail(bench), fail(bench, "e", "x")
    assert digest(bench).recovered == ()
    bench.clock.forward(10)
    bench.act(Retry(dag_id="d", run_id=again))
    bench.finish()
    green = bench.trigger("e")
    bench.finish()
    told = {each.dag_id: each for each in digest(bench).recovered}
    assert (told["d"].task_id, told["d"].run_id, told["d"].same_run) == ("a", again, True)
    assert (told["e"].failed_run_id, told["e"].run_id, told["e"].same_run) == (later, green, False)
    assert told["e"].at > told["e"].failed
    bench.clock.forward(1)
    look(bench)
    assert digest(bench).recovered == ()


async def test_a_recovery_is_told_although_the_failure_was_seen(bench: Bench) -> None:
    run = fail(bench)
    look(bench)
    bench.clock.forward(10)
    bench.act(Retry(dag_id="d", run_id=run))
    bench.finish()
    told = digest(bench)
    assert [each.task_id for each in told.recovered] == ["a"]
    assert told.failed == ()


@pytest.mark.parametrize("what", ["marked", "failed again", "running"])
async def test_what_is_not_green_again(bench: Bench, what: str) -> None:
    run = fail(bench)
    bench.clock.forward(10)
    if what == "marked":
        bench.act(Mark(dag_id="d", run_id=run, tasks=("a",), state="success"))
    else:
        bench.act(Retry(dag_id="d", run_id=run))
        if what == "failed again":
            bench.end("a", BAD)
    assert digest(bench).recovered == ()


async def test_mapped_instances_are_green_only_together(bench: Bench) -> None:
    version = builders.add_dag(bench.database, spec := dag("m", task("t")))
    now = bench.clock.time
    builders.add_run(
        bench.database, spec, version, at=now - timedelta(hours=1), state="failed", tasks={"t": "failed"},
        took=60.0, run_id="first", logical_us=None,
    )  # fmt: skip
    assert digest(bench, "bob").recovered == ()


async def test_who_acted_and_whether_it_was_undone(bench: Bench) -> None:
    run = fail(bench)
    look(bench)
    do(bench, Clear(dag_id="d", run_id=run, tasks=("b",)), "bob@pts/1")
    do(bench, Undo(dag_id="d"), "cid@pts/2")
    do(bench, Trigger(dag_id="e"), "ann@pts/1")
    told = digest(bench)
    assert [(act.act, act.actor, act.undone) for act in told.acts] == [
        ("trigger", "ann@pts/1", None),
        ("undo", "cid@pts/2", None),
        ("clear", "bob@pts/1", "cid@pts/2"),
    ]
    assert told.acts[2].title.startswith("Clear")
    assert (told.own, told.news) == (1, 2)


async def test_pauses_that_were_set_and_lifted(bench: Bench) -> None:
    run = bench.trigger("d")
    look(bench)
    until = bench.clock.time + timedelta(minutes=5)
    do(bench, PauseSchedule(dag_id="d", why="source moves"), "bob@pts/1")
    do(bench, UnpauseSchedule(dag_id="d"), "bob@pts/1")
    do(bench, Freeze(dag_id="e", until=until), "bob@pts/1")
    do(bench, Hold(dag_id="d", run_id=run, task_id="b"), "bob@pts/1")
    bench.clock.forward(301)
    bench.tick()
    told = [(each.kind.value, each.lifted, each.dag_id, each.actor) for each in digest(bench).pauses][::-1]
    assert told == [
        ("schedule", False, "d", "bob@pts/1"),
        ("schedule", True, "d", "bob@pts/1"),
        ("freeze", False, "e", "bob@pts/1"),
        ("task", False, "d", "bob@pts/1"),
        ("freeze", True, "e", "engine"),
    ]
    assert digest(bench).pauses[-1].why == "source moves"
    assert digest(bench).acts == (), "they are told once"


async def test_a_pause_of_all_is_one_act_and_each_pause(bench: Bench) -> None:
    look(bench)
    do(bench, PauseAll(why="move"), "bob")
    do(bench, ResumeAll(), "bob")
    told = digest(bench)
    assert [act.act for act in told.acts] == ["resume_all", "pause_all"]
    assert len(told.pauses) == 4


async def test_dag_files_that_are_new_changed_gone_back_and_broken(bench: Bench) -> None:
    look(bench)
    bench.load(dag("d", task("a"), task("c", "a")), dag("new", task("n")))
    bench.loop.order(FileGone("e.py"))
    bench.tick()
    problem = DagFileProblem(file="d.py", message="SyntaxError: what", line=3)
    bench.loop.order(FileLoaded(ParsedFile(file="d.py", source_hash="1" * 64, errors=(problem,))))
    bench.tick()
    told = digest(bench).files[::-1]
    assert [(each.what, each.dag_id) for each in told] == [
        (FileMove.CHANGED, "d"),
        (FileMove.NEW, "new"),
        (FileMove.GONE, "e"),
        (FileMove.BROKEN, None),
    ]
    assert told[-1].text == "d.py:3: SyntaxError: what"


async def test_starts_of_the_engine_and_the_time_without_one(bench: Bench) -> None:
    bench.trigger("d")
    bench.finish()
    look(bench)
    for gap, stopped in ((600, True), (7200, False)):
        if stopped:
            bench.loop.order(EngineMoved(ENGINE_STOP, "stopped"))
            bench.tick()
        bench.clock.forward(gap)
        bench.loop.order(EngineMoved(ENGINE_START, "engine 1"))
        await bench.loop.recover()
    crashed, stopped_one = digest(bench).engine
    assert (stopped_one.seconds, stopped_one.stopped) == (600.0, True)
    assert (crashed.seconds, crashed.stopped) == (7200.0, False)
    assert "10m" in stopped_one.words()
    assert "was not stopped" in crashed.words()


async def test_points_that_were_skipped_and_runs_that_began_late(bench: Bench) -> None:
    hourly = ScheduleSpec(kind="cron", crons=("0 * * * *",), text="@hourly")
    start = bench.clock.time + timedelta(minutes=1)
    bench.load(dag("h", task("t"), schedule=hourly, start_date=start, catchup="latest"))
    look(bench)
    bench.clock.forward(4.5 * 3600)  # nobody ticked meanwhile
    await bench.restart()
    bench.tick()
    told = digest(bench)
    [skipped] = told.skipped
    assert (skipped.dag_id, skipped.count, skipped.reason) == ("h", 3, "downtime")
    [late] = told.late
    assert (late.kind, late.dag_id, late.seconds) == (LateKind.START, "h", 1830.0)


async def test_runs_that_missed_a_deadline_or_their_usual_end(bench: Bench) -> None:
    now = bench.clock.time
    deadline = DeadlineSpec(reference="due", seconds=60.0, name="by one")
    with_deadline = dag("w", task("t"), deadlines=(deadline,))
    bench.load(with_deadline)
    usual = dag("u", task("t"))
    for spec in (usual, with_deadline):
        version = builders.add_dag(bench.database, spec) if spec is usual else 3
        for hours in range(24):
            builders.add_run(
                bench.database, spec, version, at=now - timedelta(hours=hours + 2), state="success",
                tasks={"t": "success"}, took=100.0 + hours, run_id=f"{spec.dag_id}{hours}",
            )  # fmt: skip
        builders.add_run(
            bench.database, spec, version, at=now - timedelta(minutes=30), state="success",
            tasks={"t": "success"}, took=1200.0, run_id=f"{spec.dag_id}_slow",
        )  # fmt: skip
        builders.add_run(
            bench.database, spec, version, at=now - timedelta(minutes=3), state="success",
            tasks={"t": "success"}, took=115.0, run_id=f"{spec.dag_id}_fair",
        )  # fmt: skip
    builders.add_run(
        bench.database, usual, 4, at=now - timedelta(minutes=10), tasks={"t": "running"}, run_id="u_still"
    )
    await bench.restart()
    run = bench.trigger("w")
    bench.clock.forward(61)
    bench.tick()
    told = {late.run_id: late for late in digest(bench, since=now - timedelta(minutes=40)).late}
    assert set(told) == {"u_slow", "u_still", run}
    assert (told["u_slow"].kind, told["u_slow"].usual, told["u_slow"].seconds) == (
        LateKind.END,
        122.0,
        1078.0,
    )
    assert told["u_still"].ended is False
    assert told[run].kind is LateKind.DEADLINE
    assert told[run].words().startswith("by one: not ended by")


async def test_tasks_that_took_far_longer_than_usual_the_slowest_first(bench: Bench) -> None:
    now, spec = bench.clock.time, dag("slow", task("t"))
    version = builders.add_dag(bench.database, spec)

    def ran(run_id: str, took: float, hours: float, state: str = "success", **more: str) -> None:
        builders.add_run(
            bench.database, spec, version, at=now - timedelta(hours=hours), state=state,
            tasks={"t": state}, took=took, run_id=run_id, **more,
        )  # fmt: skip

    for number in range(60):
        ran(f"usual{number}", 100.0, 30 + number)
    ran("fair", 159.0, 1)  # a minute more is needed
    ran("slow", 400.0, 2)
    ran("slower", 900.0, 3, run_type="backfill")
    ran("failed", 300.0, 4, state="failed")
    ran("long_ago", 900.0, 29)
    builders.add_run(
        bench.database, spec, version, at=now - timedelta(hours=5), tasks={"t": "running"}, run_id="still"
    )
    told = digest(bench, since=now - timedelta(hours=12)).slow
    ended = [(slow.run_id, slow.seconds) for slow in told if slow.ended]
    assert ended == [("slower", 900.0), ("slow", 400.0), ("failed", 300.0)]


async def test_a_run_that_failed_without_a_failed_task(bench: Bench) -> None:
    bench.load(dag("t", task("a"), dagrun_timeout=60.0))
    look(bench)
    run = bench.trigger("t")
    bench.clock.forward(61)
    bench.tick()
    bench.finish()
    [failed] = digest(bench, tasks=1).failed
    assert [(each.dag_id, each.run_id) for each in failed.tasks] == [("t", run)]
    assert "dagrun_timeout" in failed.line


async def test_a_long_trail_is_read_from_its_end(bench: Bench) -> None:
    event = table_of(tables.EventRow)
    then = bench.clock.time + timedelta(seconds=1)
    rows = [
        {
            "at_us": to_us(then + timedelta(seconds=number)), "actor": "engine", "kind": "launch",
            "dag_id": "d", "map_index": -1,
        }
        for number in range(5000)
    ]  # fmt: skip
    with bench.database.write() as connection:
        connection.execute(sa.insert(event), rows)
    since = then + timedelta(seconds=4000)
    bench.clock.forward(6000)
    builders.add_events(bench.database, [("d", None, "dag_changed")], at=then + timedelta(seconds=5000))
    assert [file.dag_id for file in digest(bench, since=since).files] == ["d"]
    assert digest(bench, since=datetime(2000, 1, 1, tzinfo=UTC)).counts["files"] == 3
