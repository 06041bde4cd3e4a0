"""Runs SQL in databases that need no server: SQLite and DuckDB, with their own modules."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import unquote

from penstock.task_process.connections import Connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SHOWN_ROWS = 10


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. ``counts``: its only row says how many rows changed."""

    text: str
    counts: bool = False
    names: frozenset[str] | None = None
    """Names of its parameters, if the database provides them."""

    def arguments(self, parameters: Any) -> tuple[Any, ...]:
        """Return the arguments to give to the database with the text."""
        if isinstance(parameters, Mapping):
            if self.names is None:
                return (parameters,)
            return (
                ({name: value for name, value in parameters.items() if name in self.names},)
                if self.names
                else ()
            )
        return (parameters,) if parameters and (self.names or "?" in self.text) else ()


@dataclass(slots=True)
class SqlResult:
    """The result of one statement."""

    statement: str
    rows: list[list[Any]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    changed: int = -1
    """Rows changed, or -1 if the database does not say."""
    seconds: float = 0.0
    value: Any = None
    """The rows, or what the handler returned."""

    def summary(self, *, rows: bool) -> str:
        """Return the statement, its row count and time, and (with *rows*) its first rows, for the log."""
        # Some versions of DuckDB keep the semicolon between statements, some drop it.
        first = " ".join(self.statement.split()).rstrip("; ")
        count = (
            f"{len(self.rows)} row{'' if len(self.rows) == 1 else 's'}"
            if self.columns
            else f"{self.changed} changed"
            if self.changed >= 0
            else "ok"
        )
        lines = [f"{first[:160]}{'...' * (len(first) > 160)}  [{count}, {self.seconds:.3f} s]"]
        if rows and self.rows:
            lines.append("  " + " | ".join(self.columns))
            lines += ["  " + " | ".join(str(cell) for cell in row)[:200] for row in self.rows[:SHOWN_ROWS]]
            if len(self.rows) > SHOWN_ROWS:
                lines.append(f"  ... and {len(self.rows) - SHOWN_ROWS} more")
        return "\n".join(lines)


def run_sql(
    connection: str,
    texts: Sequence[str],
    parameters: Any = None,
    *,
    autocommit: bool = False,
    split: bool = True,
    handler: Callable[[Any], Any] | None = None,
) -> list[SqlResult]:
    """Run *texts* in the database of *connection* (an id or a URL), all or nothing unless *autocommit*.

    *parameters* are passed to every statement that has placeholders for them.

    Raises ValueError for an unknown kind of database, and the database's own errors.
    """
    url = connection if "://" in connection else Connection.get(connection).get_uri()
    scheme, _, path = url.partition("://")
    if scheme not in _DRIVERS:
        raise ValueError(f"SQL needs a URL of {' or '.join(_DRIVERS)}, not {scheme!r}")
    connect, statements_of = _DRIVERS[scheme]
    with closing(connect(_path(path))) as database:
        cursor = database.cursor()
        statements = [one for text in texts for one in (statements_of(text) if split else [Statement(text)])]
        if not autocommit:
            cursor.execute("BEGIN")
        try:
            results = [_run(cursor, statement, parameters, handler) for statement in statements]
        except BaseException:
            if not autocommit:
                _roll_back(cursor)
            raise
        if not autocommit:
            cursor.execute("COMMIT")
        return results


def _run(
    cursor: Any, statement: Statement, parameters: Any, handler: Callable[[Any], Any] | None
) -> SqlResult:
    started = time.monotonic()
    cursor.execute(statement.text, *statement.arguments(parameters))
    result = SqlResult(statement.text, seconds=time.monotonic() - started)
    if handler is not None:
        result.value = handler(cursor)
        return result
    columns = [str(column[0]) for column in cursor.description or ()]
    if not columns:
        result.changed = cursor.rowcount
    elif statement.counts and columns == ["Count"]:
        row = cursor.fetchone()
        result.changed = row[0] if row else -1
    else:
        result.columns = columns
        result.rows = [list(row) for row in cursor.fetchall()]
        result.value = result.rows
    return result


def _roll_back(cursor: Any) -> None:
    try:
        cursor.execute("ROLLBACK")
    except Exception as error:  # noqa: BLE001 - the error that led here matters more
        print(f"rollback: {error}")  # noqa: T201 - to the task's log


def _path(path: str) -> str:
    path = unquote(path.partition("?")[0])
    # sqlite:///relative and sqlite:////absolute; an empty path is a database in memory.
    path = path.removeprefix("/")
    return path or ":memory:"


def _connect_sqlite(path: str) -> Any:
    return sqlite3.connect(path, isolation_level=None, timeout=60.0)


def _connect_duckdb(path: str) -> Any:
    import duckdb

    return duckdb.connect(path)


def _sqlite_statements(text: str) -> Iterator[Statement]:
    start = 0
    for end, character in enumerate(text):
        if character == ";" and sqlite3.complete_statement(text[start : end + 1]):
            if _says_something(text[start : end + 1]):
                yield Statement(text[start : end + 1].strip())
            start = end + 1
    if _says_something(text[start:]):
        yield Statement(text[start:].strip())


def _duckdb_statements(text: str) -> Iterator[Statement]:
    import duckdb

    for one in duckdb.extract_statements(text):
        if _says_something(one.query):
            counts = duckdb.ExpectedResultType.CHANGED_ROWS in one.expected_result_type
            yield Statement(one.query.strip(), counts=counts, names=frozenset(one.named_parameters))


def _says_something(statement: str) -> bool:
    lines = (line.partition("--")[0].strip(" \t;") for line in statement.splitlines())
    return any(lines)


_DRIVERS: dict[str, tuple[Callable[[str], Any], Callable[[str], Iterator[Statement]]]] = {
    "sqlite": (_connect_sqlite, _sqlite_statements),
    "duckdb": (_connect_duckdb, _duckdb_statements),
}
