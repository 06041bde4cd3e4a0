"""Shifts the times of unfinished work when the wall clock was set."""

from __future__ import annotations

import heapq
from dataclasses import replace

from penstock.model.states import TERMINAL, WOKEN
from penstock.model.subject import about_row
from penstock.scheduling.world.names import NEXT_TRY, next_try
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.columns import RUN_MOMENTS, TASK_MOMENTS
from penstock.store.engine.records import PauseRecord, QuarantineRecord, TaskRecord


def move_task(task: TaskRecord, by_us: int) -> bool:
    """Shift the times of an unfinished task instance; return whether it has any."""
    moved = _move(task, TASK_MOMENTS, by_us)
    what, said, _ = (task.reason or "").rpartition(NEXT_TRY)
    if said and task.next_us is not None:
        task.reason = f"{what}{next_try(task)}"
    return moved


def move_all(tick: Tick, by_us: int) -> None:
    """Shift all times of waiting and running work by *by_us* microseconds."""
    world = tick.world
    for live in world.runs.values():
        with live.subject:
            _move_run(tick, live, by_us)
    world.alarms = [
        (task.next_us, live.record.id, task.key)
        for live in world.runs.values()
        for task in live.tasks.values()
        if task.state in WOKEN and task.next_us is not None
    ]
    heapq.heapify(world.alarms)
    apart = list(world.apart)
    if apart:  # in quarantine: it goes on like the others when it is taken back
        tick.gate.shift_runs(apart, by_us)
    theirs = (attempt_id for run in world.apart.values() for attempt_id, _ in run.live)
    for attempt_id in (*world.attempts, *theirs):
        tick.gate.shift_attempt(attempt_id, by_us)
    for pause in list(world.pauses.values()):
        about = about_row("pause", "/".join(filter(None, pause.key)), pause.dag_id)
        if about.id not in world.out:
            with about:
                _move_pause(tick, pause, by_us)
    for record in list(world.quarantine.values()):
        _move_quarantined(tick, record, by_us)
    for entry in world.dags.values():
        world.due_dags.look_at(entry.dag_id)
        if entry.resumed_us is not None:
            entry.resumed_us = min(entry.resumed_us, tick.now_us)
        # Once a point is settled, this is only where the grid of a timedelta begins: shifting it would put
        # later points beside the recorded ones.
        if entry.cursor is None and entry.facts.first_seen_us > tick.now_us:
            entry.facts = replace(entry.facts, first_seen_us=tick.now_us)
            tick.gate.put(entry.facts)


def _move_run(tick: Tick, live: LiveRun, by_us: int) -> None:
    _move(live.record, RUN_MOMENTS, by_us)
    tick.gate.save_run(live.record)
    for task in live.tasks.values():
        if task.state not in TERMINAL and move_task(task, by_us):
            tick.gate.save_task(live.record, task)
    tick.world.to_advance.add(live.record.id)


def _move(record: object, names: tuple[str, ...], by_us: int) -> bool:
    moved = False
    for name in names:
        moment_us = getattr(record, name)
        if moment_us is not None:
            setattr(record, name, moment_us + by_us)
            moved = True
    return moved


def _move_pause(tick: Tick, pause: PauseRecord, by_us: int) -> None:
    """Shift its start; its end is a time by people's clocks."""
    pause.since_us += by_us
    if pause.reached_us is not None:
        pause.reached_us += by_us
    tick.gate.put(pause)


def _move_quarantined(tick: Tick, record: QuarantineRecord, by_us: int) -> None:
    retry_us = None if record.retry_us is None else record.retry_us + by_us
    moved = replace(record, since_us=record.since_us + by_us, retry_us=retry_us)
    tick.world.quarantine[record.id] = moved
    tick.gate.put(moved)
