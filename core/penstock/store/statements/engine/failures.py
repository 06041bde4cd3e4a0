"""Failures, for the acts about them."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.model.failures import FailureNote
from penstock.store.engine.failure_records import FailureNoteRecord
from penstock.store.statements.rows import event, failure, failure_note, look, run, task

_OF_FINGERPRINT = failure.c.fingerprint == sa.bindparam("fingerprint")
_NOTE = [failure_note.c[name] for name in FailureNoteRecord.__slots__]

BEGINNING_WITH = (
    sa.select(failure.c.fingerprint, failure.c.line, sa.func.count(), sa.func.max(failure.c.id))
    .where(failure.c.fingerprint.like(sa.bindparam("pattern"), escape="/"))
    .group_by(failure.c.fingerprint)
    .order_by(failure.c.fingerprint)
    .limit(3)
)
DAGS_OF_TASKS = (
    sa.select(run.c.dag_id)
    .distinct()
    .select_from(failure.join(task, task.c.id == failure.c.ti_id).join(run, run.c.id == task.c.run_pk))
    .where(_OF_FINGERPRINT)
)
DAGS_OF_RUNS = (
    sa.select(run.c.dag_id)
    .distinct()
    .select_from(failure.join(run, run.c.id == failure.c.run_pk))
    .where(_OF_FINGERPRINT)
)
NOTES = sa.select(*_NOTE).where(failure_note.c.fingerprint == sa.bindparam("fingerprint"))
OF_TASKS = sa.select(failure.c.ti_id, failure.c.attempt_id).where(
    failure.c.ti_id.in_(sa.bindparam("tasks", expanding=True))
)
SNOOZES = sa.select(failure_note.c.fingerprint, failure_note.c.until_us).where(
    failure_note.c.kind == FailureNote.SNOOZED
)
NEWEST_EVENT = sa.select(sa.func.max(event.c.seq))
NEWEST_FAILURE = sa.select(sa.func.max(failure.c.id))
LOOKS = sa.select(look.c.place, look.c.upto).where(look.c.person == sa.bindparam("person"))
