"""Made from `penstock.store.statements.views.search.notes` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

NOTES = Query(
    'SELECT dag_id, run_id, task_id, map_index, "after" FROM event INDEXED BY ix_event_note WHERE'
    " kind = 'note' AND dag_id IN (:dags...) AND run_id IN (:runs...) ORDER BY seq",
    ('dag_id', 'run_id', 'task_id', 'map_index', 'after'),
    lists=('dags', 'runs'),
)
