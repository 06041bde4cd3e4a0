"""Moving task instances and runs together with what follows from it inside the run.

The gate writes the move; this file keeps the working set's derived facts (counts of parents, queues,
alarms) in step, so that no other step of the tick has to.
"""

from __future__ import annotations

import heapq
import json

from penstock.execution.executor import StopMode
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import OCCUPIES_SLOT, RUN_TERMINAL, TERMINAL, RunState, TaskState
from penstock.model.transitions import RunEvent, TaskEvent
from penstock.scheduling.instances import instances, tell_children
from penstock.scheduling.slots import run_ended
from penstock.scheduling.teardown import judge_anew
from penstock.scheduling.tick import Tick
from penstock.scheduling.world import LiveRun, enqueue, take_decision
from penstock.store.records import PauseRecord, TaskRecord

SAME_TRY = frozenset({OutcomeKind.REVOKED.value, OutcomeKind.RESCHEDULED.value})
"""After these the next launch belongs to the same try."""
_BETWEEN_POKES = frozenset({TaskState.UP_FOR_RESCHEDULE, TaskState.UP_FOR_RETRY, TaskState.SCHEDULED})


def move(
    tick: Tick,
    live: LiveRun,
    task: TaskRecord,
    event: TaskEvent,
    *,
    reason: str | None = None,
    ended_us: int | None = None,
) -> None:
    """Move one task instance and keep the run's derived facts in step."""
    before = task.state
    if reason is not None:
        task.reason = reason
    after = tick.gate.move_task(live.record, task, event, reason=reason, ended_us=ended_us)
    take_decision(live, task)
    if (before in TERMINAL) != (after in TERMINAL):
        live.unfinished += -1 if after in TERMINAL else 1
    if before in TERMINAL or after in TERMINAL:
        _tell_others(tick, live, task, before, after)
    if after is TaskState.SCHEDULED:
        enqueue(live, task)
    elif after is TaskState.PENDING:
        live.dirty.add(task.key)
    elif after in (TaskState.UP_FOR_RETRY, TaskState.UP_FOR_RESCHEDULE):
        assert task.next_us is not None
        heapq.heappush(tick.world.alarms, (task.next_us, live.record.id, task.key))
    if event is TaskEvent.FAIL and live.structure.spec.fail_fast:
        tick.failing.append((live, task.key))
    if before in OCCUPIES_SLOT and after not in OCCUPIES_SLOT and task.attempt_id:
        tick.world.let_go(task.attempt_id)
    if after not in OCCUPIES_SLOT and live.structure.setups.ahead:
        live.dirty |= judge_anew(live, task)
    if live.dirty or not live.unfinished or after in TERMINAL:
        tick.world.stirred.add(live.record.id)


def _tell_others(tick: Tick, live: LiveRun, task: TaskRecord, before: TaskState, after: TaskState) -> None:
    tell_children(live, task, before, after)
    setups = live.structure.setups
    others = {
        *live.decisions.get(task.map_index, {}).get(task.key, ()),
        *setups.needing.get(task.task_id, ()),
    }
    if live.record.intent:
        others |= setups.teardowns
    live.dirty.update(others)
    for pk in tick.world.looking_back.get(live.record.dag_id, ()):
        later = tick.world.runs[pk]
        watchers = later.structure.watchers.get(task.task_id, ()) if later is not live else ()
        if watchers:
            later.dirty.update(watchers)
            tick.world.stirred.add(pk)


def stop(
    tick: Tick,
    live: LiveRun,
    task: TaskRecord,
    intent: TaskEvent,
    *,
    reason: str,
    mode: StopMode = "term",
) -> None:
    """Order the death of a live attempt; *intent* happens to the task once it is dead."""
    assert task.attempt_id is not None
    grace = live.structure.tasks[task.task_id].stop_grace
    seconds = tick.settings.stop_grace if grace is None else grace
    task.intent = intent.value
    task.stop_us = tick.now_us + int(seconds * 1_000_000)
    if intent is TaskEvent.CLEAR:
        move(tick, live, task, TaskEvent.RESTART, reason=reason)
    elif task.state is TaskState.STOPPING:
        task.reason = reason
        tick.gate.save_task(live.record, task)
    else:
        move(tick, live, task, TaskEvent.STOP, reason=reason)
    tick.stops.append((task.attempt_id, mode, reason))


def clear_fields(live: LiveRun, task: TaskRecord) -> None:
    """Forget how the last tries went and give the full retry budget back; numbers go on."""
    spec = live.structure.tasks[task.task_id]
    task.max_tries = task.try_number + spec.retries + 1
    task.queued_us = task.start_us = task.end_us = task.next_us = None
    task.first_poke_us = task.stop_us = None
    task.pokes = 0
    task.intent = task.reason = task.outcome = task.skips = task.rush = None
    task.mapped_length = task.rendered_map_index = None


