"""Made from `penstock.store.statements.views.dags` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

DAGS = Query(
    'SELECT dag.dag_id, dag.version_id, dag.first_seen_us, dag.cursor_us, dag.cursor_start_us, '
    'dag.cursor_end_us, dag.file, dag.missing FROM dag WHERE 1 /*where*/ ORDER BY dag.dag_id',
    ('dag_id', 'version_id', 'first_seen_us', 'cursor_us', 'cursor_start_us', 'cursor_end_us',
    'file', 'missing'),
    flags=('missing',),
)
ONE = 'dag.dag_id = :dag_id'
LAST_RUNS = Query(
    'SELECT run.id, run.dag_id, run.run_id, run.run_type, run.state, run.logical_us, '
    'run.interval_start_us, run.interval_end_us, run.run_after_us, run.start_us, run.end_us, '
    'run.reason, run.conf, run.backfill_id, run.version_id, run.version, run."by", run.rush, '
    'run.rerun_of, run.stands_for_us, run.turn_us, run.worked_us, run.partition_key FROM dag JOIN'
    ' run ON run.id IN (SELECT newest.id FROM run AS newest WHERE newest.dag_id = dag.dag_id '
    'ORDER BY newest.run_after_us DESC, newest.id DESC LIMIT :limit OFFSET 0) WHERE 1 /*where*/ '
    'ORDER BY run.dag_id, run.run_after_us DESC, run.id DESC',
    ('id', 'dag_id', 'run_id', 'run_type', 'state', 'logical_us', 'interval_start_us',
    'interval_end_us', 'run_after_us', 'start_us', 'end_us', 'reason', 'conf', 'backfill_id',
    'version_id', 'version', 'by', 'rush', 'rerun_of', 'stands_for_us', 'turn_us', 'worked_us',
    'partition_key'),
)
ACTIVE_RUNS = Query(
    "SELECT run.dag_id, count(*) AS count_1 FROM run WHERE run.state IN ('queued', 'running') "
    'GROUP BY run.dag_id',
    ('dag_id', 'count_1'),
)
RUNNING_TASKS = Query(
    'SELECT run.dag_id, count(*) AS count_1 FROM attempt JOIN task_instance ON task_instance.id ='
    ' attempt.ti_id JOIN run ON run.id = task_instance.run_pk WHERE attempt.end_us IS NULL GROUP '
    'BY run.dag_id',
    ('dag_id', 'count_1'),
)
ERRORS = Query(
    'SELECT import_error.file, import_error.message FROM import_error',
    ('file', 'message'),
)
PAUSES_SHOWN = "pause.kind IN ('schedule', 'freeze', 'run')"
