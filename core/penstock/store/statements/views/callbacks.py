"""Callbacks and how they ended."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store.statements.places import WHERE
from penstock.store.statements.rows import callback, run

with_run = sa.select(callback, run.c.run_id, run.c.dag_id).join(run, run.c.id == callback.c.run_pk)
"""A delivery, and what its run is called."""

OF_DAG = (
    with_run.where(run.c.dag_id == sa.bindparam("dag_id"), WHERE)
    .order_by(callback.c.id.desc())
    .limit(sa.bindparam("limit"))
)
OF_RUN = run.c.run_id == sa.bindparam("run_id")
