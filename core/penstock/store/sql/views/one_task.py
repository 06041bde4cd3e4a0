"""Made from `penstock.store.statements.views.one_task` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

HISTORY = Query(
    'SELECT run.run_id, run.run_type, run.logical_us, run.run_after_us, task_instance.state, '
    'task_instance.start_us, task_instance.end_us, task_instance.peak_rss, '
    'task_instance.cpu_seconds, task_instance.try_number, task_instance.outcome FROM run JOIN '
    '(SELECT run.id AS id FROM run WHERE run.dag_id = :dag_id ORDER BY run.run_after_us DESC, '
    'run.id DESC LIMIT :limit OFFSET 0) AS anon_1 ON anon_1.id = run.id JOIN task_instance ON '
    'task_instance.run_pk = run.id WHERE task_instance.task_id = :task_id AND 1 /*where*/ ORDER '
    'BY run.run_after_us DESC, run.id DESC, task_instance.map_index',
    ('run_id', 'run_type', 'logical_us', 'run_after_us', 'state', 'start_us', 'end_us',
    'peak_rss', 'cpu_seconds', 'try_number', 'outcome'),
)
OLDER_HISTORY = Query(
    'SELECT run.run_id, run.run_type, run.logical_us, run.run_after_us, task_instance.state, '
    'task_instance.start_us, task_instance.end_us, task_instance.peak_rss, '
    'task_instance.cpu_seconds, task_instance.try_number, task_instance.outcome FROM run JOIN '
    '(SELECT run.id AS id FROM run WHERE run.dag_id = :dag_id AND run.run_after_us < :before '
    'ORDER BY run.run_after_us DESC, run.id DESC LIMIT :limit OFFSET 0) AS anon_1 ON anon_1.id = '
    'run.id JOIN task_instance ON task_instance.run_pk = run.id WHERE task_instance.task_id = '
    ':task_id AND 1 /*where*/ ORDER BY run.run_after_us DESC, run.id DESC, '
    'task_instance.map_index',
    ('run_id', 'run_type', 'logical_us', 'run_after_us', 'state', 'start_us', 'end_us',
    'peak_rss', 'cpu_seconds', 'try_number', 'outcome'),
)
OF_INSTANCE = 'task_instance.map_index = :map_index'
EVER = Query(
    'SELECT task_instance.id FROM task_instance JOIN run ON run.id = task_instance.run_pk WHERE '
    'run.dag_id = :dag_id AND task_instance.task_id = :task_id LIMIT 1 OFFSET 0',
    ('id',),
)
