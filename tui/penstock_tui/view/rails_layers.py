"""The tasks of a run that is too wide for rails: by groups or layers, with numbers that say something. Pure.

Rails need a lane for each output that is still waited for. If there is no room for most of them, what can
be said truly of each task in the same cells is how many tasks lead to it and how many it leads to::

     2─✓─13  load_orders

Where most tasks are in groups, those are the titles. Else the titles are layers: tasks without parents are
layer 1; every other task is in the layer after its last parent's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache

from penstock.model.drawing.layers import depths
from penstock.model.drawing.nodes import MAPPED
from penstock.model.drawing.order import Node, Order
from penstock.model.drawing.scope import fold
from penstock_tui.view.rails import Rails, Row, RowKind, bare_rows, lay_out_narrow, members_of

_HIDDEN = 1 / 8
"""Rails are drawn as long as no larger share of the tasks has its place beyond the last lane."""
_GROUPED = 1 / 2
"""From this share of tasks that are in groups, the groups are the titles."""
_DIGITS = 2
"""Cells for each number at least."""


@lru_cache(maxsize=4)
def order_of(nodes: tuple[Node, ...], parents: tuple[tuple[str, str | None], ...]) -> Order:
    """Return the order of *nodes*; *parents* are pairs of a group and the group around it.

    It is kept for the other runs of a DAG, and for the screen that shows this one again.
    """
    return Order(nodes, dict(parents))


@lru_cache(maxsize=8)
def kept_rows(order: Order, folded: frozenset[str], max_lanes: int) -> Rails:
    """Return what `rows_of` does, from memory if it was asked lately."""
    return rows_of(order, folded=folded, max_lanes=max_lanes)


def rows_of(order: Order, *, folded: Collection[str] = (), max_lanes: int = 16) -> Rails:
    """Draw *order* with rails in at most *max_lanes* lanes if that says something, else with numbers."""
    rails = lay_out_narrow(order, folded=folded, max_lanes=max_lanes, most_hidden=_HIDDEN)
    if rails is not None:
        return rails
    grouped = sum(any(not group.endswith(MAPPED) for group in order.path(key)) for key in order.keys)
    if grouped >= _GROUPED * len(order.keys):
        return by_groups(order, folded=folded)
    return by_layers(order, folded=folded)


def by_groups(order: Order, *, folded: Collection[str] = ()) -> Rails:
    """Draw *order* by groups, with numbers beside its tasks."""
    beside = _Numbers(fold(order, folded)[0])
    rows = [
        row if row.kind is RowKind.GROUP else replace(row, cells=beside.cells(row.key), column=beside.column)
        for row in bare_rows(order, folded)
    ]
    return Rails(rows=tuple(rows), width=beside.width, elided=False, members=members_of(order), counted=True)


def by_layers(order: Order, *, folded: Collection[str] = ()) -> Rails:
    """Draw *order* by layers, each with a title; groups and layers in *folded* are one row."""
    nodes, stands_for = fold(order, folded)
    depth = depths(Order([Node(node.key, node.upstream) for node in nodes], {}) if folded else order)
    beside = _Numbers(nodes)
    rows: list[Row] = []
    members: dict[str, list[str]] = {}
    titles: dict[str, str] = {}
    layers: list[list[str]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
    for node in nodes:
        layers[depth[node.key]].append(node.key)
    for number, own in enumerate(layers):
        title = layer_name(number + 1)
        tasks = [task for key in own for task in stands_for.get(key, (key,))]
        members[title] = tasks
        titles.update(dict.fromkeys((*tasks, *own), title))
        if title in folded:
            rows.append(Row(RowKind.FOLDED, " " * (beside.column + 1), beside.column, title, 0))
            continue
        rows.append(Row(RowKind.GROUP, "", -1, title, 0))
        for key in own:
            kind = RowKind.FOLDED if key in stands_for else RowKind.TASK
            rows.append(Row(kind, beside.cells(key), beside.column, key, 0))
    return Rails(
        rows=tuple(rows),
        width=beside.width,
        elided=False,
        members={**{name: tuple(tasks) for name, tasks in members.items()}, **members_of(order)},
        counted=True,
        layer_of=titles,
    )


def layer_name(number: int) -> str:
    """Return the title of a layer, counted from 1; no task or group can have such a name."""
    return f"layer {number}"


class _Numbers:
    """How many nodes lead to each, and how many it leads to, in cells with a blank for its glyph."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._up = {node.key: len(node.upstream) for node in nodes}
        self._down = dict.fromkeys(self._up, 0)
        for node in nodes:
            for up in node.upstream:
                self._down[up] += 1
        most = max([*self._up.values(), *self._down.values()], default=0)
        digits = max(_DIGITS, len(str(most)))
        self.column = digits + 1
        self.width = 2 * digits + 3

    def cells(self, key: str) -> str:
        """Return the cells of a node."""
        up, down = self._up[key], self._down[key]
        left = f"{up}─" if up else ""
        return f"{left:>{self.column}} {f'─{down}' if down else ''}"
