"""Made from `penstock.store.statements.views.xcoms` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

PUSHERS = Query(
    'SELECT task_instance.task_id, task_instance.map_index, task_instance.attempt_id, xcom."key",'
    ' xcom.value FROM task_instance LEFT OUTER JOIN xcom ON xcom.ti_id = task_instance.id WHERE '
    'task_instance.run_pk = :run_pk AND task_instance.attempt_id IS NOT NULL AND 1 /*where*/ '
    'ORDER BY task_instance.position, task_instance.map_index, xcom."key"',
    ('task_id', 'map_index', 'attempt_id', 'key', 'value'),
)
OF_TASK = 'task_instance.task_id = :task_id'
OF_INSTANCE = 'task_instance.map_index = :map_index'
