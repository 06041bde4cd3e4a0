"""Which values are plain data: they are the same after writing and reading them as JSON. Pure."""

from __future__ import annotations

import math

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_DEEPEST = 100
_INT_BITS = 64
"""Most JSON readers change whole numbers beyond 64 bits."""


def not_plain(value: Any, place: str = "") -> str | None:
    """Return why *value* is not plain data, or None if it is; *place* is where it is: ``['a'][0]``.

    A tuple counts as a list.
    """
    problem: str | None = None
    match value:
        case None | bool():
            return None
        case int():
            wide = value.bit_length() > _INT_BITS
            problem = f"has a number of {value.bit_length()} bits; write it as a string" if wide else None
        case float():
            problem = None if math.isfinite(value) else f"has {value!r}, which is not a number in JSON"
        case str():
            problem = bad_text(value)
        case list() | tuple() | dict() if place.count("[") >= _DEEPEST:
            problem = f"is more than {_DEEPEST} levels deep"
        case list() | tuple():
            return next(
                filter(None, (not_plain(each, f"{place}[{at}]") for at, each in enumerate(value))), None
            )
        case dict():
            return next(filter(None, (_item(key, each, place) for key, each in value.items())), None)
        case _:
            problem = f"has a {type(value).__name__}, which is not JSON"
    return None if problem is None else f"{problem} (at {place[:80]})" if place else problem


def bad_text(text: str) -> str | None:
    """Return why *text* cannot be encoded as UTF-8, or None."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"has half a character (U+{ord(text[error.start]):04X}), which cannot be encoded"
    return None


def _item(key: Any, value: Any, place: str) -> str | None:
    if not isinstance(key, str):
        return f"has the key {key!r}, but keys must be strings" + (f" (at {place[:80]})" if place else "")
    return bad_text(key) or not_plain(value, f"{place}[{key[:40]!r}]")