def starts_new_try(task: TaskRecord) -> bool:
    """Whether the next launch of *task* begins a new try.

    A revoked launch and each poke of a rescheduled sensor belong to the try they are part of.
    """
    if task.outcome is None:
        return True
    return json.loads(task.outcome)["kind"] not in SAME_TRY


def settle_run(tick: Tick, live: LiveRun) -> None:
    """End a run once nothing in it is unfinished, by its leaves."""
    run = live.record
    if run.state in RUN_TERMINAL:
        if not live.live:
            tick.world.drop(live)
        return
    if live.unfinished:
        return
    if run.intent == RunEvent.CANCEL.value:
        event, reason = RunEvent.CANCEL, run.reason
    elif run.intent == RunEvent.FAIL.value:
        event, reason = RunEvent.FAIL, run.reason
    else:
        event, reason = _by_leaves(live)
    end_run(tick, live, event, reason)


def end_run(tick: Tick, live: LiveRun, event: RunEvent, reason: str | None) -> None:
    """Move a run to its end; it leaves the working set once no attempt of it lives."""
    run = live.record
    run.end_us = tick.now_us
    run.end_turn(tick.now_us)
    run.reason = reason
    run.intent = None
    if run.start_us is None:
        run.start_us = tick.now_us
    tick.gate.move_run(run, event, reason=reason)
    run_ended(tick, run)
    tick.room = True
    entry = tick.world.dags.get(run.dag_id)
    if entry is not None:
        entry.settled = False  # room for another run: points that waited for it are due
    for key in [key for key in tick.world.pauses if key[1:3] == live.key]:
        lift_pause(tick, key)
    if not live.live:
        tick.world.drop(live)


def _by_leaves(live: LiveRun) -> tuple[RunEvent, str | None]:
    leaves = [each for leaf in live.structure.setups.leaves for each in instances(live, leaf)]
    bad = [
        leaf for leaf in leaves if leaf.state not in (TaskState.SUCCESS, TaskState.SKIPPED, TaskState.REMOVED)
    ]
    if not bad:
        return RunEvent.SUCCEED, None
    roots = [task for task in live.tasks.values() if task.state in (TaskState.FAILED, TaskState.CANCELLED)]
    named = ", ".join(task.key for task in (roots or bad)[:3])
    more = len(roots or bad) - 3
    return RunEvent.FAIL, f"{named}{f' and {more} more' if more > 0 else ''} did not succeed"


def lift_pause(tick: Tick, key: tuple[str, str, str, str], *, at_us: int | None = None) -> None:
    """Lift a pause and let what stood still go on. *at_us* is when it was over, by default now."""
    from penstock.store.writes import DELETE_PAUSE

    pause = tick.world.pauses.pop(key, None)
    if pause is None:
        return
    kind, dag_id, run_id, task_id = key
    tick.gate.also(
        DELETE_PAUSE, {"b_kind": kind, "b_dag_id": dag_id, "b_run_id": run_id, "b_task_id": task_id}
    )
    tick.gate.touch(dag_id, run_id or None)
    if kind == "schedule":
        entry = tick.world.dag(dag_id)
        entry.settled, entry.resumed_us = False, tick.now_us if at_us is None else at_us
        return
    for live in tick.world.runs_of(dag_id):
        if kind == "freeze" or live.record.run_id == run_id:
            _make_up(tick, live, pause)


def _make_up(tick: Tick, live: LiveRun, pause: PauseRecord) -> None:
    """Timeouts of runs and sensors stand still while frozen or held; time under two pauses counts once."""
    run = live.record
    others = [tick.world.frozen(run.dag_id), tick.world.held(*live.key)]
    if not pause.task_id and run.state is RunState.RUNNING and run.turn_us is not None:
        run.stood_us += _stood(tick, pause, others, run.turn_us)
        tick.gate.save_run(run)
    for task in live.tasks.values():
        # A poke that came due meanwhile is scheduled and waits; one that runs has its own time.
        waits = task.first_poke_us is not None and task.state in _BETWEEN_POKES
        if waits and pause.task_id in ("", task.task_id, task.key):
            assert task.first_poke_us is not None
            held = tick.world.held(*live.key, task.key)
            task.first_poke_us += _stood(tick, pause, [*others, held], task.first_poke_us)
            tick.gate.save_task(live.record, task)
    tick.world.stirred.add(run.id)


def _stood(tick: Tick, pause: PauseRecord, others: list[PauseRecord | None], start_us: int) -> int:
    """Return how long *pause*, just lifted, held what began at *start_us*, until another one did too."""
    until_us = min([tick.now_us, *(other.since_us for other in others if other is not None)])
    return max(0, until_us - max(pause.since_us, start_us))


def encode_outcome(outcome: Outcome) -> str:
    """Return an outcome as the JSON kept with task and attempt; values pushed are kept elsewhere."""
    import msgspec

    return msgspec.json.encode(msgspec.structs.replace(outcome, xcoms=None)).decode()
