"""Callbacks: recorded with the event that they are for, and delivered afterwards.

`subscribe` reads the events that a tick is about to commit and adds a row for each that has a callback,
in the same transaction. `deliver` starts a process for a row, by the executor that runs tasks: with a
time limit, a log, and an exact outcome that outlives the engine. A delivery that got lost is started
again, so a callback is called at least once.
"""

from __future__ import annotations

import json

from penstock.execution.executor import Absent, Exited, Lost, Observation
from penstock.ids import instance_key, new_attempt_id
from penstock.model.callbacks import CallbackState
from penstock.model.outcome import Outcome, OutcomeKind, describe
from penstock.model.states import TaskState
from penstock.model.subject import about_row
from penstock.scheduling.steps.auto_pause import pause_after_failures
from penstock.scheduling.steps.launch import callback_facts, callback_spec
from penstock.scheduling.steps.settle import look_beside, storable
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import CallbackRecord, EventRecord, TaskRecord

AT_ONCE = 4
"""Deliveries at the same time, besides the tasks."""
MOST_TRIES = 3
"""Lost deliveries of one row until it is given up."""
MOST_BELLS = 20
"""Most bells of one delivery."""
_LONGEST_BELL = 500
BELL = "bell"
"""The XCom key under which a callback stores its bells for the console."""
_TASK_EVENTS = {
    "claim": "execute",
    "succeed": "success",
    "fail": "failure",
    "retry": "retry",
    "skip": "skipped",
}
_RUN_EVENTS = {"run_succeed": "success", "run_fail": "failure"}
_FROM_AN_ATTEMPT = frozenset({TaskState.QUEUED.value, TaskState.RUNNING.value})


def subscribe(tick: Tick) -> None:
    """Record the callbacks for the new events of this tick.

    Called right after attempts were settled, while tasks are as the event says, and at the end.
    """
    events = tick.gate.events[tick.heard :]
    tick.heard += len(events)
    for event in events:
        if event.kind not in _TASK_EVENTS and event.kind not in _RUN_EVENTS:
            continue
        live = _run_of(tick, event)
        if live is None:
            continue
        with live.subject:
            if event.kind in _RUN_EVENTS:
                _tell_of_run(tick, live, event)
            else:
                _tell_of_task(tick, live, event)


def _run_of(tick: Tick, event: EventRecord) -> LiveRun | None:
    key = (event.dag_id or "", event.run_id or "")
    pk = tick.world.by_key.get(key)
    return tick.world.leaving.get(key) if pk is None else tick.world.runs[pk]


def _tell_of_task(tick: Tick, live: LiveRun, event: EventRecord) -> None:
    spec = live.structure.tasks.get(event.task_id or "")
    kind = _TASK_EVENTS[event.kind]
    if spec is None or not spec.callbacks:
        return
    if kind == "skipped" and event.before == TaskState.STOPPING.value:
        kind = "failure"  # it was running when its run timed out; skipped is only its state
    if kind == "skipped" and event.before not in _FROM_AN_ATTEMPT:
        return  # it did not skip itself
    task = live.tasks[instance_key(event.task_id or "", event.map_index)]
    # An empty task, or one that ended before anybody saw it run, begins and ends in one event.
    unseen = event.before in (TaskState.SCHEDULED.value, TaskState.QUEUED.value)
    for told in ("execute", kind) if kind != "execute" and unseen else (kind,):
        if told == "execute" and (task.pokes or task.resumes):
            continue  # a later check of a sensor is not a start, nor is going on after a trigger
        if told in spec.callbacks:
            add(tick, live, task, f"task_{told}", reason=event.reason, state=event.after)


def _tell_of_run(tick: Tick, live: LiveRun, event: EventRecord) -> None:
    kind = _RUN_EVENTS[event.kind]
    if kind in live.structure.spec.callbacks:
        add(tick, live, telling_task(live), f"run_{kind}", reason=event.reason, state=event.after)
    if kind == "failure":
        pause_after_failures(tick, live)


def telling_task(live: LiveRun) -> TaskRecord | None:
    """Return the task that a run's callback gets as ``ti``: the first to fail, else the last to end."""
    ended = sorted(live.tasks.values(), key=lambda task: (task.end_us or 0, task.position))
    failed = [task for task in ended if task.state is TaskState.FAILED]
    return failed[0] if failed else (ended[-1] if ended else None)


