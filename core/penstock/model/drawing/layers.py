"""Where the tasks of a DAG stand in a drawing from left to right: columns, order, rows. Pure.

Longest-path layers. Tasks with the same children share one line; where it skips layers it runs through
waypoints. Sweeps by barycentre keep the order with the fewest crossings, then neighbours are exchanged;
rows follow the median of what they are joined to, and parts that are not joined stand below each other.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median_low
from typing import NamedTuple

from penstock.model.drawing.order import Node, Order

_SWEEPS = 8
_EXCHANGES = 6
"""How often neighbours are exchanged at most; each time there are fewer crossings."""
_SETTLINGS = 4


class Spot(NamedTuple):
    """A task in its layer, or (in a later layer) a waypoint of the line that it shares."""

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


def depths(order: Order) -> dict[str, int]:
    """Return the layer of every task: 0 without parents, else one more than its deepest parent's."""
    found: dict[str, int] = {}
    for key in order.keys:
        found[key] = 1 + max((found[up] for up in order.upstream[key]), default=-1)
    return found


def place(nodes: Sequence[Node]) -> Layers:
    """Return the places of *nodes*. Raises ValueError on a cycle."""
    order = Order([Node(node.key, node.upstream) for node in nodes], {})
    depth = depths(order)
    feeds = _wires(order, depth)
    fed = _turned(feeds)
    part = _parts(feeds, fed)
    layers: list[list[Spot]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
    for spot in feeds:
        layers[spot.layer].append(spot)
    listed = {key: at for at, key in enumerate(order.keys)}
    for layer in layers:
        layer.sort(key=lambda spot: (part[spot], listed[spot.key]))
    ordered = _fewest_crossings(layers, feeds, fed, part)
    return Layers(
        spots=tuple(tuple(layer) for layer in ordered),
        rows=_rows(ordered, feeds, fed, part),
        feeds=feeds,
        tasks=frozenset(Spot(key, layer) for key, layer in depth.items()),
    )


def passing(nodes: Sequence[Node]) -> float:
    """Return how many lines run through a layer on their way to later ones, on average."""
    order = Order([Node(node.key, node.upstream) for node in nodes], {})
    depth = depths(order)
    waypoints = len(_wires(order, depth)) - len(depth)
    return waypoints / (1 + max(depth.values(), default=0))


def _wires(order: Order, depth: Mapping[str, int]) -> dict[Spot, list[Spot]]:
    """Return what every spot feeds in the next layer. Tasks with the same children share their waypoints."""
    down: dict[str, list[str]] = {key: [] for key in order.keys}
    for key in order.keys:
        for up in order.upstream[key]:
            down[up].append(key)
    sharing: dict[tuple[str, ...], list[str]] = {}
    for key in order.keys:
        sharing.setdefault(tuple(down[key]), []).append(key)
    feeds: dict[Spot, list[Spot]] = {Spot(key, depth[key]): [] for key in order.keys}
    for children, sources in sharing.items():
        if not children:
            continue
        first = min(sources, key=depth.__getitem__)
        last = max(depth[child] for child in children) - 1
        through = {layer: Spot(first, layer) for layer in range(depth[first] + 1, last + 1)}
        feeds.update({spot: [] for spot in through.values()})
        for spot in (*(Spot(key, depth[key]) for key in sources), *through.values()):
            after = spot.layer + 1
            feeds[spot] += [Spot(child, after) for child in children if depth[child] == after]
            if after in through:
                feeds[spot].append(through[after])
    return feeds


def _parts(feeds: Wires, fed: Wires) -> dict[Spot, int]:
    """Return a number for each spot: those that lines join have the same one."""
    part: dict[Spot, int] = {}
    for start in feeds:
        if start in part:
            continue
        number = len(part)
        stack = [start]
        while stack:
            spot = stack.pop()
            if spot not in part:
                part[spot] = number
                stack += (*feeds[spot], *fed[spot])
    return part


def _turned(feeds: Wires) -> dict[Spot, list[Spot]]:
    fed: dict[Spot, list[Spot]] = {spot: [] for spot in feeds}
    for spot, targets in feeds.items():
        for target in targets:
            fed[target].append(spot)
    return fed


# -- order -----------------------------------------------------------------------------------------


def _fewest_crossings(
    layers: list[list[Spot]], feeds: Wires, fed: Wires, part: Mapping[Spot, int]
) -> list[list[Spot]]:
    best, fewest = layers, _crossings(layers, feeds)
    current = [list(layer) for layer in layers]
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        forward = sweep % 2 == 0
        numbers = range(1, len(current)) if forward else range(len(current) - 2, -1, -1)
        for number in numbers:
            beside = current[number - 1 if forward else number + 1]
            _arrange(current[number], beside, fed if forward else feeds, part)
        count = _crossings(current, feeds)
        if count < fewest:
            best, fewest = [list(layer) for layer in current], count
    best = [list(layer) for layer in best]
    for _ in range(_EXCHANGES if fewest else 0):
        exchanged = [_exchange(best, number, feeds, fed, part) for number in range(len(best))]
        if True not in exchanged:
            break
    return best


def _exchange(
    layers: list[list[Spot]], number: int, feeds: Wires, fed: Wires, part: Mapping[Spot, int]
) -> bool:
    """Exchange neighbours of a layer whose lines cross less the other way; return whether any did."""
    layer, better = layers[number], False
    before = {spot: place for place, spot in enumerate(layers[number - 1])} if number else {}
    after = {spot: place for place, spot in enumerate(layers[number + 1])} if number + 1 < len(layers) else {}
    ends = {
        spot: ([before[other] for other in fed[spot]], [after[other] for other in feeds[spot]])
        for spot in layer
    }

    def crossing(upper: Spot, lower: Spot) -> int:
        return sum(
            one > other
            for ones, others in zip(ends[upper], ends[lower], strict=True)
            for one in ones
            for other in others
        )

    for place in range(len(layer) - 1):
        upper, lower = layer[place : place + 2]
        if part[upper] == part[lower] and crossing(upper, lower) > crossing(lower, upper):
            layer[place], layer[place + 1] = lower, upper
            better = True
    return better


def _arrange(layer: list[Spot], beside: Sequence[Spot], edges: Wires, part: Mapping[Spot, int]) -> None:
    """Sort *layer* by the mean place of each spot's neighbours; those without keep their place."""
    places = {spot: place for place, spot in enumerate(beside)}
    means = {
        spot: (part[spot], _mean([places[other] for other in edges[spot]], place))
        for place, spot in enumerate(layer)
    }
    layer.sort(key=means.__getitem__)


def _mean(places: Sequence[int], otherwise: int) -> float:
    return sum(places) / len(places) if places else float(otherwise)


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


def _rows(
    layers: Sequence[Sequence[Spot]], feeds: Wires, fed: Wires, part: Mapping[Spot, int]
) -> dict[Spot, int]:
    """Return the row of every spot: one part below the other, single tasks without a line at the end."""
    apart: dict[int, list[list[Spot]]] = {}
    for layer in layers:
        for spot in layer:
            of_part = apart.setdefault(part[spot], [])
            if not of_part or of_part[-1][0].layer != spot.layer:
                of_part.append([])
            of_part[-1].append(spot)
    rows: dict[Spot, int] = {}
    top = 0
    for of_part in sorted(apart.values(), key=lambda found: sum(map(len, found)) == 1):
        own = _rows_of_part(of_part, feeds, fed)
        first = min(own.values())
        rows.update((spot, row - first + top) for spot, row in own.items())
        top += 1 + max(own.values()) - first
    return rows


def _rows_of_part(layers: Sequence[Sequence[Spot]], feeds: Wires, fed: Wires) -> dict[Spot, int]:
    rows = {spot: row for layer in layers for row, spot in enumerate(layer)}
    for settling in range(_SETTLINGS):
        forward = settling % 2 == 0
        for layer in layers if forward else reversed(layers):
            _settle(layer, rows, fed if forward else feeds)
    return rows


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
