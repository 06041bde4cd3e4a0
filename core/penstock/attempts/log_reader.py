"""Reading a log by offset, while it grows and even if someone cuts it short.

A log that does not exist yet is an empty one. Sizes and offsets are bytes.
"""

from __future__ import annotations

import os
from pathlib import Path

from penstock.attempts.files import LOG, attempt_path
from penstock.ids import check_attempt_id

MAX_READ = 1 << 20
"""The most one read returns."""


def log_path(attempts: Path, attempt_id: str) -> Path:
    """Return the log file of an attempt under *attempts*; raise `BadIdError` for what is not an id."""
    return attempt_path(attempts, check_attempt_id(attempt_id)) / LOG


def size(path: Path) -> int:
    """Return how long the log is by now."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def read(path: Path, offset: int, limit: int) -> tuple[bytes, int]:
    """Return up to *limit* bytes (at most `MAX_READ`) and the offset they begin at.

    A negative *offset* counts from the end. An offset beyond the end, as after a truncation, gives no
    bytes and the end as offset, so that a follower goes on from what is there.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return b"", 0
    try:
        end = os.fstat(handle).st_size
        start = max(end + offset, 0) if offset < 0 else min(offset, end)
        wanted = max(min(limit, MAX_READ), 0)
        pieces = []
        at = start
        while wanted > 0 and (piece := os.pread(handle, wanted, at)):
            pieces.append(piece)
            at += len(piece)
            wanted -= len(piece)
        return b"".join(pieces), start
    finally:
        os.close(handle)


def tail(path: Path, lines: int, *, window: int = 256 << 10) -> tuple[bytes, int]:
    """Return the last *lines* lines and the offset they begin at, reading at most *window* bytes.

    When the window holds fewer lines, it starts at the first whole one in it, or in the midst of a
    line that is longer than the window.
    """
    data, start = read(path, -min(window, MAX_READ), window)
    if lines <= 0:
        return b"", start + len(data)
    at = len(data) - 1 if data.endswith(b"\n") else len(data)
    for _ in range(lines):
        at = data.rfind(b"\n", 0, max(at, 0))
        if at < 0:
            break
    if at < 0 and start > 0:  # the first line in the window began before it
        at = data.find(b"\n", 0, max(len(data) - 1, 0))
    return data[at + 1 :], start + at + 1
