"""Reads what tasks ask people."""

from __future__ import annotations

from typing import Any

import msgspec

from penstock.clock import from_us, opt_from_us
from penstock.decoding import decoder
from penstock.model.questions import Question, Reply
from penstock.model.subject import about_row
from penstock.model.views.questions import QuestionRow
from penstock.model.views.runs import RunRow
from penstock.store.sieve import Sieve
from penstock.store.sql.views import questions as sql
from penstock.store.sqlite.connection import Connection


def count_questions(connection: Connection) -> int:
    """Return how many questions wait for an answer."""
    return int(connection.scalar(sql.COUNT) or 0)


def asking_dags(connection: Connection) -> dict[str, int]:
    """Return how many questions wait for an answer, by DAG, without those that have none."""
    return {row[0]: row[1] for row in connection.execute(sql.BY_DAG)}


def with_questions(connection: Connection, runs: list[RunRow]) -> list[RunRow]:
    """Return *runs* with how many questions wait for an answer in each."""
    if not any(run.end is None for run in runs):
        return runs
    asking = {(row[0], row[1]): row[2] for row in connection.execute(sql.BY_RUN)}
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
    wanted = ([] if dag_id is None else [sql.OF_DAG]) + ([] if run_id is None else [sql.OF_RUN])
    values = {"dag_id": dag_id, "run_id": run_id, "limit": max(limit, 0)}
    query = sql.ALL if everything else sql.OPEN
    rows = connection.execute(query.where(*wanted), values).all()
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
