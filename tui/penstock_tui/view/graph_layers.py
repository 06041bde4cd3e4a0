"""Where the tasks of a DAG stand in a drawing from left to right: columns, order, rows. Pure.

Longest-path layers; an edge that skips layers runs through waypoints, which a task's edges share;
sweeps by barycentre keep the order with the fewest crossings; rows follow the neighbours' median.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median_low

from penstock_tui.view.task_order import Node, Order

_SWEEPS = 8
_SETTLINGS = 4


@dataclass(frozen=True, slots=True)
class Spot:
    """A task in its layer, or (in a later layer) a waypoint of the edges that leave it."""

    key: str
    layer: int


Wires = Mapping[Spot, Sequence[Spot]]


@dataclass(frozen=True, slots=True)
class Layers:
    """``spots`` by layer from top to bottom, their rows, and which of the next layer each feeds."""

    spots: tuple[tuple[Spot, ...], ...]
    rows: Mapping[Spot, int]
    feeds: Wires
    tasks: frozenset[Spot]
    """The spots that are tasks, not waypoints."""


def place(nodes: Sequence[Node]) -> Layers:
    """Return the places of *nodes*. Raises ValueError on a cycle."""
    order = Order(nodes, {})
    depth: dict[str, int] = {}
    for key in order.keys:
        depth[key] = 1 + max((depth[up] for up in order.upstream[key]), default=-1)
    reach = dict(depth)
    for key in order.keys:
        for up in order.upstream[key]:
            reach[up] = max(reach[up], depth[key] - 1)
    layers: list[list[Spot]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
    feeds: dict[Spot, list[Spot]] = {}
    for key in order.keys:
        for layer in range(depth[key], reach[key] + 1):
            layers[layer].append(Spot(key, layer))
            feeds[Spot(key, layer)] = [Spot(key, layer + 1)] if layer < reach[key] else []
    for key in order.keys:
        for up in order.upstream[key]:
            feeds[Spot(up, depth[key] - 1)].append(Spot(key, depth[key]))
    fed = _turned(feeds)
    ordered = _fewest_crossings(layers, feeds, fed)
    return Layers(
        spots=tuple(tuple(layer) for layer in ordered),
        rows=_rows(ordered, feeds, fed),
        feeds=feeds,
        tasks=frozenset(Spot(key, layer) for key, layer in depth.items()),
    )


def around(nodes: Sequence[Node], key: str, steps: int = 2) -> tuple[Node, ...]:
    """Return the nodes within *steps* edges up or down from *key*, for a DAG too large to draw whole."""
    ups = {node.key: node.upstream for node in nodes}
    downs: dict[str, list[str]] = {}
    for node in nodes:
        for up in node.upstream:
            downs.setdefault(up, []).append(node.key)
    near = {key}
    for edges in (ups, downs):
        front = {key}
        for _ in range(steps):
            front = {other for each in front for other in edges.get(each, ()) if other in ups}
            near |= front
    return tuple(node for node in nodes if node.key in near)


def _turned(feeds: Wires) -> dict[Spot, list[Spot]]:
    fed: dict[Spot, list[Spot]] = {spot: [] for spot in feeds}
    for spot, targets in feeds.items():
        for target in targets:
            fed[target].append(spot)
    return fed


# -- order -----------------------------------------------------------------------------------------


def _fewest_crossings(layers: list[list[Spot]], feeds: Wires, fed: Wires) -> list[list[Spot]]:
    best, fewest = layers, _crossings(layers, feeds)
    current = [list(layer) for layer in layers]
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        forward = sweep % 2 == 0
        numbers = range(1, len(current)) if forward else range(len(current) - 2, -1, -1)
        for number in numbers:
            beside = current[number - 1 if forward else number + 1]
            _arrange(current[number], beside, fed if forward else feeds)
        count = _crossings(current, feeds)
        if count < fewest:
            best, fewest = [list(layer) for layer in current], count
    return best


def _arrange(layer: list[Spot], beside: Sequence[Spot], edges: Wires) -> None:
    """Sort *layer* by the mean place of each spot's neighbours; those without keep their place."""
    places = {spot: place for place, spot in enumerate(beside)}
    means = {
        spot: fmean(places[other] for other in edges[spot]) if edges[spot] else float(place)
        for place, spot in enumerate(layer)
    }
    layer.sort(key=means.__getitem__)


def _crossings(layers: Sequence[Sequence[Spot]], feeds: Wires) -> int:
    total = 0
    for layer, after in pairwise(layers):
        places = {spot: place for place, spot in enumerate(after)}
        ends: list[int] = []
        for spot in layer:
            found = sorted(places[target] for target in feeds[spot])
            total += sum(len(ends) - bisect_right(ends, end) for end in found)
            for end in found:
                insort(ends, end)
    return total


# -- rows ------------------------------------------------------------------------------------------


def _rows(layers: Sequence[Sequence[Spot]], feeds: Wires, fed: Wires) -> dict[Spot, int]:
    rows = {spot: row for layer in layers for row, spot in enumerate(layer)}
    for settling in range(_SETTLINGS):
        forward = settling % 2 == 0
        for layer in layers if forward else reversed(layers):
            _settle(layer, rows, fed if forward else feeds)
    top = min(rows.values(), default=0)
    return {spot: row - top for spot, row in rows.items()}


def _settle(layer: Sequence[Spot], rows: dict[Spot, int], edges: Wires) -> None:
    """Move the spots of a layer as near to their neighbours' median as their order allows."""
    blocks: list[list[float]] = []  # wished rows, each less its place, of spots that move together
    for place, spot in enumerate(layer):
        others = [rows[other] for other in edges[spot]]
        blocks.append([float(median_low(others) if others else rows[spot]) - place])
        while len(blocks) > 1 and fmean(blocks[-2]) >= fmean(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    place = 0
    for block in blocks:
        base = round(fmean(block))
        for _ in block:
            rows[layer[place]] = base + place
            place += 1
