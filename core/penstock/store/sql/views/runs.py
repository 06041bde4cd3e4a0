"""Made from `penstock.store.statements.views.runs` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

NEWEST = Query(
    'SELECT run.id, run.dag_id, run.run_id, run.run_type, run.state, run.logical_us, '
    'run.interval_start_us, run.interval_end_us, run.run_after_us, run.start_us, run.end_us, '
    'run.reason, run.conf, run.backfill_id, run.version_id, run.version, run."by", run.rush, '
    'run.rerun_of, run.stands_for_us, run.turn_us, run.worked_us, run.partition_key FROM run '
    'WHERE run.dag_id = :dag_id ORDER BY run.run_after_us DESC, run.id DESC LIMIT :limit OFFSET 0',
    ('id', 'dag_id', 'run_id', 'run_type', 'state', 'logical_us', 'interval_start_us',
    'interval_end_us', 'run_after_us', 'start_us', 'end_us', 'reason', 'conf', 'backfill_id',
    'version_id', 'version', 'by', 'rush', 'rerun_of', 'stands_for_us', 'turn_us', 'worked_us',
    'partition_key'),
)
OLDER = Query(
    'SELECT run.id, run.dag_id, run.run_id, run.run_type, run.state, run.logical_us, '
    'run.interval_start_us, run.interval_end_us, run.run_after_us, run.start_us, run.end_us, '
    'run.reason, run.conf, run.backfill_id, run.version_id, run.version, run."by", run.rush, '
    'run.rerun_of, run.stands_for_us, run.turn_us, run.worked_us, run.partition_key FROM run '
    'WHERE run.dag_id = :dag_id AND run.run_after_us < :before ORDER BY run.run_after_us DESC, '
    'run.id DESC LIMIT :limit OFFSET 0',
    ('id', 'dag_id', 'run_id', 'run_type', 'state', 'logical_us', 'interval_start_us',
    'interval_end_us', 'run_after_us', 'start_us', 'end_us', 'reason', 'conf', 'backfill_id',
    'version_id', 'version', 'by', 'rush', 'rerun_of', 'stands_for_us', 'turn_us', 'worked_us',
    'partition_key'),
)
ONE = Query(
    'SELECT run.id, run.dag_id, run.run_id, run.run_type, run.state, run.logical_us, '
    'run.interval_start_us, run.interval_end_us, run.run_after_us, run.start_us, run.end_us, '
    'run.reason, run.conf, run.backfill_id, run.version_id, run.version, run."by", run.rush, '
    'run.rerun_of, run.stands_for_us, run.turn_us, run.worked_us, run.partition_key FROM run '
    'WHERE run.dag_id = :dag_id AND run.run_id = :run_id',
    ('id', 'dag_id', 'run_id', 'run_type', 'state', 'logical_us', 'interval_start_us',
    'interval_end_us', 'run_after_us', 'start_us', 'end_us', 'reason', 'conf', 'backfill_id',
    'version_id', 'version', 'by', 'rush', 'rerun_of', 'stands_for_us', 'turn_us', 'worked_us',
    'partition_key'),
)
RERUNS = Query(
    'SELECT run.run_id FROM run WHERE run.dag_id = :dag_id AND run.rerun_of = :run_id ORDER BY '
    'run.id',
    ('run_id',),
)
COUNTS = Query(
    'SELECT task_instance.run_pk, task_instance.state, count(*) AS count_1 FROM task_instance '
    'WHERE task_instance.run_pk IN (:runs...) GROUP BY task_instance.run_pk, task_instance.state',
    ('run_pk', 'state', 'count_1'),
    lists=('runs',),
)
PAUSES = Query(
    'SELECT pause.dag_id, pause.kind, pause.run_id, pause.task_id, pause."by", pause.since_us, '
    'pause.why, pause.until_us FROM pause WHERE 1 /*where*/',
    ('dag_id', 'kind', 'run_id', 'task_id', 'by', 'since_us', 'why', 'until_us'),
)
PAUSES_OF_DAG = 'pause.dag_id = :dag_id'
MOVES = Query(
    'SELECT event.at_us, event.kind, event."after" FROM event WHERE event.dag_id = :dag_id AND '
    "event.run_id = :run_id AND event.kind IN ('run_start', 'run_succeed', 'run_fail', "
    "'run_cancel', 'run_reopen', 'run_give_way', 'run_restore_success', 'run_restore_failed', "
    '\'run_restore_cancelled\') AND event."after" IN (\'queued\', \'running\', \'success\', \'failed\', '
    "'cancelled') ORDER BY event.seq",
    ('at_us', 'kind', 'after'),
)
STATE_BY_ID = Query(
    'SELECT run.id, run.run_id, run.state FROM run WHERE run.dag_id = :dag_id AND run.run_id = '
    ':wanted',
    ('id', 'run_id', 'state'),
)
STATE_BY_DATE = Query(
    'SELECT run.id, run.run_id, run.state FROM run WHERE run.dag_id = :dag_id AND run.logical_us '
    '= :wanted',
    ('id', 'run_id', 'state'),
)
STATES = Query(
    'SELECT task_instance.task_id, task_instance.state FROM task_instance WHERE '
    'task_instance.run_pk = :run_pk AND task_instance.task_id IN (:tasks...) ORDER BY '
    'task_instance.map_index',
    ('task_id', 'state'),
    lists=('tasks',),
)
DAG_THERE = Query('SELECT dag.dag_id FROM dag WHERE dag.dag_id = :dag_id', ('dag_id',))
RUNS_THERE = Query('SELECT run.dag_id FROM run WHERE run.dag_id = :dag_id LIMIT 1 OFFSET 0', ('dag_id',))
