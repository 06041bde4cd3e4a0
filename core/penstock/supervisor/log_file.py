"""The file of a log, which a disk that takes nothing for a while does not tear apart."""

from __future__ import annotations

import os

from penstock.failpoint import disk

BACKLOG = 256 << 10
"""Bytes that wait in memory while the disk takes nothing; what comes after them is counted."""
_NEW = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)


class LogFile:
    """Appends to the log at *path*. What the disk does not take waits, up to `BACKLOG` bytes.

    ``lost`` counts the bytes beyond that; where they are missing, the log says so. ``problem`` is the last
    error. Raises OSError when the file cannot be made.
    """

    __slots__ = ("_broken_line", "_gap", "_waiting", "handle", "lost", "problem")

    def __init__(self, path: str) -> None:
        self.handle = os.open(path, _NEW, 0o600)
        self.lost = 0
        self.problem: OSError | None = None
        self._waiting = bytearray()
        self._gap = 0
        self._broken_line = False

    @property
    def waiting(self) -> bool:
        """Whether something of it is not on the disk yet."""
        return bool(self._waiting or self._gap)

    def write(self, data: bytes) -> int:
        """Write *data*, now or later; return how many bytes of it will be in the log."""
        if self.waiting and not self.catch_up():
            return self._keep(data)
        done = self._put(data)
        return done if done == len(data) else done + self._keep(data[done:])

    def catch_up(self) -> bool:
        """Write what waits; return whether nothing does any more."""
        while self._waiting or self._gap:
            done = self._put(bytes(self._waiting))
            del self._waiting[:done]
            if self._waiting:
                return False
            if self._gap:
                why = "" if self.problem is None else f": {self.problem.strerror}"
                start = "\n" if self._broken_line else ""
                self._waiting += f"{start}[penstock] {self._gap} bytes were not kept{why}\n".encode()
                self._gap = 0
        return True

    def give_up(self) -> None:
        """Let go of what waits; it counts as lost."""
        self.lost += len(self._waiting)
        self._waiting.clear()
        self._gap = 0

    def close(self) -> None:
        """Close the file; doing it twice is harmless."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1

    def _keep(self, data: bytes) -> int:
        room = 0 if self._gap else BACKLOG - len(self._waiting)
        kept = data[:room]
        self._waiting += kept
        missing = len(data) - len(kept)
        if missing:
            self._gap += missing
            self.lost += missing
        return len(kept)

    def _put(self, data: bytes) -> int:
        """Write as much as the disk takes; return how much that was."""
        done = 0
        try:
            disk()
            while done < len(data):
                done += os.write(self.handle, memoryview(data)[done:])
        except OSError as error:
            self.problem = error.with_traceback(None)  # which would hold on to all that was to be written
        if done:
            self._broken_line = data[done - 1] != 10
        return done
