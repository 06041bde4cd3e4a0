"""A bad DAG and its neighbour, minute by minute: whatever happens to the one, the other misses nothing."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import timedelta

from data.builders import dag, task
from drive.loop import OK, Bench
from penstock.execution.executor import Exited
from penstock.model import acts
from penstock.model.spec import DagSpec, DeadlineSpec, PoolSpec, ScheduleSpec
from penstock.model.states import RunState

MINUTE = ScheduleSpec(kind="cron", crons=("* * * * *",), text="* * * * *")


def neighbour() -> DagSpec:
    """Return a DAG that runs each minute."""
    return dag("fine", task("a"), task("b", "a"), schedule=MINUTE, catchup="none")


def bad_dag() -> DagSpec:
    """Return a DAG in which every step has something to do."""
    return dag(
        "bad",
        task("a", callbacks=("success", "execute"), retries=1, retry_delay=1.0),
        task("b", "a"),
        schedule=MINUTE,
        catchup="none",
        dagrun_timeout=100_000.0,
        callbacks=("success", "failure"),
        deadlines=(DeadlineSpec(reference="queued", seconds=30.0),),
        max_active_runs=50,
    )


async def live_minutes(bench: Bench, minutes: int, *, restart_at: int) -> None:
    """Let minutes pass, every task of them succeed at once, and the engine start anew in between."""
    for minute in range(minutes):
        bench.clock.forward(60)
        for _ in range(4):
            bench.tick()
            moment = bench.clock.time.timestamp()
            for attempt, (_, _) in list(bench.loop.world.attempts.items()):
                bench.executor.seen[attempt] = Exited(OK, moment, moment)
            for attempt in bench.loop.world.delivering:
                bench.executor.seen[attempt] = Exited(OK, moment, moment)
            bench.loop._turn(bench.loop._live())
        if minute == restart_at:
            await bench.restart()


def assert_missed_nothing(bench: Bench, minutes: int) -> None:
    """Every minute of the neighbour has its run, on time, and it succeeded."""
    rows = bench.engine.ledger("fine", limit=100)
    assert [row.status for row in rows] == ["ran"] * minutes
    assert [row.count for row in rows] == [1] * minutes
    moments = sorted(row.first for row in rows)
    assert moments[-1] - moments[0] == timedelta(minutes=minutes - 1)
    runs = bench.engine.runs("fine", limit=100)
    assert {run.state for run in runs} == {RunState.SUCCESS}
    assert len(runs) == minutes


def corrupt(bench: Bench, statement: str) -> None:
    """Write into the database past everything that guards it."""
    with contextlib.closing(sqlite3.connect(bench.database.path)) as connection:  # heeds no references
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        assert connection.execute(statement).rowcount > 0, statement
        for _, text in guards:
            connection.execute(text)
        connection.commit()


def fill(bench: Bench) -> None:
    """Have one of everything in the store."""
    pools = (PoolSpec(name="narrow", slots=1),)
    bench.load(neighbour(), bad_dag(), dag("other", task("a", pool="narrow"), schedule=MINUTE, pools=pools))
    bench.act(acts.PauseSchedule(dag_id="other", until=bench.clock.time + timedelta(days=1)))
    bench.act(acts.SetVariable(name="v", value="1"))
    begin = bench.clock.time - timedelta(minutes=5)
    bench.act(acts.CreateBackfill(dag_id="other", from_date=begin, to_date=bench.clock.time))
    bench.trigger("bad")
    bench.trigger("bad")
