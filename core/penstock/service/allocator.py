"""Keeps the C library from holding more memory than the engine uses.

glibc gives each thread that allocates a heap of its own, and keeps what was freed. An engine has a dozen
threads, which all wait most of the time: it loses nothing by sharing one heap, and is 2 MiB smaller.
"""

from __future__ import annotations

import asyncio
import ctypes
import sys

_WHILE = 3.0
"""Seconds that freed memory is kept after much work."""
_soon: asyncio.TimerHandle | None = None
_ARENA_MAX = -8
"""`M_ARENA_MAX` of glibc's malloc.h."""


def share_one_heap() -> None:
    """Let all threads that start from now on allocate from one heap; does nothing without glibc."""
    mallopt = _function("mallopt")
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Return freed memory to the system; does nothing without glibc."""
    trim = _function("malloc_trim")
    if trim is not None:
        trim(0)


def give_back_soon() -> None:
    """Return freed memory to the system in a while: after work that took much, when perhaps more follows.

    Call it on the event loop.
    """
    global _soon  # noqa: PLW0603 - one heap for each process, so one timer
    if _soon is None:
        _soon = asyncio.get_running_loop().call_later(_WHILE, _now)


def _now() -> None:
    global _soon  # noqa: PLW0603 - as above
    _soon = None
    give_back()


def _function(name: str) -> ctypes._NamedFuncPointer | None:
    if sys.platform != "linux":
        return None
    found: ctypes._NamedFuncPointer | None = getattr(ctypes.CDLL(None), name, None)
    return found
