"""Conditions of partial indexes: SQLite uses such an index only for statements that contain it."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store.tables.trail import NEWS as _NEWS

UNFINISHED_RUNS = sa.text("run.state IN ('queued', 'running')")
LIVE_ATTEMPTS = sa.text("attempt.end_us IS NULL")
FAILED_TASKS = sa.text("task_instance.state = 'failed'")
NOTES = sa.text("event.kind = 'note'")
NEWS = sa.text(f"({_NEWS})")
MISSED_POINTS = sa.text("ledger.status IN ('skipped', 'ran_late')")
