"""What an act or a step of the engine reads only when it is asked."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from penstock.model.states import RunState
from penstock.store.engine.columns import RUN_FIELDS
from penstock.store.engine.records import LedgerRecord, QuestionRecord, UndoRecord
from penstock.store.statements.places import WHERE
from penstock.store.statements.rows import (
    act,
    backfill,
    callback,
    event,
    ledger,
    point,
    question,
    run,
    sample,
    task,
    undo,
    version,
    xcom,
)

_IN_DAG = run.c.dag_id == sa.bindparam("dag_id")
_OF_LEDGER = tuple(ledger.c[name] for name in LedgerRecord.__slots__)

_VERSIONS = sa.select(version.c.id, version.c.spec, version.c.source_hash)
VERSION = _VERSIONS.where(version.c.id == sa.bindparam("key"))
VERSIONS = _VERSIONS.where(version.c.id.in_(sa.bindparam("keys", expanding=True)))
VERSION_HASHES = sa.select(version.c.spec_hash, version.c.source_hash).where(
    version.c.id == sa.bindparam("key")
)
VERSION_ID = sa.select(version.c.id).where(
    version.c.dag_id == sa.bindparam("dag_id"),
    version.c.spec_hash == sa.bindparam("spec_hash"),
    version.c.source_hash == sa.bindparam("source_hash"),
)
PEAKS = (
    sa.select(sample.c.attempt_id, sa.func.max(sample.c.rss))
    .where(sample.c.attempt_id.in_(sa.bindparam("attempts", expanding=True)))
    .group_by(sample.c.attempt_id)
)
QUESTIONS = sa.select(*(question.c[name] for name in QuestionRecord.__slots__)).where(
    question.c.attempt_id.in_(sa.bindparam("attempts", expanding=True))
)
HAS_RUN = sa.select(run.c.id).where(_IN_DAG, run.c.run_id == sa.bindparam("run_id"))
RUN_IDS = (
    sa.select(run.c.run_id).where(_IN_DAG, run.c.logical_us.is_not(None), WHERE).order_by(run.c.logical_us)
)
BEFORE = run.c.logical_us < sa.bindparam("before")
AFTER = run.c.logical_us > sa.bindparam("after")
RUNS_AT = sa.select(run.c.logical_us, run.c.run_id, run.c.state).where(
    _IN_DAG, run.c.logical_us.in_(sa.bindparam("moments", expanding=True))
)
PREVIOUS_RUN = (
    sa.select(run.c.id, run.c.run_id)
    .where(_IN_DAG, run.c.logical_us < sa.bindparam("before"), run.c.logical_us > sa.bindparam("after"))
    .order_by(run.c.logical_us.desc())
    .limit(1)
)
STATES = sa.select(task.c.task_id, task.c.map_index, task.c.state).where(
    task.c.run_pk == sa.bindparam("run_pk")
)
XCOMS = (
    sa.select(task.c.task_id, task.c.map_index, xcom.c.key, xcom.c.value)
    .join(task, task.c.id == xcom.c.ti_id)
    .join(run, run.c.id == task.c.run_pk)
    .where(_IN_DAG, run.c.run_id == sa.bindparam("run_id"))
)
PREVIOUS_SUCCESS = (
    sa.select(*(run.c[name] for name in RUN_FIELDS))
    .where(
        _IN_DAG,
        run.c.logical_us < sa.bindparam("before"),
        run.c.state == RunState.SUCCESS.value,
        run.c.id.not_in(sa.bindparam("without", expanding=True)),
    )
    .order_by(run.c.logical_us.desc())
    .limit(1)
)
LAST_WRITTEN = sa.select(event.c.at_us).order_by(event.c.seq.desc()).limit(1)
UNDOS = sa.select(*(undo.c[name] for name in UndoRecord.__slots__)).order_by(undo.c.id.desc())
MISSED_DEADLINES = (
    sa.select(callback.c.run_pk, callback.c.kind)
    .join(run, run.c.id == callback.c.run_pk)
    .where(
        run.c.state.in_([RunState.QUEUED.value, RunState.RUNNING.value]), callback.c.kind.like("deadline:%")
    )
)
LAST_ENDS = (
    sa.select(run.c.id, run.c.state)
    .where(_IN_DAG, run.c.end_us.is_not(None))
    .order_by(run.c.end_us.desc(), run.c.id.desc())
    .limit(sa.bindparam("limit"))
)
ANSWER = sa.select(act.c.answer).where(act.c.act_id == sa.bindparam("act_id"))
LEDGER_BEFORE = (
    sa.select(*_OF_LEDGER)
    .where(
        ledger.c.dag_id == sa.bindparam("dag_id"),
        ledger.c.first_us < sa.bindparam("moment"),
        ledger.c.id.not_in(sa.bindparam("without", expanding=True)),
    )
    .order_by(ledger.c.first_us.desc())
    .limit(1)
)
LEDGER_BETWEEN = (
    sa.select(*_OF_LEDGER)
    .where(
        ledger.c.dag_id == sa.bindparam("dag_id"),
        ledger.c.first_us.between(sa.bindparam("first"), sa.bindparam("last")),
    )
    .order_by(ledger.c.first_us)
)


def _last(table: sa.Table) -> sa.Select[Any]:
    return sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0))


LAST_KEY = {
    "version": _last(version),
    "backfill": _last(backfill),
    "point": _last(point),
    "undo": _last(undo),
    "callback": _last(callback),
}
