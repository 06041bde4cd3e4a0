"""Made from `penstock.store.statements.views.now` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

LIVE = Query(
    'SELECT attempt.attempt_id, attempt.try_number, attempt.queued_us, attempt.start_us, '
    'attempt.pid, attempt.executor, attempt.worker, task_instance.task_id, '
    'task_instance.map_index, task_instance.state, task_instance.peak_rss, run.id AS run_pk, '
    'run.dag_id, run.run_id, run.run_type, run.state AS run_state, run.logical_us, '
    'run.run_after_us, sample.cpu_percent, sample.rss, sample.read_bytes, sample.write_bytes, '
    'sample.processes FROM attempt JOIN task_instance ON task_instance.id = attempt.ti_id JOIN '
    'run ON run.id = task_instance.run_pk LEFT OUTER JOIN sample ON sample.attempt_id = '
    'attempt.attempt_id AND sample.at_us = (SELECT max(every_sample.at_us) AS max_1 FROM sample '
    'AS every_sample WHERE every_sample.attempt_id = attempt.attempt_id) WHERE attempt.end_us IS '
    'NULL ORDER BY attempt.queued_us, attempt.attempt_id',
    ('attempt_id', 'try_number', 'queued_us', 'start_us', 'pid', 'executor', 'worker',
    'task_id', 'map_index', 'state', 'peak_rss', 'run_pk', 'dag_id', 'run_id', 'run_type',
    'run_state', 'logical_us', 'run_after_us', 'cpu_percent', 'rss', 'read_bytes',
    'write_bytes', 'processes'),
)
