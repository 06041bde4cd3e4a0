"""Facts as short texts for people: tables, durations, sizes, times. Pure except for the clock of `ago`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo

from penstock.terminal_text import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock.model.views.runs import RunRow

NOTHING = "-"

STATE_COLOURS = {
    "success": "green",
    "ok": "green",
    "running": "cyan",
    "failed": "red",
    "fail": "red",
    "upstream_failed": "yellow",
    "up_for_retry": "yellow",
    "warn": "yellow",
    "stopping": "magenta",
    "restarting": "magenta",
}


def width(text: str) -> int:
    """Return the cells that *text* takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def one_line(value: object) -> str:
    """Return *value* as one clean line; None becomes a dash."""
    if value is None:
        return NOTHING
    return clean(str(value)).replace("\n", " ").replace("\t", " ")


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[str] = ()) -> str:
    """Return an aligned table; columns named in *right* are aligned to the right.

    Cells are cleaned. Names of states are coloured; click removes colours if this is not a terminal.
    """
    cells = [list(headers), *([one_line(cell) for cell in row] for row in rows)]
    widths = [max(width(line[place]) for line in cells) for place in range(len(headers))]
    aligned_right = {place for place, header in enumerate(headers) if header in set(right)}
    lines = []
    for number, line in enumerate(cells):
        parts = []
        for place, cell in enumerate(line):
            gap = " " * (widths[place] - width(cell))
            shown = state(cell) if number else cell
            parts.append(gap + shown if place in aligned_right else shown + gap)
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """Return names and values, one pair a line; pairs whose value is None are left out."""
    kept = [(name, one_line(value)) for name, value in pairs if value is not None]
    wide = max((width(name) for name, _ in kept), default=0)
    return "\n".join(f"{name}{' ' * (wide - width(name))}  {value}".rstrip() for name, value in kept)


def state(word: str) -> str:
    """Return *word* in the colour of its state, if it is the name of a state."""
    colour = STATE_COLOURS.get(word)
    return word if colour is None else coloured(word, colour)


def coloured(words: str, colour: str) -> str:
    """Return *words* in a colour, unchanged with NO_COLOR."""
    import os

    if os.environ.get("NO_COLOR"):
        return words
    import click  # here, because `penstock status` does not need it

    return click.style(words, fg=colour)


def duration(seconds: float | None) -> str:
    """Return a duration such as ``0.3s``, ``42s``, ``4m 10s``, ``3h 5m`` or ``12d 3h``."""
    if seconds is None:
        return NOTHING
    if seconds < 10:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60}s"
    if whole < 86400:
        return f"{whole // 3600}h {whole % 3600 // 60}m"
    return f"{whole // 86400}d {whole % 86400 // 3600}h"


def size(count: int | None) -> str:
    """Return a number of bytes such as ``812 B`` or ``3.0 MiB``."""
    if count is None:
        return NOTHING
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def moment(at: datetime | None, zone: tzinfo | None = None) -> str:
    """Return *at* to the second in *zone* (default: this machine's), with the name of the zone."""
    if at is None:
        return NOTHING
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")


def ago(at: datetime) -> str:
    """Return how long ago *at* was, such as ``4m 10s ago``."""
    return f"{duration(max(0.0, (datetime.now(UTC) - at).total_seconds()))} ago"


def took(start: datetime | None, end: datetime | None) -> str:
    """Return the time between, up to now if *end* is None."""
    if start is None:
        return NOTHING
    return duration(max(0.0, ((end or datetime.now(UTC)) - start).total_seconds()))


def run_took(run: RunRow) -> str:
    """Return how long a run ran, over all its turns."""
    seconds = run.took(datetime.now(UTC))
    return NOTHING if seconds is None else duration(seconds)


def count(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 run``, ``2 runs``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
