"""Made from `penstock.store.statements.upkeep.health` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

ROWS = {
    'act': Query('SELECT count(*) AS count_1 FROM act', ('count_1',)),
    'asset_event': Query('SELECT count(*) AS count_1 FROM asset_event', ('count_1',)),
    'backfill': Query('SELECT count(*) AS count_1 FROM backfill', ('count_1',)),
    'dag_version': Query('SELECT count(*) AS count_1 FROM dag_version', ('count_1',)),
    'edge': Query('SELECT count(*) AS count_1 FROM edge', ('count_1',)),
    'event': Query('SELECT count(*) AS count_1 FROM event', ('count_1',)),
    'failure_note': Query('SELECT count(*) AS count_1 FROM failure_note', ('count_1',)),
    'import_error': Query('SELECT count(*) AS count_1 FROM import_error', ('count_1',)),
    'ledger': Query('SELECT count(*) AS count_1 FROM ledger', ('count_1',)),
    'look': Query('SELECT count(*) AS count_1 FROM look', ('count_1',)),
    'meta': Query('SELECT count(*) AS count_1 FROM meta', ('count_1',)),
    'pause': Query('SELECT count(*) AS count_1 FROM pause', ('count_1',)),
    'pool': Query('SELECT count(*) AS count_1 FROM pool', ('count_1',)),
    'quarantine': Query('SELECT count(*) AS count_1 FROM quarantine', ('count_1',)),
    'stored_value': Query('SELECT count(*) AS count_1 FROM stored_value', ('count_1',)),
    'undo': Query('SELECT count(*) AS count_1 FROM undo', ('count_1',)),
    'asset_queue': Query('SELECT count(*) AS count_1 FROM asset_queue', ('count_1',)),
    'backfill_slot': Query('SELECT count(*) AS count_1 FROM backfill_slot', ('count_1',)),
    'dag': Query('SELECT count(*) AS count_1 FROM dag', ('count_1',)),
    'run': Query('SELECT count(*) AS count_1 FROM run', ('count_1',)),
    'callback': Query('SELECT count(*) AS count_1 FROM callback', ('count_1',)),
    'run_asset_event': Query('SELECT count(*) AS count_1 FROM run_asset_event', ('count_1',)),
    'task_instance': Query('SELECT count(*) AS count_1 FROM task_instance', ('count_1',)),
    'attempt': Query('SELECT count(*) AS count_1 FROM attempt', ('count_1',)),
    'failure': Query('SELECT count(*) AS count_1 FROM failure', ('count_1',)),
    'xcom': Query('SELECT count(*) AS count_1 FROM xcom', ('count_1',)),
    'question': Query('SELECT count(*) AS count_1 FROM question', ('count_1',)),
    'sample': Query('SELECT count(*) AS count_1 FROM sample', ('count_1',)),
}
OF_DAGS = {
    'runs': Query(
        'SELECT run.dag_id, count(*) AS count_1 FROM run GROUP BY run.dag_id',
        ('dag_id', 'count_1'),
    ),
    'tasks': Query(
        'SELECT run.dag_id, count(*) AS count_1 FROM run JOIN task_instance ON task_instance.run_pk ='
        ' run.id GROUP BY run.dag_id',
        ('dag_id', 'count_1'),
    ),
    'attempts': Query(
        'SELECT run.dag_id, count(*) AS count_1 FROM run JOIN task_instance ON task_instance.run_pk ='
        ' run.id JOIN attempt ON attempt.ti_id = task_instance.id GROUP BY run.dag_id',
        ('dag_id', 'count_1'),
    ),
    'log_bytes': Query(
        'SELECT run.dag_id, coalesce(sum(attempt.log_bytes), 0) AS coalesce_1 FROM run JOIN '
        'task_instance ON task_instance.run_pk = run.id JOIN attempt ON attempt.ti_id = '
        'task_instance.id GROUP BY run.dag_id',
        ('dag_id', 'coalesce_1'),
    ),
    'samples': Query(
        'SELECT run.dag_id, count(*) AS count_1 FROM run JOIN task_instance ON task_instance.run_pk ='
        ' run.id JOIN attempt ON attempt.ti_id = task_instance.id JOIN sample ON sample.attempt_id = '
        'attempt.attempt_id GROUP BY run.dag_id',
        ('dag_id', 'count_1'),
    ),
    'events': Query(
        'SELECT event.dag_id, count(*) AS count_1 FROM event WHERE event.dag_id IS NOT NULL GROUP BY '
        'event.dag_id',
        ('dag_id', 'count_1'),
    ),
}
OLDEST_RUN = Query('SELECT min(run.run_after_us) AS min_1 FROM run', ('min_1',))
TRAIL = Query(
    'SELECT event.dag_id, event.run_id, event.task_id, event.map_index, event.kind, '
    'event."before", event."after" FROM event WHERE event.run_id IS NOT NULL AND event.kind IN '
    "('block', 'cancel', 'claim', 'clear', 'defer', 'fail', 'launch', 'mark_failed', "
    "'mark_skipped', 'mark_success', 'meet', 'remove', 'reschedule', 'restart', "
    "'restore_cancelled', 'restore_deferred', 'restore_failed', 'restore_pending', "
    "'restore_removed', 'restore_skipped', 'restore_success', 'restore_up_for_reschedule', "
    "'restore_up_for_retry', 'restore_upstream_failed', 'retry', 'revoke', 'run_cancel', "
    "'run_create', 'run_fail', 'run_give_way', 'run_reopen', 'run_restore_cancelled', "
    "'run_restore_failed', 'run_restore_success', 'run_start', 'run_succeed', 'skip', 'stop', "
    "'succeed') ORDER BY event.dag_id, event.run_id, event.seq",
    ('dag_id', 'run_id', 'task_id', 'map_index', 'kind', 'before', 'after'),
)
RUNS = Query(
    'SELECT run.id, run.dag_id, run.run_id, run.state FROM run',
    ('id', 'dag_id', 'run_id', 'state'),
)
STATES = Query(
    'SELECT task_instance.task_id, task_instance.map_index, task_instance.state FROM '
    'task_instance WHERE task_instance.run_pk = :key',
    ('task_id', 'map_index', 'state'),
)
SOURCES = Query('SELECT dag_version.source_hash FROM dag_version', ('source_hash',))
