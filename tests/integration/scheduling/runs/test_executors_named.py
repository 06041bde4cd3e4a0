"""Tasks of several executors in one run: who gets what, what is held back and why, and what is shown."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from data.builders import dag, task
from drive.loop import OK, Bench, opened
from penstock.execution.executor import Accepted, Claimed, Exited, Room, Unreachable
from penstock.model.acts import RunNow
from penstock.model.spec import CommandSpec
from penstock.scheduling.world.places import Places

TRUE = CommandSpec(argv=("true",))


@pytest.fixture
async def far(tmp_path: Path) -> AsyncIterator[Bench]:
    """A bench with the executor ``grid``, on which nobody serves anything yet."""
    settings = {"executors": {"grid": {"scheduler": "tls://a:1"}}, "launch_deadline": 10.0}
    async with opened(tmp_path, **settings) as bench:
        yield bench


def mixed(**fields: Any) -> Any:
    return dag(
        "d",
        task("here", command=TRUE),
        task("there", command=TRUE, executor="grid", **fields),
    )


def placements(bench: Bench) -> dict[str, dict[str, Any]]:
    found = {}
    for name, attempt_id in bench.live().items():
        found[name.rpartition("/")[2]] = bench.executor.specs[attempt_id].placement
    return found


async def test_each_goes_to_its_executor_with_what_it_needs(far: Bench) -> None:
    far.executor.rooms["grid", "gpu"] = Room(limit=2)
    far.load(mixed(queue="gpu", resources={"GPU": 1.0}))
    run = far.trigger("d")
    assert placements(far) == {
        "here": {},
        "there": {"executor": "grid", "queue": "gpu", "resources": {"GPU": 1.0}},
    }
    (row,) = far.engine.attempts("d", run, "there")
    assert (row.executor, row.worker) == ("grid", None)
    (row,) = far.engine.attempts("d", run, "here")
    assert (row.executor, row.worker) == ("local", None)


async def test_a_queue_that_nobody_serves_holds_its_task_and_nobody_else(far: Bench) -> None:
    far.executor.rooms["grid", "gpu"] = Room("no worker of executor grid serves queue 'gpu' now")
    far.load(mixed(queue="gpu"))
    run = far.trigger("d")
    assert far.running() == ["here"]
    why = far.engine.why("d", run, "there")
    assert [(each.kind, each.text) for each in why.barriers] == [
        ("executor", "no worker of executor grid serves queue 'gpu' now")
    ]
    (waiting,) = far.engine.live().waiting
    assert (waiting.task_id, waiting.kind) == ("there", "executor")
    far.executor.rooms["grid", "gpu"] = Room(limit=1)
    far.tick()
    assert far.running() == ["here", "there"]


async def test_an_executor_gets_as_much_as_it_takes_by_queue(far: Bench) -> None:
    far.executor.rooms |= {("grid", None): Room(limit=2), ("grid", "gpu"): Room(limit=1)}
    names = [f"a{number}" for number in range(4)]
    far.load(
        dag(
            "d",
            *(task(name, command=TRUE, executor="grid") for name in names),
            task("g1", command=TRUE, executor="grid", queue="gpu"),
            task("g2", command=TRUE, executor="grid", queue="gpu"),
        )
    )
    run = far.trigger("d")
    assert len([name for name in far.running() if name in names]) == 2
    assert len([name for name in far.running() if name not in names]) == 1
    waits = next(name for name in names if name not in far.running())
    (barrier,) = far.engine.why("d", run, waits).barriers
    assert barrier.text == "executor grid has 2 attempts, as many as it takes at once"
    assert len(barrier.holders) == 2
    far.act(RunNow(dag_id="d", run_id=run, task_id=waits))
    assert waits in far.running(), "run-now ignores limits"


async def test_a_worker_is_kept_and_named(far: Bench) -> None:
    far.executor.rooms["grid", None] = Room(limit=2)
    far.executor.claim_at_once = False
    far.load(mixed())
    run = far.trigger("d")
    there = far.live()[f"{run}/there"]
    far.executor.seen[there] = Claimed(77, far.clock.time.timestamp(), worker="w1")
    far.tick()
    (row,) = far.engine.attempts("d", run, "there")
    assert (row.executor, row.worker, row.pid) == ("grid", "w1", 77)
    assert "it is running on w1 since" in far.engine.why("d", run, "there").barriers[0].text
    live = {each.task_id: (each.executor, each.worker) for each in far.engine.live().attempts}
    assert live["there"] == ("grid", "w1")


async def test_a_worker_is_known_also_of_what_ended_before_anybody_looked(far: Bench) -> None:
    far.executor.rooms["grid", None] = Room(limit=2)
    far.executor.claim_at_once = False
    far.load(mixed())
    run = far.trigger("d")
    there = far.live()[f"{run}/there"]
    far.executor.seen[there] = Exited(OK, far.clock.time.timestamp(), far.clock.time.timestamp(), worker="w2")
    far.tick()
    assert far.engine.attempts("d", run, "there")[0].worker == "w2"


async def test_a_launch_that_may_wait_is_not_taken_back_for_being_late(far: Bench) -> None:
    far.executor.rooms["grid", None] = Room(limit=2)
    far.executor.claim_at_once = False
    far.load(mixed())
    run = far.trigger("d")
    here, there = far.live()[f"{run}/here"], far.live()[f"{run}/there"]
    far.executor.seen[there] = Accepted("all 4 slots are taken")
    far.tick()
    far.clock.forward(11)
    far.tick()
    assert far.live()[f"{run}/there"] == there
    assert far.live()[f"{run}/here"] != here
    assert far.engine.why("d", run, "there").barriers[0].text == (
        "its launch was requested; all 4 slots are taken"
    )


async def test_no_contact_is_shown_with_since_when_and_changes_no_state(far: Bench) -> None:
    far.executor.rooms["grid", None] = Room(limit=2)
    far.load(mixed())
    run = far.trigger("d")
    far.tick()
    there = far.live()[f"{run}/there"]
    since = far.clock.time.timestamp()
    shown = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(since))

    def reason() -> str | None:
        found = next(each for each in far.engine.run("d", run).tasks if each.task_id == "there")
        assert found.state == "running"
        return found.reason

    far.executor.seen[there] = Unreachable(since, "w1")
    far.tick()
    assert reason() == f"no contact with w1 since {shown} UTC"
    assert f"(no contact with w1 since {shown} UTC)" in far.engine.why("d", run, "there").barriers[0].text
    far.executor.seen[there] = Unreachable(since + 60, "w1")
    far.tick()
    assert reason() == f"no contact with w1 since {shown} UTC"
    far.executor.seen[there] = Claimed(1, since, worker="w1")
    far.tick()
    assert reason() is None
    assert "no contact" not in far.engine.why("d", run, "there").barriers[0].text
    far.executor.seen[there] = Unreachable(since)
    far.tick()
    assert reason() is None, "a process of this machine that does not answer is said elsewhere"


@pytest.mark.parametrize(
    ("executor", "default", "place"),
    [(None, "local", ("local", "")), (None, "grid", ("grid", "")), ("local", "grid", ("local", ""))],
)
def test_those_who_name_none_run_on_the_default_one(
    executor: str | None, default: str, place: tuple[str, str]
) -> None:
    places = Places({"grid": {}}, default, lambda *_: Room())
    assert places.place(task("a", executor=executor)) == place
    assert Places({"grid": {}}, default).place(task("a", executor="grid")) == ("local", ""), (
        "a test runs here"
    )
