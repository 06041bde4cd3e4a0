"""Made from `penstock.store.statements.views.durations` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

FINISHED = Query(
    "SELECT run.id, run.version FROM run WHERE run.dag_id = :dag_id AND run.state IN ('success', "
    "'failed') ORDER BY run.run_after_us DESC LIMIT 100 OFFSET 0",
    ('id', 'version'),
)
SUCCESSES = Query(
    'SELECT task_instance.run_pk, task_instance.task_id, task_instance.end_us - '
    'task_instance.start_us AS anon_1 FROM task_instance WHERE task_instance.run_pk IN (:runs...)'
    " AND task_instance.state = 'success' AND task_instance.start_us IS NOT NULL",
    ('run_pk', 'task_id', 'anon_1'),
    lists=('runs',),
)
