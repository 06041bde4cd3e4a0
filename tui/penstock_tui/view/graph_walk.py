"""Where the arrows lead in a drawn graph: along its edges, and between siblings. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from penstock.model.drawing.picture import Picture

Direction = Literal[1, -1]


@dataclass(frozen=True, slots=True)
class Came:
    """The node at the other end of the edge that the cursor walked last, and which way it went."""

    key: str
    direction: Direction


class Walk:
    """The edges of a picture, for a cursor.

    ``came`` is how the cursor got to where it is: going back leads there again, and up and down lead to
    the others that this edge could have led to.
    """

    def __init__(self, picture: Picture) -> None:
        self.drawing = picture.drawing
        self.came: Came | None = None
        self.up: dict[str, list[str]] = {}
        self.down: dict[str, list[str]] = {node.key: [] for node in picture.scope.nodes}
        for node in picture.scope.nodes:
            self.up[node.key] = self._by_row(node.upstream)
            for up in node.upstream:
                self.down[up].append(node.key)
        self.down = {key: self._by_row(keys) for key, keys in self.down.items()}
        places = self.drawing.places
        self.keys = sorted(places, key=lambda key: (self.drawing.layer[key], places[key]))
        """All nodes, layer by layer."""

    def _by_row(self, keys: Iterable[str]) -> list[str]:
        return sorted(keys, key=self.drawing.places.__getitem__)

    def _row(self, key: str) -> int:
        return self.drawing.places[key][0]

    def sideways(self, key: str, direction: Direction) -> str | None:
        """Return the nearest child (1) or parent (-1) of *key*, or where the cursor came from."""
        beyond = (self.down if direction > 0 else self.up).get(key)
        if not beyond:
            return None
        came = self.came
        if came is not None and came.direction == -direction and came.key in beyond:
            goal = came.key
        else:
            goal = min(beyond, key=lambda other: (abs(self._row(other) - self._row(key)), self._row(other)))
        self.came = Came(key, direction)
        return goal

    def upright(self, key: str, direction: Direction, rows: int = 1) -> str | None:
        """Return the next sibling below (1) or above (-1); after the last one the next of the layer.

        With more *rows*, the node of the layer that is about so far away.
        """
        if key not in self.drawing.places:
            return None
        if rows == 1:
            sibling = self._sibling(key, direction)
            if sibling is not None:
                return sibling
        self.came = None
        goal = self._row(key) + direction * rows
        layer = self.drawing.layer
        for pool in ([each for each in self.keys if layer[each] == layer[key]], self.keys):
            beyond = [each for each in pool if (self._row(each) - self._row(key)) * direction > 0]
            if beyond:
                return min(
                    beyond, key=lambda each: (abs(self._row(each) - goal), abs(layer[each] - layer[key]))
                )
        return None

    def _sibling(self, key: str, direction: Direction) -> str | None:
        came = self.came
        if came is None or came.key not in self.down:
            return None
        siblings = (self.down if came.direction > 0 else self.up)[came.key]
        place = siblings.index(key) + direction if key in siblings else -1
        return siblings[place] if 0 <= place < len(siblings) else None
