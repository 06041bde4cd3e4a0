"""Made from `penstock.store.statements.views.callbacks` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

OF_DAG = Query(
    'SELECT callback.id, callback.run_pk, callback.task_id, callback.map_index, callback.kind, '
    'callback.facts, callback.created_us, callback.state, callback.tries, callback.attempt_id, '
    'callback.end_us, callback.reason, run.run_id, run.dag_id FROM callback JOIN run ON run.id = '
    'callback.run_pk WHERE run.dag_id = :dag_id AND 1 /*where*/ ORDER BY callback.id DESC LIMIT '
    ':limit OFFSET 0',
    ('id', 'run_pk', 'task_id', 'map_index', 'kind', 'facts', 'created_us', 'state', 'tries',
    'attempt_id', 'end_us', 'reason', 'run_id', 'dag_id'),
)
OF_RUN = 'run.run_id = :run_id'
