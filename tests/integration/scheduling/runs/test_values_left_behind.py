"""What attempts pushed, by how they ended: kept for those that come after, until the next try."""

from __future__ import annotations

from data.builders import dag, task
from drive.loop import OK, Bench
from penstock.model.acts import Clear
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.store.engine.working_set import WorkingSet


def kept(bench: Bench, run: str) -> dict[str, dict[str, object]]:
    """Return the values by task as the store has them."""
    return WorkingSet(bench.database).xcoms("d", run)


async def test_each_attempt_replaces_what_the_one_before_pushed(bench: Bench) -> None:
    after = task("b", "a", trigger_rule="all_done", launch="python")
    bench.load(dag("d", task("a", retries=1, retry_delay=1.0), after))
    run = bench.trigger("d")
    bench.end("a", Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=1, xcoms={"first": 1}))
    assert kept(bench, run) == {"a": {"first": 1}}
    bench.clock.forward(10)
    bench.tick()
    last = bench.live()[f"{run}/a"]
    bench.end("a", Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=1, xcoms={"second": 2}))
    assert kept(bench, run) == {"a": {"second": 2}}
    assert bench.executor.specs[bench.live()[f"{run}/b"]].xcom_sources == {"a": last}


async def test_what_was_lost_leaves_nothing_of_an_earlier_success(bench: Bench) -> None:
    bench.load(dag("d", task("a")))
    run = bench.trigger("d")
    bench.end("a", Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, xcoms={"return_value": 1}))
    bench.act(Clear(dag_id="d", run_id=run))
    bench.lose("a")
    assert kept(bench, run) == {}
    bench.act(Clear(dag_id="d", run_id=run))
    bench.end("a", OK)
    assert bench.run_state("d", run) == "success"
