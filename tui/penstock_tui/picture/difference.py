"""`difference`: the bytes that turn one picture into another. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from penstock_tui.picture.look import PLAIN
from penstock_tui.picture.moved import moved
from penstock_tui.picture.pen import Pen
from penstock_tui.picture.row import Row, blank

_ERASING = 4
"""Bytes that erasing takes, and so how many it must save."""
_PASSING = 3
"""Bytes more that it takes to pass over blanks than to have written nothing."""
_FEW = 150
"""Steps up to which it is tried whether column by column is shorter: such as a line through many rows."""


class Step(NamedTuple):
    """Something to be done in row *y*, from column *first* up to *end*."""

    y: int
    first: int
    end: int
    erases: bool = False


def difference(shown: Sequence[Row] | None, wanted: Sequence[Row]) -> str:
    """Return what to send to a terminal that shows *shown* so that it shows *wanted*.

    Both have the same size; None where nobody knows what it shows.
    """
    if not wanted:
        return ""
    width = len(wanted[0].texts)
    pen = Pen(width)
    if shown is None:
        pen.clear()
        shown = [blank(width)] * len(wanted)
    elif shift := moved(shown, wanted):
        pen.shift(shift.top, shift.bottom, shift.by)
        shown = shift.applied(shown)
    steps: list[Step] = []
    for y, (old, new) in enumerate(zip(shown, wanted, strict=True)):
        if old is not new and old != new:
            steps += _steps(y, old, new)
    begun = pen.copy()
    _carry_out(steps, pen, wanted)
    if 2 < len(steps) <= _FEW and not any(erases for *_, erases in steps):
        other = begun.copy()
        _carry_out(sorted(steps, key=lambda step: (step.first, step.y)), other, wanted)
        return min(pen.sent(), other.sent(), key=len)
    return pen.sent()


def _carry_out(steps: Sequence[Step], pen: Pen, wanted: Sequence[Row]) -> None:
    for y, first, end, erases in steps:
        if erases:
            pen.erase(first, y)
        else:
            pen.write(y, wanted[y], first, end)


def _steps(y: int, old: Row, new: Row) -> list[Step]:
    """Return the stretches of a row that differ, after erasing from where on that is shorter."""
    width = len(new.texts)
    edge = erase_from(old, new)
    steps = [Step(y, first, end) for first, end in stretches(old.cut(0, edge), new.cut(0, edge))]
    if edge < width:
        steps.append(Step(y, edge, width, erases=True))
        rest = stretches(blank(width - edge), new.cut(edge, width))
        steps += [Step(y, edge + first, edge + end) for first, end in rest]
    return steps


def stretches(old: Row, new: Row) -> list[tuple[int, int]]:
    """Return the stretches of columns (first, end) at which two rows of the same width differ."""
    found: list[tuple[int, int]] = []
    texts = new.texts
    first = -1
    for x, (was, text, looked, look) in enumerate(zip(old.texts, texts, old.looks, new.looks, strict=True)):
        if was != text or looked != look:
            if first < 0:
                first = x
        elif first >= 0:
            found.append((first, x))
            first = -1
    if first >= 0:
        found.append((first, len(texts)))
    return found


def erase_from(old: Row, new: Row) -> int:
    """Return the column from which to erase the rest of the row and write what is not blank; the width: none.

    Erasing saves each blank that would be written, and costs each character that stands there already.
    """
    width = len(new.texts)
    best, edge, gain = _ERASING, width, 0
    blanks = written = False
    for x in range(width - 1, -1, -1):
        same = old.texts[x] == new.texts[x] and old.looks[x] == new.looks[x]
        if new.texts[x] == " " and new.looks[x] == PLAIN:
            if not same:
                gain += 1
                if not blanks and written:
                    gain -= _PASSING
                blanks = True
        else:
            written, blanks = True, False
            if same:
                gain -= 1
        if gain > best:
            best, edge = gain, x
    return edge
