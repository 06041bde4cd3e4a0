"""Tells errors of the machine (disk, memory, a lock) from errors of one subject."""

from __future__ import annotations

import errno

from penstock.errors import StoreError
from penstock.store.sqlite.errors import PASSING

_NUMBERS = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EROFS,
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.EAGAIN,
    }
)


def of_the_machine(error: BaseException) -> bool:
    """Whether *error* comes from the machine: it passes by itself or needs space, and is not a bug."""
    if isinstance(error, (StoreError, MemoryError, PASSING)):
        return True
    return isinstance(error, OSError) and error.errno in _NUMBERS
