"""The order in which tasks are listed: topological, groups in one piece, each chain followed down. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """One task of the list. ``upstream`` ids that are not among the nodes are ignored."""

    key: str
    upstream: tuple[str, ...] = ()
    group: str | None = None


class Order:
    """Nodes sorted so that parents come first and the members of a group stay together.

    Where the graph allows a choice, a task is followed by the child it made ready, then the
    author's order decides. ``home`` maps a node or group to the group it is listed in. A group
    whose members cannot stay together (a path leaves it and comes back) is not in ``home``
    and its members belong to the group around it. Raises ValueError on a cycle.
    """

    __slots__ = ("_paths", "home", "keys", "upstream")

    def __init__(self, nodes: Sequence[Node], parents: Mapping[str, str | None]) -> None:
        known = {node.key for node in nodes}
        self.upstream: dict[str, tuple[str, ...]] = {
            node.key: tuple(up for up in dict.fromkeys(node.upstream) if up in known and up != node.key)
            for node in nodes
        }
        self.home: dict[str, str | None] = _containment(nodes, parents)
        self._paths: dict[str, tuple[str, ...]] = {}
        rank = {key: place for place, key in enumerate(self._ranked(nodes))}
        while True:
            levels = self._levels()
            knot = self._sort_all(levels, rank)
            if isinstance(knot, list):
                self.keys: tuple[str, ...] = tuple(knot)
                return
            if not knot:
                raise ValueError("tasks depend on each other in a circle")
            self._dissolve(knot)

    def path(self, key: str) -> tuple[str, ...]:
        """Return the groups around a node or group, outermost first."""
        known = self._paths.get(key)
        if known is None:
            group = self.home.get(key)
            known = () if group is None else (*self.path(group), group)
            self._paths[key] = known
        return known

    def _ranked(self, nodes: Sequence[Node]) -> Iterable[str]:
        """Yield nodes in the author's order, each group just before its first member."""
        seen: set[str] = set()
        for node in nodes:
            for group in self.path(node.key):
                if group not in seen:
                    seen.add(group)
                    yield group
            yield node.key

    def _levels(self) -> dict[str | None, dict[str, dict[str, None]]]:
        """Return, for every group, its direct members with the members each of them feeds."""
        levels: dict[str | None, dict[str, dict[str, None]]] = {}
        paths = {key: (*self.path(key), key) for key in self.home}
        for key, group in self.home.items():
            levels.setdefault(group, {}).setdefault(key, {})
        for key, ups in self.upstream.items():
            lower = paths[key]
            for up in ups:
                upper = paths[up]
                depth = 0
                while upper[depth] == lower[depth]:
                    depth += 1
                levels[self.home[upper[depth]]][upper[depth]][lower[depth]] = None
        return levels

    def _sort_all(
        self, levels: Mapping[str | None, Mapping[str, Collection[str]]], rank: Mapping[str, int]
    ) -> list[str] | set[str]:
        """Return all nodes in order, or the groups that are in the way when a level has a cycle."""
        sorted_levels: dict[str | None, list[str]] = {}
        for group, members in levels.items():
            order, rest = _follow_down(members, rank)
            if rest:
                return {key for key in _on_cycles(rest, members) if key not in self.upstream}
            sorted_levels[group] = order
        keys: list[str] = []
        stack = list(reversed(sorted_levels.get(None, [])))
        while stack:
            key = stack.pop()
            if key in self.upstream:
                keys.append(key)
            else:
                stack.extend(reversed(sorted_levels.get(key, [])))
        return keys

    def _dissolve(self, groups: Collection[str]) -> None:
        self._paths.clear()
        for group in groups:
            parent = self.home.pop(group)
            for key, home in self.home.items():
                if home == group:
                    self.home[key] = parent


def _containment(nodes: Sequence[Node], parents: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the group around every node and every group that has nodes in it."""
    home: dict[str, str | None] = {}
    for node in nodes:
        home[node.key] = node.group
        group = node.group
        while group is not None and group not in home:
            home[group] = parents.get(group)
            group = home[group]
    return home


def _follow_down(
    members: Mapping[str, Collection[str]], rank: Mapping[str, int]
) -> tuple[list[str], list[str]]:
    """Return the members in order, and those on or below a cycle, which have no order."""
    waiting = dict.fromkeys(members, 0)
    for fed in members.values():
        for key in fed:
            waiting[key] += 1
    stack = sorted((key for key, count in waiting.items() if count == 0), key=rank.__getitem__, reverse=True)
    order: list[str] = []
    while stack:
        key = stack.pop()
        order.append(key)
        ready: list[str] = []
        for fed in members[key]:
            waiting[fed] -= 1
            if waiting[fed] == 0:
                ready.append(fed)
        stack.extend(sorted(ready, key=rank.__getitem__, reverse=True))
    rest = [key for key, count in waiting.items() if count > 0]
    return order, rest


def _on_cycles(rest: Iterable[str], members: Mapping[str, Collection[str]]) -> set[str]:
    """Return *rest* without the members that feed nothing in it."""
    left = set(rest)
    while True:
        feeding = {key for key in left if any(fed in left for fed in members[key])}
        if feeding == left:
            return left
        left = feeding
