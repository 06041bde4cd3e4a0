"""Made from `penstock.store.statements.upkeep.expire` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query, Write

DAGS_WITH_RUNS = Query('SELECT DISTINCT run.dag_id FROM run', ('dag_id',))
OLD_ENDS = Query(
    'SELECT run.dag_id, coalesce(run.end_us, 0) AS coalesce_1 FROM run WHERE run.end_us < '
    ":before_us OR run.end_us IS NULL AND run.state IN ('cancelled', 'failed', 'success')",
    ('dag_id', 'coalesce_1'),
)
NEWEST_FIRST = Query(
    "SELECT run.id, run.dag_id, run.run_id, run.end_us, 0 AS bytes, run.state IN ('cancelled', "
    "'failed', 'success') AND (run.id NOT IN (SELECT task_instance.run_pk FROM task_instance JOIN"
    ' attempt ON attempt.ti_id = task_instance.id WHERE attempt.end_us IS NULL)) AND (run.id NOT '
    "IN (SELECT callback.run_pk FROM callback WHERE callback.state IN ('waiting', 'running'))) AS"
    ' free FROM run WHERE run.dag_id = :dag_id ORDER BY run.run_after_us DESC, run.id DESC',
    ('id', 'dag_id', 'run_id', 'end_us', 'bytes', 'free'),
    flags=('free',),
)
NEWEST_FIRST_WITH_LOGS = Query(
    'SELECT run.id, run.dag_id, run.run_id, run.end_us, coalesce(anon_1.bytes, 0) AS bytes, '
    "run.state IN ('cancelled', 'failed', 'success') AND (run.id NOT IN (SELECT "
    'task_instance.run_pk FROM task_instance JOIN attempt ON attempt.ti_id = task_instance.id '
    'WHERE attempt.end_us IS NULL)) AND (run.id NOT IN (SELECT callback.run_pk FROM callback '
    "WHERE callback.state IN ('waiting', 'running'))) AS free FROM run LEFT OUTER JOIN (SELECT "
    'task_instance.run_pk AS run_pk, sum(attempt.log_bytes) AS bytes FROM run JOIN task_instance '
    'ON task_instance.run_pk = run.id JOIN attempt ON attempt.ti_id = task_instance.id WHERE '
    'run.dag_id = :dag_id GROUP BY task_instance.run_pk) AS anon_1 ON anon_1.run_pk = run.id '
    'WHERE run.dag_id = :dag_id ORDER BY run.run_after_us DESC, run.id DESC',
    ('id', 'dag_id', 'run_id', 'end_us', 'bytes', 'free'),
    flags=('free',),
)
STILL_FORGETTABLE = Query(
    "SELECT run.id FROM run WHERE run.id = :key AND run.state IN ('cancelled', 'failed', "
    "'success') AND (run.id NOT IN (SELECT task_instance.run_pk FROM task_instance JOIN attempt "
    'ON attempt.ti_id = task_instance.id WHERE attempt.end_us IS NULL)) AND (run.id NOT IN '
    "(SELECT callback.run_pk FROM callback WHERE callback.state IN ('waiting', 'running')))",
    ('id',),
)
SOME_TASKS = Query(
    'SELECT task_instance.id FROM task_instance WHERE task_instance.run_pk = :key ORDER BY '
    'task_instance.id LIMIT :limit OFFSET 0',
    ('id',),
)
ATTEMPTS_OF = Query(
    'SELECT attempt.attempt_id FROM attempt WHERE attempt.ti_id IN (:tasks...)',
    ('attempt_id',),
    lists=('tasks',),
)
DELETE_TASKS = Query('DELETE FROM task_instance WHERE task_instance.id IN (:tasks...)', lists=('tasks',))
TOLD = Query(
    'SELECT callback.attempt_id FROM callback WHERE callback.run_pk = :key AND '
    'callback.attempt_id IS NOT NULL',
    ('attempt_id',),
)
DELETE_RUN = Query('DELETE FROM run WHERE run.id = :key')
DELETE_PAUSES = Query('DELETE FROM pause WHERE pause.dag_id = :dag_id AND pause.run_id = :run_id')
DELETE_TRANSITIONS = Query(
    'DELETE FROM event WHERE event.dag_id = :dag_id AND event.run_id = :run_id AND event.kind NOT'
    " LIKE 'act%'",
)
OLD_EVENTS = Query(
    'SELECT event.seq FROM event WHERE event.seq < coalesce((SELECT later.seq FROM event AS later'
    ' WHERE later.at_us >= :before_us ORDER BY later.seq LIMIT 1 OFFSET 0), 4611686018427387904) '
    'AND event.at_us < :before_us AND NOT (EXISTS (SELECT * FROM run WHERE run.dag_id = '
    'event.dag_id AND run.run_id = event.run_id)) ORDER BY event.seq',
    ('seq',),
)
DELETE_EVENTS = Query('DELETE FROM event WHERE event.seq IN (:seqs...)', lists=('seqs',))
MOVE_HORIZON = Query('UPDATE meta SET value=:value WHERE meta."key" = \'events_from_us\'')
SET_HORIZON = Write('INSERT INTO meta ("key", value) VALUES (?, ?)', ('key', 'value'))
DELETE_POINTS = Query(
    'DELETE FROM ledger WHERE ledger.id IN (SELECT ledger.id FROM ledger WHERE ledger.last_us < '
    ':before_us AND coalesce(ledger.at_us, ledger.last_us) < :before_us LIMIT :limit OFFSET 0)',
)
DELETE_BACKFILLS = Query(
    'DELETE FROM backfill WHERE backfill.end_us < :before_us AND (backfill.id NOT IN (SELECT '
    'run.backfill_id FROM run WHERE run.backfill_id IS NOT NULL)) AND backfill.id < (SELECT '
    'max(backfill.id) AS max_1 FROM backfill)',
)
DELETE_ASSET_EVENTS = Query(
    'DELETE FROM asset_event WHERE asset_event.id IN (SELECT asset_event.id FROM asset_event '
    'WHERE asset_event.at_us < :before_us AND (asset_event.id NOT IN (SELECT '
    'run_asset_event.event_id FROM run_asset_event UNION SELECT asset_queue.event_id FROM '
    'asset_queue)) AND asset_event.id < (SELECT max(asset_event.id) AS max_1 FROM asset_event) '
    'LIMIT :limit OFFSET 0)',
)
DELETE_VERSIONS = Query(
    'DELETE FROM dag_version WHERE dag_version.created_us < :before_us AND (dag_version.id NOT IN'
    ' (SELECT dag.version_id FROM dag)) AND NOT (EXISTS (SELECT * FROM run WHERE run.dag_id = '
    'dag_version.dag_id AND run.version_id = dag_version.id)) AND dag_version.id < (SELECT '
    'max(dag_version.id) AS max_1 FROM dag_version)',
)
SOURCES = Query('SELECT dag_version.source_hash FROM dag_version', ('source_hash',))
DELETE_ANSWERS = Query('DELETE FROM act WHERE act.at_us < :before_us')
NEWEST_ATTEMPTS = (
    Query('SELECT max(attempt.attempt_id) AS max_1 FROM attempt', ('max_1',)),
    Query('SELECT max(callback.attempt_id) AS max_1 FROM callback', ('max_1',)),
)
KNOWN_ATTEMPTS = (
    Query(
        'SELECT attempt.attempt_id FROM attempt WHERE attempt.attempt_id IN (:attempts...)',
        ('attempt_id',),
        lists=('attempts',),
    ),
    Query(
        'SELECT callback.attempt_id FROM callback WHERE callback.attempt_id IN (:attempts...)',
        ('attempt_id',),
        lists=('attempts',),
    ),
)
THE_TRIGGERER = Query('SELECT meta.value FROM meta WHERE meta."key" = \'triggerer\'', ('value',))
SAMPLED = Query(
    'SELECT DISTINCT sample.attempt_id FROM sample WHERE sample.attempt_id > :after AND '
    'sample.at_us < :before_us ORDER BY sample.attempt_id LIMIT :limit OFFSET 0',
    ('attempt_id',),
)
THIN_SAMPLES = Query(
    'DELETE FROM sample WHERE sample.attempt_id IN (:attempts...) AND sample.at_us < :before_us '
    'AND ((sample.attempt_id, sample.at_us) NOT IN (SELECT sample.attempt_id, min(sample.at_us) '
    'AS min_1 FROM sample WHERE sample.attempt_id IN (:attempts...) AND sample.at_us < :before_us'
    ' GROUP BY sample.attempt_id, CAST(sample.at_us / (60000000 + 0.0) AS BIGINT)))',
    lists=('attempts',),
)
