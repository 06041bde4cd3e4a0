"""Made from `penstock.store.statements.views.run_pages` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

DAG_VERSIONS = Query('SELECT dag.dag_id, dag.version_id FROM dag', ('dag_id', 'version_id'))
SOME_DAG_VERSIONS = Query(
    'SELECT dag.dag_id, dag.version_id FROM dag WHERE dag.dag_id IN (:dags...)',
    ('dag_id', 'version_id'),
    lists=('dags',),
)
VERSION_NAMES = Query(
    'SELECT dag_version.id, dag_version.spec_hash, dag_version.source_hash FROM dag_version WHERE'
    ' dag_version.id IN (:keys...)',
    ('id', 'spec_hash', 'source_hash'),
    lists=('keys',),
)
HELD = Query(
    'SELECT pause.dag_id, pause.run_id, pause."by", pause.since_us, pause.why, pause.until_us '
    "FROM pause WHERE pause.kind = 'run'",
    ('dag_id', 'run_id', 'by', 'since_us', 'why', 'until_us'),
)
TOTAL = Query('SELECT count(*) AS count_1 FROM run WHERE 1 /*where*/', ('count_1',))
PAGE = Query(
    'SELECT run.id, run.dag_id, run.run_id, run.run_type, run.state, run.logical_us, '
    'run.interval_start_us, run.interval_end_us, run.run_after_us, run.start_us, run.end_us, '
    'run.reason, run.conf, run.backfill_id, run.version_id, run.version, run."by", run.rush, '
    'run.rerun_of, run.stands_for_us, run.turn_us, run.worked_us, run.partition_key FROM run '
    'WHERE 1 /*where*/ ORDER BY 1 /*order*/ LIMIT :limit OFFSET :offset',
    ('id', 'dag_id', 'run_id', 'run_type', 'state', 'logical_us', 'interval_start_us',
    'interval_end_us', 'run_after_us', 'start_us', 'end_us', 'reason', 'conf', 'backfill_id',
    'version_id', 'version', 'by', 'rush', 'rerun_of', 'stands_for_us', 'turn_us', 'worked_us',
    'partition_key'),
)
DAG_ID = 'run.dag_id'
RUN_TYPE = 'run.run_type'
STATE = 'run.state'
DUE = 'run.run_after_us'
TEXTS = (
    'run.run_id',
    'run.dag_id',
    "coalesce(run.reason, '')",
)
IS_HELD = (
    "EXISTS (SELECT pause.run_id FROM pause WHERE (pause.kind = 'run' OR pause.kind IN ('after', "
    "'before') AND pause.reached_us IS NOT NULL) AND pause.dag_id = run.dag_id AND pause.run_id ="
    ' run.run_id)'
)
IS_STOPPED = (
    "EXISTS (SELECT pause.run_id FROM pause WHERE pause.kind IN ('after', 'before') AND "
    'pause.reached_us IS NOT NULL AND pause.dag_id = run.dag_id AND pause.run_id = run.run_id)'
)
IS_QUARANTINED = "(run.dag_id || '/' || run.run_id) IN (SELECT quarantine.id FROM quarantine)"
NEWEST_FIRST = (
    'run.run_after_us DESC',
    'run.id DESC',
)
OLDEST_FIRST = (
    'run.run_after_us',
    'run.id',
)
UPWARD = {
    'state': (
        "CASE run.state WHEN 'failed' THEN 0 WHEN 'running' THEN 1 WHEN 'queued' THEN 2 WHEN "
        "'cancelled' THEN 3 WHEN 'success' THEN 5 ELSE 4 END ASC NULLS LAST"
    ),
    'started': '-run.start_us ASC NULLS LAST',
    'took': (
        'CASE WHEN (run.start_us IS NULL) THEN NULL ELSE -(run.worked_us + coalesce(:now_us - '
        'run.turn_us, 0)) END ASC NULLS LAST'
    ),
    'type': 'run.run_type ASC NULLS LAST',
    'dag': 'run.dag_id ASC NULLS LAST',
}
DOWNWARD = {
    'state': (
        "CASE run.state WHEN 'failed' THEN 0 WHEN 'running' THEN 1 WHEN 'queued' THEN 2 WHEN "
        "'cancelled' THEN 3 WHEN 'success' THEN 5 ELSE 4 END DESC NULLS FIRST"
    ),
    'started': '-run.start_us DESC NULLS FIRST',
    'took': (
        'CASE WHEN (run.start_us IS NULL) THEN NULL ELSE -(run.worked_us + coalesce(:now_us - '
        'run.turn_us, 0)) END DESC NULLS FIRST'
    ),
    'type': 'run.run_type DESC NULLS FIRST',
    'dag': 'run.dag_id DESC NULLS FIRST',
}
