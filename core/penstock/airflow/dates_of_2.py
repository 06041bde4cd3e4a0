"""The dates in a context that only 2.x has; apart, because a task's process needs no syntax trees."""

from __future__ import annotations

DATES_OF_2 = frozenset(
    {
        "execution_date", "next_execution_date", "prev_execution_date", "prev_execution_date_success",
        "next_ds", "next_ds_nodash", "prev_ds", "prev_ds_nodash", "tomorrow_ds", "tomorrow_ds_nodash",
        "yesterday_ds", "yesterday_ds_nodash",
    }
)  # fmt: skip
"""Keys of a context that only 2.x has."""
