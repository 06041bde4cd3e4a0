"""Reads what tasks ask people."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.clock import from_us, opt_from_us
from penstock.decoding import decoder
from penstock.model.questions import Question, Reply
from penstock.model.states import TaskState
from penstock.model.subject import about_row
from penstock.model.views.questions import QuestionRow
from penstock.model.views.runs import RunRow
from penstock.store import tables
from penstock.store.sieve import Sieve
from penstock.store.statement import table_of

_question = table_of(tables.QuestionRow)
_attempt = table_of(tables.AttemptRow)
_task = table_of(tables.TaskInstanceRow)
_run = table_of(tables.RunRow)

_ASKED = _question.join(_attempt, _attempt.c.attempt_id == _question.c.attempt_id).join(
    _task, _task.c.id == _attempt.c.ti_id
)
_OPEN = sa.and_(
    _question.c.reply.is_(None),
    _task.c.state == TaskState.DEFERRED,
    _task.c.attempt_id == _question.c.attempt_id,
)
"""It waits for an answer."""
_ALL = sa.select(
    _run.c.dag_id,
    _run.c.run_id,
    _task.c.task_id,
    _task.c.map_index,
    _task.c.next_us,
    _attempt.c.try_number,
    _question.c.attempt_id,
    _question.c.asked_us,
    _question.c.question,
    _question.c.reply,
    sa.case((_OPEN, 1), else_=0).label("open"),
).select_from(_ASKED.join(_run, _run.c.id == _task.c.run_pk))
_COUNT = sa.select(sa.func.count()).select_from(_ASKED).where(_OPEN)
_BY_DAG = (
    sa.select(_run.c.dag_id, sa.func.count())
    .select_from(_ASKED.join(_run, _run.c.id == _task.c.run_pk))
    .where(_OPEN)
    .group_by(_run.c.dag_id)
)
_BY_RUN = (
    sa.select(_run.c.dag_id, _run.c.run_id, sa.func.count())
    .select_from(_ASKED.join(_run, _run.c.id == _task.c.run_pk))
    .where(_OPEN)
    .group_by(_run.c.dag_id, _run.c.run_id)
)


def count_questions(connection: Connection) -> int:
    """Return how many questions wait for an answer."""
    return int(connection.scalar(_COUNT) or 0)


def asking_dags(connection: Connection) -> dict[str, int]:
    """Return how many questions wait for an answer, by DAG, without those that have none."""
    return {row[0]: row[1] for row in connection.execute(_BY_DAG)}


def with_questions(connection: Connection, runs: list[RunRow]) -> list[RunRow]:
    """Return *runs* with how many questions wait for an answer in each."""
    if not any(run.end is None for run in runs):
        return runs
    asking = {(row[0], row[1]): row[2] for row in connection.execute(_BY_RUN)}
    if not asking:
        return runs
    counts = [asking.get((run.dag_id, run.run_id), 0) for run in runs]
    return [
        msgspec.structs.replace(run, asks=count) if count else run
        for run, count in zip(runs, counts, strict=True)
    ]


def read_questions(
    connection: Connection, dag_id: str | None, run_id: str | None, *, everything: bool, limit: int
) -> list[QuestionRow]:
    """Return the questions that wait for an answer, oldest first; with *everything* all, newest first."""
    query = _ALL if everything else _ALL.where(_OPEN)
    if dag_id is not None:
        query = query.where(_run.c.dag_id == dag_id)
    if run_id is not None:
        query = query.where(_run.c.run_id == run_id)
    order = _question.c.asked_us.desc() if everything else _question.c.asked_us
    rows = connection.execute(query.order_by(order, _question.c.attempt_id).limit(max(limit, 0))).all()
    return Sieve().rows(rows, lambda row: about_row("question", row.attempt_id), _view)


def _view(row: Any) -> QuestionRow:
    is_open = bool(row.open)
    return QuestionRow(
        dag_id=row.dag_id,
        run_id=row.run_id,
        task_id=row.task_id,
        map_index=row.map_index,
        attempt_id=row.attempt_id,
        try_number=row.try_number,
        asked=from_us(row.asked_us),
        until=opt_from_us(row.next_us) if is_open else None,
        open=is_open,
        question=decoder(Question).decode(row.question),
        reply=None if row.reply is None else decoder(Reply).decode(row.reply),
    )
