"""Which rows of which lines are on the screen, with long lines wrapped or not. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len

from penstock_tui.view.log_window import Lines


@dataclass(frozen=True, slots=True)
class Place:
    """A row of a line: the offset at which the line begins, and which of its rows."""

    offset: int
    row: int = 0


Rows = Callable[[int], int]
"""How many rows a line, given by index, takes."""


def down_from(lines: Lines, place: Place, height: int, rows: Rows) -> list[tuple[int, int]]:
    """Return up to *height* pairs of line index and row, from *place* on."""
    found: list[tuple[int, int]] = []
    index = lines.index(place.offset) if len(lines) else 0
    row = min(place.row, rows(index) - 1) if len(lines) else 0
    while index < len(lines) and len(found) < height:
        found.extend((index, each) for each in range(row, rows(index)))
        index, row = index + 1, 0
    return found[:height]


def up_from_end(lines: Lines, height: int, rows: Rows) -> list[tuple[int, int]]:
    """Return up to *height* pairs of line index and row, those at the end."""
    found: list[tuple[int, int]] = []
    index = len(lines) - 1
    while index >= 0 and len(found) < height:
        found.extend((index, each) for each in reversed(range(rows(index))))
        index -= 1
    return found[:height][::-1]


def moved(lines: Lines, place: Place, by: int, rows: Rows) -> Place:
    """Return the place *by* rows further down (up when negative), as far as there are lines."""
    if not len(lines):
        return place
    index = lines.index(place.offset)
    row = min(place.row, rows(index) - 1) + by
    while row < 0 and index > 0:
        index -= 1
        row += rows(index)
    while row >= rows(index) and index < len(lines) - 1:
        row -= rows(index)
        index += 1
    return Place(lines.offset(index), max(0, min(row, rows(index) - 1)))


def breaks(text: str, width: int) -> list[int]:
    """Return the cell positions at which *text* must break to fit *width* cells; none splits a character."""
    if width < 2 or (len(text) <= width and text.isascii()):
        return []
    if text.isascii():
        return list(range(width, len(text), width))
    found: list[int] = []
    position = begin = 0
    for char in text:
        cells = cell_len(char)
        if position + cells - begin > width:
            found.append(position)
            begin = position
        position += cells
    return found
