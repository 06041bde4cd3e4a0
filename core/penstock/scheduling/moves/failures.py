"""Writing down that a task failed and why, so that the failures of all runs can be grouped."""

from __future__ import annotations

import msgspec

from penstock.decoding import decoder
from penstock.errors import PenstockError
from penstock.model.error_line import TAIL, error_line
from penstock.model.fingerprint import fingerprint
from penstock.model.outcome import Outcome
from penstock.scheduling.world.tick import Tick
from penstock.store.engine.failure_records import FailureRecord
from penstock.store.engine.records import TaskRecord


def record_failure(tick: Tick, task: TaskRecord) -> None:
    """Record that *task* has failed for good; the line that says why is in its outcome or its log."""
    line = error_line(_outcome(task), _tail(tick, task))
    at_us = tick.now_us if task.end_us is None else task.end_us
    tick.gate.add(FailureRecord(0, task.id, task.attempt_id, task.try_number, at_us, fingerprint(line), line))


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
