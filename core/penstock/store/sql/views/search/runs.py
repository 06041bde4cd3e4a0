"""Made from `penstock.store.statements.views.search.runs` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

COLUMNS = {
    'id': 'run.id',
    'dag_id': 'run.dag_id',
    'run_id': 'run.run_id',
    'dag_run_id': 'run.run_id',
    'state': 'run.state',
    'run_type': 'run.run_type',
    'logical_date': 'run.logical_us',
    'run_after': 'run.run_after_us',
    'data_interval_start': 'run.interval_start_us',
    'data_interval_end': 'run.interval_end_us',
    'queued_at': 'run.queued_us',
    'start_date': 'run.start_us',
    'end_date': 'run.end_us',
    'updated_at': 'coalesce(run.end_us, run.turn_us, run.start_us, run.queued_us)',
    'duration': 'CASE WHEN (run.end_us IS NOT NULL) THEN run.worked_us END',
    'conf': 'run.conf',
    'triggering_user_name': 'run."by"',
}
PAGE = Query(
    'SELECT run.id, run.dag_id, run.run_id, run.run_type, run.state, run.version, run.version_id,'
    ' run.logical_us, run.interval_start_us, run.interval_end_us, run.run_after_us, '
    'run.queued_us, run.start_us, run.end_us, run.stood_us, run.intent, run.reason, run.conf, '
    'run.backfill_id, run."by", run.rush, run.rerun_of, run.stands_for_us, run.turn_us, '
    'run.worked_us, run.partition_key FROM run WHERE 1 /*where*/ ORDER BY 1 /*order*/ LIMIT '
    ':limit OFFSET :offset',
    ('id', 'dag_id', 'run_id', 'run_type', 'state', 'version', 'version_id', 'logical_us',
    'interval_start_us', 'interval_end_us', 'run_after_us', 'queued_us', 'start_us', 'end_us',
    'stood_us', 'intent', 'reason', 'conf', 'backfill_id', 'by', 'rush', 'rerun_of',
    'stands_for_us', 'turn_us', 'worked_us', 'partition_key'),
)
COUNT = Query('SELECT count(*) AS count_1 FROM run WHERE 1 /*where*/', ('count_1',))
STATES = Query(
    'SELECT run.dag_id, run.state, count(*) AS count_1 FROM run WHERE 1 /*where*/ GROUP BY '
    'run.dag_id, run.state',
    ('dag_id', 'state', 'count_1'),
)
