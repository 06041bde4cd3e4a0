"""Mapped tasks on the real loop and store: how they get their instances, and what is done to them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from data.builders import dag, task
from data.mapped_dags import grouped, in_group, listed, mapped, over, returned, states
from drive.checks import assert_events_replay, assert_memory_is_the_store, stored_world
from drive.loop import BAD, OK, Bench
from penstock.errors import UnknownError
from penstock.model.acts import Cancel, Clear, Hold, Mark, Release, Retry
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import TaskState

S = TaskState


@pytest.fixture
def bench(bench: Bench) -> Iterator[Bench]:
    yield bench
    assert_memory_is_the_store(bench, stored_world(bench))
    assert_events_replay(bench.database)


async def test_a_mapped_task_is_one_row_until_its_length_is_known(bench: Bench) -> None:
    f = mapped(task("f", "gen", launch="python"), over("gen"))
    bench.load(dag("d", task("gen"), f, task("red", "f")))
    run = bench.trigger("d")
    assert states(bench, run) == {"gen": "running", "f": "pending", "red": "pending"}
    bench.end("gen", returned(3))
    assert states(bench, run) == {
        "gen": "success", "f[0]": "running", "f[1]": "running", "f[2]": "running", "red": "pending"
    }  # fmt: skip
    assert bench.executor.specs[bench.live()[f"{run}/f[2]"]].context["map_index"] == 2
    for key in ("f[1]", "f[0]"):
        bench.end(key)
    assert states(bench, run)["red"] == "pending"
    bench.end("f[2]")
    assert states(bench, run)["red"] == "running"
    bench.finish()
    assert bench.run_state("d", run) == "success"


async def test_what_the_file_spells_out_is_there_from_the_start(bench: Bench) -> None:
    bench.load(dag("d", task("a"), mapped(task("f", "a"), listed(2))))
    run = bench.trigger("d")
    assert states(bench, run) == {"a": "running", "f[0]": "pending", "f[1]": "pending"}
    bench.end("a", BAD)
    assert states(bench, run)["f[1]"] == "upstream_failed"


@pytest.mark.parametrize(
    ("outcome", "state"), [(BAD, "upstream_failed"), (Outcome(kind=OutcomeKind.SKIPPED), "skipped")]
)
async def test_without_items_no_rule_lets_a_task_go(bench: Bench, outcome: Outcome, state: str) -> None:
    bench.load(dag("d", task("gen"), mapped(task("f", "gen", trigger_rule="all_done"), over("gen"))))
    run = bench.trigger("d")
    bench.end("gen", outcome)
    assert states(bench, run)["f"] == state


async def test_a_source_that_was_marked_left_nothing_to_map_over(bench: Bench) -> None:
    bench.load(dag("d", task("gen"), mapped(task("f", "gen"), over("gen"))))
    run = bench.trigger("d")
    bench.act(Mark(dag_id="d", run_id=run, tasks=("gen",), state="success"))
    bench.finish()
    row = bench.run("d", run).tasks[1]
    assert row.state is S.UPSTREAM_FAILED
    assert "returned no list" in (row.reason or "")


async def test_too_many_instances_are_refused(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("b"), mapped(task("f", "a", "b"), over("a", "b"))))
    run = bench.trigger("d")
    bench.end("a", returned(200))
    bench.end("b", returned(200))
    row = bench.run("d", run).tasks[2]
    assert (row.state, row.reason) == (
        S.UPSTREAM_FAILED,
        "40,000 instances are more than the 10,000 allowed",
    )


async def test_a_task_mapped_over_instances_counts_those_that_returned_something(bench: Bench) -> None:
    bench.load(dag("d", mapped(task("f"), listed(3)), mapped(task("g", "f"), over("f"))))
    run = bench.trigger("d")
    bench.end("f[0]", returned(1))
    bench.end("f[1]", returned(0))
    bench.end("f[2]", returned(1))
    assert set(states(bench, run)) == {"f[0]", "f[1]", "f[2]", "g[0]", "g[1]"}


async def test_inside_a_mapped_group_each_index_goes_its_own_way(bench: Bench) -> None:
    bench.load(
        grouped(
            over("gen"),
            task("gen"),
            in_group(task("one", "gen")),
            in_group(task("two", "one")),
            task("red", "two", trigger_rule="all_done"),
        )
    )
    run = bench.trigger("d")
    bench.end("gen", returned(2))
    assert states(bench, run)["two[0]"] == "pending"
    bench.end("one[1]", BAD)
    assert states(bench, run)["two[1]"] == "upstream_failed"
    assert states(bench, run)["two[0]"] == "pending"
    bench.end("one[0]")
    assert states(bench, run)["two[0]"] == "running"
    bench.finish()
    assert bench.run_state("d", run) == "success"


async def test_an_empty_group_is_skipped(bench: Bench) -> None:
    spec = grouped(over("gen"), task("gen"), in_group(task("one", "gen")), in_group(task("two", "one")))
    bench.load(spec)
    run = bench.trigger("d")
    bench.end("gen", returned(0))
    assert states(bench, run) == {"gen": "success", "one": "skipped", "two": "skipped"}
    assert bench.run_state("d", run) == "success"


async def test_retries_and_limits_count_by_instance(bench: Bench) -> None:
    spec = mapped(task("f", retries=1, retry_delay=1.0), listed(3), max_active_tis_per_dagrun=2)
    bench.load(dag("d", spec))
    run = bench.trigger("d")
    assert bench.running() == ["f[0]", "f[1]"]
    bench.end("f[0]", BAD)
    assert bench.running() == ["f[1]", "f[2]"]
    bench.end("f[1]")
    bench.clock.forward(60)
    bench.tick()
    assert bench.running() == ["f[0]", "f[2]"]
    rows = {row.map_index: row for row in bench.run("d", run).tasks}
    assert (rows[0].try_number, rows[2].try_number) == (2, 1)


async def test_acts_on_one_instance(bench: Bench) -> None:
    bench.load(dag("d", mapped(task("f"), listed(3)), task("red", "f")))
    run = bench.trigger("d")
    bench.act(Hold(dag_id="d", run_id=run, task_id="f[1]"))
    bench.end("f[1]", BAD)
    bench.act(Retry(dag_id="d", run_id=run, tasks=("f[1]",)))
    assert bench.running() == ["f[0]", "f[2]"], "it is held"
    bench.act(Release(dag_id="d", run_id=run, task_id="f[1]"))
    assert bench.running() == ["f[0]", "f[1]", "f[2]"]
    bench.act(Cancel(dag_id="d", run_id=run, task_id="f[0]"))
    bench.end("f[0]", BAD)
    assert states(bench, run) == {
        "f[0]": "cancelled", "f[1]": "running", "f[2]": "running", "red": "upstream_failed"
    }  # fmt: skip
    bench.act(Mark(dag_id="d", run_id=run, tasks=("f[0]",), state="success"))
    bench.finish()
    assert set(states(bench, run).values()) == {"success"}
    bench.act(Clear(dag_id="d", run_id=run, tasks=("f[2]",), downstream=True))
    assert states(bench, run) == {
        "f[0]": "success", "f[1]": "success", "f[2]": "running", "red": "pending"
    }  # fmt: skip
    with pytest.raises(UnknownError):
        bench.act(Clear(dag_id="d", run_id=run, tasks=("f[7]",)))
    bench.finish()


async def test_a_hold_on_the_task_holds_every_instance(bench: Bench) -> None:
    bench.load(dag("d", task("gen"), mapped(task("f", "gen"), over("gen"))))
    run = bench.trigger("d")
    bench.act(Hold(dag_id="d", run_id=run, task_id="f"))
    bench.end("gen", returned(2))
    assert bench.running() == []
    assert [row.held is not None for row in bench.run("d", run).tasks] == [False, True, True]
    bench.act(Release(dag_id="d", run_id=run, task_id="f"))
    assert bench.running() == ["f[0]", "f[1]"]
    bench.finish()


async def test_clearing_downstream_inside_a_group_stays_with_the_index(bench: Bench) -> None:
    bench.load(grouped(listed(3), in_group(task("one")), in_group(task("two", "one")), task("red", "two")))
    run = bench.trigger("d")
    bench.finish()
    plan = bench.engine.plan(Clear(dag_id="d", run_id=run, tasks=("one[1]",), downstream=True))
    assert [(item.task_id, item.map_index) for item in plan.items] == [("one", 1), ("two", 1), ("red", -1)]


@pytest.mark.parametrize("length", [1, 5, 0, 3])
async def test_what_ran_again_is_expanded_anew(bench: Bench, length: int) -> None:
    bench.load(dag("d", task("gen"), mapped(task("f", "gen"), over("gen")), task("red", "f")))
    run = bench.trigger("d")
    bench.end("gen", returned(3))
    bench.finish()
    bench.act(Clear(dag_id="d", run_id=run, tasks=("gen",), downstream=True))
    bench.end("gen", returned(length))
    assert_memory_is_the_store(bench, stored_world(bench))
    bench.finish()
    found = states(bench, run)
    wanted = {f"f[{index}]": "success" for index in range(length)} or {"f": "skipped"}
    removed = {f"f[{index}]": "removed" for index in range(max(length, 1), 3)}
    assert found == {"gen": "success", **wanted, **removed, "red": "success" if length else "skipped"}
    assert bench.run_state("d", run) == "success"
    # And once more, back to what it was.
    bench.act(Clear(dag_id="d", run_id=run, tasks=("gen",), downstream=True))
    bench.end("gen", returned(3))
    bench.finish()
    found = {key: state for key, state in states(bench, run).items() if state != "removed"}
    assert found == dict.fromkeys(("gen", "f[0]", "f[1]", "f[2]", "red"), "success")


async def test_an_instance_that_is_no_longer_wanted_is_stopped(bench: Bench) -> None:
    bench.load(dag("d", task("gen"), mapped(task("f", "gen"), over("gen"))))
    run = bench.trigger("d")
    bench.end("gen", returned(2))
    bench.end("f[0]")
    bench.act(Clear(dag_id="d", run_id=run, tasks=("gen", "f[0]")))
    bench.end("gen", returned(1))
    assert states(bench, run) == {"gen": "success", "f[0]": "running", "f[1]": "stopping"}
    bench.end("f[1]", OK)
    assert states(bench, run)["f[1]"] == "removed"
    bench.finish()
    assert bench.run_state("d", run) == "success"


async def test_a_branch_in_a_group_decides_for_its_own_index(bench: Bench) -> None:
    bench.load(grouped(listed(2), in_group(task("branch")), in_group(task("left", "branch"))))
    run = bench.trigger("d")
    bench.end("branch[0]", Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, skips=("left",)))
    bench.end("branch[1]")
    assert states(bench, run)["left[0]"] == "skipped"
    assert states(bench, run)["left[1]"] == "running"
    bench.finish()


async def test_a_mapped_short_circuit_leaves_a_single_task_to_its_rule(bench: Bench) -> None:
    bench.load(dag("d", mapped(task("check"), listed(2)), task("after", "check")))
    run = bench.trigger("d")
    bench.end("check[0]", Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, skips=("after",)))
    bench.end("check[1]")
    assert states(bench, run)["after"] == "running"
    bench.finish()


async def test_a_restart_in_the_middle_changes_nothing(bench: Bench) -> None:
    bench.load(dag("d", task("gen"), mapped(task("f", "gen"), over("gen")), task("red", "f")))
    run = bench.trigger("d")
    await bench.restart()
    bench.end("gen", returned(2))
    await bench.restart()
    bench.end("f[1]")
    await bench.restart()
    bench.end("f[0]")
    bench.finish()
    assert set(states(bench, run).values()) == {"success"}


async def test_why_names_what_a_task_is_mapped_over(bench: Bench) -> None:
    rule = task("f", "gen", "other", trigger_rule="one_success")
    bench.load(dag("d", task("gen"), task("other"), mapped(rule, over("gen"))))
    run = bench.trigger("d")
    bench.end("other")
    answer = bench.engine.why("d", run, "f")
    assert answer.barriers[0].text == "it is mapped over what gen will return"
    bench.end("gen", returned(2))
    assert bench.engine.why("d", run, "f", 1).subject == "f[1]"
    bench.finish()


async def test_a_thousand_instances_are_made_in_one_commit(bench: Bench) -> None:
    bench.load(dag("d", task("gen"), mapped(task("f", "gen"), over("gen")), task("red", "f")))
    run = bench.trigger("d")
    before = len(bench.changes)
    bench.end("gen", returned(1000))
    assert len(bench.changes) == before + 1
    assert bench.run("d", run).run.counts["scheduled"] + len(bench.running()) == 1000
