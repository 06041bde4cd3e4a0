"""Taking back what was done to a pool: its size, its making, its deletion; and when it is too late."""

from __future__ import annotations

import pytest

from data.builders import dag, task
from drive.loop import Bench
from penstock.errors import PlanStaleError, RefusedError
from penstock.model.acts import DeletePool, SetPool, Undo


def pools(bench: Bench) -> dict[str, tuple[int, str | None, bool]]:
    return {row.name: (row.slots, row.description, row.include_deferred) for row in bench.engine.pools()}


async def test_a_resized_pool_gets_all_of_itself_back(bench: Bench) -> None:
    bench.act(SetPool(name="p", slots=3, description="one writer", include_deferred=True))
    done = bench.act(SetPool(name="p", slots=7, description="many"))
    assert pools(bench)["p"] == (7, "many", True)
    plan = bench.loop.plan(Undo(undo_id=done.undo_id))
    assert [(item.before, item.after, item.note) for item in plan.items] == [
        ("7 slots, deferred tasks keep theirs", "3 slots, deferred tasks keep theirs", "p")
    ]
    assert plan.cli == f"penstock undo {done.undo_id}"
    bench.act(Undo(undo_id=done.undo_id), expect=plan.fingerprint)
    assert pools(bench)["p"] == (3, "one writer", True)
    with pytest.raises(RefusedError, match="already undone"):
        bench.act(Undo(undo_id=done.undo_id))


async def test_a_new_pool_is_gone_and_a_deleted_one_is_back(bench: Bench) -> None:
    bench.act(SetPool(name="p", slots=1))
    bench.act(DeletePool(name="p"))
    assert "p" not in pools(bench)
    bench.act(Undo(dag_id=""))
    assert pools(bench)["p"] == (1, None, False)
    bench.act(Undo(dag_id=""))
    assert "p" not in pools(bench)
    with pytest.raises(RefusedError, match="no change of a pool can be undone"):
        bench.act(Undo(dag_id=""))


async def test_it_outlives_the_engine_and_frees_what_waits(bench: Bench) -> None:
    bench.load(dag("d", *(task(name, pool="p") for name in "abc")))
    bench.act(SetPool(name="p", slots=3))
    bench.act(SetPool(name="p", slots=1))
    bench.trigger("d")
    assert len(bench.running()) == 1
    await bench.restart()
    bench.act(Undo(dag_id=""))
    bench.tick()
    assert len(bench.running()) == 3


async def test_too_late_when_it_was_changed_since_or_is_in_use(bench: Bench) -> None:
    made = bench.act(SetPool(name="p", slots=1))
    resized = bench.act(SetPool(name="p", slots=2))
    with pytest.raises(RefusedError, match=r"too late to undo: .*: pool p has 2 slots by now"):
        bench.act(Undo(undo_id=made.undo_id))
    bench.act(Undo(undo_id=resized.undo_id))
    bench.load(dag("d", task("a", pool="p")))
    bench.trigger("d")
    with pytest.raises(RefusedError, match="pool p is in use"):
        bench.act(Undo(undo_id=made.undo_id))


async def test_a_plan_is_stale_once_the_pool_has_moved(bench: Bench) -> None:
    bench.act(SetPool(name="p", slots=1))
    done = bench.act(SetPool(name="p", slots=2))
    plan = bench.loop.plan(Undo(undo_id=done.undo_id))
    bench.act(SetPool(name="q", slots=1))
    bench.act(Undo(undo_id=done.undo_id), expect=plan.fingerprint)
    plan = bench.loop.plan(SetPool(name="p", slots=5))
    bench.act(SetPool(name="p", slots=4))
    with pytest.raises(PlanStaleError):
        bench.act(SetPool(name="p", slots=5), expect=plan.fingerprint)


async def test_acts_on_runs_are_not_mixed_up_with_those_on_pools(bench: Bench) -> None:
    bench.load(dag("d", task("a")))
    bench.act(SetPool(name="p", slots=1))
    with pytest.raises(RefusedError, match="no clear, retry or mark of d"):
        bench.act(Undo(dag_id="d"))
    assert pools(bench)["p"] == (1, None, False)
