"""The graph on the screen: what is folded, how much is drawn, where the cursor is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from penstock.model.drawing.nodes import MAPPED
from penstock.model.drawing.order import Node, Order
from penstock.model.drawing.picture import Picture, States, picture
from penstock.model.drawing.scope import READABLE, Scope, bundled, first_folds
from penstock_tui.view.graph_walk import Direction, Walk

NARROWED = 3
"""How far one sees when a graph that is drawn whole is narrowed."""


class Graph:
    """Tasks, edges, and the picture of those that are drawn. ``cursor`` is a node of it, or ""."""

    def __init__(self) -> None:
        self.cursor = ""
        self.folded: set[str] = set()
        self.apart: dict[str, tuple[str, ...]] = {}
        """Tasks that are alike and are drawn one by one all the same, by the first of them."""
        self.steps: int | None = None
        """How many edges one sees from ``around``; None for all that is readable."""
        self.around: str | None = None
        self._narrow: int | None = None
        """How far one sees as long as nobody has said so, when the whole cannot be read."""
        self.states: States = {}
        self._groups: Mapping[str, str | None] = {}
        self._known: set[str] = set()
        self._use(Order((), {}))

    def _use(self, order: Order) -> None:
        self.order = order
        self.picture = Picture.of(Scope((), {}, {}, {}, 0), {})
        self.walk = Walk(self.picture)

    # -- content ---------------------------------------------------------------------------------

    def set_nodes(self, nodes: Sequence[Node], groups: Mapping[str, str | None], states: States) -> None:
        """Replace the tasks; the cursor stays on its own."""
        self._use(Order(nodes, groups))
        first = not self._known
        self.states, self._groups = states, groups
        folds = first_folds(self.order, groups)
        self.folded |= {group for group in folds if first or group.endswith(MAPPED)} - self._known
        self._known |= {*groups, ""}
        self._narrow = None
        self.arrange()

    def arrange(self) -> None:
        """Choose again what is drawn, and draw it."""
        came = self.walk.came
        self.picture = picture(
            self.order,
            self.states,
            folded=self.folded,
            apart=self.apart,
            around=self.around or self.cursor,
            steps=self.steps or self._narrow,
        )
        self._narrow = self._narrow or self.scope.steps  # the whole is not tried again at every move
        self.walk = Walk(self.picture)
        drawn = self.picture.drawing.places
        self.walk.came = came if came is not None and came.key in drawn else None
        if self.cursor not in drawn:
            goal = self.scope.shown().get(self.cursor) or self._holding(self.cursor)
            self.cursor = goal or next(iter(self.walk.keys), "")

    def _holding(self, key: str) -> str | None:
        """Return the node that stands for what the node *key*, which is gone, stood for."""
        first = bundled(key) or next((task for task in self.order.keys if key in self.order.path(task)), "")
        return self.picture.scope.shown().get(first)

    @property
    def scope(self) -> Scope:
        """What is drawn."""
        return self.picture.scope

    def tasks_at(self, key: str) -> tuple[str, ...]:
        """Return the tasks that a node stands for."""
        return self.scope.members.get(key, (key,)) if key else ()

    # -- moving ----------------------------------------------------------------------------------

    def go_sideways(self, direction: Direction) -> bool:
        """Go along an edge to a child (1) or a parent (-1); return whether there is one."""
        hidden = self.scope.below if direction > 0 else self.scope.above
        if hidden.get(self.cursor):
            self.center()
        goal = self.walk.sideways(self.cursor, direction)
        self.cursor = goal or self.cursor
        return goal is not None

    def go_upright(self, direction: Direction, rows: int = 1) -> None:
        """Go to the next sibling, or in the layer."""
        came = self.walk.came
        if rows == 1 and came is not None:
            hidden = self.scope.below if came.direction > 0 else self.scope.above
            siblings = (self.walk.down if came.direction > 0 else self.walk.up).get(came.key, [])
            if hidden.get(came.key) and siblings[::-direction][:1] == [self.cursor]:
                self.center()
        self.cursor = self.walk.upright(self.cursor, direction, rows) or self.cursor

    def center(self) -> None:
        """Draw what is near the cursor."""
        self.around = self.cursor
        self.arrange()

    def go_to_end(self, end: Literal[0, -1]) -> None:
        """Go to the first task (0) or the last (-1) that is drawn."""
        self.walk.came = None
        if self.walk.keys:
            self.cursor = self.walk.keys[end]

    def reveal(self, task: str) -> None:
        """Put the cursor on *task*, opening what hides it."""
        if task not in self.order.upstream:
            return
        hiding = {group for group in self.order.path(task) if group in self.folded}
        node = self.scope.shown().get(task)
        if hiding or node != task:
            self.folded -= hiding
            self.cursor = self.around = task
            if node is not None and bundled(node):
                self._open_bundle(node)
            self.arrange()
        if task not in self.picture.drawing.places:
            for key, members in self.scope.members.items():
                if task in members and bundled(key):
                    self._open_bundle(key)
                    break
            self.arrange()
        self.walk.came = None
        self.cursor = self.scope.shown().get(task, self.cursor)

    # -- how much is drawn -----------------------------------------------------------------------

    def toggle_fold(self) -> bool:
        """Open the node under the cursor, or fold the group around it; return whether there is one."""
        key = self.cursor
        path = self.order.path(key)
        if bundled(key):
            self._open_bundle(key)
        elif key in self.folded:
            self.folded.discard(key)
        elif path:
            self.folded.add(path[-1])
        elif first := next((first for first, keys in self.apart.items() if key in keys), None):
            del self.apart[first]
        else:
            return False
        self._narrow = None
        self.arrange()
        return True

    def _open_bundle(self, key: str) -> None:
        first = bundled(key)
        if first is not None:
            self.apart[first] = self.scope.members[key]

    def more(self) -> bool:
        """Draw one step more around the cursor; return whether that shows more."""
        before, steps = self.scope, self.scope.steps
        if steps is None:
            return False
        self.steps, self.around = steps + 1, self.cursor
        self.arrange()
        if len(self.scope.nodes) > len(before.nodes):
            return True
        self.steps = None if before.total <= READABLE else steps
        self._narrow = None
        self.arrange()
        return self.scope.steps is None

    def fewer(self) -> bool:
        """Draw one step less around the cursor; return whether one can."""
        steps = self.scope.steps
        if steps == 1 or not self.cursor:
            return False
        self.steps, self.around = (NARROWED if steps is None else steps - 1), self.cursor
        self.arrange()
        return True

    def said(self) -> str:
        """Return how much is drawn; "" if all is."""
        shown = self.scope
        if shown.steps is None:
            return ""
        steps = f"{shown.steps} step{'s' if shown.steps > 1 else ''}"
        return f"{len(shown.nodes)} of {shown.total}: {steps} around {shown.around}"
