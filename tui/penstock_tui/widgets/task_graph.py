"""`TaskGraph`: a DAG or run as a graph, drawn line by line, with a cursor that walks along its edges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar, Literal

from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from penstock.model.drawing.box import to_ascii
from penstock.model.drawing.layout import in_ascii
from penstock.model.drawing.order import Node
from penstock.model.drawing.picture import Label, States, label
from penstock_tui import actions
from penstock_tui.view.graph import Graph
from penstock_tui.view.rails_text import joined
from penstock_tui.view.spans import Spans, width
from penstock_tui.view.state_style import Looks
from penstock_tui.widgets.drawn import Drawn
from penstock_tui.widgets.line import strip_of

_BOLD = frozenset({"failed", "running", "stopping", "restarting"})
"""States in which a name has its state's style too."""
_MARGIN = 6
"""Cells that stay visible beside the node under the cursor, for its lines."""


class TaskGraph(Drawn, can_focus=True):
    """Posts `Moved` when the cursor stands on another node or more or less is drawn, `Entered` on a click."""

    DEFAULT_CSS = "TaskGraph { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("cells")]

    class Moved(Message):
        """The cursor stands on another node."""

    class Entered(Message):
        """A node was chosen with the mouse (a second click on it)."""

    def __init__(self, looks: Looks) -> None:
        super().__init__()
        self.looks = looks
        self.graph = Graph()
        self.marks: set[str] = set()
        """Tasks that are marked."""
        self.hits: Collection[str] = ()
        """Tasks that a search has found."""
        self._marking = False
        """Whether what the cursor passes is marked."""
        self._shape: object = None
        self._rows: Mapping[int, list[tuple[int, str]]] = {}
        self._top = self._left = 0

    # -- content ---------------------------------------------------------------------------------

    def show(self, nodes: Sequence[Node], groups: Mapping[str, str | None], states: States) -> None:
        """Show tasks with their states; where only states changed, only those lines are drawn."""
        shape = (tuple(nodes), dict(groups))
        before, self.graph.states = self.graph.states, states
        if shape != self._shape or before.keys() != states.keys():
            self._shape = shape
            self.graph.set_nodes(nodes, groups, states)
            self.marks.intersection_update(node.key for node in nodes)
            self.drawn()
            return
        shown = self.graph.scope.shown()
        for key in {shown[task] for task, state in states.items() if before[task] != state and task in shown}:
            self._refresh_node(key)

    def drawn(self) -> None:
        """Take in a new picture."""
        rows: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
        for key, (row, column) in self.graph.picture.drawing.places.items():
            rows[row].append((column, key))
        self._rows = {row: sorted(found) for row, found in rows.items()}
        self._keep_visible()
        self.refresh()
        self.post_message(self.Moved())

    def found(self, hits: Collection[str]) -> None:
        """Show which tasks a search has found."""
        if hits != self.hits:
            self.hits = hits
            self.refresh()

    # -- what is chosen --------------------------------------------------------------------------

    def chosen(self) -> tuple[str, ...]:
        """Return the marked tasks, else those of the node under the cursor."""
        if self.marks:
            return tuple(key for key in self.graph.order.keys if key in self.marks)
        return self.graph.tasks_at(self.graph.cursor)

    @property
    def hidden_marks(self) -> int:
        """How many marked tasks are not drawn."""
        return len(self.marks - self.graph.scope.shown().keys()) if self.marks else 0

    def toggle_mark(self) -> bool:
        """Mark or unmark the node under the cursor; return whether there is one."""
        keys = set(self.graph.tasks_at(self.graph.cursor))
        self._marking = False
        self.marks = self.marks - keys if keys <= self.marks else self.marks | keys
        self._refresh_node(self.graph.cursor)
        return bool(keys)

    def toggle_range(self) -> bool:
        """Begin to mark what the cursor passes, or stop; return whether there is something."""
        keys = self.graph.tasks_at(self.graph.cursor)
        self._marking = bool(keys) and not self._marking
        if self._marking:
            self.marks.update(keys)
            self._refresh_node(self.graph.cursor)
        return bool(keys)

    def mark_all(self) -> bool:
        """Mark all that is drawn, or unmark it if all is marked; return whether there is anything."""
        every = set(self.graph.scope.shown())
        self.marks = self.marks - every if every <= self.marks else self.marks | every
        self.refresh()
        return bool(every)

    def clear_marks(self) -> bool:
        """Unmark everything; return whether something was marked."""
        had = bool(self.marks) or self._marking
        self.marks, self._marking = set(), False
        if had:
            self.refresh()
        return had

    # -- moving ----------------------------------------------------------------------------------

    def action_do(self, action_id: str) -> None:
        """Walk as the table of actions says."""
        graph, page = self.graph, max(1, self.size.height - 1)
        before = (graph.cursor, graph.picture)
        match action_id:
            case "move.left" | "move.right":
                graph.go_sideways(1 if action_id == "move.right" else -1)
            case "move.up" | "move.down":
                graph.go_upright(1 if action_id == "move.down" else -1)
            case "move.page_up" | "move.page_down":
                graph.go_upright(1 if action_id == "move.page_down" else -1, page)
            case "move.half_up" | "move.half_down":
                graph.go_upright(1 if action_id == "move.half_down" else -1, max(2, page // 2))
            case "move.top" | "move.end":
                graph.go_to_end(0 if action_id == "move.top" else -1)
        self._went(*before)

    def go_to(self, task: str) -> None:
        """Put the cursor on a task, opening what hides it."""
        before = (self.graph.cursor, self.graph.picture)
        self.graph.reveal(task)
        self._went(*before)

    def _went(self, before: str, picture: object) -> None:
        """Draw what is different now that the cursor is elsewhere."""
        if self._marking:
            self.marks.update(self.graph.tasks_at(self.graph.cursor))
        if picture is not self.graph.picture:
            self.drawn()
            return
        if before == self.graph.cursor:
            return
        if self._keep_visible():
            self.refresh()
        else:
            self._refresh_node(before)
            self._refresh_node(self.graph.cursor)
        self.post_message(self.Moved())

    def cycle(self, keys: Collection[str], direction: Literal[1, -1]) -> bool:
        """Go to the next (or previous) task among *keys*, going around; return whether there is one."""
        order = self.graph.order.keys
        if not keys or not order:
            return False
        under = self.graph.tasks_at(self.graph.cursor)
        here = order.index(under[0 if direction < 0 else -1]) if under else 0
        for step in range(1, len(order) + 1):
            key = order[(here + direction * step) % len(order)]
            if key in keys:
                self.go_to(key)
                return True
        return False

    def on_click(self, event: events.Click) -> None:
        """Choose a node; a second click goes in."""
        row, at = event.y + self._top, event.x + self._left
        for column, key in self._rows.get(row, ()):
            if column <= at < column + self._text(key).width:
                if key == self.graph.cursor:
                    self.post_message(self.Entered())
                    return
                before = self.graph.cursor
                self.graph.cursor, self.graph.walk.came = key, None
                self._went(before, self.graph.picture)
                return

    def on_mouse_scroll_down(self) -> None:
        """Show three rows further down."""
        self._scroll(3)

    def on_mouse_scroll_up(self) -> None:
        """Show three rows further up."""
        self._scroll(-3)

    def _scroll(self, rows: int) -> None:
        top = max(0, min(self._top + rows, len(self.graph.picture.drawing.cells) - self.size.height))
        if top != self._top:
            self._top = top
            self.refresh()

    # -- drawing ---------------------------------------------------------------------------------

    def _text(self, key: str) -> Label:
        return label(self.graph.scope, key, self.graph.states)

    def _keep_visible(self) -> bool:
        """Move the window so that the node under the cursor is in it; return whether it moved."""
        before = (self._top, self._left)
        drawing, key = self.graph.picture.drawing, self.graph.cursor
        place = drawing.places.get(key)
        if place is None:
            self._top = self._left = 0
            return (self._top, self._left) != before
        row, column = place
        wide, high = self.size.width, self.size.height
        end = column + self._text(key).width
        self._top = max(0, min(self._top, row, len(drawing.cells) - high))
        self._top = max(self._top, row - high + 1)
        self._left = max(0, min(self._left, drawing.width - wide))
        if column - _MARGIN < self._left or end + _MARGIN > self._left + wide:
            # a third of the screen stays before the node, so that its parents are seen too
            self._left = max(0, min(column - wide // 3, drawing.width - wide))
            self._left = max(min(self._left, column), end - wide) if end - column <= wide else column
        return (self._top, self._left) != before

    def _refresh_node(self, key: str) -> None:
        place = self.graph.picture.drawing.places.get(key)
        if place is not None:
            y, first = place[0] - self._top, max(0, place[1] - self._left)
            last = min(self.size.width, place[1] - self._left + self._text(key).width)
            if 0 <= y < self.size.height and last > first:
                self.refresh(Region(first, y, last - first, 1))

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._keep_visible()
        self.refresh()

    def on_focus(self) -> None:
        """Show the cursor."""
        self._refresh_node(self.graph.cursor)

    def on_blur(self) -> None:
        """Show that keys go elsewhere."""
        self._refresh_node(self.graph.cursor)

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        drawing, cells, row = self.graph.picture.drawing, self.size.width, self._top + y
        if row >= len(drawing.cells):
            nothing = "  asking the engine ..." if self._shape is None else "  there are no tasks"
            return strip_of(
                [(nothing if not drawing.cells and y == 1 else "", "dim")], cells, self.rich_style
            )
        line = drawing.cells[row]
        line = in_ascii(line) if self.looks.ascii else line
        spans: Spans = []
        at = 0
        for column, key in self._rows.get(row, ()):
            node = self._node(key)
            spans += [(line[at:column], "dim"), *node]
            at = column + width(node)
        spans.append((line[at:], "dim"))
        whole = strip_of(joined(spans), max(drawing.width, self._left + cells), self.rich_style)
        return whole.crop(self._left, self._left + cells)

    def _node(self, key: str) -> Spans:
        text = self._text(key)
        before, name, after = text.before, text.name, text.after
        if self.looks.ascii:
            name = to_ascii(name)
        tasks = self.graph.tasks_at(key)
        sign = " "
        if self.marks and self.marks.issuperset(tasks):
            sign = "*"
        elif self.hits and not self._outside(tasks):
            sign = "<"
        glyph, style = self.looks.cell(text.state)
        bold = style if text.state in _BOLD else ""
        if sign == "<":
            bold = f"{bold} underline".strip()
        if key == self.graph.cursor:
            bold = "reverse" if self.has_focus else "underline"
        return [
            (before, "yellow"), (glyph, style), (" ", ""), (name, bold), (after, "dim"), (sign, "bold yellow")
        ]  # fmt: skip

    def _outside(self, tasks: Collection[str]) -> bool:
        return not any(task in self.hits for task in tasks)
