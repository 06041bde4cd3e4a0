"""Who holds which slots, and what would block a launch."""

from __future__ import annotations

import pytest

from data.builders import dag, task
from data.live_runs import live_run, world_of
from penstock.model.states import OCCUPIES_SLOT, TaskState
from penstock.scheduling.world.limits import Occupancy, run_full, run_limit, run_queue, task_blocked
from penstock.store.engine.live_rows import Apart
from penstock.store.engine.records import PoolRecord

S = TaskState


@pytest.mark.parametrize("state", TaskState)
def test_a_slot_is_held_exactly_while_an_attempt_lives(state: TaskState) -> None:
    live = live_run(dag("d", task("a")), {"a": state})
    assert Occupancy.of(world_of(live)).total == (state in OCCUPIES_SLOT)


def test_slots_are_counted_by_everything_that_limits_them() -> None:
    spec = dag("d", task("a", pool="p", pool_slots=3), task("b"))
    first = live_run(spec, {"a": S.RUNNING, "b": S.QUEUED}, key=1)
    second = live_run(spec, {"a": S.STOPPING}, key=2, backfill_id=7)
    other = live_run(dag("e", task("a")), {"a": S.RESTARTING}, key=3)
    found = Occupancy.of(world_of(first, second, other))
    assert found.total == 4
    assert dict(found.by_dag) == {"d": 3, "e": 1}
    assert dict(found.by_run) == {1: 2, 2: 1, 3: 1}
    assert dict(found.by_pool) == {"p": 6, "default_pool": 2}
    assert dict(found.by_task) == {("d", "a"): 2, ("d", "b"): 1, ("e", "a"): 1}
    assert dict(found.by_run_task) == {(1, "a"): 1, (1, "b"): 1, (2, "a"): 1, (3, "a"): 1}
    assert dict(found.by_backfill) == {7: 1}


@pytest.mark.parametrize(("limit", "full"), [(1, True), (2, True), (3, False), (0, True)])
def test_a_run_is_full_at_its_max_active_tasks(limit: int, full: bool) -> None:
    spec = dag("d", task("a"), task("b"), task("c"), max_active_tasks=limit)
    live = live_run(spec, {"a": S.RUNNING, "b": S.QUEUED})
    assert run_full(Occupancy.of(world_of(live)), live) is full


@pytest.mark.parametrize(
    ("slots", "wanted", "blocked"),
    [(3, 1, None), (3, 2, "pool"), (2, 1, "pool"), (0, 1, "pool"), (2, 0, None), (None, 1, "pool")],
)
def test_a_pool_blocks_what_does_not_fit(slots: int | None, wanted: int, blocked: str | None) -> None:
    spec = dag("d", task("a", pool="p", pool_slots=2), task("b", pool="p", pool_slots=wanted))
    live = live_run(spec, {"a": S.RUNNING})
    world = world_of(live, pools={} if slots is None else {"p": slots})
    assert task_blocked(world, Occupancy.of(world), live, spec.tasks[1]) == blocked


@pytest.mark.parametrize(
    ("fields", "blocked"),
    [
        ({}, None),
        ({"max_active_tis_per_dag": 2}, "max_active_tis_per_dag"),
        ({"max_active_tis_per_dag": 3}, None),
        ({"max_active_tis_per_dagrun": 1}, None),
        ({"max_active_tis_per_dagrun": 0}, "max_active_tis_per_dagrun"),
    ],
)
def test_limits_of_a_task_count_other_runs_or_not(fields: dict[str, int], blocked: str | None) -> None:
    spec = dag("d", task("a", **fields))
    runs = [live_run(spec, {"a": state}, key=key) for key, state in ((1, S.RUNNING), (2, S.QUEUED))]
    mine = live_run(spec, {"a": S.SCHEDULED}, key=3)
    world = world_of(*runs, mine)
    assert task_blocked(world, Occupancy.of(world), mine, spec.tasks[0]) == blocked


def test_a_run_waits_in_its_backfill_while_that_goes_on_and_else_in_its_dag() -> None:
    spec = dag("d", task("a"), max_active_runs=4)
    live = live_run(spec, backfill_id=7)
    going, over = world_of(live, backfills={7: 2}), world_of(live)
    assert (run_queue(going, live), run_limit(going, live)) == (7, 2)
    assert (run_queue(over, live), run_limit(over, live)) == ("d", 4)
    over.dags.clear()  # the DAG itself cannot be read: its runs go by what they are pinned to
    assert run_limit(over, live) == 4


def test_a_live_attempt_of_a_run_that_is_left_out_holds_its_slots() -> None:
    live = live_run(dag("d", task("a", pool="p")))
    world = world_of(live, pools={"p": 3})
    world.slots_apart.append((Apart(9, "d", "r", "running", 7, 1, (("attempt", "a"),)), "a", "p", 2))
    found = Occupancy.of(world)
    assert (found.total, found.by_dag["d"], found.by_pool["p"], found.by_backfill[7]) == (1, 1, 2, 1)


def test_deferred_tasks_hold_slots_of_the_pools_that_count_them() -> None:
    spec = dag("d", task("a", pool="p", pool_slots=2), task("b", pool="q"), task("c", pool="p"))
    live = live_run(spec, {"a": S.DEFERRED, "b": S.DEFERRED, "c": S.SCHEDULED})
    world = world_of(live, pools={"p": 2, "q": 1})
    assert dict(Occupancy.of(world).by_pool) == {}
    world.pools["p"] = PoolRecord("p", 2, include_deferred=True)
    found = Occupancy.of(world)
    assert (dict(found.by_pool), found.total) == ({"p": 2}, 0)
    assert task_blocked(world, found, live, spec.tasks[2]) == "pool"
