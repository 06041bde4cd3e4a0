"""From Core statements over our tables to SQLite's text.

`penstock.store.statements` makes it ahead of time. Migrations, tests and others who read a database with
the tables may hand a Core statement to a `Connection`, which then asks for its text here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler, SQLiteDialect

from penstock.store.query import Query, Write

_LIST = re.compile(r"\(__\[POSTCOMPILE_(\w+)\]\)")
_NAMED = SQLiteDialect(paramstyle="named")
_SPACES = re.compile(r"\s+")


class _Ahead(SQLiteCompiler):
    """Writes the values that are known into the text, and leaves parameters for the others."""

    def visit_bindparam(self, bindparam: Any, *args: Any, **more: Any) -> Any:
        if not bindparam.required:
            more["literal_binds"] = True
        return super().visit_bindparam(bindparam, *args, **more)  # type: ignore[no-untyped-call]


def _ahead(paramstyle: Any) -> SQLiteDialect:
    dialect = SQLiteDialect(paramstyle=paramstyle)
    dialect.statement_compiler = _Ahead
    return dialect


def query_of(statement: Any) -> Query:
    """Return a statement with ``bindparam`` for what is not known yet."""
    compiled = statement.compile(dialect=_ahead("named"))
    text = _LIST.sub(r"(:\1...)", _one_line(compiled))
    return Query(
        text,
        _columns(compiled),
        flags=_flags(compiled),
        lists=tuple(dict.fromkeys(re.findall(r":(\w+)\.\.\.", text))),
    )


def write_of(statement: sa.Insert | sa.Update | sa.Delete, columns: Sequence[str] = ()) -> Write:
    """Return a statement that is run for many rows; *columns* are those that an insert fills."""
    compiled = statement.compile(dialect=_ahead("qmark"), column_keys=list(columns) or None)
    return Write(_one_line(compiled), tuple(compiled.positiontup or ()))


def expression_of(expression: Any, *, inside: sa.Table | None = None) -> str:
    """Return a column, a condition or a term of an order, to be put into a statement.

    What it says of the table *inside* is about the row that the statement looks at.
    """
    if inside is not None:
        whole: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(inside).where(expression)
        return _one_line(whole.compile(dialect=_ahead("named"))).partition(" WHERE ")[2]
    text = _one_line(expression.compile(dialect=_ahead("named")))
    return f"({text})" if isinstance(expression, sa.BooleanClauseList) else text


def schema_of(statement: Any) -> Query:
    """Return a statement that makes a table or an index."""
    return Query(_one_line(statement.compile(dialect=_ahead("named"))))


def ready(statement: Any, values: Any) -> tuple[Query, Any]:
    """Return a Core statement as text, and *values* for its parameters with those that it has itself.

    *values* may be a list of rows for an insert.
    """
    many = isinstance(values, list)
    first = values[0] if many else values
    fills = list(first) if isinstance(statement, sa.Insert) and first else None
    compiled = statement.compile(
        dialect=_NAMED, column_keys=fills, compile_kwargs={"render_postcompile": True}
    )
    query = Query(str(compiled), _columns(compiled), flags=_flags(compiled))
    unsaid = {column.key: column.default.arg for column in getattr(compiled, "insert_prefetch", ())}
    if many:
        return query, [{**unsaid, **row} for row in values]
    return query, {
        **compiled.construct_params(dict(first)),
        **{k: v for k, v in unsaid.items() if k not in first},
    }


def _columns(compiled: Any) -> tuple[str, ...]:
    return tuple(str(each.keyname) for each in compiled._result_columns)  # noqa: SLF001


def _flags(compiled: Any) -> tuple[str, ...]:
    found = compiled._result_columns  # noqa: SLF001
    return tuple(str(each.keyname) for each in found if isinstance(each.type, sa.Boolean))


def _one_line(compiled: Any) -> str:
    return _SPACES.sub(" ", str(compiled)).strip()
