"""Notes of people about runs and task instances."""

from __future__ import annotations

from penstock.store.sqlite.indexed import NOTES_OF_RUNS
from penstock.store.statements.rows import event

NOTES = NOTES_OF_RUNS.columns(
    event.c.dag_id, event.c.run_id, event.c.task_id, event.c.map_index, event.c.after
)
