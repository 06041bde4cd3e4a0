"""Made from `penstock.store.statements.views.grid` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

KEYS = Query(
    'SELECT run.id, run.run_id FROM run WHERE run.dag_id = :dag_id AND run.run_id IN (:runs...)',
    ('id', 'run_id'),
    lists=('runs',),
)
PRESENT = Query('SELECT dag.version_id FROM dag WHERE dag.dag_id = :dag_id', ('version_id',))
BY_TASK = Query(
    'SELECT task_instance.run_pk, task_instance.task_id, task_instance.state, count(*) AS '
    'count_1, min(task_instance.start_us) AS min_1, max(task_instance.end_us) AS max_1, '
    'sum(task_instance.end_us IS NULL AND task_instance.start_us IS NOT NULL) AS sum_1, '
    'max(task_instance.try_number) AS max_2 FROM task_instance WHERE task_instance.run_pk IN '
    '(:runs...) AND task_instance.task_id IN (:tasks...) GROUP BY task_instance.run_pk, '
    'task_instance.task_id, task_instance.state',
    ('run_pk', 'task_id', 'state', 'count_1', 'min_1', 'max_1', 'sum_1', 'max_2'),
    flags=('sum_1',),
    lists=('runs', 'tasks'),
)
BY_INSTANCE = Query(
    'SELECT task_instance.run_pk, task_instance.task_id, task_instance.map_index, '
    'task_instance.state, count(*) AS count_1, min(task_instance.start_us) AS min_1, '
    'max(task_instance.end_us) AS max_1, sum(task_instance.end_us IS NULL AND '
    'task_instance.start_us IS NOT NULL) AS sum_1, max(task_instance.try_number) AS max_2 FROM '
    'task_instance WHERE task_instance.run_pk IN (:runs...) AND task_instance.task_id IN '
    '(:tasks...) AND task_instance.map_index IN (:indexes...) GROUP BY task_instance.run_pk, '
    'task_instance.task_id, task_instance.map_index',
    ('run_pk', 'task_id', 'map_index', 'state', 'count_1', 'min_1', 'max_1', 'sum_1', 'max_2'),
    flags=('sum_1',),
    lists=('runs', 'tasks', 'indexes'),
)
BY_RUN = Query(
    'SELECT task_instance.run_pk, task_instance.state, count(*) AS count_1, '
    'min(task_instance.start_us) AS min_1, max(task_instance.end_us) AS max_1, '
    'sum(task_instance.end_us IS NULL AND task_instance.start_us IS NOT NULL) AS sum_1, '
    'max(task_instance.try_number) AS max_2 FROM task_instance WHERE task_instance.run_pk IN '
    '(:runs...) AND task_instance.task_id IN (:tasks...) GROUP BY task_instance.run_pk, '
    'task_instance.state',
    ('run_pk', 'state', 'count_1', 'min_1', 'max_1', 'sum_1', 'max_2'),
    flags=('sum_1',),
    lists=('runs', 'tasks'),
)
