"""What must hold of an engine after every tick, whatever happened: asked of its memory and of its rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from drive.loop import Bench
from penstock.model.states import OCCUPIES_SLOT, RunState, TaskState
from penstock.scheduling.world.instances import beside
from penstock.scheduling.world.world import LiveRun, World
from penstock.store.database import Database
from penstock.store.engine.working_set import WorkingSet

_WAITING = (TaskState.UP_FOR_RETRY, TaskState.UP_FOR_RESCHEDULE)


def picture(world: World) -> dict[str, Any]:
    """Return everything that a world knows and that its rows must tell as well."""
    return {
        "runs": {live.key: _run(live) for live in world.runs.values()},
        "keys": dict(world.by_key),
        "attempts": dict(world.attempts),
        "looking back": {dag_id: pks for dag_id, pks in world.looking_back.items() if pks},
        "alarms": {
            (due, pk, task_id)
            for due, pk, task_id in world.alarms
            if pk in world.runs
            and (task := world.runs[pk].tasks[task_id]).state in _WAITING
            and task.next_us == due
        },
        "dags": {
            dag_id: (entry.structure.id, entry.facts, entry.cursor and entry.cursor[1:4])
            for dag_id, entry in world.dags.items()
        },
        "pauses": dict(world.pauses),
        "pools": dict(world.pools),
        "backfills": {
            key: (found.record, found.points, list(found.waiting), found.running, found.by_run)
            for key, found in world.backfills.items()
        },
    }


def _run(live: LiveRun) -> dict[str, Any]:
    waiting = {
        (kind, entry)
        for kind, queue in live.queues.items()
        for entry in queue
        if (task := live.tasks.get(entry[-1])) is not None and task.state is TaskState.SCHEDULED
    }
    return {
        "record": asdict(live.record),
        "version": live.structure.id,
        "tasks": {task_id: asdict(task) for task_id, task in live.tasks.items()},
        "counts": live.counts,
        "own counts": live.own_counts,
        "decisions": live.decisions,
        "unfinished": live.unfinished,
        "queues": waiting,
    }


def stored_world(bench: Bench) -> World:
    """Return what a new engine would read."""
    return World(WorkingSet(bench.database))


def assert_memory_is_the_store(bench: Bench, world: World) -> None:
    """The working set is what a new engine would read, *world*."""
    kept, stored = picture(bench.loop.world), picture(world)
    for part, value in stored.items():
        assert kept[part] == value, part


def assert_no_limit_is_exceeded(bench: Bench, world: World) -> None:
    """Parallelism, pools and the limits of runs and tasks hold, counted from the rows in *world* alone."""
    live = [
        (run, run.structure.tasks[task.task_id])
        for run in world.runs.values()
        for task in run.tasks.values()
        if task.state in OCCUPIES_SLOT
    ]
    assert len(live) <= bench.settings.parallelism
    pools: Counter[str] = Counter()
    of_dag: Counter[tuple[str, str]] = Counter()
    of_run: Counter[tuple[int, str]] = Counter()
    for run, spec in live:
        pools[spec.pool] += spec.pool_slots
        of_dag[run.record.dag_id, spec.task_id] += 1
        of_run[run.record.id, spec.task_id] += 1
    for pool, used in pools.items():
        assert used <= world.pools[pool].slots, f"pool {pool}"
    for run, spec in live:
        in_run = sum(other is run for other, _ in live)
        assert in_run <= run.structure.spec.max_active_tasks
        assert of_dag[run.record.dag_id, spec.task_id] <= (spec.max_active_tis_per_dag or 1 << 30)
        assert of_run[run.record.id, spec.task_id] <= (spec.max_active_tis_per_dagrun or 1 << 30)
    going: Counter[str | int] = Counter()
    for run in world.runs.values():
        if run.record.state is RunState.RUNNING:
            found = world.backfills.get(run.record.backfill_id or 0)
            going[run.record.dag_id if found is None else found.record.id] += 1
    for queue, count in going.items():
        if isinstance(queue, str):
            assert count <= world.dag(queue).structure.spec.max_active_runs
        else:
            assert count <= world.backfills[queue].record.max_active_runs


def assert_no_teardown_is_beside_its_work(world: World) -> None:
    """While a teardown is at work, nothing between its setups and it is."""
    for run in world.runs.values():
        ahead = run.structure.setups.ahead
        for task in run.tasks.values():
            if task.state in OCCUPIES_SLOT and task.task_id in ahead:
                busy = [
                    each.key
                    for name in ahead[task.task_id]
                    for each in beside(run, task, name)
                    if each.state in OCCUPIES_SLOT
                ]
                assert not busy, f"{task.key} is {task.state} beside {busy}"


def assert_stops_were_ordered(bench: Bench) -> None:
    """Whoever is to die was told so, even when the engine that decided it died before it could."""
    told = {attempt_id for attempt_id, _, _ in bench.executor.stops}
    for attempt_id, (pk, task_id) in bench.loop.world.attempts.items():
        state = bench.loop.world.runs[pk].tasks[task_id].state
        if state in (TaskState.STOPPING, TaskState.RESTARTING):
            assert attempt_id in told, f"{task_id} is {state}, and nobody told it"


def assert_durations_are_what_passed(database: Database, passed: float) -> None:
    """Nothing took less than nothing or longer than the *passed* seconds, however the clock was set."""
    queries = (
        "SELECT id, worked_us FROM run",
        "SELECT task_id, end_us - start_us FROM task_instance WHERE end_us - start_us IS NOT NULL",
        "SELECT attempt_id, end_us - start_us FROM attempt WHERE end_us - start_us IS NOT NULL",
    )
    with database.read() as connection:
        for query in queries:
            for name, took_us in connection.execute(sa.text(query)):
                assert -1000 <= took_us <= passed * 1_000_000 + 1000, (
                    f"{name} took {took_us / 1e6} of {passed} s"
                )


def assert_events_replay(database: Database) -> None:
    """The trail of events leads, run by run and task by task, to the states in the rows."""
    states: dict[tuple[str, str, str | None, int], str] = {}
    with database.read() as connection:
        trail = connection.execute(
            sa.text(
                "SELECT dag_id, run_id, task_id, map_index, kind, before, after FROM event"
                " WHERE run_id IS NOT NULL AND after IS NOT NULL ORDER BY seq"
            )
        ).all()
        runs = connection.execute(sa.text("SELECT dag_id, run_id, state FROM run")).all()
        tasks = connection.execute(
            sa.text(
                "SELECT dag_id, run_id, task_id, map_index, task_instance.state FROM task_instance"
                " JOIN run ON run.id = run_pk"
            )
        ).all()
    for dag_id, run_id, task_id, map_index, kind, before, after in trail:
        if kind.startswith(("pause_", "point_", "act_", "breakpoint_")) or kind == "release":
            continue
        # The first instance and the task before it has any are the same row.
        key = (dag_id, run_id, task_id, -1 if task_id is None else max(map_index, 0))
        born = None if task_id is None else "pending"
        assert states.get(key, born) == before, f"{key} was {states.get(key, born)}, {kind} says {before}"
        states[key] = after
    for dag_id, run_id, state in runs:
        assert states[dag_id, run_id, None, -1] == state
    for dag_id, run_id, task_id, map_index, state in tasks:
        assert states.get((dag_id, run_id, task_id, max(map_index, 0)), "pending") == state


def assert_at_rest(bench: Bench) -> None:
    """A second tick at the same moment finds nothing to do: no tick leaves work that nobody wakes it for."""
    wake_us = bench.tick()
    now_us = int(bench.clock.time.timestamp() * 1_000_000)
    if wake_us is not None and wake_us <= now_us:
        return
    before = bench.loop.gate.cursor
    bench.tick()
    assert bench.loop.gate.cursor == before, "a tick left something undone"
