"""Statements as text: what `penstock.store.sql` is made of, and how it is completed with conditions.

The text is made ahead of time from the tables (`python -m penstock.store.statements`), so running it
needs no SQLAlchemy, neither its memory nor its start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

WHERE = "1 /*where*/"
"""Where `Query.where` puts conditions. Without any the statement runs as it is, for all rows."""
ORDER = "1 /*order*/"
"""Where `Query.order` puts what rows are ordered by."""


class Row(tuple[Any, ...]):
    """A row of a result: a tuple whose values have the names of the columns too."""

    __slots__ = ()

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


@cache
def row_type(columns: tuple[str, ...]) -> type[Row]:
    """Return the class of rows with such columns."""
    places: dict[str, Any] = {name: property(itemgetter(place)) for place, name in enumerate(columns)}
    return type("Row", (Row,), {"__slots__": (), **places})


class Query:
    """A statement with named parameters: ``:name`` is a value, ``:name...`` as many as a list has.

    *columns* are those of its rows, *flags* the ones among them that are true or false.
    """

    __slots__ = ("columns", "flags", "lists", "text")

    def __init__(
        self,
        text: str,
        columns: tuple[str, ...] = (),
        *,
        flags: tuple[str, ...] = (),
        lists: tuple[str, ...] = (),
    ) -> None:
        self.text = text
        self.columns = columns
        self.flags = flags
        self.lists = lists

    def where(self, *conditions: str) -> Query:
        """Return the statement for the rows that fulfil all *conditions* as well."""
        return self._with(WHERE, " AND ".join(conditions) or "1")

    def order(self, *terms: str) -> Query:
        """Return the statement with its rows ordered by *terms*."""
        return self._with(ORDER, ", ".join(terms))

    def _with(self, place: str, text: str) -> Query:
        assert place in self.text, "the statement has no place for it"
        return Query(self.text.replace(place, text), self.columns, flags=self.flags, lists=self.lists)

    def spread(self, values: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """Return the text and its parameters, with one for each value of a list."""
        if not self.lists:
            return self.text, values
        text, single = self.text, dict(values)
        for name in self.lists:
            wanted = {f"{name}_{place}": value for place, value in enumerate(single.pop(name))}
            single |= wanted
            text = text.replace(f":{name}...", ", ".join(f":{each}" for each in wanted))
        return text, single

    def rows(self, found: Iterable[tuple[Any, ...]]) -> list[Row]:
        """Return what the driver gave as rows."""
        row = row_type(self.columns)
        if self.flags:
            found = self._truths(found)
        return list(map(row, found))

    def _truths(self, found: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
        places = [self.columns.index(name) for name in self.flags]
        for row in found:
            values = list(row)
            for place in places:
                if values[place] is not None:
                    values[place] = bool(values[place])
            yield tuple(values)


class Write:
    """A statement that is run for many rows, each a tuple with values for *names*, in their order."""

    __slots__ = ("names", "text")

    def __init__(self, text: str, names: tuple[str, ...]) -> None:
        self.text = text
        self.names = names


class Values(dict[str, Any]):
    """The parameters of a statement that is put together when it is asked."""

    def one(self, value: Any) -> str:
        """Add a value, and return its name for the text."""
        name = f"v{len(self)}"
        self[name] = value
        return f":{name}"

    def each(self, values: Iterable[Any]) -> str:
        """Add the values of a list, and return their names for the text."""
        return f"({', '.join(map(self.one, values))})"


class Column(NamedTuple):
    """A column of a table: its name, the type of its values, and whether one may be missing."""

    name: str
    kind: type[bool | int | float | str]
    optional: bool


class Table:
    """A table as far as checks of its rows need it."""

    __slots__ = ("columns", "name")

    def __init__(self, name: str, /, **columns: str) -> None:
        self.name = name
        self.columns = {
            each: Column(each, _KINDS[kind.rstrip("?")], kind.endswith("?")) for each, kind in columns.items()
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(self.columns)


_KINDS: dict[str, type[bool | int | float | str]] = {
    "bool": bool,
    "int": int,
    "float": float,
    "str": str,
}


def any_of(conditions: Iterable[str]) -> str:
    """Return that at least one condition holds; without any, none does."""
    return f"({' OR '.join(conditions) or '0'})"


def all_of(conditions: Iterable[str]) -> str:
    """Return that each condition holds; without any, that is so."""
    return f"({' AND '.join(conditions) or '1'})"


def literally(text: str) -> str:
    """Return *text* as a pattern of LIKE with ``ESCAPE '/'`` that only the same text fits."""
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")


def picked(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Return the values of *names* in each of *rows*, for a `Write`."""
    return [tuple(row[name] for name in names) for row in rows]
