"""Reads a log by offset, while it grows and even if someone truncates it.

A log that does not exist yet is empty. Sizes and offsets are bytes.
"""

from __future__ import annotations

import os


def read(path: str, offset: int, limit: int) -> tuple[bytes, int, int]:
    """Return up to *limit* bytes, the offset they begin at, and the size of the log.

    A negative *offset* counts from the end. An offset beyond the end, as after a truncation, gives no
    bytes and the end as offset, so that a follower goes on from what is there. Raises OSError when
    the log cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return b"", 0, 0
    try:
        end = os.fstat(handle).st_size
        start = max(end + offset, 0) if offset < 0 else min(offset, end)
        wanted = max(min(limit, end - start), 0)
        pieces = []
        at = start
        while wanted > 0 and (piece := os.pread(handle, wanted, at)):
            pieces.append(piece)
            at += len(piece)
            wanted -= len(piece)
        return b"".join(pieces), start, end
    finally:
        os.close(handle)
