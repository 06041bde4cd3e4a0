"""The warehouse: one DuckDB file that takes one writer, so every visit is short.

A task opens it, does one transaction and closes it; the pool ``warehouse`` of one slot keeps the
tasks of all runs apart. Each day is a partition that is replaced whole, and nothing in the file
depends on when or in which order days were loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from nyc.tables import TABLES, Table

SQL = Path(__file__).parent / "sql"


@contextmanager
def visit(path: Path) -> Iterator[Any]:
    """Give a cursor inside one transaction: committed when the block ends well, else rolled back."""
    import duckdb

    path.parent.mkdir(parents=True, exist_ok=True)
    # A day is a thousand rows: more threads than one cost more to start than they save.
    with duckdb.connect(str(path), config={"threads": "1"}) as connection:
        connection.begin()
        try:
            for statement in schema():
                connection.execute(statement)
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


def stage(db: Any, table: Table, file: Path) -> None:
    """Read *file* into the temporary table ``staged``, with a hash of each row."""
    fields = ", ".join(f"coalesce({column}::VARCHAR, '')" for column in table.columns)
    db.execute(
        f"CREATE TEMP TABLE staged AS SELECT *, md5(concat_ws('|', {fields})) AS row_hash "
        "FROM read_csv(?, columns = ?, header = true, nullstr = 'NA', auto_detect = false)",
        [str(file), table.columns],
    )


def count(db: Any, query: str, day: date) -> int:
    """Return how many rows *query* gives; ``$day`` in it stands for *day*."""
    arguments = {"day": day} if "$day" in query else {}
    (number,) = db.execute(f"SELECT count(*) FROM ({query})", arguments).fetchone()
    return int(number)


def schema() -> list[str]:
    """Return the statements that make missing tables.

    No table declares a key: whether keys are unique is a question for the checks, which can name
    the rows.
    """
    tables = [_create(table) for table in TABLES.values()]
    return [*tables, *statements("schema")]


def statements(name: str) -> list[str]:
    """Return the statements in ``sql/<name>.sql``, in order."""
    text = (SQL / f"{name}.sql").read_text()
    return [part.strip() for part in text.split(";\n") if part.strip()]


def _create(table: Table) -> str:
    columns = [f"{name} {kind}" for name, kind in table.columns.items()]
    # The partition a row belongs to, or the newest drop that carried it.
    columns.append("on_date DATE" if table.daily else "seen_on DATE")
    columns.append("row_hash VARCHAR")
    return f"CREATE TABLE IF NOT EXISTS {table.name} ({', '.join(columns)})"
