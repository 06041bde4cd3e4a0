"""A home whose database holds very many runs: real ones of an engine, copied by SQL into the past.

Each copy has keys, ids and times of its own, so the rows are what an engine would have written; only the
attempts' directories are missing. The engine must be down.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing

from penstock.settings import Settings
from penstock.store.sqlite.connection import Connection
from penstock.store.sqlite.guards import drop_guards, install_guards

_LENGTHS = {"stood_us", "worked_us"}
"""Columns that hold a length of time, and not a moment."""
_KEYS = {
    "run": {"id": "run"},
    "task_instance": {"id": "task_instance", "run_pk": "run"},
    "attempt": {"ti_id": "task_instance"},
    "event": {"seq": "event"},
    "xcom": {"ti_id": "task_instance"},
}
"""Table -> its columns with numbers of rows, and of which table; in the order in which they are filled."""
_NUMBERS = "WITH RECURSIVE copy (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < :copies)"


def multiply(settings: Settings, copies: int, *, apart_us: int) -> None:
    """Replace every run by *copies* of itself, *apart_us* microseconds apart; the last is the run itself."""
    with closing(sqlite3.connect(settings.database, isolation_level=None)) as raw:
        raw.create_function("moved", 2, _moved, deterministic=True)
        raw.execute("PRAGMA foreign_keys = OFF")
        raw.execute("PRAGMA cache_size = -200000")
        connection = Connection(raw)
        raw.execute("BEGIN IMMEDIATE")
        drop_guards(connection)
        steps = {
            table: raw.execute(f"SELECT coalesce(max({key}), 0) + 1 FROM {table}").fetchone()[0]
            for table, key in (("run", "id"), ("task_instance", "id"), ("event", "seq"))
        }
        values = {"copies": copies, "apart": apart_us}
        for table in _KEYS:
            _copy(raw, table, steps, values)
        install_guards(connection)
        raw.execute("COMMIT")


def _copy(raw: sqlite3.Connection, table: str, steps: Mapping[str, int], values: Mapping[str, int]) -> None:
    raw.execute(f"CREATE TEMP TABLE of_{table} AS SELECT * FROM {table}")
    raw.execute(f"DELETE FROM {table}")
    columns = [row[1] for row in raw.execute(f"PRAGMA table_info({table})")]
    back = "(:copies - n) * :apart"
    made = []
    for column in columns:
        name = f'"{column}"'
        if column in _KEYS[table]:
            made.append(f"{name} + (n - 1) * {steps[_KEYS[table][column]]}")
        elif column.endswith("_us") and column not in _LENGTHS:
            made.append(f"{name} - {back}")
        elif column == "run_id":
            made.append(f"CASE WHEN n = :copies THEN {name} ELSE {name} || '.' || n END")
        elif column == "attempt_id":
            made.append(f"moved({name}, {back})")
        else:
            made.append(name)
    names = ", ".join(f'"{column}"' for column in columns)
    raw.execute(
        f"INSERT INTO {table} ({names}) {_NUMBERS} SELECT {', '.join(made)} FROM copy, of_{table} ORDER BY n",
        values,
    )
    raw.execute(f"DROP TABLE of_{table}")


def _moved(attempt_id: str | None, by_us: int) -> str | None:
    """Return the id of an attempt that was made so many microseconds earlier."""
    if attempt_id is None:
        return None
    return f"{int(attempt_id[:12], 16) - by_us // 1000:012x}{attempt_id[12:]}"
