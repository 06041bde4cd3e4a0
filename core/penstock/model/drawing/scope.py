"""What of a graph is drawn: groups folded, tasks that are alike as one, only what is near a task. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from penstock.model.drawing.nodes import MAPPED
from penstock.model.drawing.order import Node, Order

READABLE = 300
"""So many tasks are drawn whole at most; of more, only what is near one of them."""
ALIKE = 5
"""From this many tasks with the same parents and children, a large graph shows one node for them."""
STEPS = 2
"""How far from a task one sees at first, if the graph is too large to be drawn whole."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is drawn.

    ``members`` are the tasks of each node that stands for several: a folded group, a mapped task, tasks
    that are alike. ``above`` and ``below`` say how many parents and children of a node are not drawn.
    ``around`` and ``steps`` are None if the graph is drawn whole.
    """

    nodes: tuple[Node, ...]
    members: Mapping[str, tuple[str, ...]]
    above: Mapping[str, int]
    below: Mapping[str, int]
    total: int
    """How many nodes there are, drawn or not."""
    around: str | None = None
    steps: int | None = None

    def shown(self) -> dict[str, str]:
        """Return, for every task that is drawn, the node that shows it: itself, or what it is folded into."""
        return {task: node.key for node in self.nodes for task in self.members.get(node.key, (node.key,))}


def scope(
    order: Order,
    *,
    folded: Collection[str] = (),
    apart: Collection[str] = (),
    around: str | None = None,
    steps: int | None = None,
    most: int = READABLE,
) -> Scope:
    """Return what is drawn of *order*, at most *most* nodes.

    Groups in *folded* are one node each. If there are too many, so are tasks that are alike, without those
    that *apart* names (the first of them); if there are still too many, or if *steps* is given, it is what
    *around*, or else the first task, can be reached from.
    """
    nodes, members = fold(order, folded)
    if len(nodes) > most:
        nodes, members = _bundle(nodes, members, apart)
    if len(nodes) <= most and steps is None:
        return Scope(tuple(nodes), members, {}, {}, len(nodes))
    return near(nodes, members, around, STEPS if steps is None else steps, most)


def first_folds(order: Order, groups: Collection[str], most: int = READABLE) -> set[str]:
    """Return what is folded until somebody opens it: mapped tasks, and if that is not enough all groups."""
    mapped = {group for group in groups if group.endswith(MAPPED)}
    if len(fold(order, mapped)[0]) <= most:
        return mapped
    return mapped | {path[0] for key in order.keys if (path := order.path(key))}


def fold(order: Order, folded: Collection[str]) -> tuple[list[Node], dict[str, tuple[str, ...]]]:
    """Return the nodes with each group in *folded* as one, and what those stand for."""
    if not folded:
        return [Node(key, order.upstream[key], order.home.get(key)) for key in order.keys], {}
    shown: dict[str, str] = {}
    for key in order.keys:
        shown[key] = next((group for group in order.path(key) if group in folded), key)
    ups: dict[str, dict[str, None]] = {key: {} for key in shown.values()}
    members: dict[str, list[str]] = {}
    for key, node in shown.items():
        ups[node].update(dict.fromkeys(shown[up] for up in order.upstream[key] if shown[up] != node))
        if node != key:
            members.setdefault(node, []).append(key)
    nodes = [Node(key, tuple(above), order.home.get(key)) for key, above in ups.items()]
    return nodes, {group: tuple(keys) for group, keys in members.items()}


def _bundle(
    nodes: Sequence[Node], members: Mapping[str, tuple[str, ...]], apart: Collection[str]
) -> tuple[list[Node], dict[str, tuple[str, ...]]]:
    """Return the nodes with those of the same parents, children and group as one."""
    down = _children(nodes)
    alike: dict[object, list[str]] = {}
    for node in nodes:
        likeness = (node.group, frozenset(node.upstream), frozenset(down[node.key]))
        if likeness[1] or likeness[2]:
            alike.setdefault(likeness, []).append(node.key)
    shown = {node.key: node.key for node in nodes}
    stands_for = dict(members)
    for keys in alike.values():
        if len(keys) >= ALIKE and keys[0] not in apart:
            name = bundle_name(keys)
            shown.update(dict.fromkeys(keys, name))
            stands_for[name] = tuple(task for key in keys for task in members.get(key, (key,)))
    ups: dict[str, Node] = {}
    for node in nodes:
        name = shown[node.key]
        if name not in ups:
            above = tuple(dict.fromkeys(shown[up] for up in node.upstream))
            ups[name] = Node(name, above, node.group)
    return list(ups.values()), stands_for


def bundle_name(keys: Sequence[str]) -> str:
    """Return what tasks that are alike are called together: no task or group can have such a name."""
    return f"{keys[0]} +{len(keys) - 1} alike"


def bundled(name: str) -> str | None:
    """Return the first task of those that *name* stands for; None if it is the name of a task or group."""
    first, plus, _ = name.partition(" +")
    return first if plus else None


def near(
    nodes: Sequence[Node], members: Mapping[str, tuple[str, ...]], around: str | None, steps: int, most: int
) -> Scope:
    """Return what leads to a node and away from it in *steps*, and its siblings, nearest first."""
    by_key = {node.key: node for node in nodes}
    shown = {task: node.key for node in nodes for task in members.get(node.key, ())}
    start = shown.get(around or "", around or "")
    if start not in by_key:
        start = nodes[0].key if nodes else ""
    place = {node.key: at for at, node in enumerate(nodes)}
    down = _children(nodes)

    def nearest(keys: Collection[str]) -> list[str]:
        return sorted(keys, key=lambda key: abs(place[key] - place[start]))

    found: dict[str, None] = {start: None} if start else {}
    up_front, down_front = [start] if start else [], [start] if start else []
    for step in range(steps):
        up_front = nearest({up for key in up_front for up in by_key[key].upstream} - found.keys())
        down_front = nearest({child for key in down_front for child in down[key]} - found.keys())
        share = max(1, (most - len(found)) // 3)  # a task with a thousand children still shows its parents
        up_front, down_front = up_front[:share], down_front[:share]
        found.update(dict.fromkeys([*up_front, *down_front]))
        if step == 0:
            beside = {child for up in up_front for child in down[up]}
            beside |= {up for child in down_front for up in by_key[child].upstream}
            found.update(dict.fromkeys(nearest(beside - found.keys())[: min(share, 8 * steps)]))
    drawn = tuple(
        Node(node.key, tuple(up for up in node.upstream if up in found), node.group)
        for node in nodes
        if node.key in found
    )
    above = {key: sum(up not in found for up in by_key[key].upstream) for key in found}
    below = {key: sum(child not in found for child in down[key]) for key in found}
    return Scope(drawn, members, above, below, len(nodes), start or None, steps)


def _children(nodes: Sequence[Node]) -> dict[str, list[str]]:
    down: dict[str, list[str]] = {node.key: [] for node in nodes}
    for node in nodes:
        for up in node.upstream:
            if up in down:
                down[up].append(node.key)
    return down
