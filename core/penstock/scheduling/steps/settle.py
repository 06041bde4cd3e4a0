"""Settle: turns the executor's observations into state.

`ending` is the pure rule from an attempt's outcome to the task's next move; the rest reads
observations and writes them through the gate. A terminal state is never changed from here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from penstock.clock import DAY_US, STEP_US
from penstock.execution.executor import Absent, Accepted, Claimed, Exited, Lost, Observation
from penstock.model.outcome import Outcome, OutcomeKind, describe
from penstock.model.spec import TaskSpec
from penstock.model.states import OCCUPIES_SLOT, TaskState
from penstock.model.transitions import TaskEvent
from penstock.scheduling.moves.assets import announce
from penstock.scheduling.moves.questions import ask
from penstock.scheduling.moves.remarks import heard_of, remark, without_remark
from penstock.scheduling.moves.task import clear_fields, encode_outcome, move
from penstock.scheduling.steps.retry import retry_wait
from penstock.scheduling.world.names import next_try
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import TaskRecord, XComRecord

_BEING_STOPPED = frozenset({TaskState.STOPPING, TaskState.RESTARTING})
_STANDS = frozenset({TaskEvent.MARK_SUCCESS, TaskEvent.MARK_FAILED, TaskEvent.MARK_SKIPPED, TaskEvent.REMOVE})
"""Reasons of a stop that a success does not undo."""
_LONGEST_POKE_US = 10 * 365 * DAY_US


def settle(tick: Tick, attempt_ids: Iterable[str], *, revoke_unclaimed: bool = False) -> None:
    """Observe attempts and record what is new.

    With *revoke_unclaimed* (at recovery) an unclaimed launch is taken back at once.
    """
    ids = [attempt_id for attempt_id in attempt_ids if attempt_id in tick.world.attempts]
    if not ids:
        return
    for attempt_id, observed in _observed(tick, ids).items():
        place = tick.world.attempts.get(attempt_id)
        if place is None:
            continue
        live = tick.world.runs[place[0]]
        with live.subject:
            _look(tick, live, live.tasks[place[1]], attempt_id, observed, revoke_unclaimed=revoke_unclaimed)


def _look(
    tick: Tick,
    live: LiveRun,
    task: TaskRecord,
    attempt_id: str,
    observed: Observation,
    *,
    revoke_unclaimed: bool,
) -> None:
    seen = _unless_unclaimed(tick, attempt_id, observed, revoke_unclaimed=revoke_unclaimed)
    if forgets(seen, claimed=task.state is TaskState.RUNNING):
        seen = _abandon(tick, attempt_id, claimed=task.state is not TaskState.QUEUED)
    _take(tick, live, task, attempt_id, seen)
    lives = isinstance(seen, Accepted | Claimed)
    if lives and task.state in _BEING_STOPPED and attempt_id not in tick.world.told_to_stop:
        # The order is committed before it is sent: an engine that died in between did not send it.
        tick.stops.append((attempt_id, "term", task.reason or "it has to stop"))


def _observed(tick: Tick, ids: list[str]) -> Mapping[str, Observation]:
    """Return the executor's observations; an attempt that it cannot observe is its run's fault."""
    try:
        return tick.executor.observe(ids)
    except Exception:  # noqa: BLE001
        found: dict[str, Observation] = {}
        for attempt_id in ids:
            with tick.world.runs[tick.world.attempts[attempt_id][0]].subject:
                found |= tick.executor.observe([attempt_id])
        return found


def look_beside(tick: Tick, attempt_id: str, *, revoke_unclaimed: bool) -> Observation:
    """Observe an attempt that is no task's: a callback's, or the triggerer.

    A launch that nobody has claimed in time is taken back, with *revoke_unclaimed* at once.
    """
    observed = tick.executor.observe([attempt_id])[attempt_id]
    seen = _unless_unclaimed(tick, attempt_id, observed, revoke_unclaimed=revoke_unclaimed)
    return _abandon(tick, attempt_id, claimed=False) if forgets(seen, claimed=False) else seen


def _unless_unclaimed(
    tick: Tick, attempt_id: str, observed: Observation, *, revoke_unclaimed: bool
) -> Observation:
    """Return what was observed, or what taking back a launch has come to that nobody claimed."""
    unclaimed = (
        isinstance(observed, Accepted)
        and observed.waiting is None
        and (revoke_unclaimed or _overdue(tick, attempt_id))
    )
    return tick.executor.revoke(attempt_id) if unclaimed else observed


def forgets(seen: Observation, *, claimed: bool) -> bool:
    """Whether a directory has lost facts: it is gone, or unclaimed after it was *claimed*. Pure."""
    match seen:
        case Absent():
            return True
        case Accepted():
            return claimed
        case Exited(outcome):
            return claimed and outcome.kind is OutcomeKind.REVOKED
    return False


def _abandon(tick: Tick, attempt_id: str, *, claimed: bool) -> Observation:
    """Kill the processes of an attempt without a directory, so that nothing is started beside them.

    If none of its processes runs it was never started, unless it was *claimed*: then its end is unknown.
    """
    seen = tick.executor.abandon(attempt_id)
    if isinstance(seen, Absent) and claimed:
        return Lost(
            "its directory was removed or emptied while it ran, and none of its processes runs any more"
        )
    return seen


def _overdue(tick: Tick, attempt_id: str) -> bool:
    """Whether a launch has been unclaimed for too long, by the steady clock."""
    asked = tick.world.asked.setdefault(attempt_id, tick.mono)
    return tick.mono - asked > tick.settings.launch_deadline


def _take(tick: Tick, live: LiveRun, task: TaskRecord, attempt_id: str, seen: Observation) -> None:
    heard_of(tick, live, task, attempt_id, seen)
    match seen:
        case Claimed():
            _claimed(tick, live, task, attempt_id, seen)
            remark(tick, live, task, attempt_id, seen)
        case Exited(outcome):
            _ended(tick, live, task, attempt_id, seen, storable(outcome))
        case Absent():
            outcome = Outcome(kind=OutcomeKind.REVOKED, reason="it never reached the executor")
            _ended(tick, live, task, attempt_id, Exited(outcome, None, None), outcome)
        case Lost(reason, elsewhere):
            outcome = Outcome(kind=OutcomeKind.LOST, reason=reason, fail_without_retry=elsewhere)
            _ended(tick, live, task, attempt_id, Exited(outcome, None, None), outcome)
        case _:
            pass


def _claimed(tick: Tick, live: LiveRun, task: TaskRecord, attempt_id: str, seen: Claimed) -> None:
    if task.state is not TaskState.QUEUED:
        return
    start_us = tick.now_us if seen.at is None else min(tick.now_us, int(seen.at * 1_000_000))
    tick.gate.claim_attempt(attempt_id, start_us=start_us, pid=seen.pid, worker=seen.worker)
    task.start_us = start_us
    _first_poke(live.structure.tasks[task.task_id], task, start_us)
    move(tick, live, task, TaskEvent.CLAIM)


def _first_poke(spec: TaskSpec, task: TaskRecord, start_us: int) -> None:
    if spec.sensor is not None and task.first_poke_us is None:
        task.first_poke_us = start_us


def moment_of(tick: Tick, end: float | None, steady: tuple[str, float] | None) -> int:
    """Return when something ended, in microseconds by the clock as it is set now.

    *end* is what the clock showed then, *steady* the boot and the seconds of its steady clock.
    """
    if end is None:
        return tick.now_us
    end_us = int(end * 1_000_000)
    if steady is None or steady[0] != tick.boot:
        return min(end_us, tick.now_us)
    passed_us = tick.now_us - int((tick.mono - steady[1]) * 1_000_000)
    return end_us if abs(passed_us - end_us) < STEP_US else passed_us


def _ended(
    tick: Tick, live: LiveRun, task: TaskRecord, attempt_id: str, seen: Exited, outcome: Outcome
) -> None:
    spec = live.structure.tasks[task.task_id]
    if task.peak_rss is not None and task.attempt_id == attempt_id:
        # The kernel's figure misses sampled descendants, and small tasks entirely.
        outcome = msgspec.structs.replace(outcome, peak_rss=max(task.peak_rss, outcome.peak_rss or 0))
    end_us = moment_of(tick, seen.end, seen.steady)
    # How much the clock was set since it ended, unnoticed.
    by_us = 0 if seen.end is None else end_us - int(seen.end * 1_000_000)
    start_us = task.start_us if seen.start is None else int(seen.start * 1_000_000) + by_us
    if seen.worker is not None and task.state is TaskState.QUEUED:  # it ended before anybody looked
        tick.gate.claim_attempt(attempt_id, start_us=start_us, pid=None, worker=seen.worker)
    encoded = encode_outcome(outcome)
    tick.gate.end_attempt(
        attempt_id,
        start_us=start_us,
        end_us=end_us,
        outcome=encoded,
        log_bytes=outcome.log_bytes,
    )
    if task.state not in OCCUPIES_SLOT:
        return
    if outcome.kind is not OutcomeKind.REVOKED:
        task.start_us = start_us
        _first_poke(spec, task, start_us or end_us)
        _keep_resources(task, outcome)
    task.outcome = encoded
    task.stop_us = None
    without_remark(tick, task, attempt_id)
    event = ending(spec, task, outcome)
    if event is TaskEvent.RESCHEDULE:
        task.pokes, task.resumes = task.pokes + 1, None
    elif event is TaskEvent.DEFER:
        task.resumes, task.began_us = attempt_id, task.began_us or start_us or end_us
        if outcome.question is not None:
            ask(tick, attempt_id, outcome.question, end_us)
    task.next_us = _goes_on_us(tick, live, task, event, outcome, end_us, by_us)
    if event is TaskEvent.SUCCEED:
        task.reason = None  # from a stop that came too late
        task.skips = json.dumps(list(outcome.skips)) if outcome.skips else None
        task.mapped_length = _length(task, outcome)
        announce(tick, live, task, outcome.assets)
    if outcome.kind is not OutcomeKind.REVOKED:
        task.rendered_map_index = outcome.rendered_map_index
        _keep_xcoms(tick, task, attempt_id, outcome)
    if event is TaskEvent.CLEAR:
        clear_fields(live, task)
    task.intent = None
    move(tick, live, task, event, reason=_reason(event, task, outcome), ended_us=end_us)


def _goes_on_us(
    tick: Tick,
    live: LiveRun,
    task: TaskRecord,
    event: TaskEvent,
    outcome: Outcome,
    end_us: int,
    by_us: int,
) -> int | None:
    """Return when the task goes on by the clock after its attempt ended at *end_us*, if it does.

    The clock was set *by_us* microseconds since.
    """
    spec = live.structure.tasks[task.task_id]
    match event:
        case TaskEvent.RETRY if outcome.retry_delay is not None:
            return end_us + int(outcome.retry_delay * 1_000_000)
        case TaskEvent.RETRY:
            wait = retry_wait(
                spec,
                dag_id=live.record.dag_id,
                logical_us=live.record.logical_us,
                try_number=task.try_number,
                nth=task.try_number - (task.max_tries - spec.retries - 1),
            )
            return end_us + int(wait * 1_000_000)
        case TaskEvent.RESCHEDULE:
            return _poke_us(tick, outcome.next_poke_at, by_us)
        case TaskEvent.DEFER:
            return _resume_us(tick, spec, task, outcome.resume_by, by_us)
    return None


def _length(task: TaskRecord, outcome: Outcome) -> int | None:
    """Return how many items the task adds to what others are mapped over.

    A command does not measure its result; for one instance, whether it has a result is enough.
    """
    if outcome.mapped_length is not None or task.map_index < 0:
        return outcome.mapped_length
    return int("return_value" in (outcome.xcoms or {}))


def _poke_us(tick: Tick, seconds: float | None, by_us: int) -> int:
    """Return when the next poke is due, whatever number a task gave; the clock was set *by_us* since."""
    if seconds is None or not math.isfinite(seconds):
        return tick.now_us
    return max(0, min(int(seconds * 1_000_000) + by_us, tick.now_us + _LONGEST_POKE_US))


def _resume_us(tick: Tick, spec: TaskSpec, task: TaskRecord, seconds: float | None, by_us: int) -> int | None:
    """Return when a deferred task goes on at the latest; None if it may wait for ever.

    By the limit that it gave, and by its execution_timeout, which holds for the whole try.
    """
    limits = [] if seconds is None else [_poke_us(tick, seconds, by_us)]
    if spec.execution_timeout is not None and task.began_us is not None:
        limits.append(task.began_us + int(spec.execution_timeout * 1_000_000))
    return min(limits, default=None)


def storable(outcome: Outcome) -> Outcome:
    """Return the outcome without half characters: a task's strings must not break the commit."""
    words = {
        "reason": _text(outcome.reason),
        "sent_by": _text(outcome.sent_by),
        "rendered_map_index": _text(outcome.rendered_map_index),
        "trigger": _text(outcome.trigger),
        "asks": _text(str(outcome.question.get("subject"))) if outcome.question else None,
    }
    skips = tuple(_text(task_id) or "" for task_id in outcome.skips)
    xcoms = None
    if outcome.xcoms is not None:
        xcoms = {_text(key) or "": value for key, value in outcome.xcoms.items()}
    question = _sound(outcome.question)
    return msgspec.structs.replace(outcome, **words, skips=skips, xcoms=xcoms, question=question)


