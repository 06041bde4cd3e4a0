"""DAG files that cannot be loaded, as columns and cells. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo

from penstock.model.views.status import ImportErrorRow
from penstock_tui.clean import label
from penstock_tui.view import durations
from penstock_tui.view.columns import Column
from penstock_tui.view.spans import Spans

COLUMNS = (
    Column("place", "file:line", 20, most=44),
    Column("message", "error", 20, most=200),
    Column("since", "since", 11, drop=1),
)


def place(row: ImportErrorRow, path: str) -> str:
    """Return ``path:line``, the line only where it is known; *path* is the file as it is shown."""
    return label(path) + (f":{row.line}" if row.line else "")


def cells(row: ImportErrorRow, path: str, now: datetime, zone: tzinfo) -> tuple[Spans, ...]:
    """Return the cells of one file, in the order of COLUMNS."""
    return (
        [(place(row, path), "bold red")],
        [(label(row.message), "")],
        [(durations.past(row.since, now, zone), "bright_black")],
    )
