"""A JSON line of a logger as styled rows: time, level, message, fields, and the stack trace below. Pure."""

from __future__ import annotations

import re
from datetime import tzinfo

from rich.style import Style

from penstock.model.json_lines import Record, clock, record_of
from penstock_tui.clean import label
from penstock_tui.view.log_line import Piece, marked

_DIM = Style(dim=True)
_PLAIN = Style.null()
_LEVELS = {
    "ERROR": "red", "FATAL": "red", "CRITICAL": "red", "PANIC": "red", "DPANIC": "red", "SEVERE": "red",
    "EMERGENCY": "red", "ALERT": "red", "WARN": "yellow", "WARNING": "yellow", "INFO": "green",
    "NOTICE": "green", "INFORMATION": "green",
}  # fmt: skip


def rows_of(raw: bytes, zone: tzinfo, hit: re.Pattern[str] | None = None) -> list[list[Piece]] | None:
    """Return the rows of a line that a logger wrote as JSON, times in *zone*; None for any other line."""
    record = record_of(raw) if raw.lstrip()[:1] == b"{" else None
    if record is None:
        return None
    rows = [_first(record, zone)]
    rows += [[(label(f"    {line}"), _DIM)] for line in record.trace.splitlines()]
    return rows if hit is None else [marked(row, hit) for row in rows]


def _first(record: Record, zone: tzinfo) -> list[Piece]:
    pieces: list[Piece] = []
    time = label(clock(record.time, zone))
    if time:
        pieces.append((f"{time} ", _DIM))
    tone = Style(color=_LEVELS[record.level]) if record.level in _LEVELS else _PLAIN
    if record.level:
        pieces.append((f"{label(record.level):<5} ", tone + Style(bold=True)))
    if record.message:
        bad = _LEVELS.get(record.level) in {"red", "yellow"}
        pieces.append((label(record.message), tone if bad else _PLAIN))
    for key, value in record.fields:
        pieces += [(f"  {label(key)}=", _DIM), (label(value), _PLAIN)]
    return pieces or [(" ", _PLAIN)]
