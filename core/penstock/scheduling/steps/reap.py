"""Reap: what is due by the clock: retries, pokes, the end of pauses and snoozes, runs out of time.

Also ends the rest of a run after its first failure (``fail_fast``).
"""

from __future__ import annotations

import heapq

from penstock.model.states import OCCUPIES_SLOT, WOKEN, RunState, TaskState
from penstock.model.subject import about_row
from penstock.model.transitions import RunEvent, TaskEvent
from penstock.scheduling.moves.ending import ends_later
from penstock.scheduling.moves.failures import end_snoozes
from penstock.scheduling.moves.pause import lift_pause
from penstock.scheduling.moves.questions import out_of_time
from penstock.scheduling.moves.task import move, stop
from penstock.scheduling.world.breakpoints import stops
from penstock.scheduling.world.teardown import to_be_ended
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import TaskRecord


def reap(tick: Tick) -> None:
    """Do everything that is due, and ask to be woken for the rest."""
    _alarms(tick)
    end_snoozes(tick)
    for pause in tick.world.pauses.ended(tick.now_us):
        with about_row("pause", "/".join(filter(None, pause.key)), pause.dag_id):
            tick.gate.note(
                "pause_lifted", dag_id=pause.dag_id, run_id=pause.run_id or None,
                task_id=pause.task_id or None, before=pause.kind, reason="it had ended by its time",
            )  # fmt: skip
            lift_pause(tick, pause.key, at_us=pause.until_us)  # nobody may have been awake then
    tick.wake_at(tick.world.pauses.next_end_us)
    for live, failed in tick.failing:
        if live.record.state is RunState.RUNNING and not live.record.intent:
            reason = f"{failed} failed, and the first failure ends the run (fail_fast)"
            with live.subject:
                _give_up(tick, live, reason, TaskEvent.FAIL)
    for live in list(tick.world.runs.values()):
        with live.subject:
            _out_of_time(tick, live)


def _alarms(tick: Tick) -> None:
    alarms = tick.world.alarms
    while alarms and alarms[0][0] <= tick.now_us:
        due_us, run_pk, key = heapq.heappop(alarms)
        live = tick.world.runs.get(run_pk)
        task = live.tasks.get(key) if live else None
        if live and task and task.state in WOKEN and task.next_us == due_us:
            with live.subject:
                _wake(tick, live, task)
    if alarms:
        tick.wake_at(alarms[0][0])


def _wake(tick: Tick, live: LiveRun, task: TaskRecord) -> None:
    if task.state is not TaskState.DEFERRED:
        move(tick, live, task, TaskEvent.MEET)
    elif stands_still(tick, live) or tick.world.held(*live.key, task.key):
        pass  # its time stands still; lifting the pause gives it another alarm
    elif (question := tick.world.questions.get(task.attempt_id)) is not None:
        out_of_time(tick, live, task, question)
    else:
        move(tick, live, task, TaskEvent.MEET, reason="its trigger has not fired in time")


def _out_of_time(tick: Tick, live: LiveRun) -> None:
    limit = live.structure.spec.dagrun_timeout
    run = live.record
    if limit is None or run.state is not RunState.RUNNING or run.turn_us is None or run.intent:
        return
    if stands_still(tick, live):
        return
    due_us = run.turn_us + run.stood_us + int(limit * 1_000_000)
    if due_us > tick.now_us:
        tick.wake_at(due_us)
        return
    _give_up(tick, live, f"dagrun_timeout of {limit:g} s has passed", TaskEvent.SKIP)


def _give_up(tick: Tick, live: LiveRun, reason: str, stopped: TaskEvent) -> None:
    """Fail a run: tasks that have not started end as skipped; live ones get the event *stopped*.

    Teardowns of finished setups still run.
    """
    ending = to_be_ended(live)
    run = live.record
    run.intent = RunEvent.FAIL.value
    run.reason = reason
    tick.gate.save_run(run)
    ended = 0
    for task in ending:
        if task.state is TaskState.STOPPING:
            pass  # its end was ordered already
        elif task.state in OCCUPIES_SLOT:
            stop(tick, live, task, stopped, reason=reason)
        elif not ends_later(tick, live, task, ended):
            move(tick, live, task, TaskEvent.SKIP, reason=reason)
            ended += 1
    tick.world.to_advance.add(run.id)


def stands_still(tick: Tick, live: LiveRun) -> bool:
    """Whether the run is frozen, held or at a breakpoint, so that its timeout does not run."""
    dag_id, run_id = live.key
    return bool(tick.world.frozen(dag_id) or tick.world.held(dag_id, run_id) or stops(tick.world, live))
