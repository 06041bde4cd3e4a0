"""A log file that loses nothing while the disk is full for a short time."""

from __future__ import annotations

import os

from penstock.failpoint import disk

BACKLOG = 256 << 10
"""Bytes kept in memory while the disk is full; later ones are only counted."""
APPENDED = (
    os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK | getattr(os, "O_NOFOLLOW", 0)
)
"""How a file is opened that only grows: never a link that a task has put in its place, and without waiting
for the reader of a pipe there."""


class LogFile:
    """Appends to the log at *path*. What cannot be written yet waits in memory, up to `BACKLOG` bytes.

    The file is made for its first byte: an attempt that prints nothing has none. ``lost`` counts the bytes
    that were too many to wait; the log says where they are missing. ``problem`` is the last error.
    """

    __slots__ = ("_broken_line", "_gap", "_handle", "_path", "_waiting", "closed", "lost", "made", "problem")

    def __init__(self, path: str) -> None:
        self.closed = False
        self.made = False
        """Whether there is, or was, a descriptor."""
        self.lost = 0
        self.problem: OSError | None = None
        self._path = path
        self._handle = -1
        self._waiting = bytearray()
        self._gap = 0
        self._broken_line = False

    def handle(self) -> int:
        """Return the file's descriptor, and make the file if there is none yet. Raises OSError."""
        if self._handle < 0 and not self.closed:
            self._handle = os.open(self._path, APPENDED, 0o600)
            self.made = True
        return self._handle

    @property
    def waiting(self) -> bool:
        """Whether some of it is not on the disk yet."""
        return bool(self._waiting or self._gap)

    def write(self, data: bytes) -> int:
        """Write *data*, now or later; return how many bytes of it will be in the log."""
        if (self._waiting or self._gap) and not self.catch_up():
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
        self.closed = True
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

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
            handle = self._handle if self._handle >= 0 else self.handle()
            done = os.write(handle, data)
            while done < len(data):
                done += os.write(handle, memoryview(data)[done:])
        except OSError as error:
            self.problem = error.with_traceback(None)  # which would keep the data in memory
        if done:
            self._broken_line = data[done - 1] != 10
        return done
