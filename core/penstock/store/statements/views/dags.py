"""DAGs, with a fixed number of statements however many there are."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.model.pauses import PauseKind
from penstock.store.sqlite.indexed import LIVE_ATTEMPTS, UNFINISHED_RUNS
from penstock.store.statements.places import WHERE
from penstock.store.statements.rows import attempt, dag, import_error, pause, run, task
from penstock.store.statements.views.runs import run_columns

_newest = run.alias("newest")

DAGS = (
    sa.select(
        dag.c.dag_id, dag.c.version_id, dag.c.first_seen_us, dag.c.cursor_us, dag.c.cursor_start_us,
        dag.c.cursor_end_us, dag.c.file, dag.c.missing,
    )
    .where(WHERE)
    .order_by(dag.c.dag_id)
)  # fmt: skip
ONE = dag.c.dag_id == sa.bindparam("dag_id")
LAST_RUNS = (
    sa.select(*run_columns)
    .select_from(
        dag.join(
            run,
            run.c.id.in_(
                sa.select(_newest.c.id)
                .where(_newest.c.dag_id == dag.c.dag_id)
                .order_by(_newest.c.run_after_us.desc(), _newest.c.id.desc())
                .limit(sa.bindparam("limit"))
                .correlate(dag)
            ),
        )
    )
    .where(WHERE)
    .order_by(run.c.dag_id, run.c.run_after_us.desc(), run.c.id.desc())
)
ACTIVE_RUNS = sa.select(run.c.dag_id, sa.func.count()).where(UNFINISHED_RUNS).group_by(run.c.dag_id)
RUNNING_TASKS = (
    sa.select(run.c.dag_id, sa.func.count())
    .select_from(attempt.join(task, task.c.id == attempt.c.ti_id).join(run, run.c.id == task.c.run_pk))
    .where(LIVE_ATTEMPTS)
    .group_by(run.c.dag_id)
)
ERRORS = sa.select(import_error.c.file, import_error.c.message)
PAUSES_SHOWN = pause.c.kind.in_([PauseKind.SCHEDULE, PauseKind.FREEZE, PauseKind.RUN])