def add(
    tick: Tick, live: LiveRun, task: TaskRecord | None, kind: str, *, reason: str | None, state: str | None
) -> None:
    """Record one delivery of *kind*, with everything that its process needs."""
    if task is None:
        reason = "a DAG without tasks has no context to call it with"
        tick.gate.note("callback_failed", dag_id=live.key[0], run_id=live.key[1], before=kind, reason=reason)
        return
    before, triggering = tick.world.previous_success(live), tick.world.assets.of_run(live.record)
    facts = callback_facts(
        live, task, tick.settings, before, triggering, kind=kind, reason=reason, state=state
    )
    record = CallbackRecord(
        id=tick.world.next_callback,
        run_pk=live.record.id,
        task_id=task.task_id if kind.startswith("task_") else None,
        map_index=task.map_index,
        kind=kind,
        facts=json.dumps(facts),
        created_us=tick.now_us,
    )
    tick.world.next_callback += 1
    tick.world.callbacks[record.id] = record
    tick.gate.add(record)


def settle_callbacks(tick: Tick, attempt_ids: list[str], *, revoke_unclaimed: bool = False) -> None:
    """Observe deliveries and record those that have ended."""
    ids = [each for each in attempt_ids if each in tick.world.delivering]
    if not ids:
        return
    for attempt_id in ids:
        with about_row("callback", tick.world.delivering[attempt_id]):
            _settle(tick, attempt_id, look_beside(tick, attempt_id, revoke_unclaimed=revoke_unclaimed))


def _settle(tick: Tick, attempt_id: str, seen: Observation) -> None:
    record = tick.world.callbacks[tick.world.delivering[attempt_id]]
    match seen:
        case Absent():
            _again(tick, record, attempt_id)
        case Lost(reason):
            if record.tries < MOST_TRIES:
                _again(tick, record, attempt_id)
            else:
                _end(tick, record, attempt_id, ok=False, reason=f"lost {record.tries} times: {reason}")
        case Exited(told):
            outcome = storable(told)
            if outcome.kind is OutcomeKind.REVOKED:
                record.tries -= 1
                _again(tick, record, attempt_id)
                return
            for message in _bells(outcome):
                _note(tick, record, "bell", message)
            how = None if outcome.ok else describe(outcome)
            _end(tick, record, attempt_id, ok=outcome.ok, reason=how)
        case _:
            pass


def _bells(outcome: Outcome) -> list[str]:
    """Return the messages for consoles; an author may have pushed anything under that key."""
    found = (outcome.xcoms or {}).get(BELL)
    texts = [text for text in found if isinstance(text, str)] if isinstance(found, list) else []
    return [text.encode(errors="replace").decode()[:_LONGEST_BELL] for text in texts[:MOST_BELLS]]


def _again(tick: Tick, record: CallbackRecord, attempt_id: str) -> None:
    _let_go(tick, attempt_id)
    record.become(CallbackState.WAITING)
    tick.gate.put(record)


def _end(tick: Tick, record: CallbackRecord, attempt_id: str, *, ok: bool, reason: str | None) -> None:
    _let_go(tick, attempt_id)
    record.become(CallbackState.DONE if ok else CallbackState.FAILED)
    record.end_us = tick.now_us
    record.reason = reason
    tick.gate.put(record)
    _note(tick, record, "callback_done" if ok else "callback_failed", reason)
    tick.world.callbacks.pop(record.id)


def _let_go(tick: Tick, attempt_id: str) -> None:
    tick.world.delivering.pop(attempt_id, None)
    tick.world.asked.pop(attempt_id, None)


def _note(tick: Tick, record: CallbackRecord, kind: str, reason: str | None) -> None:
    facts = json.loads(record.facts)
    tick.gate.note(
        kind,
        dag_id=facts["context"]["dag_id"],
        run_id=facts["context"]["run_id"],
        task_id=record.task_id,
        map_index=record.map_index,
        before=record.kind,
        reason=reason,
    )


def deliver(tick: Tick) -> None:
    """Start processes for waiting deliveries, oldest first, a few at a time."""
    for record in tick.world.callbacks.values():
        if len(tick.world.delivering) >= AT_ONCE:
            return
        if record.state is CallbackState.WAITING:
            with about_row("callback", record.id):
                _deliver(tick, record)


def _deliver(tick: Tick, record: CallbackRecord) -> None:
    record.become(CallbackState.RUNNING)
    record.tries += 1
    record.attempt_id = new_attempt_id()
    tick.world.delivering[record.attempt_id] = record.id
    tick.gate.put(record)
    facts = json.loads(record.facts)
    tick.launches.append(callback_spec(record.attempt_id, facts, tick.settings, tick.environment))
