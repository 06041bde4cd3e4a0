"""Columns that statements of the engine list: what a move writes, what records are made of, keys."""

from __future__ import annotations

from penstock.store.engine.records import RunRecord, TaskRecord

TASK_COLUMNS = (
    "try_number", "max_tries", "queued_us", "start_us", "end_us", "next_us", "first_poke_us", "stop_us",
    "pokes", "intent", "reason", "attempt_id", "attempts", "outcome", "skips", "peak_rss", "cpu_seconds",
    "read_bytes", "write_bytes", "rush", "mapped_length", "rendered_map_index",
    "resumes", "began_us",
)  # fmt: skip
"""What a move of a task instance writes besides its state and version."""
RUN_COLUMNS = (
    "start_us", "end_us", "queued_us", "stood_us", "turn_us", "worked_us", "intent", "reason", "backfill_id",
    "version_id", "conf", "rush",
)  # fmt: skip
"""The same for a run."""
ALIKE = {
    "moved": ("end_us", "reason", "skips"),
    "cleared": (
        "max_tries", "queued_us", "start_us", "end_us", "next_us", "first_poke_us", "stop_us", "began_us",
        "pokes", "intent", "reason", "outcome", "skips", "rush", "resumes", "mapped_length",
        "rendered_map_index",
    ),
}  # fmt: skip
"""What moves write that are made of many task instances at once, and change nothing else."""
RUN_MOMENTS = ("queued_us", "start_us", "turn_us")
TASK_MOMENTS = ("queued_us", "start_us", "next_us", "first_poke_us", "stop_us", "began_us")
"""Times that move with the wall clock."""
RUN_FIELDS = tuple(RunRecord.__slots__)
TASK_FIELDS = tuple(TaskRecord.__slots__)
ROW_KEYS: dict[str, tuple[str, ...]] = {
    "pause": ("kind", "dag_id", "run_id", "task_id"),
    "pool": ("name",),
    "stored_value": ("kind", "name"),
    "backfill": ("id",),
    "callback": ("id",),
    "asset_event": ("id",),
    "quarantine": ("id",),
}
"""The key columns of each table with rows that can be dropped alone."""
