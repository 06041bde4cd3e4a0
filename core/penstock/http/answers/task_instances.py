"""Task instances and their tries, as the API shows them."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from penstock.http.answers.dags import DagVersion, version_of
from penstock.http.stable import stable_uuid
from penstock.http.words import task_word
from penstock.model.outcome import OutcomeKind
from penstock.model.states import TaskState
from penstock.model.views.attempts import AttemptRow
from penstock.model.views.found import TaskFacts
from penstock.trust import user_name

HOST = socket.gethostname()
USER = user_name(os.geteuid())


class Try(msgspec.Struct, kw_only=True):
    """One try of a task instance."""

    task_id: str
    dag_id: str
    dag_run_id: str
    map_index: int
    start_date: datetime | None
    end_date: datetime | None
    duration: float | None
    state: str | None
    try_number: int
    max_tries: int
    task_display_name: str
    dag_display_name: str
    hostname: str | None
    unixname: str | None
    pool: str
    pool_slots: int
    queue: str | None
    priority_weight: int | None
    operator: str | None
    operator_name: str | None
    queued_when: datetime | None
    scheduled_when: datetime | None
    pid: int | None
    executor: str | None
    executor_config: str
    dag_version: DagVersion | None


class TaskInstance(Try, kw_only=True):
    """One task instance."""

    id: str
    logical_date: datetime | None
    run_after: datetime
    note: str | None
    rendered_map_index: str | None
    rendered_fields: dict[str, Any]
    trigger: dict[str, Any] | None
    triggerer_job: dict[str, Any] | None


class TaskInstances(msgspec.Struct, kw_only=True):
    """A page of task instances."""

    task_instances: list[TaskInstance]
    total_entries: int
    total_entries_limit: int | None = None
    next_cursor: str | None = None
    previous_cursor: str | None = None


class Tries(msgspec.Struct, kw_only=True):
    """The tries of a task instance, the oldest first."""

    task_instances: list[Try]
    total_entries: int


def instance_of(facts: TaskFacts) -> TaskInstance:
    """Return a task instance as the API shows it."""
    place = (facts.dag_id, facts.run_id, facts.task_id, facts.map_index)
    return TaskInstance(
        **_common(facts),
        start_date=facts.start,
        end_date=facts.end,
        duration=_seconds(facts.start, facts.end),
        state=task_word(facts.state, launched=facts.attempts > 0),
        try_number=facts.try_number,
        queued_when=facts.queued,
        scheduled_when=facts.queued,
        pid=facts.pid,
        id=stable_uuid("instance", *place, facts.try_number),
        logical_date=facts.logical_date,
        run_after=facts.run_after,
        note=facts.note,
        rendered_map_index=_label(facts),
        rendered_fields={},
        trigger=None,
        triggerer_job=None,
    )


def tries_of(facts: TaskFacts, attempts: Sequence[AttemptRow]) -> list[Try]:
    """Return the tries of a task instance from its attempts, the oldest first.

    One that never started has one entry, with number 0. What was revoked used no try.
    """
    found: dict[int, list[AttemptRow]] = {}
    for attempt in attempts:
        if attempt.outcome is None or attempt.outcome.kind is not OutcomeKind.REVOKED:
            found.setdefault(attempt.try_number, []).append(attempt)
    if not found:
        found[0] = []
    newest = max(found)
    return [_try(facts, number, found[number], newest=number == newest) for number in sorted(found)]


def _try(facts: TaskFacts, number: int, attempts: Sequence[AttemptRow], *, newest: bool) -> Try:
    last = attempts[-1] if attempts else None
    start = next((each.start for each in attempts if each.start is not None), None)
    end = last.end if last else facts.end
    state = task_word(facts.state, launched=facts.attempts > 0)
    if last is not None and not (newest and _of_this_try(facts, last)):
        state = _ended_as(last)
    return Try(
        **_common(facts),
        start_date=start or (facts.start if last is None else None),
        end_date=end,
        duration=_seconds(start, end),
        state=state,
        try_number=number,
        queued_when=attempts[0].queued if attempts else None,
        scheduled_when=attempts[0].queued if attempts else None,
        pid=last.pid if last else None,
    )


def _of_this_try(facts: TaskFacts, last: AttemptRow) -> bool:
    """Whether the task's state is that of its newest try: not so while it waits after a clear."""
    waits = facts.state in (TaskState.PENDING, TaskState.SCHEDULED, TaskState.UP_FOR_RETRY)
    return not (waits and last.end is not None)


def _ended_as(attempt: AttemptRow) -> str | None:
    if attempt.outcome is None:
        return "running"
    match attempt.outcome.kind:
        case OutcomeKind.EXIT_CODE if attempt.outcome.exit_code == 0:
            return "success"
        case OutcomeKind.SKIPPED:
            return "skipped"
        case OutcomeKind.RESCHEDULED:
            return "up_for_reschedule"
        case OutcomeKind.DEFERRED:
            return "deferred"
    return "failed"


def _common(facts: TaskFacts) -> dict[str, Any]:
    launched = facts.attempts > 0
    return {
        "task_id": facts.task_id,
        "dag_id": facts.dag_id,
        "dag_run_id": facts.run_id,
        "map_index": facts.map_index,
        "max_tries": max(facts.max_tries - 1, 0),
        "task_display_name": facts.display_name or facts.task_id,
        "dag_display_name": facts.dag_id,
        "hostname": HOST if launched else "",
        "unixname": USER,
        "pool": facts.pool,
        "pool_slots": facts.pool_slots,
        "queue": facts.queue or "default",
        "priority_weight": facts.priority_weight,
        "operator": facts.operator,
        "operator_name": facts.operator,
        "executor": facts.executor,
        "executor_config": "{}",
        "dag_version": None if facts.version is None else version_of(facts.version),
    }


def _label(facts: TaskFacts) -> str | None:
    if facts.map_index < 0:
        return None
    return facts.rendered_map_index or str(facts.map_index)


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else max(0.0, (end - start).total_seconds())


def page_of(found: Iterable[TaskFacts], total: int) -> TaskInstances:
    """Return a page of task instances."""
    return TaskInstances(task_instances=[instance_of(facts) for facts in found], total_entries=total)
