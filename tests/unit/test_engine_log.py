"""The engine's own log: a record a line, whoever had a say in it."""

from __future__ import annotations

import logging
import sys

from penstock.service.engine_log import OneLine

HOSTILE = "\x1b]0;x\x07 \x1b[2J\n2026-11-22 15:00:00,000 INFO penstock: all is well"


def formatted(message: str, *values: object, error: Exception | None = None, stack: str | None = None) -> str:
    """Return what is written of one record."""
    cause = (type(error), error, error.__traceback__) if error is not None else None
    record = logging.LogRecord("penstock.x", logging.WARNING, __file__, 1, message, values, cause)
    record.stack_info = stack
    return OneLine("%(levelname)s %(name)s: %(message)s").format(record)


def test_a_message_stays_on_its_line_with_its_control_characters_visible() -> None:
    line = formatted("%s: failed with %d", HOSTILE, 3)
    assert line.isprintable()
    assert line.startswith(r"WARNING penstock.x: \x1b]0;x\x07 \x1b[2J\n2026")
    assert line.endswith("all is well: failed with 3")


def test_a_traceback_is_readable_and_none_of_its_lines_passes_for_a_record() -> None:
    try:
        raise RuntimeError(HOSTILE)
    except RuntimeError:
        error = sys.exception()
    assert isinstance(error, RuntimeError)
    first, *below = formatted("broken", error=error, stack=f"Stack:\n{HOSTILE}").split("\n")
    assert first == "WARNING penstock.x: broken"
    assert below[0] == "  Traceback (most recent call last):"
    assert all(line.startswith("  ") and line.isprintable() for line in below)
    assert r"  RuntimeError: \x1b]0;x\x07 \x1b[2J" in below
