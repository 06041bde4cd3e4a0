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
    without an end is written by `finish`. *pretty* shows JSON lines of loggers as time (UTC), level,
    message and fields.
    """

    def __init__(self, *, clean: bool, pretty: bool = False) -> None:
        self._clean = clean
        self._pretty = pretty
        # What is not UTF-8 reaches a pipe as it is.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace" if clean else "surrogateescape")
        self._rest = ""

    def write(self, data: bytes) -> None:
        """Write a chunk; an empty one only flushes."""
        if not (self._clean or self._pretty):
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            return
        self._rest += self._decoder.decode(data)
        lines, newline, self._rest = self._rest.rpartition("\n")
        if newline:
            self._put(self._shown(lines) + "\n")
        if len(self._rest) > _LONGEST_LINE:
            self._put(self._shown(self._rest))
            self._rest = ""
        sys.stdout.flush()

    def finish(self) -> None:
        """End the log: write what is left of its last line."""
        if not (self._clean or self._pretty):
            return
        self._rest += self._decoder.decode(b"", final=True)
        if self._rest:
            self._put(self._shown(self._rest) + "\n")
            sys.stdout.flush()
        self._rest = ""

    def _shown(self, lines: str) -> str:
        if self._pretty:
            lines = "\n".join(_readable(line) for line in lines.split("\n"))
        return clean(lines) if self._clean else lines

    def _put(self, text: str) -> None:
        if self._clean:
            sys.stdout.write(text)
        else:
            sys.stdout.buffer.write(text.encode(errors="surrogateescape"))
            sys.stdout.buffer.flush()


def _readable(line: str) -> str:
    from datetime import UTC

    from penstock.model.json_lines import one_line, record_of

    record = record_of(line)
    return line if record is None else one_line(record, UTC)
