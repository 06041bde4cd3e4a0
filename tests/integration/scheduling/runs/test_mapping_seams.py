"""Mapped tasks where they meet other parts: kills, clears in mid-run, undo, versions, callbacks, history.

After every test the working set is what a new engine would read, and the database's own check replays
all events without a contradiction.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from data.builders import dag, task
from data.mapped_dags import grouped, in_group, listed, mapped, over, returned, states
from drive.checks import assert_events_replay, assert_memory_is_the_store, stored_world
from drive.loop import BAD, OK, Bench
from penstock.errors import RefusedError
from penstock.execution.executor import Exited
from penstock.model.acts import Cancel, Clear, Freeze, Mark, Undo, Unfreeze
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import DagSpec
from penstock.store.upkeep.health import problems

KILLED = Outcome(kind=OutcomeKind.CANCELLED)
SKIP = Outcome(kind=OutcomeKind.SKIPPED)


@pytest.fixture
def bench(bench: Bench) -> Iterator[Bench]:
    yield bench
    assert_memory_is_the_store(bench, stored_world(bench))
    assert_events_replay(bench.database)
    assert list(problems(bench.database)) == []


def usual(**fields: object) -> DagSpec:
    """A list, a task mapped over it, and what sums it up."""
    return dag("d", task("gen"), mapped(task("f", "gen"), over("gen")), task("red", "f"), **fields)


def ran(bench: Bench, run: str) -> list[str]:
    """Return the keys of what is there and succeeded; nothing else may be there but what was removed."""
    found = {key: state for key, state in states(bench, run).items() if state != "removed"}
    assert set(found.values()) <= {"success"}, found
    return list(found)


async def test_killed_between_the_list_and_its_instances(bench: Bench) -> None:
    bench.load(usual())
    run = bench.trigger("d")
    bench.executor.seen[bench.live()[f"{run}/gen"]] = Exited(returned(3), 1.0, 2.0)
    bench.executor.dies = True
    with pytest.raises(KeyboardInterrupt):
        bench.tick()
    bench.executor.dies = False
    await bench.restart()
    bench.finish()
    assert ran(bench, run) == ["gen", "f[0]", "f[1]", "f[2]", "red"]


@pytest.mark.parametrize("length", [0, 1, 5])
async def test_a_list_that_changes_while_its_instances_die(bench: Bench, length: int) -> None:
    bench.load(usual())
    run = bench.trigger("d")
    bench.end("gen", returned(3))
    bench.end("f[1]")
    bench.act(Clear(dag_id="d", run_id=run, tasks=("gen",), downstream=True))
    bench.end("gen", returned(length))
    for key in ("f[0]", "f[2]"):
        bench.end(key, KILLED)
        assert_memory_is_the_store(bench, stored_world(bench))
    bench.finish()
    assert bench.run_state("d", run) == "success"
    found = [key for key, state in states(bench, run).items() if key[:2] == "f[" and state == "success"]
    assert len(found) == length


async def test_cancelling_leaves_what_is_being_removed_to_be_removed(bench: Bench) -> None:
    bench.load(usual())
    run = bench.trigger("d")
    bench.end("gen", returned(3))
    bench.end("f[0]")
    bench.act(Clear(dag_id="d", run_id=run, tasks=("gen", "f[0]")))
    bench.end("gen", returned(2))
    done = bench.act(Cancel(dag_id="d", run_id=run))
    assert done.message.endswith("is being cancelled, 3 still to be killed"), "f[2] is counted too"
    bench.finish(lambda _: KILLED)
    assert states(bench, run) == {
        "gen": "success", "f[0]": "cancelled", "f[1]": "cancelled", "f[2]": "removed", "red": "cancelled"
    }  # fmt: skip
    bench.act(Clear(dag_id="d", run_id=run))
    bench.end("gen", returned(4))
    bench.finish()
    assert len(ran(bench, run)) == 6


async def test_a_group_that_shrinks_and_grows(bench: Bench) -> None:
    inside = (in_group(task("one", "gen")), in_group(task("two", "one")))
    bench.load(grouped(over("gen"), task("gen"), *inside, task("red", "two")))
    run = bench.trigger("d")
    bench.end("gen", returned(3))
    bench.finish()
    for length in (1, 4, 2):
        bench.act(Clear(dag_id="d", run_id=run, tasks=("gen",), downstream=True))
        bench.end("gen", returned(length))
        assert_memory_is_the_store(bench, stored_world(bench))
        bench.finish()
        assert len(ran(bench, run)) == 2 * length + 2


# -- undo --------------------------------------------------------------------------------------


async def test_a_clear_of_all_instances_is_taken_back(bench: Bench) -> None:
    bench.load(usual())
    run = bench.trigger("d")
    bench.end("gen", returned(3))
    bench.finish()
    bench.act(Freeze(dag_id="d"))
    done = bench.act(Clear(dag_id="d", run_id=run, tasks=("gen",), downstream=True))
    bench.act(Undo(undo_id=done.undo_id))
    assert ran(bench, run) == ["gen", "f[0]", "f[1]", "f[2]", "red"]
    assert bench.run_state("d", run) == "success"


async def test_instances_that_came_after_an_act_go_with_it(bench: Bench) -> None:
    f = mapped(task("f", "gen", "gate"), over("gen"))
    bench.load(dag("d", task("gen"), task("gate"), task("other"), f, task("red", "f")))
    run = bench.trigger("d")
    bench.end("gate", BAD)
    bench.end("gen", returned(3))
    bench.act(Freeze(dag_id="d"))
    done = bench.act(Mark(dag_id="d", run_id=run, tasks=("gate",), state="success"))
    assert states(bench, run)["f[2]"] == "scheduled"
    plan = bench.loop.plan(Undo(undo_id=done.undo_id))
    assert [(each.map_index, each.note) for each in plan.items if each.after == "removed"] == [
        (1, "created since"),
        (2, "created since"),
    ]
    bench.act(Undo(undo_id=done.undo_id))
    assert states(bench, run) == {
        "gen": "success", "gate": "failed", "other": "running",
        "f": "upstream_failed", "f[1]": "removed", "f[2]": "removed", "red": "upstream_failed",
    }  # fmt: skip
    assert_memory_is_the_store(bench, stored_world(bench))
    bench.act(Unfreeze(dag_id="d"))
    bench.finish()
    assert bench.run_state("d", run) == "failed"
    bench.act(Mark(dag_id="d", run_id=run, tasks=("gate",), state="success"))
    bench.finish()
    assert ran(bench, run) == ["gen", "gate", "other", "f[0]", "f[1]", "f[2]", "red"]
    assert bench.run_state("d", run) == "success"


async def relisted(bench: Bench, length: int) -> tuple[str, int | None]:
    """Have two instances end, their list become another, and one of them cleared in a frozen DAG."""
    bench.load(dag("d", task("gen"), task("other"), mapped(task("f", "gen"), over("gen")), task("red", "f")))
    run = bench.trigger("d")
    bench.end("gen", returned(2))
    bench.end("f[0]")
    bench.end("f[1]")
    bench.end("red")
    bench.act(Clear(dag_id="d", run_id=run, tasks=("gen",)))
    bench.end("gen", returned(length))
    bench.act(Freeze(dag_id="d"))
    return run, bench.act(Clear(dag_id="d", run_id=run, tasks=("f[0]",))).undo_id


async def test_a_longer_list_goes_with_the_clear_that_brought_it(bench: Bench) -> None:
    run, undo_id = await relisted(bench, 4)
    assert states(bench, run)["f[3]"] == "scheduled"
    bench.act(Undo(undo_id=undo_id))
    assert states(bench, run) == {
        "gen": "success", "other": "running", "f[0]": "success", "f[1]": "success",
        "f[2]": "removed", "f[3]": "removed", "red": "success",
    }  # fmt: skip
    assert_memory_is_the_store(bench, stored_world(bench))
    bench.act(Clear(dag_id="d", run_id=run, tasks=("red",)))
    bench.act(Unfreeze(dag_id="d"))
    assert bench.running() == ["other", "red"], "it waits for none of those that went"
    bench.finish()
    assert ran(bench, run) == ["gen", "other", "f[0]", "f[1]", "red"]
    assert bench.run_state("d", run) == "success"


async def test_what_a_shorter_list_removed_is_not_brought_back(bench: Bench) -> None:
    run, undo_id = await relisted(bench, 1)
    assert states(bench, run)["f[1]"] == "removed"
    with pytest.raises(RefusedError, match=r"f of .* has 1 instances by now, no longer 2"):
        bench.act(Undo(undo_id=undo_id))
    bench.act(Unfreeze(dag_id="d"))
    bench.finish()
    assert ran(bench, run) == ["gen", "other", "f[0]", "red"]
    assert bench.run_state("d", run) == "success"


# -- versions ----------------------------------------------------------------------------------


def plain() -> DagSpec:
    """The same DAG, no longer mapped."""
    return dag("d", task("gen"), task("f", "gen"), task("red", "f"))


async def test_from_version_to_version(bench: Bench) -> None:
    bench.load(usual())
    run = bench.trigger("d")
    bench.end("gen", returned(3))
    bench.finish()
    later = [
        (plain(), ["gen", "f", "red"]),
        (dag("d", task("gen"), mapped(task("f", "gen"), listed(4)), task("red", "f")), 6),
        (dag("d", task("gen"), mapped(task("f", "gen"), listed(2)), task("red", "f")), 4),
        (usual(), 5),
    ]
    for spec, wanted in later:
        bench.load(spec)
        bench.act(Clear(dag_id="d", run_id=run, tasks=("f",), latest_version=True, downstream=True))
        bench.finish()
        assert bench.run_state("d", run) == "success"
        found = ran(bench, run)
        assert found == wanted if isinstance(wanted, list) else len(found) == wanted


async def test_a_change_of_version_is_taken_back_with_its_instances(bench: Bench) -> None:
    bench.load(usual())
    run = bench.trigger("d")
    bench.end("gen", returned(3))
    bench.finish()
    bench.load(plain())
    bench.act(Freeze(dag_id="d"))
    done = bench.act(Clear(dag_id="d", run_id=run, tasks=("red",), latest_version=True))
    assert states(bench, run) == {
        "gen": "success", "f": "success", "f[1]": "removed", "f[2]": "removed", "red": "pending"
    }  # fmt: skip
    bench.act(Undo(undo_id=done.undo_id))
    assert ran(bench, run) == ["gen", "f[0]", "f[1]", "f[2]", "red"]


async def test_an_instance_that_runs_while_its_task_is_unmapped_keeps_its_own_end(bench: Bench) -> None:
    bench.load(usual())
    run = bench.trigger("d")
    bench.end("gen", returned(3))
    bench.end("f[1]")
    bench.end("f[2]")
    bench.load(plain())
    bench.act(Freeze(dag_id="d"))
    done = bench.act(Clear(dag_id="d", run_id=run, tasks=("gen",), latest_version=True))
    assert states(bench, run)["f"] == "running"
    bench.end("f")
    bench.act(Undo(undo_id=done.undo_id))
    found = states(bench, run)
    assert [key for key in found if key.startswith("f")] == ["f[0]", "f[1]", "f[2]"]
    assert {found[key] for key in ("gen", "f[0]", "f[1]", "f[2]")} == {"success"}
    bench.act(Unfreeze(dag_id="d"))
    bench.finish()
    assert ran(bench, run) == ["gen", "f[0]", "f[1]", "f[2]", "red"]


# -- endings, setups, callbacks, history -------------------------------------------------------


async def test_the_first_failure_ends_the_other_instances(bench: Bench) -> None:
    bench.load(usual(fail_fast=True))
    run = bench.trigger("d")
    bench.end("gen", returned(3))
    bench.end("f[1]", BAD)
    assert states(bench, run) == {
        "gen": "success", "f[0]": "stopping", "f[1]": "failed", "f[2]": "stopping", "red": "skipped"
    }  # fmt: skip
    bench.finish(lambda _: KILLED)
    assert bench.run_state("d", run) == "failed"


async def test_every_instance_tells_once(bench: Bench) -> None:
    told = ("success", "failure", "execute", "skipped", "retry")
    tasks = (task("gen"), mapped(task("f", "gen"), over("gen"), callbacks=told), task("red", "f"))
    bench.load(dag("d", *tasks, callbacks=("success", "failure")))
    run = bench.trigger("d")
    bench.end("gen", returned(3))
    for key, outcome in {"f[0]": OK, "f[1]": BAD, "f[2]": SKIP}.items():
        bench.end(key, outcome)
    assert bench.run_state("d", run) == "failed"
    with bench.database.read() as connection:
        rows = connection.execute(sa.text("SELECT kind, map_index FROM callback WHERE task_id = 'f'")).all()
    wanted = [("task_execute", index) for index in range(3)]
    wanted += [("task_success", 0), ("task_failure", 1), ("task_skipped", 2)]
    assert sorted(map(tuple, rows)) == sorted(wanted)


async def test_a_mapped_teardown_cleans_up_after_a_cancelled_run(bench: Bench) -> None:
    down = task("t", "s", "w", is_teardown=True, trigger_rule="all_done_setup_success")
    work = mapped(task("w", "s"), over("s"))
    bench.load(dag("d", task("s", is_setup=True), work, mapped(down, over("s"))))
    run = bench.trigger("d")
    bench.end("s", returned(2))
    bench.act(Cancel(dag_id="d", run_id=run))
    bench.end("w[0]", KILLED)
    bench.end("w[1]", KILLED)
    bench.finish()
    assert states(bench, run)["t[0]"] == states(bench, run)["t[1]"] == "success"
    assert bench.run_state("d", run) == "cancelled"


async def test_a_mapped_setup_that_half_failed_is_torn_down(bench: Bench) -> None:
    up = mapped(task("s", is_setup=True), listed(2))
    down = task("t", "s", "w", is_teardown=True, trigger_rule="all_done_setup_success")
    bench.load(dag("d", up, mapped(task("w", "s"), listed(2)), down))
    run = bench.trigger("d")
    bench.end("s[0]")
    bench.end("s[1]", BAD)
    bench.finish()
    assert [states(bench, run)[key] for key in ("w[0]", "w[1]", "t")] == [*["upstream_failed"] * 2, "success"]
    assert bench.run_state("d", run) == "failed"


async def test_the_past_is_every_instance_of_it(bench: Bench) -> None:
    bench.load(dag("d", task("gen"), mapped(task("f", "gen", depends_on_past=True), over("gen"))))
    one = bench.trigger("d", logical_date=datetime(2026, 1, 1, tzinfo=UTC))
    two = bench.trigger("d", logical_date=datetime(2026, 1, 2, tzinfo=UTC))
    bench.end("gen", returned(2), run_id=one)
    bench.end("gen", returned(3), run_id=two)
    assert bench.engine.why("d", two, "f", 1).barriers[0].kind == "previous_run"
    bench.end("f[0]", run_id=one)
    bench.end("f[1]", BAD, run_id=one)
    assert states(bench, two)["f[0]"] == "pending"
    bench.act(Mark(dag_id="d", run_id=one, tasks=("f[1]",), state="success"))
    bench.finish()
    assert bench.run_state("d", two) == "success"
