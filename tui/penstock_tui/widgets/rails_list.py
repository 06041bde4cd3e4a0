"""`RailsList`: the tasks of a run as a list with rails, cursor, marks and groups that fold.

A task whose state changes repaints its own row. The cursor goes to the first failed task when a
run is first shown and never moves by itself after that.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Literal

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from penstock.model.drawing.nodes import MAPPED, run_groups, run_nodes
from penstock.model.drawing.order import Order
from penstock.model.views.runs import RunDetail, TaskRow
from penstock_tui.view import task_rows
from penstock_tui.view.rails import Rails, Row, RowKind
from penstock_tui.view.rails_layers import kept_rows, order_of
from penstock_tui.view.rails_text import RowText
from penstock_tui.view.spans import Spans, width
from penstock_tui.view.state_style import Looks
from penstock_tui.widgets.cursor_list import CursorList
from penstock_tui.widgets.line import strip_of

_GROUPS = frozenset({RowKind.GROUP, RowKind.FOLDED})
_EMPTY = Rails((), 0, elided=False, members={})


class RailsList(CursorList):
    """The tasks of one run. Posts `Moved` when the cursor stands elsewhere, `Entered` on a second click."""

    DEFAULT_CSS = "RailsList { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "fold_here", show=False),
        Binding("right", "unfold_here", show=False),
    ]

    OVERLAP = 1

    class Moved(Message):
        """The cursor stands on another row."""

    class Entered(Message):
        """A row was chosen with the mouse."""

    def __init__(self, looks: Looks, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.looks = looks
        self.tasks: dict[str, TaskRow] = {}
        self.folded: set[str] = set()
        self.wanted = ""
        """Only tasks whose name or state holds this are shown, without rails; "" shows all."""
        self._passing: Collection[str] = ()
        """Tasks that pass the filter, folded ones too."""
        self._now: datetime | None = None
        self._order: Order | None = None
        self._shape: object = None
        self._rails = self._whole = _EMPTY
        self._rails_of: tuple[Order | None, frozenset[str], int] = (None, frozenset(), 0)
        """Order, folds and lanes that ``_whole`` was drawn for."""
        self._longest: int | None = None
        """Cells of the longest name, until a name or the rows are others."""
        self._rows: Sequence[Row] = ()
        self._text: RowText | None = None
        self._drawn: dict[int, Spans] = {}
        """Rows as last painted, by place."""
        self._known: set[str] = set()
        """Mapped tasks that were shown, folded at first."""

    # -- content ---------------------------------------------------------------------------------

    def show_run(self, detail: RunDetail, now: datetime) -> None:
        """Show *detail* as of *now*; only rows that changed are painted."""
        first = not self.tasks
        self._now = now
        fresh = {task_rows.key_of(task): task for task in detail.tasks}
        changed = {key for key, task in fresh.items() if self.tasks.get(key) != task}
        self.tasks.clear()
        self.tasks.update(fresh)
        self.marks &= fresh.keys()
        if changed:
            self._longest = None
        nodes = run_nodes(detail)
        groups = run_groups(detail)
        shape = (nodes, groups)
        if shape != self._shape:
            self._shape = shape
            self._order = order_of(nodes, tuple(groups.items()))
            self._fold_mapped(groups)
            self._lay_out()
        else:
            self._rewrite(changed)
        if first:
            goal = task_rows.first_to_look_at(detail.tasks)
            if goal is not None:
                self._go_to(goal)
            self.say_moved()

    def _fold_mapped(self, groups: Collection[str]) -> None:
        """Show mapped tasks as one row each until somebody opens them."""
        mapped = {group for group in groups if group.endswith(MAPPED)}
        self.folded |= mapped - self._known
        self._known |= mapped

    def _go_to(self, task: TaskRow) -> None:
        """Go to a task; into a mapped one only for what failed."""
        key = task_rows.key_of(task)
        path = self._order.path(key) if self._order is not None else ()
        if path and path[-1] in self.folded and path[-1] in self._known and not task_rows.is_failed(task):
            self._go_to_group(path[-1])
        else:
            self.move_to_key(key)

    def tick(self, now: datetime) -> None:
        """Draw the rows whose text has changed at *now*."""
        self._now = now
        self._rewrite({key for key, task in self.tasks.items() if task_rows.counts_down(task)})

    def _rewrite(self, keys: Collection[str]) -> None:
        """Write again what is drawn of the tasks in *keys* and of every group; paint what differs."""
        if keys:
            self._longest = None
        if self._text is not None and self._longest_name(keys) > self._text.name_cells:
            self._lay_out()  # a note came behind a name
        for place, old in tuple(self._drawn.items()):
            row = self._rows[place]
            if row.key in keys or row.kind in _GROUPS:
                spans = self._drawn[place] = self._written(row)
                if spans != old:
                    self._refresh_row(place)

    @property
    def counts_down(self) -> bool:
        """Whether some row changes as time passes."""
        return any(task_rows.counts_down(task) for task in self.tasks.values())

    def _lay_out(self) -> None:
        """Draw the rails for the present order, folds, filter and width."""
        key = self.cursor_key
        if self._order is None:
            return
        lanes = max(3, self.size.width * 2 // 5 // 2) if self.size.width else 8
        self._draw_rails(self._order, lanes)
        self._rails, rows = self._whole, self._rows
        if self.wanted:
            self._rails = Rails((), 1, elided=False, members=self._rails.members)
            self._passing = task_rows.passing(self.tasks, self.wanted)
            self._rows = [
                Row(RowKind.TASK, " ", 0, key, 0) for key in self._order.keys if key in self._passing
            ]
        else:
            self._passing = self.tasks.keys()
            self._rows = self._rails.rows
        self._text = RowText(
            self._rails, self._order, self.tasks, self.looks, self.size.width - 1, bare=bool(self.wanted)
        )
        if self._rows is not rows:
            self._longest = None
        self._text = replace(self._text, name_cells=self._longest_name())
        self._drawn.clear()
        places = {row.key: place for place, row in enumerate(self._rows) if row.kind is not RowKind.BEND}
        self._cursor = places[key] if key in places else self.landing(self._cursor, 1)
        self._keep_visible()
        self.refresh()

    def _draw_rails(self, order: Order, lanes: int) -> None:
        """Draw the rails, unless they would look the same as those that are there."""
        folded, whole = frozenset(self.folded), self._whole
        fits = not (whole.elided or whole.counted) and whole.lanes <= lanes
        if self._rails_of == (order, folded, lanes) or (fits and self._rails_of[:2] == (order, folded)):
            return
        self._rails_of, self._whole = (order, folded, lanes), kept_rows(order, folded, lanes)

    def _written(self, row: Row) -> Spans:
        assert self._text is not None
        assert self._now is not None
        return self._text.row(row, self._now)

    # -- what is chosen --------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """How many rows there are, with those that are only rails."""
        return len(self._rows)

    def row_key(self, place: int) -> str | None:
        """Return the task or group of the row at *place*; None of one that is only rails."""
        row = self._rows[place]
        return row.key if row.kind is not RowKind.BEND else None

    def say_moved(self) -> None:
        """Post that the cursor stands on another row."""
        self.post_message(self.Moved())

    def say_entered(self) -> None:
        """Post that the row under the cursor was clicked."""
        self.post_message(self.Entered())

    @property
    def cursor_task(self) -> TaskRow | None:
        """The task under the cursor; None on a group."""
        return self.tasks.get(self.cursor_key or "")

    @property
    def cursor_group(self) -> str | None:
        """The group under the cursor; None on a task."""
        key = self.cursor_key
        return key if key is not None and key not in self.tasks else None

    def chosen_tasks(self) -> tuple[TaskRow, ...]:
        """Return the marked tasks, else those under the cursor: one, or all of a group."""
        if self.marks and self._order is not None:
            return tuple(self.tasks[key] for key in self._order.keys if key in self.marks)
        return tuple(self.tasks[key] for key in self.keys_at(self._cursor))

    def keys_at(self, place: int) -> tuple[str, ...]:
        """Return the tasks that the row at *place* stands for: one, or all of a group."""
        if place >= len(self._rows) or self._rows[place].kind is RowKind.BEND:
            return ()
        key = self._rows[place].key
        return (key,) if key in self.tasks else self._rails.members.get(key, ())

    def wanted_width(self) -> int:
        """Return how many cells show every name in full, with the time taken."""
        return 2 + self._rails.width + self._longest_name() + 8

    def _longest_name(self, keys: Collection[str] | None = None) -> int:
        """Return how many cells the longest name takes, within reason; with *keys* only of those tasks."""
        text, now, column = self._text, self._now, task_rows.COLUMNS[0]
        if text is None or now is None:
            return column.width
        if keys is None and self._longest is not None:
            return self._longest
        rows = self._rows if keys is None else [row for row in self._rows if row.key in keys]
        names = (width(text.name(row, now)) for row in rows if row.kind is not RowKind.BEND)
        longest = min(column.most, max([column.width, *names]))
        if keys is None:
            self._longest = longest
        return longest

    # -- moving ----------------------------------------------------------------------------------

    def move_to_key(self, key: str) -> bool:
        """Put the cursor on a task, unfolding what hides it; return whether there is such a task."""
        if self._order is None or key not in self.tasks:
            return False
        around = (*self._order.path(key), self._rails.layer_of.get(key, ""))
        hiding = [group for group in around if group in self.folded]
        if hiding:
            self.folded -= set(hiding)
            self._lay_out()
        place = self._place_of(key)
        if place is not None:
            self.move_to(place)
        return place is not None

    def move_to_failed(self, direction: Literal[1, -1]) -> bool:
        """Put the cursor on the next (or previous) failed task that passes the filter, going around.

        Return whether there is one.
        """
        keys = [key for key in self._order.keys if key in self._passing] if self._order is not None else []
        if not keys:
            return False
        under = self.keys_at(self._cursor)
        here = keys.index(under[0]) if under else 0
        for step in range(1, len(keys) + 1):
            key = keys[(here + direction * step) % len(keys)]
            if task_rows.is_failed(self.tasks[key]):
                return self.move_to_key(key)
        return False

    def landing(self, place: int, direction: int) -> int:
        """Return *place*, or the next row in *direction* (else the other way) that is not only rails."""
        count = len(self._rows)
        for step in (direction, -direction):
            at = place
            while 0 <= at < count:
                if self._rows[at].kind is not RowKind.BEND:
                    return at
                at += step
        return 0

    # -- groups and filter ------------------------------------------------------------------------

    def toggle_fold(self) -> bool:
        """Fold or unfold the group under or around the cursor; return whether there is one."""
        group = self.cursor_group or self._group_around()
        if group is None:
            return False
        self.folded ^= {group}
        self._lay_out()
        self._go_to_group(group)
        return True

    def action_fold_here(self) -> None:
        """Fold the group around the cursor."""
        group = self.cursor_group
        if group is None or group in self.folded:
            group = self._group_around()
        if group is not None and group not in self.folded:
            self.folded.add(group)
            self._lay_out()
            self._go_to_group(group)

    def action_unfold_here(self) -> None:
        """Unfold the group under the cursor."""
        group = self.cursor_group
        if group in self.folded:
            self.folded.discard(str(group))
            self._lay_out()
            self._go_to_group(str(group))

    def _group_around(self) -> str | None:
        key = self.cursor_key
        if key is None or self._order is None or self.wanted:
            return None
        path = self._order.path(key)
        return path[-1] if path else self._rails.layer_of.get(key)

    def _go_to_group(self, group: str) -> None:
        place = self._place_of(group)
        if place is not None:
            self.move_to(place)
        self.say_moved()

    def filter(self, wanted: str) -> None:
        """Show only tasks that pass the filter *wanted*; "" shows all."""
        self.wanted, self._range_from = wanted.strip(), None
        self._lay_out()
        self.refresh()
        self.say_moved()

    # -- drawing ---------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Choose lanes and columns again."""
        self._lay_out()

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        cells = self.size.width
        if y == 0:
            titles = self._text.titles() if self._text is not None else []
            return strip_of([(" ", ""), *titles], cells, self.rich_style)
        place = self._top + y - 1
        if place >= len(self._rows):
            text = "  no task matches" if y == 1 and self.wanted else ""
            return strip_of([(text, "dim")], cells, self.rich_style)
        row = self._rows[place]
        if place not in self._drawn:
            self._drawn[place] = self._written(row)
        spans = self._drawn[place]
        if place == self._cursor and self._text is not None and self._now is not None:
            spans = self._text.row(row, self._now, bar="reverse" if self.has_focus else "underline")
        return strip_of([(self.sign(place), "bold"), *spans], cells, self.rich_style)
