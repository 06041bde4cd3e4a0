"""What a line of engine.log looks like: one record a line, and nothing in it that a terminal could obey."""

from __future__ import annotations

import logging
import sys

from penstock.terminal_text import visible


class OneLine(logging.Formatter):
    """Writes a record on one line, and a traceback on indented ones below it.

    A DAG file, a task or a host may have had a say in any message: what does not draw itself is escaped
    here, once for all of them, so no text can pass for a record of its own.
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
    """Have everything that this process logs written to standard error in this form."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[lines])


def _indented(text: str) -> str:
    return "\n".join(f"  {visible(line)}" for line in text.split("\n"))
