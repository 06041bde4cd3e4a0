"""Made from `penstock.store.statements.views.assets` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

DAGS = Query(
    'SELECT dag.dag_id, dag.version_id FROM dag WHERE dag.missing = 0',
    ('dag_id', 'version_id'),
)
PAUSED = Query("SELECT pause.dag_id FROM pause WHERE pause.kind = 'schedule'", ('dag_id',))
