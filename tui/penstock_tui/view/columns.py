"""Which columns of a table fit, and how wide each gets. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Column:
    """A column: ``width`` cells at least, up to ``most`` (0: no more than width) when there is room.

    ``drop`` orders which column goes first when it gets narrow: the highest; 0 never goes. ``keep``
    is the end of a cell that stays when it is cut.
    """

    id: str
    title: str
    width: int
    most: int = 0
    drop: int = 0
    align: Literal["left", "right"] = "left"
    keep: Literal["left", "right"] = "left"


def chosen(columns: Sequence[Column], cells: int) -> tuple[tuple[int, int], ...]:
    """Return (index, width) of the columns that fit in *cells*, one cell between two of them."""
    kept = list(range(len(columns)))
    while kept and _needed(columns, kept) > cells:
        droppable = [index for index in kept if columns[index].drop]
        if not droppable:
            break
        kept.remove(max(droppable, key=lambda index: columns[index].drop))
    widths = {index: columns[index].width for index in kept}
    room = cells - _needed(columns, kept)
    growing = [index for index in kept if columns[index].most > columns[index].width]
    while room > 0 and growing:
        for index in tuple(growing):
            if room <= 0:
                break
            widths[index] += 1
            room -= 1
            if widths[index] >= columns[index].most:
                growing.remove(index)
    if room < 0 and kept:  # narrower than all that must stay: the first gives way
        first = kept[0]
        widths[first] = max(4, widths[first] + room)
    return tuple((index, widths[index]) for index in kept)


def _needed(columns: Sequence[Column], kept: Sequence[int]) -> int:
    return sum(columns[index].width for index in kept) + max(0, len(kept) - 1)
