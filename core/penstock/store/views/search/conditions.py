"""From the conditions of a search to those of SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from penstock.errors import UsageError
from penstock.model.search import Bound, Pattern, Search
from penstock.store.query import Query, Values, any_of
from penstock.store.views.runs import aware_us

MOST_ROWS = 10_000
Columns = Mapping[str, str]
"""The columns of a statement, by the names of the fields that people search."""
_COMPARE = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}


def conditions(search: Search, columns: Columns, values: Values) -> list[str]:
    """Return the bounds and patterns of *search* over *columns*, with what they need in *values*."""
    found = [_bound(bound, _column(columns, bound.field), values) for bound in search.bounds]
    return found + [_pattern(pattern, _column(columns, pattern.field), values) for pattern in search.patterns]


def among(column: str, wanted: Iterable[Any] | None, values: Values) -> list[str]:
    """Return the condition that a column has one of the *wanted* values; nothing for None."""
    return [] if wanted is None else [f"{column} IN {values.each(wanted)}"]


def page(query: Query, search: Search, columns: Columns, last: str, values: Values) -> Query:
    """Return *query* in the order of *search*, and of the column *last* among equals, cut to its page."""
    order = [_direction(columns, name) for name in search.order]
    downward = bool(search.order) and search.order[-1].startswith("-")
    end = f"{last} {'DESC' if downward else 'ASC'}"
    values["limit"] = min(max(search.limit, 0), MOST_ROWS)
    values["offset"] = max(search.offset, 0)
    return query.order(*order, end)


def _direction(columns: Columns, name: str) -> str:
    column = _column(columns, name.removeprefix("-"))
    return f"{column} DESC" if name.startswith("-") else column


def _column(columns: Columns, name: str) -> str:
    try:
        return columns[name]
    except KeyError:
        raise UsageError(f"{name!r} cannot be searched or ordered by; known: {', '.join(columns)}") from None


def _bound(bound: Bound, column: str, values: Values) -> str:
    value = aware_us(bound.value) if isinstance(bound.value, datetime) else int(bound.value * 1_000_000)
    return f"{column} {_COMPARE[bound.comparison]} {values.one(value)}"


def _pattern(pattern: Pattern, column: str, values: Values) -> str:
    if pattern.prefix:
        return any_of(f"substr({column}, 1, {len(text)}) = {values.one(text)}" for text in pattern.texts)
    return any_of(f"{column} LIKE {values.one(f'%{text}%')}" for text in pattern.texts)
