"""JSON decoders, each made once and under a lock.

msgspec analyses a type when it is first asked to decode it. Two threads that do so for the same type at
the same time can crash the interpreter. So code that may decode in a thread takes its decoder from
here.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_lock = threading.Lock()
_made: dict[Any, msgspec.json.Decoder[Any]] = {}
_by_id: dict[int, tuple[Any, msgspec.json.Decoder[Any]]] = {}
"""The same by the kind's own object: to look up a union of many types takes longer than to decode a line."""


def decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Return the decoder of *kind*, which may be any type that msgspec understands."""
    known = _by_id.get(id(kind))
    if known is not None and known[0] is kind:
        return known[1]
    found = _made.get(kind)
    if found is None:
        with _lock:
            found = _made.get(kind)
            if found is None:
                found = _made[kind] = msgspec.json.Decoder(kind)
                _by_id[id(kind)] = (kind, found)
    return found
