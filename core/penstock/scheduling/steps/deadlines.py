"""Deadlines: runs that have not ended, or not even started, by a time that their DAG sets."""

from __future__ import annotations

from penstock.clock import to_us
from penstock.model.spec import DeadlineSpec
from penstock.model.states import RUN_UNFINISHED
from penstock.scheduling.steps.callbacks import add, telling_task
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import RunRecord


def watch_deadlines(tick: Tick) -> None:
    """Report every missed deadline of an unfinished run, once; ask to be woken for the next."""
    for live in tick.world.runs.values():
        if live.structure.spec.deadlines and live.record.state in RUN_UNFINISHED:
            with live.subject:
                for number, deadline in enumerate(live.structure.spec.deadlines):
                    _watch(tick, live, deadline, f"deadline:{number}")


def _watch(tick: Tick, live: LiveRun, deadline: DeadlineSpec, kind: str) -> None:
    run = live.record
    due_us = due(run, deadline)
    if due_us is None or (run.id, kind) in tick.world.missed:
        return
    if deadline.reference == "started" and run.start_us is not None and run.start_us <= due_us:
        return
    if due_us > tick.now_us:
        tick.wake_at(due_us)
        return
    tick.world.missed.add((run.id, kind))
    what = "not started" if deadline.reference == "started" else "not ended"
    if deadline.reference == "started" and run.start_us is not None:
        what = "started late"
    reason = f"{deadline.name or 'deadline'}: {what} by {tick.say(due_us)}"
    tick.gate.note(
        "deadline_missed", dag_id=run.dag_id, run_id=run.run_id, before=run.state.value, reason=reason
    )
    add(tick, live, telling_task(live), kind, reason=reason, state=run.state.value)


def due(run: RunRecord, deadline: DeadlineSpec) -> int | None:
    """Return the time of *deadline* for *run*, in microseconds; None if the run does not have it. Pure."""
    match deadline.reference:
        case "queued":
            start_us: int | None = run.queued_us
        case "logical_date":
            start_us = run.logical_us
        case "fixed":
            start_us = None if deadline.at is None else to_us(deadline.at)
        case "due" | "started":
            start_us = run.run_after_us
    return None if start_us is None else start_us + int(deadline.seconds * 1_000_000)
