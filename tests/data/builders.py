"""Small functions that fill a store through Core, for tests that look at what it shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlmodel import SQLModel

from penstock.clock import opt_us, to_us
from penstock.ids import make_run_id
from penstock.model.graph import Graph
from penstock.model.outcome import Outcome
from penstock.model.spec import DagSpec, ScheduleSpec, TaskSpec, encode_spec, spec_hash
from penstock.store import tables
from penstock.store.database import Database
from penstock.store.statement import table_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""A moment that tests agree on."""


def task(task_id: str, *upstream: str, **fields: Any) -> TaskSpec:
    """Return a shell task after *upstream*."""
    values: dict[str, Any] = {"operator": "BashOperator", "launch": "command", **fields}
    return TaskSpec(task_id=task_id, upstream=tuple(sorted(upstream)), **values)


def dag(dag_id: str, *tasks: TaskSpec, **fields: Any) -> DagSpec:
    """Return a DAG of *tasks*, without a schedule unless one is given."""
    values: dict[str, Any] = {"file": f"{dag_id}.py", "schedule": ScheduleSpec(), **fields}
    return DagSpec(dag_id=dag_id, tasks=tasks, **values)


def insert(database: Database, row: type[SQLModel], **values: Any) -> Any:
    """Insert one row, with the table's defaults, and return its primary key."""
    with database.write() as connection:
        connection.execute(sa.insert(table_of(row)).values(**(whole := _whole(row, values))))
        [key, *_] = table_of(row).primary_key
        return whole.get(key.name) or connection.scalar("SELECT last_insert_rowid()")


def _whole(row: type[SQLModel], values: dict[str, Any]) -> dict[str, Any]:
    full = row(**values).model_dump()
    return {name: value for name, value in full.items() if not (value is None and name in {"id", "seq"})}


def add_dag(database: Database, spec: DagSpec, *, seen: datetime = NOON, **fields: Any) -> int:
    """Store *spec* as the DAG's version, the first or a newer one; return the version's id."""
    encoded = encode_spec(spec)
    version_id = insert(
        database,
        tables.DagVersionRow,
        dag_id=spec.dag_id,
        spec_hash=spec_hash(encoded),
        source_hash="0" * 64,
        file=spec.file,
        spec=encoded.decode(),
        created_us=to_us(seen),
    )
    dag_table = table_of(tables.DagRow)
    values = {"file": spec.file, "version_id": version_id, "missing": False, **fields}
    with database.write() as connection:
        known = connection.execute(
            sa.update(dag_table).where(dag_table.c.dag_id == spec.dag_id).values(**values)
        )
        if known.rowcount == 0:
            connection.execute(
                sa.insert(dag_table).values(dag_id=spec.dag_id, first_seen_us=to_us(seen), **values)
            )
    return int(version_id)


def add_run(
    database: Database,
    spec: DagSpec,
    version_id: int,
    *,
    at: datetime = NOON,
    state: str = "running",
    tasks: dict[str, str] | None = None,
    took: float | None = None,
    run_type: str = "scheduled",
    **fields: Any,
) -> str:
    """Store a run with a task instance per task and return its run_id.

    *tasks* gives states by task_id (default ``pending``). *took* seconds sets the end of the run
    and the times of its finished tasks.
    """
    run_id = fields.pop("run_id", make_run_id(run_type, at))
    end = at + timedelta(seconds=took) if took is not None else None
    run_pk = insert(
        database,
        tables.RunRow,
        dag_id=spec.dag_id,
        run_id=run_id,
        run_type=run_type,
        state=state,
        version=1,
        version_id=version_id,
        run_after_us=to_us(at),
        queued_us=to_us(at),
        turn_us=to_us(at) if state == "running" else None,
        worked_us=int((took or 0) * 1_000_000),
        **{"logical_us": to_us(at), "start_us": to_us(at), "end_us": opt_us(end), "conf": "{}", **fields},
    )
    states = tasks or {}
    rows = [
        _whole(
            tables.TaskInstanceRow,
            {
                "run_pk": run_pk,
                "task_id": task_id,
                "state": states.get(task_id, "pending"),
                "position": position,
                "start_us": to_us(at) if took is not None else None,
                "end_us": opt_us(end),
            },
        )
        for position, task_id in enumerate(Graph.of(spec.tasks).order)
    ]
    if rows:
        with database.write() as connection:
            connection.execute(sa.insert(table_of(tables.TaskInstanceRow)), rows)
    return str(run_id)


def task_key(database: Database, dag_id: str, run_id: str, task_id: str) -> int:
    """Return the primary key of a task instance."""
    run, instance = table_of(tables.RunRow), table_of(tables.TaskInstanceRow)
    with database.read() as connection:
        return int(
            connection.execute(
                sa.select(instance.c.id)
                .join(run, run.c.id == instance.c.run_pk)
                .where(run.c.dag_id == dag_id, run.c.run_id == run_id, instance.c.task_id == task_id)
            ).scalar()
        )


def add_attempt(
    database: Database,
    ti_id: int,
    attempt_id: str,
    *,
    at: datetime = NOON,
    outcome: Outcome | None = None,
    took: float = 1.0,
    try_number: int = 1,
    **fields: Any,
) -> str:
    """Store an attempt: live unless *outcome* is given. Returns its id."""
    text = msgspec.json.encode(outcome).decode() if outcome is not None else None
    end = at + timedelta(seconds=took) if outcome is not None else None
    insert(
        database,
        tables.AttemptRow,
        attempt_id=attempt_id,
        ti_id=ti_id,
        try_number=try_number,
        queued_us=to_us(at),
        **{"start_us": to_us(at), "end_us": opt_us(end), "outcome": text, **fields},
    )
    return attempt_id


def add_events(database: Database, events: Iterable[Sequence[str | None]], *, at: datetime = NOON) -> None:
    """Append events given as (dag_id, run_id, kind)."""
    rows = [
        {
            "at_us": to_us(at),
            "actor": "engine",
            "kind": kind,
            "dag_id": dag_id,
            "run_id": run_id,
            "map_index": -1,
        }
        for dag_id, run_id, kind in events
    ]
    with database.write() as connection:
        connection.execute(sa.insert(table_of(tables.EventRow)), rows)
