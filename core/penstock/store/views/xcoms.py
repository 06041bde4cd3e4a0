"""Reading XComs: what the task instances of a run pushed."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from penstock.model.views.xcoms import XComRow
from penstock.store.sql.views import xcoms as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.runs import run_row
from penstock.values import COVER, cover_named, sensitive


class Pusher(NamedTuple):
    """A task instance that has been attempted, and what the database has of what it pushed."""

    task_id: str
    map_index: int
    attempt_id: str
    values: dict[str, str | None]


def read_pushers(
    connection: Connection, dag_id: str, run_id: str, task_id: str | None, map_index: int | None
) -> list[Pusher]:
    """Return the attempted task instances of a run, or of one task in it, in topological order."""
    run = run_row(connection, dag_id, run_id)
    wanted = ([] if task_id is None else [sql.OF_TASK]) + ([] if map_index is None else [sql.OF_INSTANCE])
    values = {"run_pk": run.id, "task_id": task_id, "map_index": map_index}
    rows = connection.execute(sql.PUSHERS.where(*wanted), values)
    found: dict[tuple[str, int], Pusher] = {}
    for task, index, attempt_id, key, value in rows:
        pusher = found.setdefault((task, index), Pusher(task, index, attempt_id, {}))
        if key is not None:
            pusher.values[key] = value
    return list(found.values())


def stored_row(pusher: Pusher, key: str, text: str | None) -> XComRow:
    """Return the view of what the database holds under *key*."""
    try:
        value = None if text is None else json.loads(text)
    except ValueError:
        value = text
    return xcom_row(pusher, key, value, size=len(text or "null"))


def xcom_row(pusher: Pusher, key: str, value: Any, *, size: int) -> XComRow:
    """Return the view of one value; what is called like a secret is covered."""
    shown = COVER if isinstance(value, str) and value and sensitive(key) else cover_named(value)
    return XComRow(
        task_id=pusher.task_id,
        map_index=pusher.map_index,
        key=key,
        value=shown,
        bytes=size,
        attempt_id=pusher.attempt_id,
    )
