"""Writes log bytes to stdout: unchanged for pipes, cleaned for terminals."""

from __future__ import annotations

import codecs
import sys

from penstock.terminal_text import clean

_LONGEST_LINE = 64 << 10
"""Number of characters after which an unfinished line is shown in pieces."""


class LogOutput:
    """Writes chunks of a log.

    Cleaning works on whole lines, because a control sequence may be split over two chunks. A last line
    without an end is written by `finish`.
    """

    def __init__(self, *, clean: bool) -> None:
        self._clean = clean
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""

    def write(self, data: bytes) -> None:
        """Write a chunk; an empty one only flushes."""
        if not self._clean:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            return
        self._rest += self._decoder.decode(data)
        lines, newline, self._rest = self._rest.rpartition("\n")
        if newline:
            sys.stdout.write(clean(lines) + "\n")
        if len(self._rest) > _LONGEST_LINE:
            sys.stdout.write(clean(self._rest))
            self._rest = ""
        sys.stdout.flush()

    def finish(self) -> None:
        """End the log: write what is left of its last line."""
        if not self._clean:
            return
        self._rest += self._decoder.decode(b"", final=True)
        if self._rest:
            sys.stdout.write(clean(self._rest) + "\n")
            sys.stdout.flush()
        self._rest = ""
