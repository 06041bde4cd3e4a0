"""Notes of people about runs and task instances: the newest event of each that says one."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.engine import Connection

from penstock.store import tables
from penstock.store.sqlite.indexed import NOTES_OF_RUNS
from penstock.store.statement import table_of

_event = table_of(tables.EventRow)
_NOTES = NOTES_OF_RUNS.columns(
    _event.c.dag_id, _event.c.run_id, _event.c.task_id, _event.c.map_index, _event.c.after
)

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
    for dag_id, run_id, task_id, map_index, text in connection.execute(_NOTES, among):
        place = (dag_id, run_id, task_id, map_index)
        found.pop(place, None)
        if isinstance(text, str) and text:
            found[place] = text
    return found
