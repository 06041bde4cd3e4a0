"""Runs that were late."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.model.points import PointState
from penstock.model.states import RunState, RunType
from penstock.store.sqlite.indexed import MISSED_POINTS, UNFINISHED_RUNS
from penstock.store.statements.rows import ledger, run

_TYPES = (RunType.SCHEDULED, RunType.ASSET_TRIGGERED)
_MOST_RUNS = 100
_TIMELY = sa.and_(
    run.c.run_type.in_(_TYPES), run.c.queued_us - run.c.run_after_us <= sa.bindparam("on_time_us")
)

ENDED = (
    sa.select(run.c.id, run.c.dag_id, run.c.run_id, run.c.run_after_us, run.c.end_us, run.c.state)
    .where(_TIMELY, sa.or_(run.c.end_us >= sa.bindparam("since"), UNFINISHED_RUNS))
    .order_by(sa.literal_column("+run.id"))
)
"""The ``+`` lets SQLite sort the few that it has found: it would go through all runs in their order."""
HISTORY = (
    sa.select(run.c.id, (run.c.end_us - run.c.run_after_us).label("took"))
    .where(run.c.dag_id == sa.bindparam("dag_id"), run.c.state == RunState.SUCCESS, _TIMELY)
    .order_by(run.c.run_after_us.desc())
    .limit(_MOST_RUNS)
)
BEGAN_LATE = (
    sa.select(
        ledger.c.dag_id, ledger.c.run_id, ledger.c.at_us,
        run.c.run_after_us, run.c.queued_us, run.c.end_us,
    )
    .select_from(
        ledger.join(run, sa.and_(run.c.dag_id == ledger.c.dag_id, run.c.run_id == ledger.c.run_id))
    )
    .where(MISSED_POINTS, ledger.c.status == PointState.RAN_LATE, ledger.c.at_us >= sa.bindparam("since"))
)  # fmt: skip
