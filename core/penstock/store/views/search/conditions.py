"""From the conditions of a search to those of SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from penstock.errors import UsageError
from penstock.model.search import Bound, Pattern, Search
from penstock.store.views.runs import aware_us

MOST_ROWS = 10_000
Columns = Mapping[str, sa.ColumnElement[Any]]
Condition = sa.ColumnElement[bool]
_COMPARE: dict[str, Callable[[Any, Any], Condition]] = {
    "gte": lambda column, value: column >= value,
    "gt": lambda column, value: column > value,
    "lte": lambda column, value: column <= value,
    "lt": lambda column, value: column < value,
}


def conditions(search: Search, columns: Columns) -> list[Condition]:
    """Return the bounds and patterns of *search* over *columns*, by the names of the fields."""
    found = [_bound(bound, _column(columns, bound.field)) for bound in search.bounds]
    return found + [_pattern(pattern, _column(columns, pattern.field)) for pattern in search.patterns]


def among(column: sa.ColumnElement[Any], values: Sequence[Any] | None) -> list[Condition]:
    """Return the condition that a column has one of *values*; nothing for None."""
    return [] if values is None else [column.in_(list(values))]


def page(
    query: sa.Select[Any], search: Search, columns: Columns, last: sa.ColumnElement[Any]
) -> sa.Select[Any]:
    """Return *query* in the order of *search*, and *last* among equals, cut to its page."""
    order = [_direction(columns, name) for name in search.order]
    downward = bool(search.order) and search.order[-1].startswith("-")
    end = last.desc() if downward else last.asc()
    limit = min(max(search.limit, 0), MOST_ROWS)
    return query.order_by(*order, end).limit(limit).offset(max(search.offset, 0))


def any_of(found: Iterable[Condition]) -> Condition:
    """Return that at least one condition holds; without any, none does."""
    return sa.or_(sa.false(), *found)


def _direction(columns: Columns, name: str) -> sa.ColumnElement[Any]:
    column = _column(columns, name.removeprefix("-"))
    return column.desc() if name.startswith("-") else column.asc()


def _column(columns: Columns, name: str) -> sa.ColumnElement[Any]:
    try:
        return columns[name]
    except KeyError:
        raise UsageError(f"{name!r} cannot be searched or ordered by; known: {', '.join(columns)}") from None


def _bound(bound: Bound, column: sa.ColumnElement[Any]) -> Condition:
    value = aware_us(bound.value) if isinstance(bound.value, datetime) else int(bound.value * 1_000_000)
    return _COMPARE[bound.comparison](column, value)


def _pattern(pattern: Pattern, column: sa.ColumnElement[Any]) -> Condition:
    if pattern.prefix:
        return any_of(sa.func.substr(column, 1, len(text)) == text for text in pattern.texts)
    return any_of(column.like(f"%{text}%") for text in pattern.texts)
