"""The DAG as a drawing from left to right, one row per task. Pure.

Every task has one line to the right; it splits where its children stand. A vertical line that
passes a horizontal one without joining it is drawn over it (``─│─``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from penstock_tui.view.box import BOX, EAST, NORTH, SOUTH, WEST
from penstock_tui.view.graph_layers import Layers, Spot, place
from penstock_tui.view.task_order import Node

ARROW = "▸"


@dataclass(frozen=True, slots=True)
class Drawing:
    """``cells`` are the lines, blank where tasks are written; ``places`` the row and column of each task."""

    cells: tuple[str, ...]
    places: Mapping[str, tuple[int, int]]
    width: int


def draw(nodes: Sequence[Node], widths: Mapping[str, int]) -> Drawing:
    """Draw *nodes*; *widths* says how many cells each task's text takes. Raises ValueError on a cycle."""
    layers = place(nodes)
    canvas = _Canvas()
    places: dict[str, tuple[int, int]] = {}
    column = 0
    for number, spots in enumerate(layers.spots):
        text = max((widths[spot.key] for spot in spots if spot in layers.tasks), default=0)
        for spot in spots:
            row = layers.rows[spot]
            if spot in layers.tasks:
                places[spot.key] = (row, column)
            if layers.feeds[spot]:
                begin = column + (widths[spot.key] if spot in layers.tasks else 0)
                canvas.run(spot.key, row, begin, column + text)
        column += text
        if number + 1 < len(layers.spots):
            column = _gutter(layers, number, column, canvas)
    height = 1 + max((row for row, _ in places.values()), default=-1)
    cells = canvas.text(height)
    return Drawing(cells, places, max([column, *(len(line) for line in cells)], default=0))


def _gutter(layers: Layers, number: int, column: int, canvas: _Canvas) -> int:
    """Draw the lines between a layer and the next from *column* on; return where the next one begins."""
    lanes = _lanes(layers, layers.spots[number])
    end = column + 2 * (1 + max(lanes.values(), default=-1)) + 1
    for spot in layers.spots[number]:
        targets = layers.feeds[spot]
        if not targets:
            continue
        row = layers.rows[spot]
        rows = [layers.rows[target] for target in targets]
        turn = column + 1 + 2 * lanes[spot] if spot in lanes else end
        canvas.run(spot.key, row, column, turn, on=row in rows or turn < end)
        if spot in lanes:
            canvas.drop(spot.key, turn, min(row, *rows), max(row, *rows))
        for target, target_row in zip(targets, rows, strict=True):
            canvas.run(spot.key, target_row, turn, end, into=target in layers.tasks)
    for target in layers.spots[number + 1]:
        if target in layers.tasks and any(target in layers.feeds[spot] for spot in layers.spots[number]):
            canvas.arrow(layers.rows[target], end)
    return end + 1


def _lanes(layers: Layers, spots: Sequence[Spot]) -> dict[Spot, int]:
    """Return the vertical lane of every spot whose line must change its row, as few lanes as they need.

    A line that leaves on a row where another one arrives must turn before it, or they would touch.
    """
    arriving: dict[int, list[Spot]] = {}
    bends: dict[Spot, tuple[int, int]] = {}
    for spot in spots:
        rows = [layers.rows[target] for target in layers.feeds[spot]]
        if rows and set(rows) != {layers.rows[spot]}:
            bends[spot] = (min(layers.rows[spot], *rows), max(layers.rows[spot], *rows))
        for row in rows:
            arriving.setdefault(row, []).append(spot)
    lanes: dict[Spot, int] = {}
    taken: list[list[tuple[int, int]]] = []
    for spot in _turning_first(bends, arriving, layers):
        low, high = bends[spot]
        earliest = 0
        for other, lane in lanes.items():
            if other not in arriving.get(layers.rows[spot], ()) and spot in arriving.get(
                layers.rows[other], ()
            ):
                earliest = max(earliest, lane + 1)
        lane = earliest
        while lane < len(taken) and any(first <= high and low <= last for first, last in taken[lane]):
            lane += 1
        while len(taken) <= lane:
            taken.append([])
        taken[lane].append((low, high))
        lanes[spot] = lane
    return lanes


def _turning_first(
    bends: Mapping[Spot, tuple[int, int]], arriving: Mapping[int, Sequence[Spot]], layers: Layers
) -> list[Spot]:
    """Return the bending spots so that one whose row others arrive on comes before them."""
    waits = {
        spot: {other for other in bends if other != spot and spot in arriving.get(layers.rows[other], ())}
        for spot in bends
    }
    order: list[Spot] = []
    while waits:
        spot = min(waits, key=lambda each: (len(waits[each]), bends[each]))  # a circle: the least bound goes
        order.append(spot)
        del waits[spot]
        for others in waits.values():
            others.discard(spot)
    return order


class _Canvas:
    """Cells being drawn: the sides that each line has in each cell."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], dict[str, int]] = {}
        self._arrows: set[tuple[int, int]] = set()

    def _add(self, line: str, row: int, column: int, sides: int) -> None:
        here = self._cells.setdefault((row, column), {})
        here[line] = here.get(line, 0) | sides

    def run(self, line: str, row: int, first: int, last: int, *, on: bool = True, into: bool = False) -> None:
        """Draw a horizontal line from column *first* to *last*, whose cell it enters."""
        if not on:
            return
        for column in range(first, last):
            self._add(line, row, column, EAST | (WEST if column > first or first == 0 else 0))
        for column in range(first + 1, last + 1):
            self._add(line, row, column, WEST)
        if into:
            self._add(line, row, last, EAST)

    def drop(self, line: str, column: int, top: int, bottom: int) -> None:
        """Draw a vertical line."""
        for row in range(top, bottom + 1):
            sides = (NORTH if row > top else 0) | (SOUTH if row < bottom else 0)
            self._add(line, row, column, sides)

    def arrow(self, row: int, column: int) -> None:
        """Put an arrow's head."""
        self._arrows.add((row, column))

    def text(self, height: int) -> tuple[str, ...]:
        """Return the lines of text, without blanks at their ends."""
        rows = 1 + max([height - 1, *(row for row, _ in self._cells)], default=-1)
        lines: list[dict[int, str]] = [{} for _ in range(rows)]
        for (row, column), here in self._cells.items():
            lines[row][column] = ARROW if (row, column) in self._arrows else _char(here)
        return tuple(
            "".join(line.get(column, " ") for column in range(1 + max(line, default=-1))) for line in lines
        )


def _char(here: Mapping[str, int]) -> str:
    """Return the character of a cell; lines that only cross do not join."""
    across = EAST | WEST
    upright = any(not sides & across for sides in here.values())
    flat = any(not sides & (NORTH | SOUTH) for sides in here.values())
    if upright and flat and all(not sides & across or not sides & (NORTH | SOUTH) for sides in here.values()):
        return "│"
    joined = 0
    for sides in here.values():
        joined |= sides
    return "─" if joined in {EAST, WEST} else BOX[joined]
