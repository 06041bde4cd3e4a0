"""Notes of people about runs and task instances: the newest event of each that says one."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.store.sql.views.search import notes as sql
from penstock.store.sqlite.connection import Connection

Place = tuple[str, str, str | None, int]
"""dag_id, run_id, task_id (None for the run itself), map_index."""


def read_notes(connection: Connection, runs: Iterable[tuple[str, str]]) -> dict[Place, str]:
    """Return the notes about *runs* (dag_id, run_id) and the task instances in them."""
    wanted = set(runs)
    if not wanted:
        return {}
    among = {
        "dags": sorted({dag_id for dag_id, _ in wanted}),
        "runs": sorted({run_id for _, run_id in wanted}),
    }
    found: dict[Place, str] = {}
    for dag_id, run_id, task_id, map_index, text in connection.execute(sql.NOTES, among):
        place = (dag_id, run_id, task_id, map_index)
        found.pop(place, None)
        if isinstance(text, str) and text:
            found[place] = text
    return found
