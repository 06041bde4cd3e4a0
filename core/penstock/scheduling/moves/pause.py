"""Lifts pauses, and gives back the time that timeouts stood still."""

from __future__ import annotations

from penstock.ids import split_instance
from penstock.model.pauses import BREAKPOINTS, PauseKind
from penstock.model.states import RunState, TaskState
from penstock.scheduling.world.breakpoints import stops
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.triggers import wait_for_trigger
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import PauseKey, PauseRecord, TaskRecord

_BETWEEN_POKES = frozenset({TaskState.UP_FOR_RESCHEDULE, TaskState.UP_FOR_RETRY, TaskState.SCHEDULED})


def lift_pause(tick: Tick, key: PauseKey, *, at_us: int | None = None) -> None:
    """Lift a pause and let timeouts go on. *at_us* is when it ended, by default now."""
    pause = tick.world.pauses.pop(key, None)
    if pause is None:
        return
    kind, dag_id, run_id, _ = key
    tick.gate.drop(pause)
    tick.gate.touch(dag_id, run_id or None)
    if kind is PauseKind.SCHEDULE:
        tick.world.dag(dag_id).resumed_us = tick.now_us if at_us is None else at_us
        tick.world.due_dags.look_at(dag_id)
        return
    for live in tick.world.runs_of(dag_id):
        if kind is PauseKind.FREEZE or live.record.run_id == run_id:
            make_up(tick, live, pause)
            if kind is PauseKind.AFTER:
                task_id = split_instance(pause.task_id)[0]
                live.dirty.update(live.structure.graph.downstream.get(task_id, ()))


def make_up(tick: Tick, live: LiveRun, pause: PauseRecord) -> None:
    """Extend timeouts of runs and sensors by the time that *pause* held; two at once count once."""
    run = live.record
    others = [tick.world.frozen(run.dag_id), tick.world.held(*live.key)]
    stopped = [each for each in stops(tick.world, live) if each is not pause]
    whole = not pause.task_id or pause.kind in BREAKPOINTS
    if whole and run.state is RunState.RUNNING and run.turn_us is not None:
        run.stood_us += _stood(tick, pause, [*others, *stopped], run.turn_us)
        tick.gate.save_run(run)
    for task in live.tasks.values():
        if task.state is TaskState.DEFERRED and task.next_us is not None:
            _make_up_wait(tick, live, task, pause, others)
        # A poke that came due meanwhile is scheduled and waits; one that runs has its own time.
        waits = task.first_poke_us is not None and task.state in _BETWEEN_POKES
        if waits and pause.task_id in ("", task.task_id, task.key):
            assert task.first_poke_us is not None
            held = tick.world.held(*live.key, task.key)
            own = None if held is pause else held
            task.first_poke_us += _stood(tick, pause, [*others, own], task.first_poke_us)
            tick.gate.save_task(live.record, task)
    tick.world.to_advance.add(run.id)


def _make_up_wait(
    tick: Tick, live: LiveRun, task: TaskRecord, pause: PauseRecord, others: list[PauseRecord | None]
) -> None:
    """Extend the time that a deferred task may wait for its trigger."""
    if pause.task_id not in ("", task.task_id, task.key):
        return
    assert task.next_us is not None
    held = tick.world.held(*live.key, task.key)
    own = None if held is pause else held
    by_us = _stood(tick, pause, [*others, own], task.end_us or task.queued_us or 0)
    task.next_us += by_us
    if task.began_us is not None:
        task.began_us += by_us
    tick.gate.save_task(live.record, task)
    wait_for_trigger(tick.world, live, task)


def _stood(tick: Tick, pause: PauseRecord, others: list[PauseRecord | None], start_us: int) -> int:
    """Return how long only *pause*, just lifted, held what began at *start_us*."""
    since_us = pause.stops_since_us
    if since_us is None:
        return 0
    begun = [other.stops_since_us for other in others if other is not None]
    until_us = min([tick.now_us, *(each for each in begun if each is not None)])
    return max(0, until_us - max(since_us, start_us))
