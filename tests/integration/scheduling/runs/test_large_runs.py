"""Very large runs: what takes long is done a part at a time, seen whole or not at all, and never lost.

The parts are made small here: three task instances a tick.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from data.builders import NOON, dag, task
from data.setups import make, undo
from drive.loop import BAD, OK, Bench
from penstock.errors import PenstockError
from penstock.model.acts import Cancel, Clear, CreateBackfill, Mark, Rerun, Trigger
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import DagSpec, ScheduleSpec
from penstock.model.states import RunState, TaskState
from penstock.model.views.plans import Done
from penstock.scheduling.world import slices
from penstock.scheduling.world.fresh_run import FreshRun
from penstock.scheduling.world.orders import ActOrder
from penstock.scheduling.world.world import build_live
from penstock.store.upkeep.health import problems

KILLED = Outcome(kind=OutcomeKind.CANCELLED)
WIDE = tuple(task(f"t{number:02}") for number in range(20))


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "TASKS", 3)


def ask(bench: Bench, act: Trigger | Cancel | Clear | Rerun) -> ActOrder:
    """Ask for *act*, to be carried out in the ticks that follow."""
    import asyncio

    order = ActOrder(act, None, "tester", None, asyncio.get_running_loop().create_future())
    bench.loop.order(order)
    return order


def ticks_until(bench: Bench, order: ActOrder) -> int:
    """Tick until *order* is answered; return how many ticks that took."""
    for count in range(1, 100):
        bench.tick()
        if order.answer.done():
            return count
    raise AssertionError("it is never answered")


def settle(bench: Bench) -> None:
    """Tick until nothing is left for the next tick."""
    for _ in range(100):
        due_us = bench.tick()
        if due_us is None or due_us > bench.loop.world.now_us:
            return
    raise AssertionError("it does not come to rest")


def sound(bench: Bench) -> None:
    """Check that the events lead to the states of the rows."""
    assert list(problems(bench.database)) == []


# -- creation ------------------------------------------------------------------------------------


async def test_a_run_is_seen_whole_or_not_at_all_and_others_go_on(bench: Bench) -> None:
    bench.load(dag("big", *WIDE), dag("small", task("only")))
    order = ask(bench, Trigger(dag_id="big"))
    bench.tick()
    assert not order.answer.done()
    small = bench.trigger("small")  # asked later, and there first
    bench.end("only")
    assert bench.run_state("small", small) is RunState.SUCCESS
    while not order.answer.done():
        assert bench.engine.runs("big") == []
        bench.tick()
    run_id = str(order.answer.result().run_id)
    assert len(bench.run("big", run_id).tasks) == len(WIDE)
    settle(bench)
    bench.finish()
    assert bench.run_state("big", run_id) is RunState.SUCCESS
    sound(bench)


async def test_nothing_is_left_of_a_run_in_the_making_when_the_engine_dies(bench: Bench) -> None:
    bench.load(dag("big", *WIDE))
    ask(bench, Trigger(dag_id="big"))
    for _ in range(3):
        bench.tick()
    await bench.restart()
    settle(bench)
    assert bench.engine.runs("big") == []
    run_id = bench.trigger("big")
    assert [row.run_id for row in bench.engine.runs("big")] == [run_id]
    sound(bench)


async def test_the_same_act_asked_twice_creates_one_run(bench: Bench) -> None:
    bench.load(dag("big", *WIDE))
    first = bench.act(Trigger(dag_id="big"), act_id="one")
    assert bench.act(Trigger(dag_id="big"), act_id="one") == first
    assert len(bench.engine.runs("big")) == 1


async def test_what_has_changed_meanwhile_refuses_it(bench: Bench) -> None:
    bench.load(dag("big", *WIDE))
    one, two = (ask(bench, Trigger(dag_id="big", run_id="mine")) for _ in range(2))
    ticks_until(bench, one)
    ticks_until(bench, two)
    assert one.answer.result().run_id == "mine"
    with pytest.raises(PenstockError, match="has a run 'mine' already"):
        two.answer.result()
    settle(bench)
    assert bench.loop.world.making.ready(bench.loop.world.dag("big").structure) is False, "it kept a run"


async def test_a_new_version_meanwhile_is_the_one_that_runs(bench: Bench) -> None:
    bench.load(dag("big", *WIDE))
    order = ask(bench, Trigger(dag_id="big"))
    for _ in range(4):
        bench.tick()
    bench.load(dag("big", *WIDE, task("new")))
    ticks_until(bench, order)
    assert len(bench.run("big", str(order.answer.result().run_id)).tasks) == len(WIDE) + 1


async def test_a_rerun_of_a_very_large_run(bench: Bench) -> None:
    bench.load(dag("big", *WIDE))
    first = bench.trigger("big")
    again = bench.act(Rerun(dag_id="big", run_id=first))
    assert bench.run("big", str(again.run_id)).run.rerun_of == first


async def test_points_of_a_schedule_become_runs_one_after_another(bench: Bench) -> None:
    hourly = ScheduleSpec(kind="cron", crons=("0 * * * *",))
    start = bench.clock.time.replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    bench.load(dag("big", *WIDE, schedule=hourly, start_date=start, catchup="all", max_active_runs=9))
    settle(bench)
    runs = bench.engine.runs("big")
    assert len(runs) >= 3
    assert {len(bench.run("big", row.run_id).tasks) for row in runs} == {len(WIDE)}
    points = [row.run_id for row in bench.engine.ledger("big")]
    assert points == [row.run_id for row in runs], "each point has its run, and each run its point"
    bench.finish(most=200)
    sound(bench)


async def test_points_of_a_backfill(bench: Bench) -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    daily = ScheduleSpec(kind="cron", crons=("0 0 * * *",))
    bench.load(dag("big", *WIDE, schedule=daily, start_date=first), paused=True)
    act = CreateBackfill(dag_id="big", from_date=first, to_date=first + timedelta(days=2))
    number = bench.act(act).backfill_id
    assert number is not None
    settle(bench)
    bench.finish(most=200)
    assert [slot.state for slot in bench.engine.backfill(number).points] == ["success"] * 3
    sound(bench)


MAPPED = dag(
    "d",
    make("s"),
    task("w", "s"),
    task("x", "w", trigger_rule="one_done"),
    undo("t", "s", "x"),
    task("always", "x", trigger_rule="always"),
)


@pytest.mark.parametrize("spec", [dag("big", *WIDE), MAPPED], ids=["wide", "setups"])
async def test_what_is_made_ahead_is_what_is_read_from_the_store(bench: Bench, spec: DagSpec) -> None:
    bench.load(spec)
    run_id = bench.trigger(spec.dag_id)
    live = bench.loop.world.run(spec.dag_id, run_id)
    fresh = FreshRun(live.structure)
    made = fresh.live(live.record)
    read = build_live(live.record, live.structure, fresh.tasks)
    assert (made.tasks, made.instances, made.counts) == (read.tasks, read.instances, read.counts)
    assert (made.own_counts, made.unfinished) == (read.own_counts, read.unfinished)


# -- going on ------------------------------------------------------------------------------------


async def test_so_many_tasks_at_once_get_ready_over_several_ticks(bench: Bench) -> None:
    bench.load(dag("big", *WIDE), dag("small", task("only")))
    run_id = bench.trigger("big")
    ready = Counter(bench.states("big", run_id).values())[TaskState.PENDING]
    assert ready == len(WIDE) - 3
    bench.trigger("small")
    assert "only" in bench.running(), "the other one does not wait for it"
    settle(bench)
    assert Counter(bench.states("big", run_id).values())[TaskState.PENDING] == 0


@pytest.mark.parametrize("bad", [set[str](), {"t03"}, {f"t{number:02}" for number in range(20)}])
async def test_all_that_follows_comes_to_the_same_end(
    bench: Bench, bad: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [each.task_id for each in WIDE]
    below = [
        task("all", *names),
        task("one", *names, trigger_rule="one_failed"),
        task("done", *names, trigger_rule="all_done"),
        *(task(f"after{number}", "all") for number in range(8)),
        task("none", launch="empty", trigger_rule="always"),
        task("end", "done", "after1", trigger_rule="none_failed"),
    ]
    bench.load(dag("slow", *WIDE, *below), dag("fast", *WIDE, *below))
    ends = []
    for dag_id, limit in (("slow", 3), ("fast", 4000)):
        monkeypatch.setattr(slices, "TASKS", limit)
        run_id = bench.trigger(dag_id)
        settle(bench)
        bench.finish(lambda name: BAD if name in bad else OK)
        settle(bench)
        bench.finish(lambda name: BAD if name in bad else OK)
        ends.append((bench.run_state(dag_id, run_id), bench.states(dag_id, run_id)))
    assert ends[0] == ends[1]
    sound(bench)


async def test_what_waits_for_its_turn_is_looked_at_after_a_restart(bench: Bench) -> None:
    bench.load(dag("big", *WIDE, max_active_tasks=100))
    run_id = bench.trigger("big")
    await bench.restart()
    settle(bench)
    assert len(bench.running()) == len(WIDE)
    bench.finish()
    assert bench.run_state("big", run_id) is RunState.SUCCESS


# -- being ended ---------------------------------------------------------------------------------


async def started(bench: Bench, *more: DagSpec) -> str:
    """Return a run of twenty tasks of which two run."""
    bench.load(dag("big", *WIDE, max_active_tasks=2), *more)
    run_id = bench.trigger("big")
    settle(bench)
    return run_id


def cancel(bench: Bench, run_id: str) -> Done:
    return bench.act(Cancel(dag_id="big", run_id=run_id))


async def test_cancel_commits_on_intent_and_nothing_starts_any_more(bench: Bench) -> None:
    run_id = await started(bench, dag("small", task("only")))
    done = cancel(bench, run_id)
    assert done.touched == len(WIDE)
    assert done.message == "the run is being cancelled, 2 still to be killed, 15 tasks still to be ended"
    small = bench.trigger("small")
    bench.end("only")
    assert bench.run_state("small", small) is RunState.SUCCESS
    settle(bench)
    bench.finish(lambda _: KILLED)
    assert bench.run_state("big", run_id) is RunState.CANCELLED
    assert set(bench.states("big", run_id).values()) == {TaskState.CANCELLED}
    assert sum(row.attempts for row in bench.run("big", run_id).tasks) == 2
    sound(bench)


@pytest.mark.parametrize("ticks", range(6))
async def test_an_engine_that_dies_meanwhile_goes_on_with_the_cancel(bench: Bench, ticks: int) -> None:
    run_id = await started(bench)
    cancel(bench, run_id)
    for _ in range(ticks):
        bench.tick()
    await bench.restart()
    settle(bench)
    bench.finish(lambda _: KILLED)
    assert bench.run_state("big", run_id) is RunState.CANCELLED
    states = Counter(bench.states("big", run_id).values())
    assert states == {TaskState.CANCELLED: len(WIDE)}
    sound(bench)


async def test_a_queued_run_is_cancelled_too(bench: Bench) -> None:
    bench.load(dag("big", *WIDE, max_active_runs=1))
    bench.trigger("big")
    queued = bench.trigger("big")
    cancel(bench, queued)
    settle(bench)
    assert bench.run_state("big", queued) is RunState.CANCELLED


async def test_a_cancel_asked_twice_is_one(bench: Bench) -> None:
    run_id = await started(bench)
    cancel(bench, run_id)
    cancel(bench, run_id)
    settle(bench)
    bench.finish(lambda _: KILLED)
    events = bench.engine.events(dag_id="big", run_id=run_id, limit=1000)
    ended = Counter(event.task_id for event in events if event.kind == "cancel")
    assert set(ended.values()) == {1}
    assert bench.run_state("big", run_id) is RunState.CANCELLED


async def test_a_clear_meanwhile_takes_the_rest_of_the_cancel_back(bench: Bench) -> None:
    run_id = await started(bench)
    cancel(bench, run_id)
    bench.act(Clear(dag_id="big", run_id=run_id))
    for name in bench.running():
        bench.end(name, KILLED)
    settle(bench)
    bench.finish()
    assert bench.run_state("big", run_id) is RunState.SUCCESS
    assert set(bench.states("big", run_id).values()) == {TaskState.SUCCESS}
    sound(bench)


async def test_a_mark_meanwhile_stands(bench: Bench) -> None:
    run_id = await started(bench)
    cancel(bench, run_id)
    bench.act(Mark(dag_id="big", run_id=run_id, tasks=("t19",), state="success"))
    settle(bench)
    bench.finish(lambda _: KILLED)
    assert bench.states("big", run_id)["t19"] is TaskState.SUCCESS
    assert bench.run_state("big", run_id) is RunState.CANCELLED


async def test_teardowns_of_what_was_set_up_still_run(bench: Bench) -> None:
    work = [task(f"w{number}", "s") for number in range(12)]
    spec = dag("big", make("s"), *work, undo("t", "s", *(each.task_id for each in work)), max_active_tasks=2)
    bench.load(spec)
    run_id = bench.trigger("big")
    settle(bench)
    bench.end("s")
    settle(bench)
    cancel(bench, run_id)
    assert "t" not in bench.running()
    settle(bench)
    bench.finish(lambda name: OK if name == "t" else KILLED)
    states = bench.states("big", run_id)
    assert states["t"] is TaskState.SUCCESS
    assert {states[each.task_id] for each in work} == {TaskState.CANCELLED}
    assert bench.run_state("big", run_id) is RunState.CANCELLED


@pytest.mark.parametrize("dies", [False, True])
async def test_a_run_out_of_time_is_ended_over_several_ticks(bench: Bench, *, dies: bool) -> None:
    bench.load(dag("big", *WIDE, max_active_tasks=2, dagrun_timeout=60.0))
    run_id = bench.trigger("big")
    settle(bench)
    bench.clock.forward(61)
    bench.tick()
    if dies:
        await bench.restart()
    settle(bench)
    bench.finish(lambda _: KILLED)
    states = bench.states("big", run_id)
    assert Counter(states.values())[TaskState.SKIPPED] >= len(WIDE) - 2
    assert bench.run_state("big", run_id) is RunState.FAILED
    sound(bench)


# -- cleared -------------------------------------------------------------------------------------

BRANCHED = dag(
    "d",
    make("s"),
    task("choose", "s", launch="python", operator="BranchPythonOperator"),
    *(task(f"w{number}", "choose") for number in range(4)),
    task("join", "w0", "w1", "w2", "w3", trigger_rule="none_failed_min_one_success"),
    undo("t", "s", "join"),
    task("last", "join", depends_on_past=True),
)
CHOICE = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, skips=("w2", "w3"))


def endings(bad: set[str]) -> Callable[[str], Outcome]:
    return lambda name: CHOICE if name == "choose" else BAD if name in bad else OK


@pytest.mark.parametrize("bad", [set[str](), {"w0"}, {"s"}, {"join"}, {"last"}], ids=str)
@pytest.mark.parametrize("named", [(), ("choose",), ("w1", "w2"), ("join", "t")], ids=str)
async def test_a_clear_of_many_does_what_a_clear_of_few_does(
    bench: Bench, bad: set[str], named: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(slices, "TASKS", 4000)
    for dag_id, limit in (("many", 0), ("few", 4000)):
        monkeypatch.setattr(slices, "MANY", limit)
        bench.load(msgspec.structs.replace(BRANCHED, dag_id=dag_id, file=f"{dag_id}.py"))
        run_id, later = (bench.trigger(dag_id, logical_date=NOON + timedelta(days=day)) for day in range(2))
        bench.finish(endings(bad))
        bench.act(Clear(dag_id=dag_id, run_id=run_id, tasks=named, downstream=True))
        live = bench.loop.world.run(dag_id, run_id)
        read = build_live(live.record, live.structure, list(live.tasks.values()))
        assert (live.counts, live.own_counts, live.decisions) == (
            read.counts,
            read.own_counts,
            read.decisions,
        )
        assert (live.unfinished, live.queues) == (read.unfinished, read.queues)
        between = bench.states(dag_id, run_id)
        bench.finish(endings(set()))
        ends = [(bench.run_state(dag_id, each), bench.states(dag_id, each)) for each in (run_id, later)]
        events = bench.engine.events(dag_id=dag_id, run_id=run_id, limit=1000)
        moves = [each for each in events if each.kind in {"clear", "run_reopen", "meet", "skip", "block"}]
        told = Counter((each.kind, each.task_id, each.before, each.after, each.reason) for each in moves)
        seen.append((between, ends, told))
    assert seen[0] == seen[1]
    sound(bench)
