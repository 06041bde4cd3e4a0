"""The tasks of a wide run as a list by layers, where rails would not fit and so say nothing. Pure.

Rails need a lane for each output that is still waited for. If there is no room for most of them, what can
be said truly of each task in the same cells is how many tasks lead to it and how many it leads to::

     2─✓─13  load_orders

Tasks without parents are layer 1; every other task is in the layer after its last parent's.
"""

from __future__ import annotations

from collections.abc import Collection

from penstock.model.drawing.layers import depths
from penstock.model.drawing.order import Node, Order
from penstock.model.drawing.scope import fold
from penstock_tui.view.rails import Rails, Row, RowKind, lay_out_order

_HIDDEN = 1 / 8
"""Rails are drawn as long as no larger share of the tasks has its place beyond the last lane."""
_DIGITS = 2
"""Cells for each number at least."""


def rows_of(order: Order, *, folded: Collection[str] = (), max_lanes: int = 16) -> Rails:
    """Draw *order* with rails in at most *max_lanes* lanes if that says something, else by layers."""
    rails = lay_out_order(order, folded=folded, max_lanes=max_lanes)
    if not rails.elided:
        return rails
    listed = [row for row in rails.rows if row.column >= 0]
    hidden = sum(row.column >= 2 * (max_lanes - 1) for row in listed)
    return by_layers(order, folded=folded) if hidden > _HIDDEN * len(listed) else rails


def by_layers(order: Order, *, folded: Collection[str] = ()) -> Rails:
    """Draw *order* by layers, each with a title; groups and layers in *folded* are one row."""
    nodes, stands_for = fold(order, folded)
    depth = depths(Order([Node(node.key, node.upstream) for node in nodes], {}))
    down = dict.fromkeys(depth, 0)
    for node in nodes:
        for up in node.upstream:
            down[up] += 1
    widest = max([*down.values(), *(len(node.upstream) for node in nodes)], default=0)
    digits = max(_DIGITS, len(str(widest)))
    rows: list[Row] = []
    members: dict[str, list[str]] = {}
    titles: dict[str, str] = {}
    for number in range(1 + max(depth.values(), default=-1)):
        title = layer_name(number + 1)
        own = [node for node in nodes if depth[node.key] == number]
        tasks = [task for node in own for task in stands_for.get(node.key, (node.key,))]
        members[title] = tasks
        titles.update(dict.fromkeys((*tasks, *(node.key for node in own)), title))
        if title in folded:
            rows.append(Row(RowKind.FOLDED, " " * (digits + 2), digits + 1, title, 0))
            continue
        rows.append(Row(RowKind.GROUP, "", -1, title, 0))
        for node in own:
            kind = RowKind.FOLDED if node.key in stands_for else RowKind.TASK
            rows.append(
                Row(kind, _beside(len(node.upstream), down[node.key], digits), digits + 1, node.key, 0)
            )
    for key in order.keys:
        for group in order.path(key):
            members.setdefault(group, []).append(key)
    return Rails(
        rows=tuple(rows),
        width=2 * digits + 3,
        elided=False,
        members={name: tuple(tasks) for name, tasks in members.items()},
        layer_of=titles,
    )


def layer_name(number: int) -> str:
    """Return the title of a layer, counted from 1; no task or group can have such a name."""
    return f"layer {number}"


def _beside(ups: int, downs: int, digits: int) -> str:
    """Return how many lead to a task and how many it leads to, with a blank between for its glyph."""
    left = f"{ups:>{digits}}─" if ups else " " * (digits + 1)
    return f"{left} {f'─{downs}' if downs else ''}"
