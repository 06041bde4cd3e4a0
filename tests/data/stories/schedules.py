"""Stories about schedules, backfills, limits, assets and the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from data.builders import dag, task
from drive.loop import BAD, OK
from drive.story import Story
from fakes.clock import START
from penstock.model.acts import (
    Cancel,
    CancelBackfill,
    Clear,
    CreateBackfill,
    EmitAsset,
    Freeze,
    PauseBackfill,
    PauseSchedule,
    ResizeBackfill,
    ResumeBackfill,
    SetPool,
    Unfreeze,
    UnpauseSchedule,
)
from penstock.model.assets import AssetCondition, AssetSpec
from penstock.model.outcome import AssetChange, Outcome, OutcomeKind
from penstock.model.spec import DagSpec, PoolSpec, ScheduleSpec

DAILY = ScheduleSpec(kind="cron_interval", crons=("0 0 * * *",), text="@daily")
MINUTES = ScheduleSpec(kind="cron", crons=("*/5 * * * *",), text="*/5 * * * *")
KILLED = Outcome(kind=OutcomeKind.CANCELLED, signal=15)


def scheduled(dag_id: str, **fields: object) -> DagSpec:
    """A DAG of one task every five minutes."""
    values: dict[str, object] = {"schedule": MINUTES, "paused_upon_creation": False, **fields}
    return dag(dag_id, task("t"), **values)


async def overlaps(story: Story) -> None:
    """What becomes of points while a run is under way, by the three rules."""
    rules = ("queue", "skip", "cancel_previous")
    story.load(*(scheduled(rule, overlap=rule, max_active_runs=1, catchup="none") for rule in rules))
    story.forward(300)
    story.look()
    story.forward(300)
    story.look()
    story.end("t", KILLED, run=story.bench.engine.runs("cancel_previous")[-1].run_id)
    story.forward(620)
    story.look()
    story.finish()
    story.look()


async def catching_up(story: Story) -> None:
    """Points from before the engine knew the DAG, and those that came while it was down or paused."""
    early = START - timedelta(minutes=17)
    for rule in ("none", "latest", "all"):
        story.load(scheduled(rule, catchup=rule, start_date=early, max_active_runs=2))
    story.look()
    story.finish()
    for rule in ("none", "latest", "all"):
        story.act(PauseSchedule(dag_id=rule))
    story.forward(610)
    story.act(Freeze(dag_id="all"))
    story.forward(300)
    for rule in ("none", "latest", "all"):
        story.act(UnpauseSchedule(dag_id=rule))
    story.act(Unfreeze(dag_id="all"))
    story.look()
    story.finish()
    story.bench.clock.forward(900)
    await story.open()
    story.look()
    story.finish()
    story.load(scheduled("ends", end_date=START + timedelta(seconds=2500), catchup="all", start_date=early))
    story.load(scheduled("once", schedule=ScheduleSpec(kind="once", text="@once")))
    story.load(
        dag("on", task("t"), schedule=ScheduleSpec(kind="continuous", text="@continuous"), max_active_runs=1,
            paused_upon_creation=False, start_date=early)
    )  # fmt: skip
    story.end("t", run=story.bench.engine.runs("on")[0].run_id)
    story.forward(800)
    story.look()


async def clocks(story: Story) -> None:
    """The wall clock is set while points, retries and pokes are under way; the machine starts anew."""
    story.load(scheduled("d", catchup="all"), dag("r", task("a", retries=2, retry_delay=100.0)))
    story.trigger("r")
    story.forward(3)
    story.end("a", BAD)
    story.forward(300)
    story.look()
    story.step_clock(3600)
    story.look()
    story.step_clock(-7200)
    story.look()
    story.forward(30)
    story.finish()
    story.forward(300)
    story.bench.clock.reboot(story.bench.clock.time + timedelta(minutes=7))
    await story.open()
    story.look()
    story.finish()
    story.look()


async def backfills(story: Story) -> None:
    """Backfills in every order and with every rule, and what operators do to them meanwhile."""
    spec = dag("d", task("a"), schedule=DAILY, catchup="none", max_active_runs=2)
    other = dag("e", task("a"), schedule=DAILY, catchup="none")
    story.load(spec, other, dag("none", task("a")))

    def days(first: int, last: int, dag_id: str = "d", **fields: object) -> CreateBackfill:
        start = datetime(2026, 2, 1, tzinfo=UTC)
        span = {"from_date": start + timedelta(days=first), "to_date": start + timedelta(days=last)}
        return CreateBackfill(dag_id=dag_id, **span, **fields)  # type: ignore[arg-type]

    story.act(days(0, 3, max_active_runs=2, conf={"x": 1}))
    story.act(days(0, 1, "e", backwards=True))
    story.act(days(5, 6))
    story.act(days(0, 1, "none"))
    story.act(days(3, 1))
    story.look()
    first, second = [row.run_id for row in reversed(story.bench.engine.runs("d"))]
    story.end("a", BAD, run=first)
    story.look()
    story.act(PauseBackfill(backfill_id=1))
    story.act(PauseBackfill(backfill_id=1))
    story.end("a", run=second)
    story.look()
    story.act(ResizeBackfill(backfill_id=1, max_active_runs=1))
    story.act(ResizeBackfill(backfill_id=1, max_active_runs=0))
    story.act(ResumeBackfill(backfill_id=1))
    story.look()
    await story.open()
    story.finish()
    story.look()
    story.act(days(0, 4, reprocess="failed", max_active_runs=1))
    story.finish()
    story.act(Clear(dag_id="d", run_id=first))
    story.act(days(0, 2, reprocess="completed", backwards=True, max_active_runs=1))
    story.look()
    story.finish()
    story.act(days(6, 9, canary=True))
    story.look()
    story.end("a", BAD)
    story.look()
    story.act(ResumeBackfill(backfill_id=5))
    story.finish()
    story.act(days(10, 13, canary=True))
    story.end("a", OK)
    story.look()
    story.act(CancelBackfill(backfill_id=6))
    story.look()
    story.finish(KILLED)
    story.act(days(14, 19, stop_after=2, max_active_runs=2))
    story.end("a", BAD)
    story.end("a", BAD)
    story.look()
    story.finish(BAD)
    story.act(CancelBackfill(backfill_id=7))
    story.act(CancelBackfill(backfill_id=7))
    story.act(CancelBackfill(backfill_id=70))
    story.act(days(30, 40))
    story.act(Cancel(dag_id="d", run_id=first))
    story.act(PauseSchedule(dag_id="d"))
    story.finish()
    story.look()


async def limits(story: Story) -> None:
    """Who gets the next free slot: weights, pools, limits of every kind, DAGs beside each other."""
    story.load(
        dag(
            "wide",
            task("light", priority_weight=1),
            task("heavy", priority_weight=5, pool="three", pool_slots=2),
            task("up", "light", weight_rule="upstream"),
            task("flat", weight_rule="absolute", priority_weight=3, max_active_tis_per_dag=1),
            task("one", max_active_tis_per_dagrun=1, pool="three"),
            task("lost", pool="unknown"),
            max_active_tasks=2,
            max_active_runs=2,
            pools=(PoolSpec(name="three", slots=3, description="a few"),),
        ),
        dag("narrow", task("a"), task("b"), task("c"), max_active_tasks=3),
        dag("back", task("a"), schedule=DAILY, catchup="none"),
    )
    story.act(SetPool(name="three", slots=2))
    for dag_id in ("wide", "narrow", "wide", "wide"):
        story.trigger(dag_id)
        story.bench.clock.forward(1)
    start = datetime(2026, 2, 1, tzinfo=UTC)
    story.act(CreateBackfill(dag_id="back", from_date=start, to_date=start + timedelta(days=3)))
    story.look()
    for _ in range(9):
        live = sorted(story.bench.loop.world.attempts.values())
        pk, key = live[len(live) // 2]
        story.end(key, run=story.bench.loop.world.runs[pk].record.run_id)
    story.look()
    story.act(SetPool(name="unknown", slots=1))
    story.act(SetPool(name="three", slots=1))
    story.finish()
    story.look()


A = AssetSpec(name="a", uri="s3://a", group="lake", extra={"owner": "me"})
B = AssetSpec(name="b", uri="s3://b")
ALIAS = AssetSpec(name="x", alias=True)


def leaf(spec: AssetSpec) -> AssetCondition:
    """Wait for one asset."""
    return AssetCondition(kind="asset", name=spec.name, uri=spec.uri)


async def assets(story: Story) -> None:
    """Changes of assets, who waits for them, and what they become."""
    both, either = (
        AssetCondition(kind="all", of=(leaf(A), leaf(B))),
        AssetCondition(kind="any", of=(leaf(A), leaf(B))),
    )

    def waiting(dag_id: str, condition: AssetCondition, **fields: object) -> DagSpec:
        schedule = ScheduleSpec(assets=condition, text="assets")
        ready: dict[str, object] = {"paused_upon_creation": False, "schedule": schedule, **fields}
        return dag(dag_id, task("t", launch="python", inlets=(A,)), **ready)

    story.load(
        dag("make_a", task("t", outlets=(A, ALIAS))),
        dag("make_b", task("t", launch="empty", outlets=(B,))),
        waiting("both", both),
        waiting("either", either, max_active_runs=1),
        waiting("alias", AssetCondition(kind="alias", name="x")),
        waiting("named", AssetCondition(kind="name", name="a"), paused_upon_creation=True),
        waiting("by_uri", AssetCondition(kind="uri", uri="s3://b")),
        scheduled("timed", schedule=msgspec.structs.replace(MINUTES, assets=leaf(A)), catchup="none"),
    )
    story.look()
    run = story.trigger("make_a")
    story.end("t", BAD, run=run)
    run = story.trigger("make_a")
    under = AssetChange(name="other", uri="s3://other", aliases=("x",), extra={"rows": 3})
    own = AssetChange(name="a", uri="s3://a", extra={"rows": 1})
    changed = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, assets=(own, under))
    story.forward(1)
    story.end("t", changed, run=run)
    story.look()
    story.trigger("make_b")
    story.look()
    story.finish()
    story.act(EmitAsset(name="a", extra={"by": "hand"}))
    story.act(EmitAsset(name="a"))
    story.act(EmitAsset(name="nothing"))
    story.act(EmitAsset(name="x"))
    story.look()
    story.act(PauseSchedule(dag_id="either"))
    story.act(EmitAsset(name="b"))
    story.finish()
    story.act(UnpauseSchedule(dag_id="named"))
    story.act(UnpauseSchedule(dag_id="either"))
    story.forward(300)
    story.look()
    await story.open()
    story.finish()
    story.look()


STORIES = {each.__name__: each for each in (overlaps, catching_up, clocks, backfills, limits, assets)}
