"""Made from `penstock.store.statements.engine.shift` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

SHIFT_RUNS = Query(
    "UPDATE run SET queued_us=CASE WHEN (typeof(run.queued_us) = 'integer') THEN run.queued_us + "
    ":by_us ELSE run.queued_us END, start_us=CASE WHEN (typeof(run.start_us) = 'integer') THEN "
    'run.start_us + :by_us ELSE run.start_us END, turn_us=CASE WHEN (typeof(run.turn_us) = '
    "'integer') THEN run.turn_us + :by_us ELSE run.turn_us END WHERE run.id IN (:run_pks...)",
    lists=('run_pks',),
)
SHIFT_TASKS = Query(
    "UPDATE task_instance SET queued_us=CASE WHEN (typeof(task_instance.queued_us) = 'integer') "
    'THEN task_instance.queued_us + :by_us ELSE task_instance.queued_us END, start_us=CASE WHEN '
    "(typeof(task_instance.start_us) = 'integer') THEN task_instance.start_us + :by_us ELSE "
    "task_instance.start_us END, next_us=CASE WHEN (typeof(task_instance.next_us) = 'integer') "
    'THEN task_instance.next_us + :by_us ELSE task_instance.next_us END, first_poke_us=CASE WHEN '
    "(typeof(task_instance.first_poke_us) = 'integer') THEN task_instance.first_poke_us + :by_us "
    'ELSE task_instance.first_poke_us END, stop_us=CASE WHEN (typeof(task_instance.stop_us) = '
    "'integer') THEN task_instance.stop_us + :by_us ELSE task_instance.stop_us END, began_us=CASE"
    " WHEN (typeof(task_instance.began_us) = 'integer') THEN task_instance.began_us + :by_us ELSE"
    ' task_instance.began_us END WHERE task_instance.run_pk IN (:run_pks...) AND '
    "(task_instance.state NOT IN ('cancelled', 'failed', 'removed', 'skipped', 'success', "
    "'upstream_failed'))",
    lists=('run_pks',),
)
