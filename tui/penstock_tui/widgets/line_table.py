"""`LineTable`: a table drawn line by line: cursor, marks, columns that drop out when it gets narrow.

One changed row repaints one line. All text must be clean (`penstock_tui.clean.label`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Literal

from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from penstock_tui.view.columns import Column, chosen
from penstock_tui.view.spans import Spans, fit, wrap
from penstock_tui.view.spans import width as spans_width
from penstock_tui.widgets.cursor_list import CursorList
from penstock_tui.widgets.line import strip_of, style_of


class Row:
    """One row: a stable ``key``, a cell for each column; of fewer the last takes the rest of the line.

    *cells* may be what makes them: it is called if the row comes onto the screen, and again after `renew`.
    """

    __slots__ = ("_cells", "_make", "failed", "key")

    def __init__(
        self, key: str, cells: tuple[Spans, ...] | Callable[[], tuple[Spans, ...]], failed: bool = False
    ) -> None:
        self.key, self.failed = key, failed
        self._make = cells if callable(cells) else None
        self._cells: tuple[Spans, ...] | None = None if callable(cells) else cells

    @property
    def cells(self) -> tuple[Spans, ...]:
        """Its cells."""
        if self._cells is None:
            assert self._make is not None
            self._cells = self._make()
        return self._cells

    def renew(self) -> None:
        """Have its cells made again when they are needed, if they were made by a function."""
        if self._make is not None:
            self._cells = None

    def looks_like(self, other: Row) -> bool:
        """Whether both are drawn alike."""
        return self is other or (self.key == other.key and self.cells == other.cells)


class LineTable(CursorList):
    """Rows with a cursor. Keep it focused; it posts `Moved` and `Entered`."""

    DEFAULT_CSS = """
    LineTable { height: 1fr; }
    """

    class Moved(Message):
        """The cursor is on another row (None: there is none)."""

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
        empty: str = "asking the engine ...",
        header: bool = True,
        cursor: bool = True,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(header=header, cursor=cursor, id=id)
        self.columns = tuple(columns)
        self.rows: list[Row] = []
        self._empty = empty
        self.title_note: dict[str, str] = {}
        """Text after a column's title by column id, such as the sort arrow."""
        self.reserve = 0
        """Rows of the screen that a table of automatic height leaves to what is around it."""
        self._layout: tuple[tuple[int, int], ...] = ()

    # -- content ---------------------------------------------------------------------------------

    @property
    def empty(self) -> str:
        """What is shown while there are no rows."""
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
        if self.marks:
            self.marks &= {*(row.key for row in rows), *hidden}
        place = self._place_of(key)
        if self._place_of(self._range_from) is None:
            self._range_from = None
        self._cursor = max(0, min(self._cursor, len(rows) - 1)) if place is None else place
        same_order = [row.key for row in old] == [row.key for row in self.rows]
        if not same_order:
            self._keep_visible()
            grew = len(old) != len(rows) and bool(self.styles.height and self.styles.height.is_auto)
            self.refresh(layout=grew)
        else:
            for place in range(self._top, min(len(old), self._top + self._page)):
                if not old[place].looks_like(self.rows[place]):
                    self._refresh_row(place)
        if self.cursor_key != key:
            self.say_moved()

    def renew(self) -> None:
        """Draw what has changed with the time: cells are made again, now those on the screen."""
        shown = self.rows[self._top : self._top + self._page]
        before = [row.cells for row in shown]
        for row in self.rows:
            row.renew()
        for place, (row, cells) in enumerate(zip(shown, before, strict=True), self._top):
            if row.cells != cells:
                self._refresh_row(place)

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Replace the columns, such as when their contents need another width."""
        if tuple(columns) != self.columns:
            self.columns = tuple(columns)
            self.on_resize()

    def set_titles(self, notes: dict[str, str]) -> None:
        """Set the texts after column titles."""
        if notes != self.title_note:
            self.title_note = notes
            self.refresh(Region(0, 0, self.size.width, 1))

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    def row_at(self, place: int) -> Row:
        """Return the row at *place*, which must exist."""
        return self.rows[place]

    def row_key(self, place: int) -> str | None:
        """Return the key of the row at *place*."""
        return self.rows[place].key

    def _place_of(self, key: str | None) -> int | None:
        """Return the place of the row with *key*, None where there is none."""
        if self._cursor < len(self.rows) and self.rows[self._cursor].key == key:
            return self._cursor
        return super()._place_of(key)

    def keys_at(self, place: int) -> tuple[str, ...]:
        """Return the key of the row at *place*, if there is one."""
        return (self.rows[place].key,) if place < len(self.rows) else ()

    def say_moved(self) -> None:
        """Post that the cursor is on another row."""
        self.post_message(self.Moved(self, self.cursor_key))

    def say_entered(self) -> None:
        """Post that the row under the cursor was clicked."""
        self.post_message(self.Entered(self, self.row_at(self._cursor).key))

    def chosen_keys(self) -> list[str]:
        """Return the marked keys in order of the rows, hidden ones last, else the one under the cursor."""
        shown = [row.key for row in self.rows if row.key in self.marks]
        marked = [*shown, *sorted(self.marks.difference(shown))]
        return marked or ([self.cursor_key] if self.cursor_key is not None else [])

    # -- moving ----------------------------------------------------------------------------------

    def move_to_key(self, key: str) -> bool:
        """Put the cursor on the row with *key*; return whether there is one."""
        place = self._place_of(key)
        if place is not None:
            self.move_to(place)
        return place is not None

    def move_to_failed(self, direction: Literal[1, -1]) -> bool:
        """Put the cursor on the next (or previous) failed row, going around; return whether there is one."""
        count = len(self.rows)
        for step in range(1, count + 1):
            place = (self._cursor + direction * step) % count
            if self.rows[place].failed:
                self.move_to(place)
                return True
        return False

    # -- drawing ---------------------------------------------------------------------------------

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """Return the rows it takes to show everything, but leave `reserve` rows of the screen to others."""
        rows = len(self.rows) or len(wrap(self.empty, width - 2))
        return max(1, min(rows + self._header, self.screen.size.height - self.reserve))

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

    def render_line(self, y: int) -> Strip:
        """Draw one line: the titles, a row, or nothing."""
        cells, base = self.size.width, self.rich_style
        if y < self._header:
            return strip_of(self._titles(), cells, base)
        place = y - self._header + self._top
        if place >= self.count:
            said = wrap(self.empty, cells - 2) if not self.count and cells > 2 else []
            text = said[y - self._header] if y - self._header < len(said) else ""
            return strip_of([("  " + text, "dim")], cells, base) if text else Strip.blank(cells, base)
        row = self.row_at(place)
        here = self._has_cursor and place == self._cursor
        lit = here and self.has_focus
        spans: Spans = [(f"{self.sign(place)} ", "bold yellow" if row.key in self.marks else "bold")]
        for index, width in self._layout:
            column = self.columns[index]
            rest = index == len(row.cells) - 1 and len(row.cells) < len(self.columns)
            room = cells - spans_width(spans) if rest else width
            cell = fit(row.cells[index], room, align=column.align, keep=column.keep)
            if lit and index == self._layout[0][0]:  # a bar on the name; the other cells keep their colours
                cell = [(text, "bold reverse") for text, _ in cell]
            spans += cell
            spans.append((" ", ""))
            if rest:
                break
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
