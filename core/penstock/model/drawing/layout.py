"""The graph as a drawing from left to right, one row per task. Pure.

How to read it. Tasks that feed exactly the same tasks share one line; it splits where those stand. A
line never turns back, and ends in an arrow. A vertical line that a horizontal one meets without joining
is drawn over it: ``─│─``, ``─├─`` and ``─╰─`` are lines that go on to the right behind the other. In
ASCII these are ``-|-``, ``-}-`` and ``-'-``; ``-+-`` joins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from penstock.model.drawing.box import BOX, EAST, NORTH, SOUTH, WEST, to_ascii
from penstock.model.drawing.lanes import Net, nets_of
from penstock.model.drawing.layers import Layers, place
from penstock.model.drawing.order import Node

ARROW = "▸"


@dataclass(frozen=True, slots=True)
class Drawing:
    """The drawing, with blanks where tasks are written."""

    cells: tuple[str, ...]
    """The lines of text, all of them ``width`` cells long."""
    places: Mapping[str, tuple[int, int]]
    """The row and column of each task's text."""
    layer: Mapping[str, int]
    """The layer of each task, from 0."""
    width: int
    lanes: int = 0
    """How many lines stand side by side where most do, between two layers."""


def draw(nodes: Sequence[Node], widths: Mapping[str, int]) -> Drawing:
    """Draw *nodes*; *widths* says how many cells each task's text takes. Raises ValueError on a cycle."""
    layers = place(nodes)
    nets = [nets_of(spots, layers.feeds, layers.rows) for spots in layers.spots]
    frames, width = _columns(layers, nets, widths)
    used = [*layers.rows.values(), *(net.by for gap in nets for net in gap if net.by is not None)]
    top, bottom = min(used, default=0), max(used, default=-1)
    canvas = [[" "] * width for _ in range(bottom - top + 1)]
    places: dict[str, tuple[int, int]] = {}
    for spots, frame, gap in zip(layers.spots, frames, nets, strict=True):
        for spot in spots:
            row, begin = layers.rows[spot] - top, frame.text
            if spot in layers.tasks:
                places[spot.key] = (row, begin)
                begin += widths[spot.key]
            if layers.feeds[spot]:
                canvas[row][begin : frame.gap] = "─" * (frame.gap - begin)
        _across(canvas, gap, frame, top)
        _down(canvas, gap, frame, top)
        for fed in {target for spot in spots for target in layers.feeds[spot]} & layers.tasks:
            canvas[layers.rows[fed] - top][frame.end - 1] = ARROW
    layer = {spot.key: spot.layer for spot in layers.tasks}
    lanes = max((_lanes(gap) for gap in nets), default=0)
    return Drawing(tuple("".join(line) for line in canvas), places, layer, width, lanes)


def in_ascii(cells: str) -> str:
    """Return a line of the drawing in ASCII, in which lines that only cross can still be told."""
    return to_ascii(cells.replace("─├", "─}"))


@dataclass(frozen=True, slots=True)
class _Frame:
    """The columns of one layer: where its text begins, its lines begin, and the next layer begins."""

    text: int
    gap: int
    end: int

    def lane(self, lane: int) -> int:
        """Return the column of a lane."""
        return self.gap + 1 + 2 * lane


def _columns(
    layers: Layers, nets: Sequence[Sequence[Net]], widths: Mapping[str, int]
) -> tuple[list[_Frame], int]:
    """Return the columns of all layers, and how wide the whole is."""
    frames: list[_Frame] = []
    column = 0
    for spots, gap in zip(layers.spots, nets, strict=True):
        text = max((widths[spot.key] for spot in spots if spot in layers.tasks), default=0)
        end = column + text + (2 * _lanes(gap) + 2 if gap else 0)
        frames.append(_Frame(column, column + text, end))
        column = end
    return frames, column


def _lanes(gap: Sequence[Net]) -> int:
    """Return how many lanes a space between layers has."""
    return 1 + max((max(net.lane, net.second) for net in gap), default=-1)


def _across(canvas: Sequence[list[str]], nets: Sequence[Net], frame: _Frame, top: int) -> None:
    """Draw what is level between two layers."""
    for net in nets:
        first, last = frame.gap, frame.end
        if net.lane < 0:
            canvas[net.sources[0] - top][first:last] = "─" * (last - first)
            continue
        turn = frame.lane(net.lane)
        for row in net.sources:
            canvas[row - top][first:turn] = "─" * (turn - first)
        if net.by is not None:
            turn = frame.lane(net.second)
            begin = frame.lane(net.lane)
            canvas[net.by - top][begin:turn] = "─" * (turn - begin)
        for row in net.targets:
            canvas[row - top][turn:last] = "─" * (last - turn)


def _down(canvas: Sequence[list[str]], nets: Sequence[Net], frame: _Frame, top: int) -> None:
    """Draw the verticals, over what is level."""
    for net in nets:
        for lane, came, go in net.verticals():
            column = frame.lane(lane)
            low, high = min(*came, *go), max(*came, *go)
            for row in range(low, high + 1):
                sides = (NORTH if row > low else 0) | (SOUTH if row < high else 0)
                sides |= (WEST if row in came else 0) | (EAST if row in go else 0)
                canvas[row - top][column] = BOX[sides]
