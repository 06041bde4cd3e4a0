"""What DAGs say about assets, and which DAGs are paused."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.model.pauses import PauseKind
from penstock.store.statements.rows import dag, pause

DAGS = sa.select(dag.c.dag_id, dag.c.version_id).where(~dag.c.missing)
PAUSED = sa.select(pause.c.dag_id).where(pause.c.kind == PauseKind.SCHEDULE)
