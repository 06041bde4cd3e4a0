"""Made from `penstock.store.statements.views.breakpoints` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

SET = Query(
    'SELECT pause.dag_id, pause.kind, pause.run_id, pause.task_id, pause."by", pause.since_us, '
    "pause.why, pause.reached_us FROM pause WHERE pause.kind IN ('after', 'before') AND 1 "
    '/*where*/ ORDER BY pause.dag_id, pause.run_id, pause.since_us, pause.task_id',
    ('dag_id', 'kind', 'run_id', 'task_id', 'by', 'since_us', 'why', 'reached_us'),
)
REACHED = Query(
    'SELECT pause.dag_id, pause.kind, pause.run_id, pause.task_id, pause."by", pause.since_us, '
    "pause.why, pause.reached_us FROM pause WHERE pause.kind IN ('after', 'before') AND "
    'pause.reached_us IS NOT NULL AND 1 /*where*/ ORDER BY pause.reached_us',
    ('dag_id', 'kind', 'run_id', 'task_id', 'by', 'since_us', 'why', 'reached_us'),
)
OF_DAG = 'pause.dag_id = :dag_id'
OF_RUN = 'pause.run_id = :run_id'
