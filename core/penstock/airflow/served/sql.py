"""Operators and hooks of databases under their old names."""

from __future__ import annotations

from penstock.airflow.served.connections import Hook
from penstock.operators.sql import SQLExecuteQueryOperator

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from typing import Any


class _OldSqlOperator(SQLExecuteQueryOperator):
    """Our operator under the name of one database; *word* is what its connection's argument is called."""

    word = "conn_id"
    usual = ""

    def __init__(self, *, sql: Any, task_id: str, **more: Any) -> None:
        for name in ("database", "hook_params", "runtime_parameters", "schema"):
            more.pop(name, None)
        conn_id = more.pop(self.word, None) or more.pop("conn_id", None) or self.usual
        super().__init__(sql=sql, conn_id=conn_id, task_id=task_id, **more)


class SqliteOperator(_OldSqlOperator):
    """Runs statements in a SQLite file."""

    word = "sqlite_conn_id"
    usual = "sqlite_default"


class PostgresOperator(_OldSqlOperator):
    """Runs statements in PostgreSQL."""

    word = "postgres_conn_id"
    usual = "postgres_default"


class MySqlOperator(_OldSqlOperator):
    """Runs statements in MySQL."""

    word = "mysql_conn_id"
    usual = "mysql_default"


class SqliteHook(Hook):
    """A SQLite file, by its connection."""

    conn_name_attr = "sqlite_conn_id"

    def __init__(self, *args: Any, sqlite_conn_id: str = "sqlite_default", **more: Any) -> None:
        super().__init__(**more)
        self.sqlite_conn_id = str(args[0]) if args else sqlite_conn_id

    def get_conn(self) -> sqlite3.Connection:
        """Open the file."""
        import sqlite3

        known = self.get_connection(self.sqlite_conn_id)
        return sqlite3.connect(known.host or known.path)

    def get_records(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Return all rows."""
        connection = self.get_conn()
        try:
            return connection.execute(sql, parameters or ()).fetchall()
        finally:
            connection.close()

    def get_first(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Return the first row, or None."""
        found = self.get_records(sql, parameters)
        return found[0] if found else None

    def run(self, sql: str | Iterable[str], autocommit: bool = False, parameters: Sequence[Any] = ()) -> None:
        """Run statements, all or none."""
        del autocommit
        connection = self.get_conn()
        try:
            with connection:
                for statement in [sql] if isinstance(sql, str) else sql:
                    connection.execute(statement, parameters or ())
        finally:
            connection.close()

    def insert_rows(
        self, table: str, rows: Iterable[Sequence[Any]], target_fields: Any = None, **more: Any
    ) -> None:
        """Insert rows, all or none."""
        del more
        columns = f" ({', '.join(target_fields)})" if target_fields else ""
        connection = self.get_conn()
        try:
            with connection:
                for row in rows:
                    marks = ", ".join("?" * len(row))
                    connection.execute(f"INSERT INTO {table}{columns} VALUES ({marks})", tuple(row))  # noqa: S608
        finally:
            connection.close()
