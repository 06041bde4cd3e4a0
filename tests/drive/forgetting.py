"""A pass of retention on a `Bench`, and what is left after it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from drive.loop import Bench
from penstock.service import retention
from penstock.store import tables
from penstock.store.database import Database
from penstock.store.statement import table_of


async def forget(bench: Bench) -> None:
    """Let one pass delete what is old."""
    await retention.forget_once(bench.loop, bench.database, bench.executor, bench.settings, bench.clock)


def run_some(bench: Bench, dag_id: str, count: int, *, log_bytes: int = 1000) -> list[str]:
    """Run a DAG a few times, a minute apart; each attempt has a log of so many bytes."""
    found = []
    for _ in range(count):
        found.append(bench.trigger(dag_id))
        bench.finish()
        bench.clock.forward(60)
    with bench.database.write() as connection:
        connection.execute(sa.update(table_of(tables.AttemptRow)).values(log_bytes=log_bytes))
    return found


def runs(bench: Bench, dag_id: str) -> list[str]:
    """Return the ids of a DAG's runs, oldest first."""
    return [row.run_id for row in reversed(bench.engine.runs(dag_id))]


def count(database: Database, row: Any) -> int:
    """Return how many rows the table of *row* has."""
    with database.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table_of(row))).scalar())
