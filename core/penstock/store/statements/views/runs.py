"""Runs, their counts of task instances, and what holds them."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.model.states import RunState
from penstock.model.transitions import RunEvent
from penstock.store.statements.places import WHERE
from penstock.store.statements.rows import dag, event, pause, run, task

run_columns = (
    run.c.id, run.c.dag_id, run.c.run_id, run.c.run_type, run.c.state, run.c.logical_us,
    run.c.interval_start_us, run.c.interval_end_us, run.c.run_after_us, run.c.start_us, run.c.end_us,
    run.c.reason, run.c.conf, run.c.backfill_id, run.c.version_id, run.c.version,
    run.c.by, run.c.rush, run.c.rerun_of, run.c.stands_for_us, run.c.turn_us, run.c.worked_us,
    run.c.partition_key,
)  # fmt: skip
"""The columns that the view of a run needs."""
_IN_DAG = run.c.dag_id == sa.bindparam("dag_id")

NEWEST = (
    sa.select(*run_columns)
    .where(_IN_DAG)
    .order_by(run.c.run_after_us.desc(), run.c.id.desc())
    .limit(sa.bindparam("limit"))
)
OLDER = NEWEST.where(run.c.run_after_us < sa.bindparam("before"))
ONE = sa.select(*run_columns).where(_IN_DAG, run.c.run_id == sa.bindparam("run_id"))
RERUNS = sa.select(run.c.run_id).where(_IN_DAG, run.c.rerun_of == sa.bindparam("run_id")).order_by(run.c.id)
COUNTS = (
    sa.select(task.c.run_pk, task.c.state, sa.func.count())
    .where(task.c.run_pk.in_(sa.bindparam("runs", expanding=True)))
    .group_by(task.c.run_pk, task.c.state)
)
PAUSES = sa.select(
    pause.c.dag_id, pause.c.kind, pause.c.run_id, pause.c.task_id, pause.c.by, pause.c.since_us, pause.c.why,
    pause.c.until_us,
).where(WHERE)  # fmt: skip
"""What the view of a pause is made of, and what it is about."""
PAUSES_OF_DAG = pause.c.dag_id == sa.bindparam("dag_id")
MOVES = (
    sa.select(event.c.at_us, event.c.kind, event.c.after)
    .where(
        event.c.dag_id == sa.bindparam("dag_id"),
        event.c.run_id == sa.bindparam("run_id"),
        event.c.kind.in_([f"run_{each.value}" for each in RunEvent]),
        event.c.after.in_([state.value for state in RunState]),
    )
    .order_by(event.c.seq)
)
STATE_BY_ID = sa.select(run.c.id, run.c.run_id, run.c.state).where(
    _IN_DAG, run.c.run_id == sa.bindparam("wanted")
)
STATE_BY_DATE = sa.select(run.c.id, run.c.run_id, run.c.state).where(
    _IN_DAG, run.c.logical_us == sa.bindparam("wanted")
)
STATES = (
    sa.select(task.c.task_id, task.c.state)
    .where(task.c.run_pk == sa.bindparam("run_pk"), task.c.task_id.in_(sa.bindparam("tasks", expanding=True)))
    .order_by(task.c.map_index)
)
DAG_THERE = sa.select(dag.c.dag_id).where(dag.c.dag_id == sa.bindparam("dag_id"))
RUNS_THERE = sa.select(run.c.dag_id).where(_IN_DAG).limit(1)
"""A dropped DAG keeps its runs."""
