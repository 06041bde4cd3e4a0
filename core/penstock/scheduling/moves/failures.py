"""Writing down that a task or a run failed and why, so that the failures of all runs can be grouped."""

from __future__ import annotations

from contextlib import suppress

import msgspec

from penstock.decoding import decoder
from penstock.errors import PenstockError, UnknownError
from penstock.model.error_line import TAIL, error_line
from penstock.model.fingerprint import LINE_MAX, fingerprint
from penstock.model.outcome import Outcome
from penstock.model.states import TaskState
from penstock.scheduling.world.live_run import LiveRun
from penstock.scheduling.world.tick import Tick
from penstock.store.engine.failure_records import FailureRecord
from penstock.store.engine.records import TaskRecord


def record_failure(tick: Tick, task: TaskRecord) -> None:
    """Record that *task* has failed for good; the line that says why is in its outcome or its log."""
    line = error_line(_outcome(task), _tail(tick, task))
    at_us = tick.now_us if task.end_us is None else task.end_us
    tick.gate.add(FailureRecord(0, task.id, task.attempt_id, task.try_number, at_us, fingerprint(line), line))
    tick.recorded.add(task.id)


def record_run_failure(tick: Tick, live: LiveRun, *, whole: bool) -> None:
    """Record that a run has failed, unless a task's failure, or somebody's cancel of a task, says why.

    No task of it failed by itself when it was ended as a *whole*, as by its timeout, when it could not go on,
    or when it was failed by hand.
    """
    run = live.record
    failed = [task for task in live.tasks.values() if task.state is TaskState.FAILED]
    unknown = [task for task in failed if task.id not in tick.recorded]
    if len(unknown) < len(failed) or (unknown and tick.world.reads.recorded(unknown)):
        return
    if not whole and not failed and any(task.state is TaskState.CANCELLED for task in live.tasks.values()):
        return
    by_hand = next((task.reason for task in failed if task.reason), None)
    line = f"the run failed: {by_hand or run.reason or 'for no known reason'}"[:LINE_MAX]
    assert run.end_us is not None
    tick.gate.add(FailureRecord(0, None, None, 1, run.end_us, fingerprint(line), line, run.id))


def end_snoozes(tick: Tick) -> None:
    """Let people see the failures whose snooze has ended, though nothing else has changed."""
    for name, until_us in list(tick.world.snoozes.items()):
        if until_us > tick.now_us:
            tick.wake_at(until_us)
            continue
        del tick.world.snoozes[name]
        with suppress(UnknownError):  # its runs may have been removed meanwhile
            for dag_id in tick.world.reads.failures(name).dags:
                tick.gate.touch(dag_id)


def _outcome(task: TaskRecord) -> Outcome | None:
    try:
        return None if task.outcome is None else decoder(Outcome).decode(task.outcome)
    except msgspec.MsgspecError:
        return None


def _tail(tick: Tick, task: TaskRecord) -> bytes:
    """Return the end of the log; nothing when it cannot be read, for the failure counts all the same."""
    if task.attempt_id is None:
        return b""
    try:
        return tick.executor.read_log(task.attempt_id, -TAIL, TAIL).data
    except (OSError, PenstockError):
        return b""
