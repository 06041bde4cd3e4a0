"""Questions to people: asks them, takes the answer, or the defaults when the time is up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from penstock.clock import from_us
from penstock.model.failures import person_of
from penstock.model.questions import Reply, defaults_of
from penstock.model.transitions import TaskEvent
from penstock.scheduling.moves.task import move
from penstock.scheduling.world.live_run import LiveRun
from penstock.scheduling.world.questions import question_of
from penstock.scheduling.world.tick import Tick
from penstock.store.engine.records import QuestionRecord, TaskRecord


def ask(tick: Tick, attempt_id: str, question: dict[str, Any], asked_us: int) -> None:
    """Write down what an attempt that defers asks a person."""
    record = QuestionRecord(attempt_id, asked_us, msgspec.json.encode(question).decode())
    tick.world.questions.put(record)
    tick.gate.add(record)


def reply(
    tick: Tick,
    live: LiveRun,
    task: TaskRecord,
    record: QuestionRecord,
    chosen: tuple[str, ...],
    params: dict[str, Any],
    *,
    by: str | None,
) -> None:
    """Take an answer, and let the task go on with it; *by* is the actor, None if nobody answered in time."""
    person = None if by is None else person_of(by)
    at: datetime = from_us(tick.gate.now_us).astimezone(UTC)
    record.reply = msgspec.json.encode(Reply(chosen=chosen, params=params, by=person, at=at)).decode()
    tick.gate.put(record)
    said = ", ".join(chosen)
    reason = (
        f"{said} by default: nobody has answered in time" if person is None else f"{person} answered: {said}"
    )
    task.next_us = None
    move(tick, live, task, TaskEvent.MEET, reason=reason)


def out_of_time(tick: Tick, live: LiveRun, task: TaskRecord, record: QuestionRecord) -> None:
    """Let a task go on that nobody has answered in time: with its defaults, or without an answer."""
    question = question_of(record)
    if question.defaults is None:
        move(tick, live, task, TaskEvent.MEET, reason="nobody has answered in time")
        return
    reply(tick, live, task, record, question.defaults, defaults_of(question), by=None)
