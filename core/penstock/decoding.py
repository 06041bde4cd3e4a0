"""Decoders for JSON, made once each and under a lock.

msgspec works out what a type looks like when it is first asked to decode it, and two threads that
do so for the same type at the same time can crash the interpreter. Everybody who may decode in a
thread therefore takes the decoder from here.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_lock = threading.Lock()
_made: dict[Any, msgspec.json.Decoder[Any]] = {}


def decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Return the decoder of *kind*, which may be any type that msgspec understands."""
    found = _made.get(kind)
    if found is None:
        with _lock:
            found = _made.get(kind)
            if found is None:
                found = _made[kind] = msgspec.json.Decoder(kind)
    return found
