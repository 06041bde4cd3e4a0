"""Made from `penstock.store.statements.views.status` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

LAST_EVENT = Query(
    'SELECT event.seq, event.at_us FROM event ORDER BY event.seq DESC LIMIT 1 OFFSET 0',
    ('seq', 'at_us'),
)
LIVE = Query('SELECT count(*) AS count_1 FROM attempt WHERE attempt.end_us IS NULL', ('count_1',))
OCCUPIED = Query(
    'SELECT count(*) AS count_1 FROM attempt WHERE attempt.end_us IS NULL AND (SELECT '
    "task_instance.state FROM task_instance WHERE task_instance.id = attempt.ti_id) IN ('queued',"
    " 'restarting', 'running', 'stopping')",
    ('count_1',),
)
UNFINISHED = Query(
    "SELECT count(*) AS count_1 FROM run WHERE run.state IN ('queued', 'running')",
    ('count_1',),
)
QUEUED = Query(
    'SELECT count(*) AS count_1 FROM run JOIN task_instance ON task_instance.run_pk = run.id '
    "WHERE run.state IN ('queued', 'running') AND task_instance.state = 'scheduled'",
    ('count_1',),
)
FAILED_SINCE = Query(
    "SELECT count(*) AS count_1 FROM task_instance WHERE task_instance.state = 'failed' AND "
    'task_instance.end_us >= :since',
    ('count_1',),
)
DAGS = Query('SELECT count(*) AS count_1 FROM dag WHERE dag.missing IS 0', ('count_1',))
ERRORS = Query('SELECT count(*) AS count_1 FROM import_error', ('count_1',))
LOG_BYTES = Query(
    'SELECT coalesce(sum(attempt.log_bytes), 0) AS coalesce_1 FROM attempt WHERE '
    'attempt.log_bytes > 0',
    ('coalesce_1',),
)
EVENTS = Query(
    'SELECT event.seq, event.at_us, event.actor, event.kind, event.dag_id, event.run_id, '
    'event.task_id, event.map_index, event."before", event."after", event.reason FROM event WHERE'
    ' event.seq > :after AND 1 /*where*/ ORDER BY event.seq DESC LIMIT :limit OFFSET 0',
    ('seq', 'at_us', 'actor', 'kind', 'dag_id', 'run_id', 'task_id', 'map_index', 'before',
    'after', 'reason'),
)
OF_DAG = 'event.dag_id = :dag_id'
OF_RUN = 'event.run_id = :run_id'
OF_INSTANCE = '(event.task_id = :task_id AND event.map_index = :map_index)'
MOVED = Query(
    'SELECT event.dag_id, event.run_id FROM event WHERE event.seq > :after ORDER BY event.seq '
    'LIMIT :limit OFFSET 0',
    ('dag_id', 'run_id'),
)
IMPORT_ERRORS = Query(
    'SELECT import_error.file, import_error.message, import_error.line, import_error.detail, '
    'import_error.since_us FROM import_error ORDER BY import_error.file',
    ('file', 'message', 'line', 'detail', 'since_us'),
)