def _sound(value: Any) -> Any:
    """Return plain JSON without half characters."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return {_text(key): _sound(item) for key, item in value.items()}
    return [_sound(item) for item in value] if isinstance(value, list) else value


def _text(text: str | None) -> str | None:
    return None if text is None else text.encode(errors="replace").decode()


def ending(spec: TaskSpec, task: TaskRecord, outcome: Outcome) -> TaskEvent:
    """Return what an attempt's outcome does to its task. Pure.

    An ordered stop overrides a failure, but not a success that came first; a restart always wins, because
    the operator asked for a new try.
    """
    if task.state is TaskState.RESTARTING:
        return TaskEvent.CLEAR
    if task.state is TaskState.STOPPING:
        intent = TaskEvent(task.intent or TaskEvent.CANCEL)
        return TaskEvent.SUCCEED if outcome.ok and intent not in _STANDS else intent
    match outcome.kind:
        case OutcomeKind.REVOKED:
            return TaskEvent.REVOKE
        case OutcomeKind.SKIPPED:
            return TaskEvent.SKIP
        case OutcomeKind.RESCHEDULED:
            return TaskEvent.RESCHEDULE
        case OutcomeKind.DEFERRED:
            return TaskEvent.DEFER
        case OutcomeKind.LOST if spec.on_lost == "fail":
            return TaskEvent.FAIL
        case _ if outcome.ok:
            return TaskEvent.SUCCEED
    if outcome.fail_without_retry or task.try_number >= task.max_tries:
        return TaskEvent.FAIL
    return TaskEvent.RETRY


def _reason(event: TaskEvent, task: TaskRecord, outcome: Outcome) -> str | None:
    if event in (TaskEvent.SUCCEED, TaskEvent.CLEAR):
        return None
    if event is TaskEvent.RETRY and task.next_us is not None:
        return f"{describe(outcome)}{next_try(task)}"
    if event is TaskEvent.RESCHEDULE:
        return "not yet"
    if event is TaskEvent.DEFER:
        return f"waits for {outcome.trigger or 'a trigger'}"
    if event is TaskEvent.SKIP and task.state is TaskState.STOPPING:
        return task.reason  # why the run was ended says more than that it was stopped
    if event in (TaskEvent.FAIL, TaskEvent.SKIP, TaskEvent.REVOKE):
        return describe(outcome)
    return task.reason


def _keep_resources(task: TaskRecord, outcome: Outcome) -> None:
    if outcome.peak_rss is not None:
        task.peak_rss = max(outcome.peak_rss, task.peak_rss or 0)
    if outcome.cpu_seconds is not None:
        task.cpu_seconds = outcome.cpu_seconds
    if outcome.read_bytes is not None:
        task.read_bytes = outcome.read_bytes
    if outcome.write_bytes is not None:
        task.write_bytes = outcome.write_bytes


def _keep_xcoms(tick: Tick, task: TaskRecord, attempt_id: str, outcome: Outcome) -> None:
    """Store what an attempt pushed, however it ended, in place of what the last one pushed."""
    if task.attempts > 1:  # a first attempt has nothing to replace
        tick.gate.drop_xcoms(task)
    for key, value in (outcome.xcoms or {}).items():
        text = None if value is None else json.dumps(value)
        tick.gate.add(XComRecord(task.id, key, text, attempt_id))
