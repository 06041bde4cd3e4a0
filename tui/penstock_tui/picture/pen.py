"""`Pen`: writes cells, and knows where the cursor is and how the next character would look. Pure."""

from __future__ import annotations

from penstock_tui.picture.look import PLAIN, Look, change, on_blank
from penstock_tui.picture.row import Row, doubtful

_SHORT = 4
"""Cells that are written again rather than passed over: a move takes as many bytes."""


class Pen:
    """Begins plain, with the cursor nobody knows where; *width* is how many columns there are."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._parts: list[str] = []
        self._look = PLAIN
        self._x: int | None = None
        self._y: int | None = None

    def copy(self) -> Pen:
        """Return another that goes on from here."""
        other = Pen(self._width)
        other._parts = [*self._parts]
        other._look, other._x, other._y = self._look, self._x, self._y
        return other

    def sent(self) -> str:
        """Return all that was written, with plain characters to follow; "" if nothing was."""
        if self._parts:
            self._wear(PLAIN)
        return "".join(self._parts)

    def clear(self) -> None:
        """Erase the screen, whatever stands there and however it looked before."""
        self._parts.append("\x1b[m\x1b[2J")

    def erase(self, x: int, y: int) -> None:
        """Erase a row from column *x* on."""
        self._go(x, y)
        if on_blank(self._look) != PLAIN:  # an erased cell would keep the background
            self._wear(PLAIN)
        self._parts.append("\x1b[K")

    def shift(self, top: int, bottom: int, by: int) -> None:
        """Move the rows from *top* up to *bottom* by so many rows, down if positive; blank ones come in."""
        out, into = (bottom - by, top) if by > 0 else (top, bottom + by)
        self._wear(PLAIN)
        for y, letter in ((out, "M"), (into, "L")):
            self._go(0, y)
            self._parts.append(f"\x1b[{abs(by) if abs(by) > 1 else ''}{letter}")
            self._x = None

    def write(self, y: int, row: Row, first: int, end: int) -> None:
        """Write the cells of *row* from column *first* up to *end*."""
        first = self._joined(y, row, first)
        self._go(first, y)
        texts, looks, parts = row.texts, row.looks, self._parts
        end = row.end_of(end - 1)
        for x in range(first, end):
            text, look = texts[x], looks[x]
            if not text:
                continue
            if look != self._look and not (text == " " and on_blank(self._look) == look):
                self._wear(look)
            if text.isascii() or not doubtful(text):
                parts.append(text)
            else:
                self._write_doubtful(x, row.end_of(x), text)
        self._x = end if end < self._width else None

    def _write_doubtful(self, x: int, end: int, text: str) -> None:
        """Write a character on blanks, and go to where it ends: the terminal may think otherwise."""
        self._parts.append(f"{' ' * (end - x)}\x1b[{x + 1}G{text}\x1b[{end + 1}G")

    def _joined(self, y: int, row: Row, first: int) -> int:
        """Return from where to write: from the cursor on, if that is shorter than to move it to *first*."""
        if self._y != y or self._x is None or not 0 < first - self._x <= _SHORT:
            return first
        between = range(self._x, first)
        alike = all(
            row.looks[x] == self._look or (row.texts[x] == " " and on_blank(self._look) == row.looks[x])
            for x in between
        )
        return self._x if alike and all(row.texts[x].isascii() and row.texts[x] for x in between) else first

    def _go(self, x: int, y: int) -> None:
        """Move the cursor by the shortest way."""
        if (self._x, self._y) == (x, y):
            return
        ways = [f"\x1b[{y + 1}H" if y else "\x1b[H"] if x == 0 else [f"\x1b[{y + 1};{x + 1}H"]
        if self._y is not None and y == self._y + 1:
            ways.append("\r\n" + _right(x))
        elif y == self._y:
            ways += ["\r" + _right(x), f"\x1b[{x + 1}G"]
        if self._x is not None and self._y is not None and y >= self._y:
            ways.append(_down(y - self._y) + (_right(x - self._x) if x >= self._x else _left(self._x - x)))
        self._parts.append(min(ways, key=len))
        self._x, self._y = x, y

    def _wear(self, look: Look) -> None:
        self._parts.append(change(self._look, look))
        self._look = look


def _right(columns: int) -> str:
    """Return what moves the cursor so many columns to the right."""
    return "" if not columns else "\x1b[C" if columns == 1 else f"\x1b[{columns}C"


def _left(columns: int) -> str:
    """Return what moves the cursor so many columns to the left."""
    return "\b" * columns if columns <= _SHORT else f"\x1b[{columns}D"


def _down(rows: int) -> str:
    """Return what moves the cursor down so many rows in its column."""
    return "\v" * rows if rows <= _SHORT else f"\x1b[{rows}B"
