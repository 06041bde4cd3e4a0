"""Made from `penstock.store.statements.views.attempts` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

TASK = Query(
    'SELECT task_instance.id FROM task_instance WHERE task_instance.run_pk = :run_pk AND '
    'task_instance.task_id = :task_id AND task_instance.map_index = :map_index',
    ('id',),
)
OF_TASK = Query(
    'SELECT attempt.attempt_id, attempt.ti_id, attempt.try_number, attempt.queued_us, '
    'attempt.start_us, attempt.end_us, attempt.pid, attempt.outcome, attempt.log_bytes, '
    'attempt.executor, attempt.worker FROM attempt WHERE attempt.ti_id = :ti_id ORDER BY '
    'attempt.queued_us, attempt.attempt_id',
    ('attempt_id', 'ti_id', 'try_number', 'queued_us', 'start_us', 'end_us', 'pid', 'outcome',
    'log_bytes', 'executor', 'worker'),
)
OF_RUN = Query(
    'SELECT attempt.attempt_id, attempt.ti_id, attempt.try_number, attempt.queued_us, '
    'attempt.start_us, attempt.end_us, attempt.pid, attempt.outcome, attempt.log_bytes, '
    'attempt.executor, attempt.worker, task_instance.task_id, task_instance.map_index FROM '
    'attempt JOIN task_instance ON task_instance.id = attempt.ti_id WHERE task_instance.run_pk = '
    ':run_pk AND task_instance.task_id IN (:tasks...) ORDER BY attempt.queued_us, '
    'attempt.attempt_id LIMIT 10000 OFFSET 0',
    ('attempt_id', 'ti_id', 'try_number', 'queued_us', 'start_us', 'end_us', 'pid', 'outcome',
    'log_bytes', 'executor', 'worker', 'task_id', 'map_index'),
    lists=('tasks',),
)
PRINTED = Query(
    'SELECT attempt.attempt_id, task_instance.task_id, task_instance.map_index, '
    'attempt.try_number, attempt.queued_us, attempt.start_us, attempt.end_us FROM attempt JOIN '
    'task_instance ON task_instance.id = attempt.ti_id WHERE task_instance.run_pk = :run_pk AND 1'
    ' /*where*/ ORDER BY attempt.queued_us, attempt.attempt_id LIMIT 10000 OFFSET 0',
    ('attempt_id', 'task_id', 'map_index', 'try_number', 'queued_us', 'start_us', 'end_us'),
)
ENDED_SINCE = '(attempt.end_us IS NULL OR attempt.end_us >= :since)'
ENDS = (
    Query(
        'SELECT attempt.end_us FROM attempt WHERE attempt.attempt_id = :attempt_id',
        ('end_us',),
    ),
    Query(
        'SELECT callback.end_us FROM callback WHERE callback.attempt_id = :attempt_id',
        ('end_us',),
    ),
)
SAMPLES = Query(
    'SELECT sample.attempt_id, sample.at_us, sample.cpu_percent, sample.rss, sample.read_bytes, '
    'sample.write_bytes, sample.processes FROM sample WHERE sample.attempt_id = :attempt_id ORDER'
    ' BY sample.at_us',
    ('attempt_id', 'at_us', 'cpu_percent', 'rss', 'read_bytes', 'write_bytes', 'processes'),
)
SOURCES = Query(
    'SELECT run.run_id, task_instance.task_id, task_instance.map_index, xcom.attempt_id FROM xcom'
    ' JOIN task_instance ON task_instance.id = xcom.ti_id JOIN run ON run.id = '
    'task_instance.run_pk WHERE run.dag_id = :dag_id AND task_instance.task_id IN (:tasks...) AND'
    ' xcom."key" = :key AND 1 /*where*/ ORDER BY run.logical_us DESC, run.id DESC, '
    'task_instance.map_index LIMIT 10000 OFFSET 0',
    ('run_id', 'task_id', 'map_index', 'attempt_id'),
    lists=('tasks',),
)
IN_RUN = 'run.run_id = :run_id'
UNTIL = 'run.logical_us <= :until'
