"""Made from `penstock.store.statements.views.task_rows` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

TASKS = Query(
    'SELECT task_instance.task_id, task_instance.map_index, task_instance.state, '
    'task_instance.try_number, task_instance.max_tries, task_instance.outcome, '
    'task_instance.start_us, task_instance.end_us, task_instance.peak_rss, '
    'task_instance.cpu_seconds, task_instance.read_bytes, task_instance.write_bytes, '
    'task_instance.attempts, task_instance.attempt_id, task_instance.next_us, '
    'task_instance.stop_us, task_instance.reason, task_instance.version, task_instance.rush, '
    'task_instance.rendered_map_index, task_instance.first_poke_us, task_instance.began_us FROM '
    'task_instance WHERE task_instance.run_pk = :run_pk ORDER BY task_instance.position, '
    'task_instance.map_index',
    ('task_id', 'map_index', 'state', 'try_number', 'max_tries', 'outcome', 'start_us',
    'end_us', 'peak_rss', 'cpu_seconds', 'read_bytes', 'write_bytes', 'attempts', 'attempt_id',
    'next_us', 'stop_us', 'reason', 'version', 'rush', 'rendered_map_index', 'first_poke_us',
    'began_us'),
)
SOME_TASKS = Query(
    'SELECT task_instance.task_id, task_instance.map_index, task_instance.state, '
    'task_instance.try_number, task_instance.max_tries, task_instance.outcome, '
    'task_instance.start_us, task_instance.end_us, task_instance.peak_rss, '
    'task_instance.cpu_seconds, task_instance.read_bytes, task_instance.write_bytes, '
    'task_instance.attempts, task_instance.attempt_id, task_instance.next_us, '
    'task_instance.stop_us, task_instance.reason, task_instance.version, task_instance.rush, '
    'task_instance.rendered_map_index, task_instance.first_poke_us, task_instance.began_us FROM '
    'task_instance WHERE task_instance.run_pk = :run_pk AND task_instance.task_id IN (:tasks...) '
    'ORDER BY task_instance.position, task_instance.map_index',
    ('task_id', 'map_index', 'state', 'try_number', 'max_tries', 'outcome', 'start_us',
    'end_us', 'peak_rss', 'cpu_seconds', 'read_bytes', 'write_bytes', 'attempts', 'attempt_id',
    'next_us', 'stop_us', 'reason', 'version', 'rush', 'rendered_map_index', 'first_poke_us',
    'began_us'),
    lists=('tasks',),
)
LIVE = Query(
    'SELECT sample.attempt_id, sample.cpu_percent, (SELECT max(every_sample.rss) AS max_1 FROM '
    'sample AS every_sample WHERE every_sample.attempt_id = sample.attempt_id) AS anon_1 FROM '
    'sample JOIN task_instance ON task_instance.attempt_id = sample.attempt_id WHERE '
    "task_instance.run_pk = :run_pk AND task_instance.state IN ('running', 'stopping', "
    "'restarting') AND sample.at_us = (SELECT max(every_sample.at_us) AS max_2 FROM sample AS "
    'every_sample WHERE every_sample.attempt_id = sample.attempt_id)',
    ('attempt_id', 'cpu_percent', 'anon_1'),
)
