"""Checks rows of the database before they are used.

SQLite accepts any value in any column, so a row written by hand may have a word where a number belongs.
Found here, the error is about one row; found later, it could be anywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import convert
from msgspec.structs import astuple

from penstock.store.query import Column, Table
from penstock.store.sqlite.text import shown

Word = TypeVar("Word", bound=StrEnum)
_EARLIEST = -62_000_000_000_000_000
_LATEST = 253_000_000_000_000_000
_Moment = Annotated[int, msgspec.Meta(ge=_EARLIEST, le=_LATEST)]
"""Microseconds since 1970 from the year 5 to 9987: some room for calculations."""
_PLACE = re.compile(r" - at `\$\[(\d+)\]`$")


def checked(table: Table, names: Sequence[str], **special: Any) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """Return a function that checks rows of *table* with the columns *names*, and returns their values.

    *special* are types that are stricter than the column's own, such as an enum. The function raises
    ValueError, which names the column.
    """
    # A struct, because msgspec analyses it once; it analyses a bare tuple type at every call.
    fields = [
        (f"f{place}", special.get(name) or _kind(table.columns[name])) for place, name in enumerate(names)
    ]
    shape = msgspec.defstruct(f"{table.name}_row", fields, array_like=True)

    def check(row: Sequence[Any]) -> tuple[Any, ...]:
        try:
            return astuple(convert(tuple(row), shape))
        except msgspec.ValidationError as error:
            text = str(error)
            place = _PLACE.search(text)
            if place is None:
                raise ValueError(f"{table.name}: {text}") from None
            name, value = names[int(place[1])], row[int(place[1])]
            if isinstance(value, bytes) and "`str" in text:
                raise ValueError(f"{table.name}.{name} {not_text(value)}") from None
            said = text[: place.start()]
            raise ValueError(f"{table.name}.{name} is {value!r:.80}: {said}") from None

    return check


def known(kind: type[Word], stored: object, otherwise: Word) -> Word:
    """Return *stored* as a word of *kind*; *otherwise* if it is not one, because it was written by hand."""
    return kind(str(stored)) if stored in frozenset(kind) else otherwise


def not_text(value: bytes) -> str:
    """Return a message about bytes in a column of text."""
    try:
        value.decode()
    except UnicodeDecodeError:
        return f"is not UTF-8: {shown(value):.80}"
    return f"contains bytes, not text: {shown(value):.80}"


def json_object(table: str, name: str, text: str) -> dict[str, Any]:
    """Return the object that a column holds as JSON; raise ValueError if it is not one."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{table}.{name} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ValueError(f"{table}.{name} must be a JSON object, not {text[:80]}")
    return value


def _kind(column: Column) -> Any:
    kind: Any = column.kind
    if kind is int and column.name.endswith("_us") and column.name != "stood_us":
        kind = _Moment
    return kind | None if column.optional else kind
