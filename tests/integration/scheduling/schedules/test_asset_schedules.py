"""Assets in the real loop: who takes note, what becomes a run, and that every change counts once."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import msgspec
import pytest

from data.builders import dag, task
from drive.instance import Instance
from drive.loop import BAD, OK, Bench
from drive.waiting import wait_for
from penstock.api.engine import Engine
from penstock.api.local import LocalEngine
from penstock.errors import UnknownError, UsageError
from penstock.execution.configured import archive_of
from penstock.model.acts import EmitAsset, PauseSchedule, Trigger, UnpauseSchedule
from penstock.model.assets import AssetCondition, AssetSpec
from penstock.model.outcome import AssetChange, Outcome, OutcomeKind
from penstock.model.spec import DagSpec, ScheduleSpec
from penstock.model.states import RUN_TERMINAL, RunState, RunType
from penstock.model.views.runs import RunRow
from penstock.store.database import Database
from penstock.store.engine.working_set import WorkingSet

A, B = AssetSpec(name="a", uri="s3://a", group="lake", extra={"owner": "me"}), AssetSpec(name="b", uri="b")
ALIAS = AssetSpec(name="x", alias=True)


def leaf(spec: AssetSpec) -> AssetCondition:
    return AssetCondition(kind="asset", name=spec.name, uri=spec.uri)


BOTH = AssetCondition(kind="all", of=(leaf(A), leaf(B)))
EITHER = AssetCondition(kind="any", of=(leaf(A), leaf(B)))


def waiting(dag_id: str, condition: AssetCondition, **fields: object) -> DagSpec:
    schedule = ScheduleSpec(assets=condition, text="assets")
    return dag(dag_id, task("t", launch="python"), schedule=schedule, **fields)


MAKE_A = dag("make_a", task("t", outlets=(A,)))
MAKE_B = dag("make_b", task("t", launch="empty", outlets=(B,)))


def runs(bench: Bench, dag_id: str) -> list[str]:
    return [row.run_id for row in reversed(bench.engine.runs(dag_id))]


def make_a(bench: Bench, outcome: Outcome = OK) -> str:
    run_id = bench.trigger("make_a")
    bench.end("t", outcome, run_id=run_id)
    return run_id


async def test_a_success_is_a_change_and_a_failure_is_none(bench: Bench) -> None:
    bench.load(MAKE_A, waiting("c", leaf(A)))
    make_a(bench, BAD)
    assert runs(bench, "c") == []
    assert bench.engine.asset_events("a") == []
    run_id = make_a(bench)
    [made] = runs(bench, "c")
    [event] = bench.engine.asset_events("a")
    assert (event.source_dag_id, event.source_run_id, event.source_task_id) == ("make_a", run_id, "t")
    assert event.runs == (("c", made),)
    row = bench.run("c", made).run
    assert (row.run_type, row.state) == (RunType.ASSET_TRIGGERED, RunState.RUNNING)
    assert (row.logical_date, row.data_interval_start) == (None, None)
    [spec] = [spec for spec in bench.executor.specs.values() if spec.context.get("dag_id") == "c"]
    [told] = spec.context["triggering"]
    assert (told["name"], told["uri"], told["source"]["run_id"]) == ("a", "s3://a", run_id)
    kinds = [each.kind for each in bench.engine.events(limit=100)]
    assert kinds.count("asset_changed") == 1


async def test_all_waits_for_each_and_takes_all_of_them_along(bench: Bench) -> None:
    bench.load(MAKE_A, MAKE_B, waiting("both", BOTH), waiting("either", EITHER))
    make_a(bench)
    make_a(bench)
    assert runs(bench, "both") == []
    assert len(runs(bench, "either")) == 2
    [barrier] = bench.engine.why("both").barriers
    assert barrier.kind == "assets"
    assert barrier.text == "it runs when a & b have changed; it waits for b; changed since its last run: a"
    assert barrier.holders == ("b",)
    bench.trigger("make_b")
    [run_id] = runs(bench, "both")
    events = [event for event in bench.engine.asset_events("a") if ("both", run_id) in event.runs]
    assert len(events) == 2, "both changes of a go along"
    bench.trigger("make_b")
    assert runs(bench, "both") == [run_id], "each change counts once"
    assert len(runs(bench, "either")) == 4


async def test_a_paused_dag_takes_no_note(bench: Bench) -> None:
    bench.load(MAKE_A, MAKE_B, waiting("c", BOTH))
    make_a(bench)
    bench.act(PauseSchedule(dag_id="c"))
    bench.trigger("make_b")
    assert runs(bench, "c") == []
    assert bench.engine.why("c").barriers[0].kind == "paused"
    bench.act(UnpauseSchedule(dag_id="c"))
    assert runs(bench, "c") == [], "what changed meanwhile is not made up for"
    bench.trigger("make_b")
    assert len(runs(bench, "c")) == 1, "what waited before the pause still counts"


async def test_changes_wait_through_a_restart(bench: Bench) -> None:
    bench.load(MAKE_A, MAKE_B, waiting("c", BOTH))
    make_a(bench)
    await bench.restart()
    bench.trigger("make_b")
    [run_id] = runs(bench, "c")
    await bench.restart()
    bench.tick()
    assert runs(bench, "c") == [run_id]
    bench.end("t", BAD, run_id=run_id)
    assert bench.run_state("c", run_id) is RunState.FAILED


@pytest.mark.ticks_fail
async def test_a_commit_that_fails_leaves_no_change_behind(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(MAKE_A, waiting("c", leaf(A)))
    run_id = bench.trigger("make_a")
    write = bench.database.write

    def broken() -> object:
        raise OSError("disk full")

    monkeypatch.setattr(bench.database, "write", broken)
    bench.end("t", OK, run_id=run_id)
    monkeypatch.setattr(bench.database, "write", write)
    assert bench.engine.asset_events("a") == []
    for _ in range(3):
        bench.tick()
    assert len(bench.engine.asset_events("a")) == 1
    assert len(runs(bench, "c")) == 1


async def test_what_a_task_says_goes_with_the_change_and_aliases_lead_on(bench: Bench) -> None:
    maker = dag("maker", task("t", outlets=(A, ALIAS)))
    by_alias = AssetCondition(kind="alias", name="x")
    by_name = AssetCondition(kind="name", name="new")
    bench.load(maker, waiting("alias", by_alias), waiting("name", by_name))
    run_id = bench.trigger("maker")
    said = (
        AssetChange(name="a", uri="s3://a", extra={"rows": 3}),
        AssetChange(name="new", uri="s3://new", aliases=("x",)),
        AssetChange(name="nobody's", uri="n", extra={"k": 1}),
    )
    bench.end("t", msgspec.structs.replace(OK, assets=said), run_id=run_id)
    assert [event.extra for event in bench.engine.asset_events("a")] == [{"rows": 3}]
    assert bench.engine.asset_events("nobody's") == []
    assert [event.name for event in bench.engine.asset_events(alias="x")] == ["new"]
    assert len(runs(bench, "alias")) == len(runs(bench, "name")) == 1


async def test_emit_by_hand(bench: Bench) -> None:
    bench.load(MAKE_A, waiting("c", leaf(A)), waiting("off", leaf(A)))
    bench.act(PauseSchedule(dag_id="off"))
    plan = bench.engine.plan(EmitAsset(name="s3://a", extra={"by": "hand"}))
    assert [item.dag_id for item in plan.items] == ["c"]
    assert plan.notes == ("off is paused, so the change does not count for it",)
    done = bench.act(EmitAsset(name="s3://a", extra={"by": "hand"}), expect=plan.fingerprint, act_id="once")
    assert done.message == "a has changed; 1 DAG waited for it"
    again = bench.act(EmitAsset(name="s3://a", extra={"by": "hand"}), act_id="once")
    assert again == done
    [event] = bench.engine.asset_events("a")
    assert (event.by, event.extra, event.source_dag_id) == ("tester", {"by": "hand"}, None)
    assert len(runs(bench, "c")) == 1
    with pytest.raises(UnknownError, match="asset 'z' does not exist in any DAG"):
        bench.engine.plan(EmitAsset(name="z"))
    with pytest.raises(UsageError, match="larger than"):
        bench.engine.plan(EmitAsset(name="a", extra={"x": "y" * 70_000}))


KILLED = Outcome(kind=OutcomeKind.CANCELLED)


@pytest.mark.parametrize(("overlap", "made"), [("queue", 3), ("skip", 1), ("cancel_previous", 3)])
async def test_overlap(bench: Bench, overlap: str, made: int) -> None:
    bench.load(MAKE_A, waiting("c", leaf(A), max_active_runs=1, overlap=overlap))
    for _ in range(3):
        bench.act(EmitAsset(name="a"))
    found = runs(bench, "c")
    assert len(found) == made
    [running] = [row.run_id for row in bench.engine.runs("c") if row.state is RunState.RUNNING]
    assert running == found[0]
    others = {"queue": ["queued", "queued"], "skip": [], "cancel_previous": ["cancelled", "queued"]}[overlap]
    assert [bench.run_state("c", run) for run in found[1:]] == others
    stopped = {bench.live()[f"{running}/t"]} if overlap == "cancel_previous" else set()
    assert {each[0] for each in bench.executor.stops} == stopped
    bench.end("t", KILLED if stopped else OK, run_id=running)
    assert bench.run_state("c", running) == ("cancelled" if stopped else "success")
    after = {"queue": ["running", "queued"], "skip": ["running"], "cancel_previous": ["cancelled", "running"]}
    assert [bench.run_state("c", run) for run in runs(bench, "c")[1:]] == after[overlap]


async def test_by_time_or_by_assets(bench: Bench) -> None:
    schedule = ScheduleSpec(kind="cron", crons=("0 * * * *",), assets=leaf(A), text="hourly or a")
    bench.load(MAKE_A, dag("c", task("t"), schedule=schedule, catchup="none"))
    bench.act(EmitAsset(name="a"))
    bench.clock.forward(3600)
    bench.tick()
    assert [row.run_type for row in bench.engine.runs("c")] == [RunType.SCHEDULED, RunType.ASSET_TRIGGERED]


async def test_a_changed_schedule_forgets_what_it_no_longer_waits_for(bench: Bench) -> None:
    bench.load(MAKE_A, MAKE_B, waiting("c", BOTH))
    make_a(bench)
    bench.load(waiting("c", leaf(B)))
    bench.load(waiting("c", BOTH))
    bench.trigger("make_b")
    assert runs(bench, "c") == []
    assert bench.engine.why("c").barriers[0].holders == ("a",)


async def test_the_lineage(bench: Bench) -> None:
    reader = dag("reader", task("r", inlets=(A,)))
    bench.load(MAKE_A, MAKE_B, reader, waiting("c", BOTH))
    run_id = make_a(bench)
    rows = {row.name: row for row in bench.engine.assets()}
    assert sorted(rows) == ["a", "b"]
    a = rows["a"]
    assert (a.group, a.extra, a.events) == ("lake", {"owner": "me"}, 1)
    assert [(each.dag_id, each.task_id) for each in a.producers] == [("make_a", "t")]
    assert [(each.dag_id, each.task_id) for each in a.readers] == [("reader", "r")]
    [consumer] = a.consumers
    assert (consumer.dag_id, consumer.queued, consumer.waits_for) == ("c", 1, ("b",))
    assert a.last_event is not None
    assert a.last_event.source_run_id == run_id
    assert rows["b"].last_event is None


async def test_a_lost_or_skipped_task_changes_nothing(bench: Bench) -> None:
    bench.load(MAKE_A, waiting("c", leaf(A)))
    run_id = bench.trigger("make_a")
    bench.lose("t")
    assert bench.run_state("make_a", run_id) is RunState.FAILED
    make_a(bench, Outcome(kind=OutcomeKind.SKIPPED))
    assert bench.engine.asset_events("a") == []


FILE = """
from penstock import DAG, Asset, BashOperator, Metadata, asset, task

