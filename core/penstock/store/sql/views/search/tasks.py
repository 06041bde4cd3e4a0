"""Made from `penstock.store.statements.views.search.tasks` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

COLUMNS = {
    'id': 'task_instance.id',
    'dag_id': 'run.dag_id',
    'run_id': 'run.run_id',
    'dag_run_id': 'run.run_id',
    'task_id': 'task_instance.task_id',
    'task_display_name': 'task_instance.task_id',
    'map_index': 'task_instance.map_index',
    'rendered_map_index': 'task_instance.rendered_map_index',
    'state': 'task_instance.state',
    'try_number': 'task_instance.try_number',
    'logical_date': 'run.logical_us',
    'run_after': 'run.run_after_us',
    'data_interval_start': 'run.interval_start_us',
    'data_interval_end': 'run.interval_end_us',
    'queued_when': 'task_instance.queued_us',
    'scheduled_when': 'task_instance.queued_us',
    'start_date': 'task_instance.start_us',
    'end_date': 'task_instance.end_us',
    'updated_at': 'coalesce(task_instance.end_us, task_instance.start_us, task_instance.queued_us)',
    'duration': 'task_instance.end_us - task_instance.start_us',
}
ATTEMPTS = 'task_instance.attempts'
VERSION_ID = 'run.version_id'
PAGE = Query(
    'SELECT task_instance.id FROM task_instance JOIN run ON run.id = task_instance.run_pk WHERE 1'
    ' /*where*/ ORDER BY 1 /*order*/ LIMIT :limit OFFSET :offset',
    ('id',),
)
COUNT = Query(
    'SELECT count(*) AS count_1 FROM task_instance JOIN run ON run.id = task_instance.run_pk '
    'WHERE 1 /*where*/',
    ('count_1',),
)
PAGE_ALONE = Query(
    'SELECT task_instance.id FROM task_instance WHERE 1 /*where*/ ORDER BY 1 /*order*/ LIMIT '
    ':limit OFFSET :offset',
    ('id',),
)
COUNT_ALONE = Query('SELECT count(*) AS count_1 FROM task_instance WHERE 1 /*where*/', ('count_1',))
FACTS = Query(
    'SELECT task_instance.id, task_instance.run_pk, task_instance.task_id, '
    'task_instance.map_index, task_instance.state, task_instance.version, '
    'task_instance.try_number, task_instance.max_tries, task_instance.position, '
    'task_instance.queued_us, task_instance.start_us, task_instance.end_us, '
    'task_instance.next_us, task_instance.first_poke_us, task_instance.stop_us, '
    'task_instance.pokes, task_instance.intent, task_instance.reason, task_instance.attempt_id, '
    'task_instance.attempts, task_instance.outcome, task_instance.skips, task_instance.peak_rss, '
    'task_instance.cpu_seconds, task_instance.read_bytes, task_instance.write_bytes, '
    'task_instance.rush, task_instance.mapped_length, task_instance.rendered_map_index, '
    'task_instance.resumes, task_instance.began_us, run.dag_id, run.run_id, run.logical_us, '
    'run.run_after_us, run.version_id, attempt.pid, attempt.queued_us AS launched_us FROM '
    'task_instance JOIN run ON run.id = task_instance.run_pk LEFT OUTER JOIN attempt ON '
    'attempt.attempt_id = task_instance.attempt_id WHERE task_instance.id IN (:keys...)',
    ('id', 'run_pk', 'task_id', 'map_index', 'state', 'version', 'try_number', 'max_tries',
    'position', 'queued_us', 'start_us', 'end_us', 'next_us', 'first_poke_us', 'stop_us',
    'pokes', 'intent', 'reason', 'attempt_id', 'attempts', 'outcome', 'skips', 'peak_rss',
    'cpu_seconds', 'read_bytes', 'write_bytes', 'rush', 'mapped_length', 'rendered_map_index',
    'resumes', 'began_us', 'dag_id', 'run_id', 'logical_us', 'run_after_us', 'version_id',
    'pid', 'launched_us'),
    lists=('keys',),
)
VERSIONS = Query('SELECT DISTINCT run.version_id FROM run WHERE 1 /*where*/', ('version_id',))
BY_POOL = Query(
    'SELECT run.version_id, task_instance.task_id, task_instance.state, count(*) AS count_1 FROM '
    "task_instance JOIN run ON run.id = task_instance.run_pk WHERE run.state IN ('queued', "
    "'running') GROUP BY run.version_id, task_instance.task_id, task_instance.state",
    ('version_id', 'task_id', 'state', 'count_1'),
)
