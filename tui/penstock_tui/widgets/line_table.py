"""`LineTable`: a table drawn line by line: cursor, marks, columns that drop out when it gets narrow.

One changed row repaints one line. All text must be clean (`penstock_tui.clean.label`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from penstock_tui import actions
from penstock_tui.view.columns import Column, chosen
from penstock_tui.view.spans import Spans, fit, text_of
from penstock_tui.widgets.line import strip_of, style_of

CURSOR, MARK, CURSOR_MARK = ">", "*", "»"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a stable ``key``, a cell for each column; a ``sticky`` one stays on top and takes no mark."""

    key: str
    cells: tuple[Spans, ...]
    failed: bool = False
    sticky: bool = False


class LineTable(Widget, can_focus=True):
    """Rows with a cursor. Keep it focused; it posts `Moved`, `Entered` and `Marked`."""

    DEFAULT_CSS = """
    LineTable { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("list")]

    class Moved(Message):
        """The cursor stands on another row (None: there is none)."""

        def __init__(self, table: LineTable, key: str | None) -> None:
            super().__init__()
            self.table, self.key = table, key

    class Entered(Message):
        """A row was chosen with the mouse (a second click on it)."""

        def __init__(self, table: LineTable, key: str) -> None:
            super().__init__()
            self.table, self.key = table, key

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        empty: str = "nothing here",
        header: bool = True,
        cursor: bool = True,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.rows: list[Row] = []
        self.marks: set[str] = set()
        self._empty = empty
        self.title_note: dict[str, str] = {}
        """Text after a column's title by column id, such as the sort arrow."""
        self._header = int(header)
        self._has_cursor = cursor
        self.can_focus = cursor
        self.reserve = 0
        """Rows of the screen that a table of automatic height leaves to what is around it."""
        self._cursor = 0
        self._top = 0
        self._range_from: int | None = None
        self._layout: tuple[tuple[int, int], ...] = ()
        self._strips: dict[tuple[int, int], Strip] = {}

    # -- content ---------------------------------------------------------------------------------

    @property
    def empty(self) -> str:
        """What stands there while there are no rows."""
        return self._empty

    @empty.setter
    def empty(self, text: str) -> None:
        if text != self._empty:
            self._empty = text
            if not self.rows:
                self.refresh()

    def set_rows(self, rows: Sequence[Row], *, hidden: Collection[str] = ()) -> None:
        """Replace all rows. The cursor stays on its row, or at its place when the row is gone.

        Marks on rows that are only *hidden*, as by a filter, stay.
        """
        old, key = self.rows, self.cursor_key
        self.rows = list(rows)
        self.marks &= {*(row.key for row in rows), *hidden}
        place = next((place for place, row in enumerate(rows) if row.key == key), None)
        self._cursor = max(0, min(self._cursor, len(rows) - 1)) if place is None else place
        same_order = len(old) == len(rows) and all(a.key == b.key for a, b in zip(old, rows, strict=True))
        if not same_order:
            self._keep_visible()
            grew = len(old) != len(rows) and bool(self.styles.height and self.styles.height.is_auto)
            self.refresh(layout=grew)
        else:
            for place, (before, after) in enumerate(zip(old, self.rows, strict=True)):
                if before != after:
                    self._refresh_row(place)
        if self.cursor_key != key:
            self.post_message(self.Moved(self, self.cursor_key))

    def set_row(self, row: Row) -> None:
        """Replace the row of the same key and repaint that line alone."""
        for place, before in enumerate(self.rows):
            if before.key == row.key and before != row:
                self.rows[place] = row
                self._refresh_row(place)

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Replace the columns, as when what they hold needs another width."""
        if tuple(columns) != self.columns:
            self.columns = tuple(columns)
            self.on_resize()

    def set_titles(self, notes: dict[str, str]) -> None:
        """Set what stands after column titles."""
        if notes != self.title_note:
            self.title_note = notes
            self.refresh(Region(0, 0, self.size.width, 1))

    @property
    def cursor(self) -> int:
        """The place of the cursor among the rows."""
        return self._cursor

    @property
    def cursor_key(self) -> str | None:
        """The key under the cursor."""
        return self.rows[self._cursor].key if self._cursor < len(self.rows) else None

    def chosen_keys(self) -> list[str]:
        """Return the marked keys in order of the rows, hidden ones last, else the one under the cursor."""
        shown = [row.key for row in self.rows if row.key in self.marks]
        marked = [*shown, *sorted(self.marks.difference(shown))]
        return marked or ([self.cursor_key] if self.cursor_key is not None else [])

    # -- moving ----------------------------------------------------------------------------------

    def move_to(self, place: int) -> None:
        """Put the cursor on row *place*, as near as there are rows."""
        place = max(0, min(place, len(self.rows) - 1))
        if place == self._cursor:
            return
        before, self._cursor = self._cursor, place
        if self._range_from is not None:
            low, high = sorted((self._range_from, place))
            self.marks |= {row.key for row in self.rows[low : high + 1] if not row.sticky}
            self.refresh()
        elif self._keep_visible():
            self.refresh()
        else:
            self._refresh_row(before)
            self._refresh_row(place)
        self._keep_visible()
        self.post_message(self.Moved(self, self.cursor_key))

    def move_to_key(self, key: str) -> bool:
        """Put the cursor on the row with *key*; return whether there is one."""
        for place, row in enumerate(self.rows):
            if row.key == key:
                self.move_to(place)
                return True
        return False

    def move_to_failed(self, direction: Literal[1, -1]) -> bool:
        """Put the cursor on the next (or previous) failed row, going around; return whether there is one."""
        count = len(self.rows)
        for step in range(1, count + 1):
            place = (self._cursor + direction * step) % count
            if self.rows[place].failed:
                self.move_to(place)
                return True
        return False

    def action_do(self, action_id: str) -> None:
        """Move as the table of actions says."""
        page = max(1, self._page)
        places = {
            "move.up": self._cursor - 1,
            "move.down": self._cursor + 1,
            "move.page_up": self._cursor - page,
            "move.page_down": self._cursor + page,
            "move.half_up": self._cursor - page // 2,
            "move.half_down": self._cursor + page // 2,
            "move.top": 0,
            "move.end": len(self.rows) - 1,
        }
        self.move_to(places[action_id])

    # -- marks -----------------------------------------------------------------------------------

    def toggle_mark(self) -> None:
        """Mark or unmark the row under the cursor and go down; ends a range."""
        self._range_from = None
        if self.rows and not self.rows[self._cursor].sticky:
            self.marks ^= {self.rows[self._cursor].key}
            self._refresh_row(self._cursor)
            self.move_to(self._cursor + 1)

    def toggle_range(self) -> None:
        """Begin to mark every row that the cursor passes, or stop."""
        if self._range_from is not None:
            self._range_from = None
        elif self.rows and not self.rows[self._cursor].sticky:
            self._range_from = self._cursor
            self.marks.add(self.rows[self._cursor].key)
        self.refresh()

    def mark_all(self) -> None:
        """Mark every row that is shown, or none of them when all are marked."""
        every = {row.key for row in self.rows if not row.sticky}
        self.marks = self.marks - every if every <= self.marks else self.marks | every
        self.refresh()

    @property
    def hidden_marks(self) -> int:
        """How many marked rows are not shown."""
        return len(self.marks.difference(row.key for row in self.rows))

    def clear_marks(self) -> bool:
        """Unmark everything; return whether something was marked."""
        had = bool(self.marks) or self._range_from is not None
        self.marks, self._range_from = set(), None
        if had:
            self.refresh()
        return had

    # -- drawing ---------------------------------------------------------------------------------

    @property
    def _page(self) -> int:
        return self.size.height - self._header

    def _keep_visible(self) -> bool:
        """Move the window so that the cursor is in it; return whether it moved."""
        page, before = max(1, self._page), self._top
        self._top = min(self._top, self._cursor)
        self._top = max(self._top, self._cursor - page + 1, 0)
        self._top = min(self._top, max(0, len(self.rows) - page))
        return self._top != before

    def _refresh_row(self, place: int) -> None:
        y = place - self._top + self._header
        if self._header <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """Return the rows it takes to show everything, but leave `reserve` rows of the screen to others."""
        return max(1, min(max(1, len(self.rows)) + self._header, self.screen.size.height - self.reserve))

    def scroll_rows(self, pages: int) -> None:
        """Turn pages of a table without a cursor."""
        page = max(1, self._page - 1)
        self._top = max(0, min(self._top + pages * page, len(self.rows) - self._page))
        self.refresh()

    def on_resize(self) -> None:
        """Choose the columns again."""
        self._layout = chosen(self.columns, self.size.width - 2)
        self._keep_visible()
        self.refresh()

    def on_focus(self) -> None:
        """Show the cursor."""
        self._refresh_row(self._cursor)

    def on_blur(self) -> None:
        """Show that keys go elsewhere."""
        self._refresh_row(self._cursor)

    def on_click(self, event: events.Click) -> None:
        """Choose a row; a second click goes in."""
        place = self._top + event.y - self._header
        if event.y < self._header or place >= len(self.rows):
            return
        if place == self._cursor:
            self.post_message(self.Entered(self, self.rows[place].key))
        self.move_to(place)

    def on_mouse_scroll_down(self) -> None:
        """Go down three rows."""
        self.move_to(self._cursor + 3)

    def on_mouse_scroll_up(self) -> None:
        """Go up three rows."""
        self.move_to(self._cursor - 3)

    def render_line(self, y: int) -> Strip:
        """Draw one line: the titles, a row, or nothing."""
        cells, base = self.size.width, self.rich_style
        if y < self._header:
            return strip_of(self._titles(), cells, base)
        place = y - self._header + self._top
        if place >= len(self.rows):
            if not self.rows and y == self._header:
                return strip_of([("  " + self.empty, "dim")], cells, base)
            return Strip.blank(cells, base)
        row = self.rows[place]
        here = self._has_cursor and place == self._cursor
        lit = here and self.has_focus
        marked = row.key in self.marks
        sign = CURSOR_MARK if here and marked else CURSOR if here else MARK if marked else " "
        spans: Spans = [(f"{sign} ", "bold yellow" if marked else "bold")]
        for index, width in self._layout:
            column = self.columns[index]
            cell = fit(row.cells[index], width, align=column.align, keep=column.keep)
            if lit and index == self._layout[0][0]:  # a bar on the name; the other cells keep their colours
                cell = [(text, "bold reverse") for text, _ in cell]
            spans += cell
            spans.append((" ", ""))
        spans.pop()
        return strip_of(spans, cells, base + style_of("bold") if lit else base)

    def _titles(self) -> Spans:
        spans: Spans = [("  ", "")]
        for index, width in self._layout:
            column = self.columns[index]
            title = column.title + self.title_note.get(column.id, "")
            spans += fit([(title, "dim")], width, align=column.align)
            spans.append((" ", ""))
        spans.pop()
        return spans

    def text_lines(self) -> list[str]:
        """Return the rows as bare text, for tests and for copying."""
        return ["  ".join(text_of(cell) for cell in row.cells) for row in self.rows]
