"""Made from `penstock.store.statements.views.forecast` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

RUNS = Query(
    'SELECT run.id, run.dag_id, run.run_id, run.version_id, run.state, run.run_after_us, '
    "run.logical_us, run.backfill_id FROM run WHERE run.state IN ('queued', 'running') ORDER BY "
    'run.run_after_us, run.id',
    ('id', 'dag_id', 'run_id', 'version_id', 'state', 'run_after_us', 'logical_us',
    'backfill_id'),
)
TASKS = Query(
    'SELECT task_instance.run_pk, task_instance.task_id, task_instance.map_index, '
    'task_instance.state, task_instance.next_us, task_instance.queued_us, attempt.start_us FROM '
    'run JOIN task_instance ON task_instance.run_pk = run.id LEFT OUTER JOIN attempt ON '
    "attempt.attempt_id = task_instance.attempt_id WHERE run.state IN ('queued', 'running') AND "
    "(task_instance.state NOT IN ('cancelled', 'failed', 'removed', 'skipped', 'success', "
    "'upstream_failed')) ORDER BY task_instance.run_pk, task_instance.position, "
    'task_instance.map_index',
    ('run_pk', 'task_id', 'map_index', 'state', 'next_us', 'queued_us', 'start_us'),
)
SERVED = Query(
    'SELECT run.dag_id, run.logical_us, run.run_id FROM dag JOIN run ON run.dag_id = +dag.dag_id '
    'WHERE run.logical_us > dag.cursor_start_us',
    ('dag_id', 'logical_us', 'run_id'),
)
POOLS = Query('SELECT pool.name, pool.slots FROM pool', ('name', 'slots'))
BACKFILLS = Query(
    'SELECT backfill.id, backfill.dag_id, backfill.state, backfill.max_active_runs, '
    'backfill.canary FROM backfill WHERE backfill.end_us IS NULL ORDER BY backfill.id',
    ('id', 'dag_id', 'state', 'max_active_runs', 'canary'),
)
POINTS = Query(
    'SELECT backfill_slot.logical_us, backfill_slot.run_after_us, backfill_slot.run_id FROM '
    'backfill_slot WHERE backfill_slot.backfill_id = :backfill_id AND backfill_slot.state = '
    "'waiting' ORDER BY backfill_slot.ordinal LIMIT :limit OFFSET 0",
    ('logical_us', 'run_after_us', 'run_id'),
)
COUNT = Query(
    'SELECT count(*) AS count_1 FROM backfill_slot WHERE backfill_slot.backfill_id = :backfill_id'
    " AND backfill_slot.state = 'waiting'",
    ('count_1',),
)
