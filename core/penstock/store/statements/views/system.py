"""What was written lately, what was missed, what failed."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.model.callbacks import CallbackState
from penstock.model.points import PointState
from penstock.store.statements.rows import attempt, callback, ledger
from penstock.store.statements.views.callbacks import with_run
from penstock.store.statements.views.status import LOG_BYTES

_NEWEST = 50_000
"""Rows of a table that are looked through, from the newest on: enough for a day, and a limit for the time."""

# Ids of attempts begin with their time, so each span is a range of the primary key.
SINCE = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(attempt.c.log_bytes), 0)).where(
    attempt.c.attempt_id >= sa.bindparam("since")
)
# Three questions, as each has an index of its own.
ALL = sa.select(
    sa.select(sa.func.count()).select_from(attempt).scalar_subquery(),
    LOG_BYTES.scalar_subquery(),
    sa.select(sa.func.min(attempt.c.attempt_id)).scalar_subquery(),
)
_FAILED = (
    callback.c.state == CallbackState.FAILED,
    callback.c.id > sa.select(sa.func.max(callback.c.id)).scalar_subquery() - _NEWEST,
    sa.func.coalesce(callback.c.end_us, callback.c.created_us) >= sa.bindparam("since"),
)
FAILED_COUNT = sa.select(sa.func.count()).where(*_FAILED)
FAILED_CALLBACKS = with_run.where(*_FAILED).order_by(callback.c.id.desc()).limit(sa.bindparam("limit"))
MISSED = (
    sa.select(
        ledger.c.dag_id, ledger.c.status, ledger.c.reason, sa.func.sum(ledger.c.count),
        sa.func.min(ledger.c.first_us), sa.func.max(ledger.c.last_us),
    )
    .where(
        ledger.c.id > sa.select(sa.func.max(ledger.c.id)).scalar_subquery() - _NEWEST,
        ledger.c.status.in_([PointState.SKIPPED, PointState.RAN_LATE]),
        sa.func.coalesce(ledger.c.at_us, ledger.c.last_us) >= sa.bindparam("since"),
    )
    .group_by(ledger.c.dag_id, ledger.c.status, ledger.c.reason)
    .order_by(sa.func.max(ledger.c.last_us).desc(), ledger.c.dag_id, ledger.c.status, ledger.c.reason)
)  # fmt: skip