orders = Asset("orders", uri="s3://orders")

with DAG("maker", schedule=None, is_paused_upon_creation=False):
    @task(outlets=[orders])
    def make(conf=None, dag_run=None):
        yield Metadata(orders, {"rows": dag_run.conf["rows"]})
    make()

with DAG("reader", schedule=[orders], is_paused_upon_creation=False):
    @task(inlets=[orders])
    def read(triggering_asset_events, inlet_events, dag_run, **context):
        assert "ds" not in context
        assert dag_run.run_type == "asset_triggered"
        [event] = triggering_asset_events[orders]
        return [event.extra["rows"], [one.extra["rows"] for one in inlet_events[orders]], event.source_dag_id]
    read()

@asset(schedule=orders, is_paused_upon_creation=False)
def sums(self, context):
    return [self.name, [e.extra for e in context["triggering_asset_events"][orders]]]
"""


def test_with_a_real_engine(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write_dag("shop", FILE)
    try:
        instance.start()
        with instance.client() as engine:
            for rows in (3, 4):
                engine.commit(Trigger(dag_id="maker", conf={"rows": rows}))
                enough = partial(has_done, engine, "reader", rows - 2)
                wait_for(enough, 60, "reader does not run")
            wait_for(partial(has_done, engine, "sums", 2), 60, "sums does not run")
            assert [row.state for row in done(engine, "reader")] == [RunState.SUCCESS] * 2
            names = {row.name: row for row in engine.assets()}
            assert names["sums"].events == 2
            assert names["orders"].last_event is not None
            assert names["orders"].last_event.extra == {"rows": 4}
        instance.stop()
        database = Database.open(instance.settings.database, readonly=True)
        found = [
            WorkingSet(database).xcoms("reader", row.run_id)["read"]["return_value"]
            for row in LocalEngine(database, instance.settings, archive_of(instance.settings)).runs("reader")
        ]
        database.close()
        assert found == [[4, [3, 4], "maker"], [3, [3], "maker"]]
    finally:
        instance.close()


def done(engine: Engine, dag_id: str) -> list[RunRow]:
    return [row for row in engine.runs(dag_id) if row.state in RUN_TERMINAL]


def has_done(engine: Engine, dag_id: str, count: int) -> bool:
    return len(done(engine, dag_id)) == count
