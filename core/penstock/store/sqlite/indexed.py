"""Conditions of partial indexes: SQLite uses such an index only for statements that contain it."""

from __future__ import annotations

import sqlalchemy as sa

UNFINISHED_RUNS = sa.text("run.state IN ('queued', 'running')")
LIVE_ATTEMPTS = sa.text("attempt.end_us IS NULL")
FAILED_TASKS = sa.text("task_instance.state = 'failed'")
NOTES = sa.text("event.kind = 'note'")
