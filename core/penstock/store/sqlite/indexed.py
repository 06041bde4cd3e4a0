"""Conditions of partial indexes: SQLite uses such an index only for statements that contain it."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store.tables.trail import NEWS as _NEWS

UNFINISHED_RUNS = sa.text("run.state IN ('queued', 'running')")
LIVE_ATTEMPTS = sa.text("attempt.end_us IS NULL")
FAILED_TASKS = sa.text("task_instance.state = 'failed'")
OPEN_CALLBACKS = sa.text("callback.state IN ('waiting', 'running')")
LOGS = sa.text("attempt.log_bytes > 0")
NOTES_OF_RUNS = sa.text(
    'SELECT dag_id, run_id, task_id, map_index, "after" FROM event INDEXED BY ix_event_note'
    " WHERE kind = 'note' AND dag_id IN :dags AND run_id IN :runs ORDER BY seq"
).bindparams(sa.bindparam("dags", expanding=True), sa.bindparam("runs", expanding=True))
"""It names its index: of two over the same columns SQLite takes the one over all events of the runs."""
NEWS = sa.text(f"({_NEWS})")
MISSED_POINTS = sa.text("ledger.status IN ('skipped', 'ran_late')")
