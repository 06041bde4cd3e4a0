"""Made from `penstock.store.statements.views.backfills` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

HOLDING = Query(
    'SELECT run.version_id, run.dag_id, run.run_id, task_instance.task_id, '
    'task_instance.map_index FROM attempt JOIN task_instance ON task_instance.id = attempt.ti_id '
    'JOIN run ON run.id = task_instance.run_pk WHERE attempt.end_us IS NULL ORDER BY '
    'attempt.queued_us',
    ('version_id', 'dag_id', 'run_id', 'task_id', 'map_index'),
)
WAITING = Query(
    'SELECT run.version_id, run.dag_id, run.run_id, task_instance.task_id, '
    'task_instance.map_index FROM run JOIN task_instance ON task_instance.run_pk = run.id WHERE '
    "run.state IN ('queued', 'running') AND task_instance.state = 'scheduled' ORDER BY "
    'run.run_after_us, task_instance.id',
    ('version_id', 'dag_id', 'run_id', 'task_id', 'map_index'),
)
DEFERRED = Query(
    'SELECT run.version_id, run.dag_id, run.run_id, task_instance.task_id, '
    'task_instance.map_index FROM run JOIN task_instance ON task_instance.run_pk = run.id WHERE '
    "run.state IN ('queued', 'running') AND task_instance.state = 'deferred'",
    ('version_id', 'dag_id', 'run_id', 'task_id', 'map_index'),
)
POOLS = Query(
    'SELECT pool.name, pool.slots, pool.description, pool.include_deferred FROM pool ORDER BY '
    'pool.name',
    ('name', 'slots', 'description', 'include_deferred'),
    flags=('include_deferred',),
)
FROZEN = Query(
    'SELECT pause."by" FROM pause WHERE pause.kind = \'freeze\' AND pause.dag_id = :dag_id',
    ('by',),
)
POINTS = Query(
    'SELECT backfill_slot.logical_us, backfill_slot.state, backfill_slot.run_id, '
    'backfill_slot.reason, run.state AS run_state FROM backfill_slot LEFT OUTER JOIN run ON '
    'run.dag_id = :dag_id AND run.run_id = backfill_slot.run_id WHERE backfill_slot.backfill_id ='
    ' :backfill_id ORDER BY backfill_slot.ordinal',
    ('logical_us', 'state', 'run_id', 'reason', 'run_state'),
)
ALL = Query(
    'SELECT backfill.id, backfill.dag_id, backfill.from_us, backfill.to_us, backfill.reprocess, '
    'backfill.max_active_runs, backfill.backwards, backfill.conf, backfill.state, backfill."by", '
    'backfill.created_us, backfill.end_us, backfill.canary, backfill.stop_after FROM backfill '
    'WHERE 1 /*where*/ ORDER BY backfill.id DESC',
    ('id', 'dag_id', 'from_us', 'to_us', 'reprocess', 'max_active_runs', 'backwards', 'conf',
    'state', 'by', 'created_us', 'end_us', 'canary', 'stop_after'),
    flags=('backwards',),
)
COUNTS = Query(
    'SELECT backfill_slot.backfill_id, backfill_slot.state, count(*) AS count_1 FROM '
    'backfill_slot WHERE 1 /*where*/ GROUP BY backfill_slot.backfill_id, backfill_slot.state',
    ('backfill_id', 'state', 'count_1'),
)
OF_DAG = 'backfill.dag_id = :dag_id'
POINTS_OF_DAG = (
    'backfill_slot.backfill_id IN (SELECT backfill.id FROM backfill WHERE backfill.dag_id = '
    ':dag_id)'
)
ONE = Query(
    'SELECT backfill.id, backfill.dag_id, backfill.from_us, backfill.to_us, backfill.reprocess, '
    'backfill.max_active_runs, backfill.backwards, backfill.conf, backfill.state, backfill."by", '
    'backfill.created_us, backfill.end_us, backfill.canary, backfill.stop_after FROM backfill '
    'WHERE backfill.id = :backfill_id',
    ('id', 'dag_id', 'from_us', 'to_us', 'reprocess', 'max_active_runs', 'backwards', 'conf',
    'state', 'by', 'created_us', 'end_us', 'canary', 'stop_after'),
    flags=('backwards',),
)
