"""The missed-point ledger: its records, single points, and days for a calendar."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store.statements.rows import ledger, run

_points = ledger.c.count.label("points")
_OF_DAG = ledger.c.dag_id == sa.bindparam("dag_id")
_WITH_RUN = ledger.outerjoin(run, sa.and_(run.c.dag_id == ledger.c.dag_id, run.c.run_id == ledger.c.run_id))
# Records do not overlap, so of those that begin earlier only the last can overlap the range.
_REACHING = (
    sa.select(sa.func.max(ledger.c.first_us))
    .where(_OF_DAG, ledger.c.first_us <= sa.bindparam("first"))
    .scalar_subquery()
)
BETWEEN = (
    sa.select(ledger, _points, run.c.state.label("run_state"))
    .select_from(_WITH_RUN)
    .where(
        _OF_DAG,
        ledger.c.first_us >= sa.func.coalesce(_REACHING, sa.bindparam("first")),
        ledger.c.first_us <= sa.bindparam("last"),
        ledger.c.last_us >= sa.bindparam("first"),
    )
    .order_by(ledger.c.first_us)
)
SPANS = BETWEEN.where(_points > 1)
_SINGLE = sa.and_(
    _OF_DAG, ledger.c.first_us.between(sa.bindparam("first"), sa.bindparam("last")), _points == 1
)
DAY_TOTALS = (
    sa.select(ledger.c.status, ledger.c.reason, run.c.state, sa.func.count(), sa.func.max(ledger.c.moved))
    .select_from(_WITH_RUN)
    .where(_SINGLE)
    .group_by(ledger.c.status, ledger.c.reason, run.c.state)
)
DAY_DATES = sa.select(ledger.c.first_us).where(_SINGLE)
NEWEST = (
    sa.select(ledger, _points)
    .where(_OF_DAG)
    .order_by(ledger.c.first_us.desc(), ledger.c.id.desc())
    .limit(sa.bindparam("limit"))
)
