"""Telling trouble of the machine (disk, memory, a lock) from something that is wrong with one thing."""

from __future__ import annotations

import errno
import sqlite3

import sqlalchemy as sa

from penstock.errors import StoreError

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
    if isinstance(error, StoreError | MemoryError | sa.exc.OperationalError | sqlite3.OperationalError):
        return True
    return isinstance(error, OSError) and error.errno in _NUMBERS
