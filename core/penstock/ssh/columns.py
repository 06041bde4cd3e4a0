"""Lists of objects as columns: what is alike then lies side by side, and is half the size compressed. Pure.

Of a list whose objects have the same keys only the keys and a list of values for each are kept, and so on
inwards; of a list of lists how long each is and all their items; of texts that end with a time, such as
run ids, what is before the times and how far these are apart. If some of the values are null, it is said
which ones, and the others are kept in that way. Everything else stays as it is.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

import msgspec

from penstock.errors import ProtocolError

OBJECTS, LISTS, TIMES, HOLES, PLAIN = 1, 2, 3, 4, 0
_TIME = re.compile(r"(.*?)(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?)(Z|\+00:00)", re.DOTALL)
_BEGIN = datetime(1970, 1, 1)  # noqa: DTZ001 - all of them are in UTC, and say so by their ends
_MICROSECOND = timedelta(microseconds=1)

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
    except (msgspec.MsgspecError, RecursionError, LookupError, TypeError, ValueError, OverflowError) as error:
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
        if isinstance(first, str) and (times := _times(value)) is not None:
            return times
        if None in value:
            others = _columns([each for each in value if each is not None])
            if others[0] != PLAIN:
                return [HOLES, [at for at, each in enumerate(value) if each is None], others]
    return [PLAIN, [_columns(each) for each in value]]


def _times(texts: list[Any]) -> list[Any] | None:
    """Return texts with times as their forms, which form each has, and the times.

    Those are the steps in seconds, and by itself, as it is mostly 0 or always the same, what is left of each
    in microseconds.
    """
    forms: dict[tuple[str, str], int] = {}
    which: list[int] = []
    steps: list[int] = []
    parts: list[int] = []
    before = 0
    for text in texts:
        found = _TIME.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            return None
        try:
            now, part = divmod((datetime.fromisoformat(found[2]) - _BEGIN) // _MICROSECOND, 1_000_000)
        except ValueError:
            return None
        which.append(forms.setdefault((found[1], found[3]), len(forms)))
        steps.append(now - before)
        parts.append(part)
        before = now
    kept = [TIMES, [list(form) for form in forms], which, steps, parts if any(parts) else []]
    return kept if len(forms) * 4 < len(texts) and _rows(kept) == texts else None


def _texts(forms: list[list[str]], which: list[int], steps: list[int], parts: list[int]) -> list[str]:
    texts = []
    for form, now, part in zip(which, accumulate(steps), parts or [0] * len(steps), strict=True):
        before, after = forms[form]
        time = _BEGIN + timedelta(seconds=now, microseconds=part)
        texts.append(f"{before}{time.isoformat()}{after}")
    return texts


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
    if kind == TIMES:
        return _texts(*rest)
    if kind == HOLES:
        found = _rows(rest[1])
        for at in rest[0]:
            found.insert(at, None)
        return found
    return [_rows(each) for each in rest[0]]
