"""Made from `penstock.store.statements.engine.live_rows` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

QUARANTINE = Query(
    'SELECT quarantine.id, quarantine.kind, quarantine.dag_id, quarantine.run_id, '
    'quarantine.reason, quarantine.place, quarantine.since_us, quarantine.retry_us, '
    'quarantine.version, quarantine.act FROM quarantine ORDER BY quarantine.since_us, '
    'quarantine.id',
    ('id', 'kind', 'dag_id', 'run_id', 'reason', 'place', 'since_us', 'retry_us', 'version',
    'act'),
)
DAGS = Query(
    'SELECT dag.dag_id, dag.file, dag.version_id, dag.missing, dag.first_seen_us, dag.cursor_us, '
    'dag.cursor_start_us, dag.cursor_end_us FROM dag',
    ('dag_id', 'file', 'version_id', 'missing', 'first_seen_us', 'cursor_us', 'cursor_start_us',
    'cursor_end_us'),
    flags=('missing',),
)
PAUSES = Query(
    'SELECT pause.kind, pause.dag_id, pause.run_id, pause.task_id, pause."by", pause.since_us, '
    'pause.why, pause.until_us, pause.together, pause.reached_us FROM pause',
    ('kind', 'dag_id', 'run_id', 'task_id', 'by', 'since_us', 'why', 'until_us', 'together',
    'reached_us'),
    flags=('together',),
)
POOLS = Query(
    'SELECT pool.name, pool.slots, pool.description, pool.include_deferred FROM pool',
    ('name', 'slots', 'description', 'include_deferred'),
    flags=('include_deferred',),
)
VALUES = Query(
    'SELECT stored_value.kind, stored_value.name, stored_value.entry, stored_value.description, '
    'stored_value.updated_us, stored_value."by" FROM stored_value ORDER BY stored_value.kind, '
    'stored_value.name',
    ('kind', 'name', 'entry', 'description', 'updated_us', 'by'),
)
BACKFILLS = Query(
    'SELECT backfill.id, backfill.dag_id, backfill.from_us, backfill.to_us, backfill.reprocess, '
    'backfill.max_active_runs, backfill.backwards, backfill.conf, backfill.state, backfill."by", '
    'backfill.created_us, backfill.canary, backfill.stop_after, backfill.end_us FROM backfill '
    'WHERE backfill.end_us IS NULL',
    ('id', 'dag_id', 'from_us', 'to_us', 'reprocess', 'max_active_runs', 'backwards', 'conf',
    'state', 'by', 'created_us', 'canary', 'stop_after', 'end_us'),
    flags=('backwards',),
)
POINTS = Query(
    'SELECT backfill_slot.id, backfill_slot.backfill_id, backfill_slot.ordinal, '
    'backfill_slot.logical_us, backfill_slot.interval_start_us, backfill_slot.interval_end_us, '
    'backfill_slot.run_after_us, backfill_slot.state, backfill_slot.run_id, backfill_slot.reason '
    'FROM backfill_slot WHERE backfill_slot.backfill_id = :backfill_id ORDER BY '
    'backfill_slot.ordinal',
    ('id', 'backfill_id', 'ordinal', 'logical_us', 'interval_start_us', 'interval_end_us',
    'run_after_us', 'state', 'run_id', 'reason'),
)
CALLBACKS = Query(
    'SELECT callback.id, callback.run_pk, callback.task_id, callback.map_index, callback.kind, '
    'callback.facts, callback.created_us, callback.state, callback.tries, callback.attempt_id, '
    "callback.end_us, callback.reason FROM callback WHERE callback.state IN ('waiting', "
    "'running') ORDER BY callback.id",
    ('id', 'run_pk', 'task_id', 'map_index', 'kind', 'facts', 'created_us', 'state', 'tries',
    'attempt_id', 'end_us', 'reason'),
)
ACTIVE_RUNS = Query(
    'SELECT run.id, run.dag_id, run.run_id, run.run_type, run.state, run.version, run.version_id,'
    ' run.logical_us, run.interval_start_us, run.interval_end_us, run.run_after_us, '
    'run.queued_us, run.start_us, run.end_us, run.stood_us, run.turn_us, run.worked_us, '
    'run.intent, run.reason, run.conf, run.backfill_id, run."by", run.rush, run.rerun_of, '
    'run.stands_for_us, run.partition_key FROM run WHERE run.id IN (SELECT run.id FROM run WHERE '
    "run.state IN ('queued', 'running') UNION SELECT task_instance.run_pk FROM attempt JOIN "
    'task_instance ON task_instance.id = attempt.ti_id WHERE attempt.end_us IS NULL) ORDER BY '
    'run.id',
    ('id', 'dag_id', 'run_id', 'run_type', 'state', 'version', 'version_id', 'logical_us',
    'interval_start_us', 'interval_end_us', 'run_after_us', 'queued_us', 'start_us', 'end_us',
    'stood_us', 'turn_us', 'worked_us', 'intent', 'reason', 'conf', 'backfill_id', 'by', 'rush',
    'rerun_of', 'stands_for_us', 'partition_key'),
)
ONE_RUN = Query(
    'SELECT run.id, run.dag_id, run.run_id, run.run_type, run.state, run.version, run.version_id,'
    ' run.logical_us, run.interval_start_us, run.interval_end_us, run.run_after_us, '
    'run.queued_us, run.start_us, run.end_us, run.stood_us, run.turn_us, run.worked_us, '
    'run.intent, run.reason, run.conf, run.backfill_id, run."by", run.rush, run.rerun_of, '
    'run.stands_for_us, run.partition_key FROM run WHERE run.dag_id = :dag_id AND run.run_id = '
    ':run_id ORDER BY run.id',
    ('id', 'dag_id', 'run_id', 'run_type', 'state', 'version', 'version_id', 'logical_us',
    'interval_start_us', 'interval_end_us', 'run_after_us', 'queued_us', 'start_us', 'end_us',
    'stood_us', 'turn_us', 'worked_us', 'intent', 'reason', 'conf', 'backfill_id', 'by', 'rush',
    'rerun_of', 'stands_for_us', 'partition_key'),
)
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
    'IN (:runs...) ORDER BY task_instance.run_pk, task_instance.position, task_instance.map_index',
    ('id', 'run_pk', 'task_id', 'map_index', 'state', 'version', 'try_number', 'max_tries',
    'position', 'queued_us', 'start_us', 'end_us', 'next_us', 'first_poke_us', 'stop_us',
    'pokes', 'intent', 'reason', 'attempt_id', 'attempts', 'outcome', 'skips', 'peak_rss',
    'cpu_seconds', 'read_bytes', 'write_bytes', 'rush', 'mapped_length', 'rendered_map_index',
    'resumes', 'began_us'),
    lists=('runs',),
)
APART = Query(
    'SELECT run.id, run.dag_id, run.run_id, run.state, run.backfill_id, run.version_id FROM run '
    'WHERE run.id IN (:runs...)',
    ('id', 'dag_id', 'run_id', 'state', 'backfill_id', 'version_id'),
    lists=('runs',),
)
LIVE_APART = Query(
    'SELECT task_instance.run_pk, attempt.attempt_id, task_instance.task_id FROM attempt JOIN '
    'task_instance ON task_instance.id = attempt.ti_id WHERE attempt.end_us IS NULL AND '
    'task_instance.run_pk IN (:runs...)',
    ('run_pk', 'attempt_id', 'task_id'),
    lists=('runs',),
)
