"""Made from `penstock.store.statements.engine.removal` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

ROWS = {
    'run': Query(
        'SELECT run.id, run.dag_id, run.run_id, run.run_type, run.state, run.version, run.version_id,'
        ' run.logical_us, run.interval_start_us, run.interval_end_us, run.run_after_us, '
        'run.queued_us, run.start_us, run.end_us, run.stood_us, run.intent, run.reason, run.conf, '
        'run.backfill_id, run."by", run.rush, run.rerun_of, run.stands_for_us, run.turn_us, '
        'run.worked_us, run.partition_key FROM run WHERE 1 /*where*/',
        ('id', 'dag_id', 'run_id', 'run_type', 'state', 'version', 'version_id', 'logical_us',
        'interval_start_us', 'interval_end_us', 'run_after_us', 'queued_us', 'start_us', 'end_us',
        'stood_us', 'intent', 'reason', 'conf', 'backfill_id', 'by', 'rush', 'rerun_of',
        'stands_for_us', 'turn_us', 'worked_us', 'partition_key'),
    ),
    'dag': Query(
        'SELECT dag.dag_id, dag.file, dag.version_id, dag.missing, dag.first_seen_us, dag.cursor_us, '
        'dag.cursor_start_us, dag.cursor_end_us FROM dag WHERE 1 /*where*/',
        ('dag_id', 'file', 'version_id', 'missing', 'first_seen_us', 'cursor_us', 'cursor_start_us',
        'cursor_end_us'),
        flags=('missing',),
    ),
    'pause': Query(
        'SELECT pause.kind, pause.dag_id, pause.run_id, pause.task_id, pause."by", pause.since_us, '
        'pause.why, pause.until_us, pause.together, pause.reached_us FROM pause WHERE 1 /*where*/',
        ('kind', 'dag_id', 'run_id', 'task_id', 'by', 'since_us', 'why', 'until_us', 'together',
        'reached_us'),
        flags=('together',),
    ),
    'pool': Query(
        'SELECT pool.name, pool.slots, pool.description, pool.include_deferred FROM pool WHERE 1 '
        '/*where*/',
        ('name', 'slots', 'description', 'include_deferred'),
        flags=('include_deferred',),
    ),
    'stored_value': Query(
        'SELECT stored_value.kind, stored_value.name, stored_value.entry, stored_value.description, '
        'stored_value.updated_us, stored_value."by" FROM stored_value WHERE 1 /*where*/',
        ('kind', 'name', 'entry', 'description', 'updated_us', 'by'),
    ),
    'backfill': Query(
        'SELECT backfill.id, backfill.dag_id, backfill.from_us, backfill.to_us, backfill.reprocess, '
        'backfill.max_active_runs, backfill.backwards, backfill.conf, backfill.state, backfill."by", '
        'backfill.created_us, backfill.end_us, backfill.canary, backfill.stop_after FROM backfill '
        'WHERE 1 /*where*/',
        ('id', 'dag_id', 'from_us', 'to_us', 'reprocess', 'max_active_runs', 'backwards', 'conf',
        'state', 'by', 'created_us', 'end_us', 'canary', 'stop_after'),
        flags=('backwards',),
    ),
    'callback': Query(
        'SELECT callback.id, callback.run_pk, callback.task_id, callback.map_index, callback.kind, '
        'callback.facts, callback.created_us, callback.state, callback.tries, callback.attempt_id, '
        'callback.end_us, callback.reason FROM callback WHERE 1 /*where*/',
        ('id', 'run_pk', 'task_id', 'map_index', 'kind', 'facts', 'created_us', 'state', 'tries',
        'attempt_id', 'end_us', 'reason'),
    ),
    'asset_event': Query(
        'SELECT asset_event.id, asset_event.at_us, asset_event.name, asset_event.uri, '
        'asset_event.extra, asset_event.aliases, asset_event.source, asset_event."by", '
        'asset_event.partition_key FROM asset_event WHERE 1 /*where*/',
        ('id', 'at_us', 'name', 'uri', 'extra', 'aliases', 'source', 'by', 'partition_key'),
    ),
    'quarantine': Query(
        'SELECT quarantine.id, quarantine.kind, quarantine.dag_id, quarantine.run_id, '
        'quarantine.reason, quarantine.place, quarantine.since_us, quarantine.retry_us, '
        'quarantine.version, quarantine.act FROM quarantine WHERE 1 /*where*/',
        ('id', 'kind', 'dag_id', 'run_id', 'reason', 'place', 'since_us', 'retry_us', 'version',
        'act'),
    ),
}
DELETE = {
    'run': Query('DELETE FROM run WHERE 1 /*where*/'),
    'dag': Query('DELETE FROM dag WHERE 1 /*where*/'),
    'pause': Query('DELETE FROM pause WHERE 1 /*where*/'),
    'pool': Query('DELETE FROM pool WHERE 1 /*where*/'),
    'stored_value': Query('DELETE FROM stored_value WHERE 1 /*where*/'),
    'backfill': Query('DELETE FROM backfill WHERE 1 /*where*/'),
    'callback': Query('DELETE FROM callback WHERE 1 /*where*/'),
    'asset_event': Query('DELETE FROM asset_event WHERE 1 /*where*/'),
    'quarantine': Query('DELETE FROM quarantine WHERE 1 /*where*/'),
}
NUMBERS = {
    'run': Query('SELECT rowid, run.dag_id, run.run_id FROM run', ('rowid', 'dag_id', 'run_id')),
    'dag': Query('SELECT rowid, dag.dag_id FROM dag', ('rowid', 'dag_id')),
    'pause': Query(
        'SELECT rowid, pause.kind, pause.dag_id, pause.run_id, pause.task_id FROM pause',
        ('rowid', 'kind', 'dag_id', 'run_id', 'task_id'),
    ),
    'pool': Query('SELECT rowid, pool.name FROM pool', ('rowid', 'name')),
    'stored_value': Query(
        'SELECT rowid, stored_value.kind, stored_value.name FROM stored_value',
        ('rowid', 'kind', 'name'),
    ),
    'backfill': Query('SELECT rowid, backfill.id FROM backfill', ('rowid', 'id')),
    'callback': Query('SELECT rowid, callback.id FROM callback', ('rowid', 'id')),
    'asset_event': Query('SELECT rowid, asset_event.id FROM asset_event', ('rowid', 'id')),
    'quarantine': Query('SELECT rowid, quarantine.id FROM quarantine', ('rowid', 'id')),
}
BY_NUMBER = ':number = rowid'
SAME = {
    'run': {
        'dag_id': 'run.dag_id = :dag_id',
        'run_id': 'run.run_id = :run_id',
    },
    'dag': {
        'dag_id': 'dag.dag_id = :dag_id',
    },
    'pause': {
        'kind': 'pause.kind = :kind',
        'dag_id': 'pause.dag_id = :dag_id',
        'run_id': 'pause.run_id = :run_id',
        'task_id': 'pause.task_id = :task_id',
    },
    'pool': {
        'name': 'pool.name = :name',
    },
    'stored_value': {
        'kind': 'stored_value.kind = :kind',
        'name': 'stored_value.name = :name',
    },
    'backfill': {
        'id': 'backfill.id = :id',
    },
    'callback': {
        'id': 'callback.id = :id',
    },
    'asset_event': {
        'id': 'asset_event.id = :id',
    },
    'quarantine': {
        'id': 'quarantine.id = :id',
    },
}
SAME_TEXT = {
    'run': {
        'dag_id': 'CAST(run.dag_id AS VARCHAR) = :dag_id',
        'run_id': 'CAST(run.run_id AS VARCHAR) = :run_id',
    },
    'dag': {
        'dag_id': 'CAST(dag.dag_id AS VARCHAR) = :dag_id',
    },
    'pause': {
        'kind': 'CAST(pause.kind AS VARCHAR) = :kind',
        'dag_id': 'CAST(pause.dag_id AS VARCHAR) = :dag_id',
        'run_id': 'CAST(pause.run_id AS VARCHAR) = :run_id',
        'task_id': 'CAST(pause.task_id AS VARCHAR) = :task_id',
    },
    'pool': {
        'name': 'CAST(pool.name AS VARCHAR) = :name',
    },
    'stored_value': {
        'kind': 'CAST(stored_value.kind AS VARCHAR) = :kind',
        'name': 'CAST(stored_value.name AS VARCHAR) = :name',
    },
    'backfill': {
        'id': 'CAST(backfill.id AS VARCHAR) = :id',
    },
    'callback': {
        'id': 'CAST(callback.id AS VARCHAR) = :id',
    },
    'asset_event': {
        'id': 'CAST(asset_event.id AS VARCHAR) = :id',
    },
    'quarantine': {
        'id': 'CAST(quarantine.id AS VARCHAR) = :id',
    },
}
UNFINISHED_OF_DAG = Query(
    'SELECT run.id, run.dag_id, run.run_id, run.run_type, run.state, run.version, run.version_id,'
    ' run.logical_us, run.interval_start_us, run.interval_end_us, run.run_after_us, '
    'run.queued_us, run.start_us, run.end_us, run.stood_us, run.intent, run.reason, run.conf, '
    'run.backfill_id, run."by", run.rush, run.rerun_of, run.stands_for_us, run.turn_us, '
    'run.worked_us, run.partition_key FROM run WHERE run.dag_id = :dag_id AND ((run.state NOT IN '
    "('cancelled', 'failed', 'success')) OR run.id IN (SELECT task_instance.run_pk FROM attempt "
    'JOIN task_instance ON task_instance.id = attempt.ti_id WHERE attempt.end_us IS NULL)) ORDER '
    'BY run.id',
    ('id', 'dag_id', 'run_id', 'run_type', 'state', 'version', 'version_id', 'logical_us',
    'interval_start_us', 'interval_end_us', 'run_after_us', 'queued_us', 'start_us', 'end_us',
    'stood_us', 'intent', 'reason', 'conf', 'backfill_id', 'by', 'rush', 'rerun_of',
    'stands_for_us', 'turn_us', 'worked_us', 'partition_key'),
)
OPEN_BACKFILLS = Query(
    'SELECT backfill.id FROM backfill WHERE backfill.dag_id = :dag_id AND backfill.end_us IS NULL',
    ('id',),
)
CANCEL_POINTS = Query(
    "UPDATE backfill_slot SET state='cancelled', reason=:why WHERE backfill_slot.backfill_id = "
    ":key AND backfill_slot.state IN ('running', 'waiting')",
)
CANCEL_BACKFILL = Query("UPDATE backfill SET state='cancelled', end_us=:now_us WHERE backfill.id = :key")
DROP_PAUSES_OF_DAG = Query('DELETE FROM pause WHERE pause.dag_id = :key')
DROP_QUEUE_OF_DAG = Query('DELETE FROM asset_queue WHERE asset_queue.dag_id = :key')
POINTS = Query(
    'SELECT backfill_slot.id, backfill_slot.backfill_id, backfill_slot.ordinal, '
    'backfill_slot.logical_us, backfill_slot.interval_start_us, backfill_slot.interval_end_us, '
    'backfill_slot.run_after_us, backfill_slot.state, backfill_slot.run_id, backfill_slot.reason '
    'FROM backfill_slot WHERE backfill_slot.backfill_id = :key',
    ('id', 'backfill_id', 'ordinal', 'logical_us', 'interval_start_us', 'interval_end_us',
    'run_after_us', 'state', 'run_id', 'reason'),
)
FREE_RUNS = Query('UPDATE run SET backfill_id=NULL WHERE run.backfill_id = :key')
SETTLE_POINTS = Query(
    'UPDATE backfill_slot SET state=(SELECT run.state FROM run WHERE run.backfill_id = '
    'backfill_slot.backfill_id AND run.run_id = backfill_slot.run_id AND run.state IN '
    "('cancelled', 'failed', 'success')) WHERE CAST(backfill_slot.backfill_id AS VARCHAR) = :key "
    "AND backfill_slot.state = 'running' AND (SELECT run.state FROM run WHERE run.backfill_id = "
    'backfill_slot.backfill_id AND run.run_id = backfill_slot.run_id AND run.state IN '
    "('cancelled', 'failed', 'success')) IS NOT NULL",
)
FAIL_POINT = Query(
    "UPDATE backfill_slot SET state='failed', reason=:why WHERE backfill_slot.backfill_id = :key "
    "AND backfill_slot.run_id = :its_run AND backfill_slot.state = 'running'",
)
DROP_PAUSES_OF_RUN = Query('DELETE FROM pause WHERE pause.dag_id = :dag_id AND pause.run_id = :run_id')
TASKS = Query(
    'SELECT task_instance.id, task_instance.run_pk, task_instance.task_id, '
    'task_instance.map_index, task_instance.state, task_instance.version, '
    'task_instance.try_number, task_instance.max_tries, task_instance.position, '
    'task_instance.queued_us, task_instance.start_us, task_instance.end_us, '
    'task_instance.next_us, task_instance.first_poke_us, task_instance.stop_us, '
    'task_instance.pokes, task_instance.intent, task_instance.reason, task_instance.attempt_id, '
    'task_instance.attempts, task_instance.outcome, task_instance.skips, task_instance.peak_rss, '
    'task_instance.cpu_seconds, task_instance.read_bytes, task_instance.write_bytes, '
    'task_instance.rush, task_instance.mapped_length, task_instance.rendered_map_index, '
    'task_instance.resumes, task_instance.began_us FROM task_instance WHERE task_instance.run_pk '
    '= :key',
    ('id', 'run_pk', 'task_id', 'map_index', 'state', 'version', 'try_number', 'max_tries',
    'position', 'queued_us', 'start_us', 'end_us', 'next_us', 'first_poke_us', 'stop_us',
    'pokes', 'intent', 'reason', 'attempt_id', 'attempts', 'outcome', 'skips', 'peak_rss',
    'cpu_seconds', 'read_bytes', 'write_bytes', 'rush', 'mapped_length', 'rendered_map_index',
    'resumes', 'began_us'),
)
LIVE = Query(
    'SELECT attempt.attempt_id FROM attempt WHERE attempt.ti_id IN (SELECT task_instance.id FROM '
    'task_instance WHERE task_instance.run_pk = :key) AND attempt.end_us IS NULL',
    ('attempt_id',),
)
LOSE = Query(
    'UPDATE attempt SET end_us=:now_us, outcome=:lost WHERE attempt.ti_id IN (SELECT '
    'task_instance.id FROM task_instance WHERE task_instance.run_pk = :key) AND attempt.end_us IS'
    ' NULL',
)
LEARN_MOVE = {
    'run': Query(
        'INSERT OR IGNORE INTO edge (subject, "before", "after") SELECT \'run\' AS anon_1, run.state, '
        ':to AS anon_2 FROM run WHERE run.id = :key',
    ),
    'task_instance': Query(
        'INSERT OR IGNORE INTO edge (subject, "before", "after") SELECT \'task_instance\' AS anon_1, '
        'task_instance.state, :to AS anon_2 FROM task_instance WHERE task_instance.id = :key',
    ),
}
FORGET_MOVES = Query(
    'DELETE FROM edge WHERE edge.subject = :of AND edge."after" = :to AND (edge."before" NOT IN '
    '(:legal...))',
    lists=('legal',),
)
NEWEST_VERSION = Query('SELECT max(dag_version.id) AS max_1 FROM dag_version', ('max_1',))
NEWEST_VERSION_OF = Query(
    'SELECT max(dag_version.id) AS max_1 FROM dag_version WHERE dag_version.dag_id = :dag_id',
    ('max_1',),
)
LAST_STATE = Query(
    'SELECT event."after" FROM event WHERE event.dag_id = :dag_id AND event.run_id = :run_id AND '
    'event.task_id IS :task_id AND event."after" IN (:known...) ORDER BY event.seq DESC LIMIT 1 '
    'OFFSET 0',
    ('after',),
    lists=('known',),
)
