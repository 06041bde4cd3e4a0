"""A row that cannot be read hurts only itself, and is taken back in or dropped."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from data.builders import dag, task
from drive.loop import OK, Bench
from drive.neighbours import assert_missed_nothing, bad_dag, corrupt, fill, live_minutes, neighbour
from penstock.execution.executor import Exited
from penstock.model.acts import QuarantineDrop, QuarantineRetry
from penstock.model.spec import PoolSpec
from penstock.model.states import RunState, TaskState
from penstock.store.upkeep.health import problems

pytestmark = pytest.mark.ticks_fail

RUN = "SELECT id FROM run WHERE dag_id = 'bad' AND state = 'running'"
ROWS: dict[str, tuple[str, str]] = {
    "a run's state": ("run", "UPDATE run SET state = 'weird' WHERE dag_id = 'bad' AND state = 'running'"),
    "a run's type": ("run", "UPDATE run SET run_type = 'weird' WHERE dag_id = 'bad' AND state = 'running'"),
    "a run's conf": ("run", "UPDATE run SET conf = '[1' WHERE dag_id = 'bad' AND state = 'running'"),
    "a run's date": (
        "run",
        "UPDATE run SET logical_us = 999999999999999999 WHERE dag_id = 'bad' AND state = 'running'",
    ),
    "a run's start": ("run", "UPDATE run SET start_us = 'noon' WHERE dag_id = 'bad' AND state = 'running'"),
    "a run's version": ("run", "UPDATE run SET version = 'x' WHERE dag_id = 'bad' AND state = 'running'"),
    "a task's state in bytes": (
        "run",
        f"UPDATE task_instance SET state = x'ff00' WHERE run_pk IN ({RUN})",
    ),
    "a task's state": ("run", f"UPDATE task_instance SET state = 'weird' WHERE run_pk IN ({RUN})"),
    "a task's map index": ("run", f"UPDATE task_instance SET map_index = 'x' WHERE run_pk IN ({RUN})"),
    "a task's map index in bytes": (
        "run",
        f"UPDATE task_instance SET map_index = x'ff00' WHERE run_pk IN ({RUN})",
    ),
    "a task's far map index": (
        "run",
        f"UPDATE task_instance SET map_index = -7 WHERE task_id = 'a' AND run_pk IN ({RUN})",
    ),
    "a task's tries": ("run", f"UPDATE task_instance SET try_number = 'x' WHERE run_pk IN ({RUN})"),
    "a task's next try": ("run", f"UPDATE task_instance SET next_us = 1e300 WHERE run_pk IN ({RUN})"),
    "how a task's last attempt ended": (
        "run",
        f"UPDATE task_instance SET outcome = 'exit 1' WHERE run_pk IN ({RUN})",
    ),
    "what kind of end it was": (
        "run",
        f"""UPDATE task_instance SET outcome = '{{"kind": "weird"}}' WHERE run_pk IN ({RUN})""",
    ),
    "what a task skips": ("run", f"UPDATE task_instance SET skips = '[1' WHERE run_pk IN ({RUN})"),
    "what is to happen to a task": ("run", f"UPDATE task_instance SET intent = 'x' WHERE run_pk IN ({RUN})"),
    "the id of a task's attempt": (
        "run",
        f"UPDATE task_instance SET attempt_id = 'x' WHERE run_pk IN ({RUN})",
    ),
    "a task's rush": ("run", f"UPDATE task_instance SET rush = 'soon' WHERE run_pk IN ({RUN})"),
    "what is to happen to a run": (
        "run",
        "UPDATE run SET intent = 'x' WHERE dag_id = 'bad' AND state = 'running'",
    ),
    "a run's key of a version": (
        "run",
        "UPDATE run SET version_id = 'x' WHERE dag_id = 'bad' AND state = 'running'",
    ),
    "a DAG's key of a version": ("dag", "UPDATE dag SET version_id = 'x' WHERE dag_id = 'bad'"),
    "a task that is not in the DAG": (
        "run",
        f"UPDATE task_instance SET task_id = 'gone' WHERE task_id = 'a' AND run_pk IN ({RUN})",
    ),
    "a spec": ("dag", "UPDATE dag_version SET spec = '{' WHERE dag_id = 'bad'"),
    "a spec's type": ("dag", "UPDATE dag_version SET spec = '[1, 2]' WHERE dag_id = 'bad'"),
    "a spec's rule": (
        "dag",
        "UPDATE dag_version SET spec = json_set(spec, '$.tasks[1].trigger_rule', 'x') WHERE dag_id = 'bad'",
    ),
    "a spec's parent": (
        "dag",
        """UPDATE dag_version SET spec = json_set(spec, '$.tasks[1].upstream', json('["no"]'))
        WHERE dag_id = 'bad'""",
    ),
    "a DAG's cursor": ("dag", "UPDATE dag SET cursor_us = 'x' WHERE dag_id = 'bad'"),
    "a DAG's far cursor": ("dag", "UPDATE dag SET cursor_us = 999999999999999999 WHERE dag_id = 'bad'"),
    "a DAG's first sight": ("dag", "UPDATE dag SET first_seen_us = 'x' WHERE dag_id = 'bad'"),
    "a pool's size": ("row", "UPDATE pool SET slots = -3 WHERE name = 'narrow'"),
    "a pool's size in words": ("row", "UPDATE pool SET slots = 'many' WHERE name = 'narrow'"),
    "everybody's pool": ("row", "UPDATE pool SET slots = 'many' WHERE name = 'default_pool'"),
    "a pause's end": ("row", "UPDATE pause SET until_us = 'soon' WHERE dag_id = 'other'"),
    "a callback": ("row", "UPDATE callback SET facts = 'x' WHERE state IN ('waiting', 'running')"),
    "a callback's kind of facts": (
        "row",
        "UPDATE callback SET facts = '{}' WHERE state IN ('waiting', 'running')",
    ),
    "a backfill": ("row", "UPDATE backfill SET max_active_runs = 'x'"),
    "a backfill's slot": ("row", "UPDATE backfill_slot SET logical_us = 'x'"),
    "a variable": ("row", "UPDATE stored_value SET entry = '{' WHERE name = 'v'"),
}


FOUND_LATER = {
    "a task that is not in the DAG",
    "a spec",
    "a spec's type",
    "a spec's rule",
    "a spec's parent",
    "a callback's kind of facts",
}
"""What only shows beside other rows, or inside a spec: the reason names that and no column."""
FOUND_WHEN_READ = ROWS.keys() - FOUND_LATER


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("way", ["retry", "drop"])
async def test_a_row_that_cannot_be_read_hurts_only_itself(bench: Bench, row: str, way: str) -> None:
    kind, statement = ROWS[row]
    fill(bench)
    await live_minutes(bench, 1, restart_at=5)
    bench.trigger("bad")
    bench.tick()
    corrupt(bench, statement)
    await bench.restart()
    await live_minutes(bench, 3, restart_at=1)
    assert_missed_nothing(bench, 4)
    rows = bench.engine.quarantine()
    assert kind in {each.kind for each in rows}, rows
    if row in FOUND_WHEN_READ:
        field = statement.replace("UPDATE ", "").replace(" SET ", ".").split()[0]
        assert any(field in each.reason for each in rows), rows
    for name in ("fine", "other", "bad"):
        assert bench.engine.runs(name, limit=10)
    shown = {each.dag_id: each for each in bench.engine.dags()}
    if kind == "dag":
        assert shown["bad"].quarantined
    if kind == "run":
        quarantined = [run for run in bench.engine.runs("bad", limit=50) if run.quarantined]
        assert quarantined
        bench.engine.run("bad", quarantined[0].run_id)
    bench.engine.pools()
    bench.engine.assets()
    list(problems(bench.database))
    for each in rows:
        if each.id in bench.loop.world.quarantine:  # a DAG takes its runs along
            bench.act(QuarantineDrop(subject=each.id) if way == "drop" else QuarantineRetry(subject=each.id))
    await live_minutes(bench, 2, restart_at=0)
    assert_missed_nothing(bench, 6)
    left = bench.engine.quarantine()
    if way == "drop":
        assert left == []
        assert {run.state for run in bench.engine.runs("bad", limit=50)} <= {
            RunState.SUCCESS,
            RunState.FAILED,
        }
    else:
        assert {each.id for each in rows} >= {each.id for each in left}


async def test_a_dropped_run_ends_and_says_so(bench: Bench) -> None:
    fill(bench)
    run = bench.trigger("bad")
    live = bench.live()[f"{run}/a"]
    corrupt(bench, f"UPDATE run SET state = 'weird' WHERE run_id = '{run}'")
    await bench.restart()
    assert live not in bench.loop.world.attempts
    done = bench.act(QuarantineDrop(subject=f"bad/{run}"))
    assert "ended as failed" in done.message
    assert "1 live attempt stopped" in done.message
    assert [each[0] for each in bench.executor.stops] == [live]
    detail = bench.run("bad", run)
    assert detail.run.state is RunState.FAILED
    assert {each.state for each in detail.tasks} == {TaskState.CANCELLED}
    events = bench.engine.events(dag_id="bad", run_id=run, limit=20)
    copy = next(event for event in events if event.kind == "row_copy")
    assert json.loads(copy.reason or "")["state"] == "weird"
    act = next(event for event in events if event.kind == "act_quarantine_drop")
    assert act.actor == "tester"
    with bench.database.read() as connection:
        edges = connection.execute(sa.text("SELECT count(*) FROM edge WHERE before = 'weird'")).scalar()
    assert edges == 0, "the guard knows legal moves only"


async def test_a_live_attempt_of_a_run_in_quarantine_runs_on_and_holds_its_slot(bench: Bench) -> None:
    pools = (PoolSpec(name="narrow", slots=1),)
    bench.load(dag("bad", task("a", pool="narrow"), pools=pools), dag("good", task("a", pool="narrow")))
    run = bench.trigger("bad")
    (attempt,) = bench.loop.world.attempts
    corrupt(bench, f"UPDATE run SET start_us = 'x' WHERE run_id = '{run}'")
    await bench.restart()
    good = bench.trigger("good")
    bench.tick()
    assert bench.states("good", good)["a"] is TaskState.SCHEDULED, "the pool has one slot, and it is held"
    moment = bench.clock.time.timestamp()
    bench.executor.seen[attempt] = Exited(OK, moment, moment)
    corrupt(bench, f"UPDATE run SET start_us = 1 WHERE run_id = '{run}'")
    bench.act(QuarantineRetry(subject=f"bad/{run}"))
    bench.loop._turn(bench.loop._take_hints())
    assert bench.run_state("bad", run) is RunState.SUCCESS
    assert len(bench.executor.specs) == 2, "never launched twice"


async def test_a_dag_whose_spec_cannot_be_read_is_mended_from_its_file(bench: Bench) -> None:
    spec = bad_dag()
    bench.load(neighbour(), spec)
    corrupt(bench, "UPDATE dag_version SET spec = '{' WHERE dag_id = 'bad'")
    await bench.restart()
    bench.load(spec)
    assert [row.id for row in bench.engine.quarantine()] == ["bad"]
    why = bench.engine.why("bad")
    assert [gate.kind for gate in why.barriers] == ["quarantine"]
    bench.act(QuarantineRetry(subject="bad"))
    assert bench.engine.quarantine() == []
    await bench.restart()
    assert bench.engine.quarantine() == []
    run = bench.trigger("bad")
    assert bench.run_state("bad", run) is RunState.RUNNING


async def test_a_dropped_dag_whose_spec_was_spoilt_comes_back_with_its_file(bench: Bench) -> None:
    spec = bad_dag()
    bench.load(neighbour(), spec)
    run = bench.trigger("bad")
    corrupt(bench, "UPDATE dag_version SET spec = '{' WHERE dag_id = 'bad'")
    await bench.restart()
    done = bench.act(QuarantineDrop(subject="bad"))
    assert "DAG bad is deleted" in done.message
    assert bench.engine.quarantine() == [], "its runs went along"
    assert [row.dag_id for row in bench.engine.dags()] == ["fine"]
    assert bench.run_state("bad", run) is RunState.FAILED, "its history stays"
    bench.load(spec)
    assert bench.engine.quarantine() == []
    await bench.restart()
    assert bench.engine.quarantine() == []
    again = bench.trigger("bad")
    assert bench.run_state("bad", again) is RunState.RUNNING
