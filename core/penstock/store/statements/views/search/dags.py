"""All DAGs as lists show them."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.model.pauses import PauseKind
from penstock.store.sqlite.indexed import UNFINISHED_RUNS
from penstock.store.statements.rows import dag, import_error, pause, run

_newest = run.alias("newest")

DAGS = (
    sa.select(dag.c.dag_id, dag.c.file, dag.c.version_id, dag.c.missing, run.c.state, run.c.start_us)
    .select_from(
        dag.outerjoin(
            run,
            run.c.id
            == sa.select(_newest.c.id)
            .where(_newest.c.dag_id == dag.c.dag_id)
            .order_by(_newest.c.run_after_us.desc(), _newest.c.id.desc())
            .limit(1)
            .correlate(dag)
            .scalar_subquery(),
        )
    )
    .order_by(dag.c.dag_id)
)
PAUSES = sa.select(pause.c.dag_id, pause.c.kind).where(
    pause.c.kind.in_([PauseKind.SCHEDULE, PauseKind.FREEZE])
)
BROKEN_FILES = sa.select(import_error.c.file)
ACTIVE = sa.select(run.c.dag_id, sa.func.count()).where(UNFINISHED_RUNS).group_by(run.c.dag_id)
VERSION = sa.select(dag.c.version_id).where(dag.c.dag_id == sa.bindparam("dag_id"))
