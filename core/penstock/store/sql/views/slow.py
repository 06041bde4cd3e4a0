"""Made from `penstock.store.statements.views.slow` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

LONG = Query(
    'SELECT run.id AS run_pk, run.dag_id, run.run_id, task_instance.task_id, '
    'task_instance.map_index, task_instance.state, task_instance.start_us, task_instance.end_us '
    'FROM run JOIN task_instance ON task_instance.run_pk = +run.id WHERE (run.end_us >= :since OR'
    " run.state IN ('queued', 'running')) AND (task_instance.state IN ('success', 'failed') AND "
    "task_instance.end_us >= :since OR task_instance.state = 'running') AND CASE WHEN "
    "(task_instance.state = 'running') THEN :now ELSE task_instance.end_us END - "
    'task_instance.start_us >= :least ORDER BY task_instance.id',
    ('run_pk', 'dag_id', 'run_id', 'task_id', 'map_index', 'state', 'start_us', 'end_us'),
)
