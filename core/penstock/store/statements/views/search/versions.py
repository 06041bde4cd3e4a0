"""Versions of DAGs by number."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store.statements.places import WHERE
from penstock.store.statements.rows import version

NUMBERED = (
    sa.select(
        version.c.id, version.c.dag_id, version.c.spec_hash, version.c.source_hash, version.c.created_us,
        version.c.file,
        sa.func.row_number().over(partition_by=version.c.dag_id, order_by=version.c.id).label("number"),
    )
    .where(WHERE)
    .order_by(version.c.dag_id, version.c.id)
)  # fmt: skip
DAG_ID = version.c.dag_id
