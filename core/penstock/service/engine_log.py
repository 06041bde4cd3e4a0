"""The format of engine.log: one record a line, without control characters."""

from __future__ import annotations

import logging
import sys

from penstock.terminal_text import visible


class OneLine(logging.Formatter):
    """Writes a record on one line, and a traceback on indented ones below it.

    A DAG file, a task or a host may have supplied part of any message. Unprintable characters are escaped
    here, once for all of them, so no text can look like a separate record.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Return the record's line, without what follows it."""
        return visible(super().formatMessage(record))

    def formatException(self, ei: object) -> str:  # noqa: N802
        """Return a traceback, indented."""
        return _indented(super().formatException(ei))  # type: ignore[arg-type]

    def formatStack(self, stack_info: str) -> str:  # noqa: N802
        """Return where a record was made, indented."""
        return _indented(stack_info)


def begin() -> None:
    """Write everything that this process logs to standard error in this format."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[lines])


def _indented(text: str) -> str:
    return "\n".join(f"  {visible(line)}" for line in text.split("\n"))
