"""A log file that loses nothing while the disk is full for a short time."""

from __future__ import annotations

import os

from penstock.failpoint import disk

BACKLOG = 256 << 10
"""Bytes kept in memory while the disk is full; later ones are only counted."""
APPENDED = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
"""How a file is opened that only grows; never one that a task has put a link in the place of."""


class LogFile:
    """Appends to the log at *path*. What cannot be written yet waits in memory, up to `BACKLOG` bytes.

    ``lost`` counts the bytes beyond that; the log says where they are missing. ``problem`` is the last
    error. Raises OSError if the file cannot be created.
    """

    __slots__ = ("_broken_line", "_gap", "_waiting", "handle", "lost", "problem")

    def __init__(self, path: str) -> None:
        self.handle = os.open(path, APPENDED, 0o600)
        self.lost = 0
        self.problem: OSError | None = None
        self._waiting = bytearray()
        self._gap = 0
        self._broken_line = False

    @property
    def waiting(self) -> bool:
        """Whether some of it is not on the disk yet."""
        return bool(self._waiting or self._gap)

    def write(self, data: bytes) -> int:
        """Write *data*, now or later; return how many bytes of it will be in the log."""
        if self.waiting and not self.catch_up():
            return self._keep(data)
        done = self._put(data)
        return done if done == len(data) else done + self._keep(data[done:])

    def catch_up(self) -> bool:
        """Write what waits; return whether that was everything."""
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
        """Drop what waits; it counts as lost."""
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
        """Write as much as the disk accepts; return how many bytes that was."""
        done = 0
        try:
            disk()
            while done < len(data):
                done += os.write(self.handle, memoryview(data)[done:])
        except OSError as error:
            self.problem = error.with_traceback(None)  # which would keep the data in memory
        if done:
            self._broken_line = data[done - 1] != 10
        return done
