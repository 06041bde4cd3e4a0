"""Lists of objects as columns: what is alike then lies side by side, and is half the size compressed. Pure.

Of a list whose objects have the same keys only the keys and a list of values for each are kept, and so on
inwards; of a list of lists how long each is and all their items. Everything else stays as it is.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import msgspec

from penstock.errors import ProtocolError

OBJECTS, LISTS, PLAIN = 1, 2, 0

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def to_columns(result: bytes) -> bytes | None:
    """Return a JSON text in columns; None if exactly the same text could not be made of it again."""
    try:
        columns = _encode(_columns(_decode(result)))
        return columns if from_columns(columns) == result else None
    except (msgspec.MsgspecError, RecursionError, ProtocolError, OverflowError):
        return None


def from_columns(columns: bytes) -> bytes:
    """Return the JSON text of which `to_columns` made *columns*; raise `ProtocolError` if it made none."""
    try:
        return _encode(_rows(_decode(columns)))
    except (msgspec.MsgspecError, RecursionError, LookupError, TypeError, ValueError) as error:
        raise ProtocolError(f"an answer in columns cannot be read: {error}") from None


def _columns(value: Any) -> Any:
    """Return *value*; what was a list is [how it is kept, ...]."""
    if isinstance(value, dict):
        return {key: _columns(each) for key, each in value.items()}
    if not isinstance(value, list):
        return value
    if len(value) > 1:
        first = value[0]
        if isinstance(first, dict) and first and all(_alike(first, each) for each in value):
            return [OBJECTS, list(first), [_columns([each[key] for each in value]) for key in first]]
        if all(isinstance(each, list) for each in value):
            return [LISTS, [len(each) for each in value], _columns([item for each in value for item in each])]
    return [PLAIN, [_columns(each) for each in value]]


def _alike(first: dict[str, Any], other: Any) -> bool:
    return isinstance(other, dict) and list(first) == list(other)


def _rows(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rows(each) for key, each in value.items()}
    if not isinstance(value, list):
        return value
    kind, *rest = value
    if kind == OBJECTS:
        keys, columns = rest[0], [_rows(each) for each in rest[1]]
        return [dict(zip(keys, items, strict=True)) for items in zip(*columns, strict=True)]
    if kind == LISTS:
        items = _rows(rest[1])
        ends = [*accumulate(rest[0])]
        if not ends or ends[-1] != len(items):
            raise ValueError("lists of another length than their items")
        return [items[end - length : end] for end, length in zip(ends, rest[0], strict=True)]
    return [_rows(each) for each in rest[0]]
