"""Whatever a DAG looks like, however its attempts end and whatever people do meanwhile: what always holds.

Each example is a few DAGs and a list of steps: attempts end, time passes, operators act, the engine dies
and comes back, writes fail. After every step memory and rows are compared and the limits counted.
"""

from __future__ import annotations

import asyncio

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from data.builders import dag, task
from drive.examples import examples
from drive.life import EARLY, STEPS, Step, drive
from penstock.model.spec import DagSpec, ExpandSpec, MapInput, ScheduleSpec, SensorSpec, TaskSpec
from penstock.model.trigger_rules import TriggerRule

POOLS = ("default_pool", "narrow")
DAILY = ScheduleSpec(kind="cron", crons=("0 0 * * *",), text="@daily")


@st.composite
def expansions(draw: st.DrawFn, parents: list[str]) -> ExpandSpec | None:
    """Draw how a task is mapped, if at all: over a list of the file, over what a parent returns, or both."""
    over = draw(st.sampled_from(["nothing", "list", "parent", "both"] if parents else ["nothing", "list"]))
    inputs: dict[str, MapInput] = {}
    if over in ("list", "both"):
        inputs["x"] = MapInput(kind="literal", length=draw(st.integers(0, 3)))
    if over in ("parent", "both"):
        inputs["y"] = MapInput(kind="xcom", task_id=draw(st.sampled_from(parents)))
    return ExpandSpec(kind="product", inputs=inputs) if inputs else None


@st.composite
def task_specs(draw: st.DrawFn, number: int) -> TaskSpec:
    """Draw one task that depends on some of those before it."""
    earlier = [f"t{each}" for each in range(number)]
    parents = draw(st.sets(st.sampled_from(earlier), max_size=3)) if earlier else set()
    kind = draw(st.sampled_from(["command", "command", "python", "empty", "sensor"]))
    sensor = SensorSpec(mode="reschedule", poke_interval=30.0) if kind == "sensor" else None
    expand = draw(expansions(sorted(parents))) if kind == "python" else None
    return task(
        f"t{number}",
        *parents,
        expand=expand,
        launch="python" if kind == "sensor" else kind,
        sensor=sensor,
        trigger_rule=draw(st.sampled_from(["all_success", *(rule.value for rule in TriggerRule)])),
        retries=draw(st.integers(0, 2)),
        retry_delay=draw(st.sampled_from([0.0, 30.0])),
        pool=draw(st.sampled_from(POOLS)),
        pool_slots=draw(st.integers(1, 2)),
        priority_weight=draw(st.integers(1, 3)),
        on_lost=draw(st.sampled_from(["retry", "fail"])),
        depends_on_past=draw(st.integers(0, 4)) == 0,
        wait_for_downstream=draw(st.integers(0, 6)) == 0,
        max_active_tis_per_dag=draw(st.sampled_from([None, None, 1])),
        max_active_tis_per_dagrun=draw(st.sampled_from([None, None, 1])),
    )


@st.composite
def set_up_and_torn_down(draw: st.DrawFn, tasks: list[TaskSpec]) -> list[TaskSpec]:
    """Draw a setup before some of *tasks* and a teardown after some, which need not be the last ones."""
    names = [each.task_id for each in tasks]
    first = draw(st.sets(st.sampled_from(names), min_size=1))
    last = draw(st.sets(st.sampled_from(names), max_size=2))
    between = [
        msgspec.structs.replace(each, upstream=(*each.upstream, "up")) if each.task_id in first else each
        for each in tasks
    ]
    rule = TriggerRule.ALL_DONE_SETUP_SUCCESS.value
    down = task("down", *last, "up", is_teardown=True, trigger_rule=rule, retries=draw(st.integers(0, 1)))
    return [task("up", is_setup=True), *between, down]


@st.composite
def dag_specs(draw: st.DrawFn, name: str) -> DagSpec:
    """Draw a DAG of up to seven tasks."""
    tasks = [draw(task_specs(number)) for number in range(draw(st.integers(1, 7)))]
    if draw(st.booleans()):
        tasks = draw(set_up_and_torn_down(tasks))
    return dag(
        name,
        *tasks,
        schedule=DAILY,
        start_date=EARLY,
        catchup=draw(st.sampled_from(["none", "latest", "all"])),
        overlap=draw(st.sampled_from(["queue", "skip", "cancel_previous"])),
        max_active_runs=draw(st.integers(1, 3)),
        max_active_tasks=draw(st.integers(1, 4)),
        fail_fast=draw(st.integers(0, 5)) == 0,
        dagrun_timeout=draw(st.sampled_from([None, None, 120.0])),
    )


steps = st.lists(
    st.tuples(st.sampled_from(STEPS), st.integers(0, 10**6), st.integers(0, 10**6)), min_size=15, max_size=60
)


@settings(
    max_examples=examples(10),
    phases=(Phase.explicit, Phase.generate),  # making an example small can take minutes: do it by hand
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(dag_specs("one"), dag_specs("two"), steps)
def test_whatever_happens_nothing_is_doubled_exceeded_forgotten_or_stuck(
    one: DagSpec, two: DagSpec, todo: list[Step]
) -> None:
    asyncio.run(drive([one, two], todo))


@st.composite
def torn_down(draw: st.DrawFn) -> DagSpec:
    """Draw work between a setup and a teardown whose direct parent is the last of it."""
    middle = [
        task(f"t{each}", *([f"t{each - 1}"] if each else ["up"])) for each in range(draw(st.integers(2, 4)))
    ]
    side = [task("side", "up", retries=1, retry_delay=30.0)] if draw(st.booleans()) else []
    rule = TriggerRule.ALL_DONE_SETUP_SUCCESS.value
    down = task("down", middle[-1].task_id, "up", is_teardown=True, trigger_rule=rule)
    return dag("one", task("up", is_setup=True), *middle, *side, down, schedule=DAILY, start_date=EARLY)


again = st.lists(
    st.tuples(
        st.sampled_from(["end", "end", "end", "clear", "clear", "retry", "mark", "restart", "forward"]),
        st.integers(0, 10**6),
        st.integers(0, 1),  # how an attempt ends: well
    ),
    min_size=30,
    max_size=60,
)


@settings(
    max_examples=examples(5),
    phases=(Phase.explicit, Phase.generate),
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(torn_down(), again)
def test_however_often_work_is_cleared_no_teardown_is_beside_it(one: DagSpec, todo: list[Step]) -> None:
    asyncio.run(drive([one], todo))
