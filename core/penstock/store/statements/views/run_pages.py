"""Runs of all DAGs a page at a time."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.model.pauses import PauseKind
from penstock.store.sqlite.core import expression_of
from penstock.store.statements.places import ORDER, WHERE
from penstock.store.statements.rows import dag, pause, quarantine, run, version
from penstock.store.statements.views.breakpoints import is_reached
from penstock.store.statements.views.runs import run_columns

DAG_VERSIONS = sa.select(dag.c.dag_id, dag.c.version_id)
SOME_DAG_VERSIONS = DAG_VERSIONS.where(dag.c.dag_id.in_(sa.bindparam("dags", expanding=True)))
VERSION_NAMES = sa.select(version.c.id, version.c.spec_hash, version.c.source_hash).where(
    version.c.id.in_(sa.bindparam("keys", expanding=True))
)
HELD = sa.select(
    pause.c.dag_id, pause.c.run_id, pause.c.by, pause.c.since_us, pause.c.why, pause.c.until_us
).where(pause.c.kind == PauseKind.RUN)
TOTAL = sa.select(sa.func.count()).select_from(run).where(WHERE)
PAGE = (
    sa.select(*run_columns)
    .where(WHERE)
    .order_by(ORDER)
    .limit(sa.bindparam("limit"))
    .offset(sa.bindparam("offset"))
)

# Conditions and columns for them.
DAG_ID, RUN_TYPE, STATE, DUE = run.c.dag_id, run.c.run_type, run.c.state, run.c.run_after_us
TEXTS = (run.c.run_id, run.c.dag_id, sa.func.coalesce(run.c.reason, ""))
"""What a word without a field is looked for in."""
IS_HELD = expression_of(
    sa.exists(
        sa.select(pause.c.run_id).where(
            sa.or_(pause.c.kind == PauseKind.RUN, is_reached),
            pause.c.dag_id == run.c.dag_id,
            pause.c.run_id == run.c.run_id,
        )
    ),
    inside=run,
)
IS_STOPPED = expression_of(
    sa.exists(
        sa.select(pause.c.run_id).where(
            is_reached, pause.c.dag_id == run.c.dag_id, pause.c.run_id == run.c.run_id
        )
    ),
    inside=run,
)
IS_QUARANTINED = (run.c.dag_id + "/" + run.c.run_id).in_(sa.select(quarantine.c.id))

NEWEST_FIRST = (run.c.run_after_us.desc(), run.c.id.desc())
OLDEST_FIRST = (run.c.run_after_us, run.c.id)
_TOOK = run.c.worked_us + sa.func.coalesce(sa.bindparam("now_us") - run.c.turn_us, 0)
_BY = {
    "state": sa.case(
        {"failed": 0, "running": 1, "queued": 2, "cancelled": 3, "success": 5}, value=run.c.state, else_=4
    ),
    "started": -run.c.start_us,
    "took": sa.case((run.c.start_us.is_(None), None), else_=-_TOOK),
    "type": run.c.run_type,
    "dag": run.c.dag_id,
}
UPWARD = {name: column.asc().nulls_last() for name, column in _BY.items()}
DOWNWARD = {name: column.desc().nulls_first() for name, column in _BY.items()}
"""What pages are ordered by; what has no value comes last, or downward first."""
