"""`PagedTable`: a table of all rows, with only those around the screen in memory.

The screen that owns it fetches what `PagedTable.Wanted` asks for and gives it to `set_page`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.message import Message

from penstock_tui.view.columns import Column
from penstock_tui.widgets.line_table import LineTable, Row

_AROUND = 1
"""Pages that are fetched before and after the one on the screen, so that one page turn has no gap."""


class PagedTable(LineTable):
    """A `LineTable` over a list in the engine. Rows that are not known yet are drawn as dots."""

    class Wanted(Message):
        """Rows on the screen are not known: ask for what `PagedTable.span` says."""

    class Passed(Message):
        """A range of marks goes over rows that are not known: from one place to another, both included."""

        def __init__(self, first: int, last: int) -> None:
            super().__init__()
            self.first, self.last = first, last

    def __init__(self, columns: Sequence[Column], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(columns, id=id)
        self.total = 0
        self.first = 0
        """The place of the first known row."""
        self._asked = (-1, -1)
        self._range_place = 0
        """Where the range of marks was begun: its row may not be in memory any more."""
        self._unknown = Row("", tuple([("·", "dim")] for _ in self.columns))

    # -- what is known ---------------------------------------------------------------------------

    def span(self) -> tuple[int, int]:
        """Return the place of the first row to ask for, and how many: the screen and a page on both sides."""
        page = max(self._page, 1)
        first = max(0, min(self._top, max(0, self.total - page)) - _AROUND * page)
        return first, (1 + 2 * _AROUND) * page

    def set_page(self, total: int, first: int, rows: Sequence[Row]) -> None:
        """Take *rows*, which begin at place *first* of *total*. The cursor stays on its row if it is there.

        Marks stay in any case: rows that are not in memory may still exist.
        """
        before = self._drawn()
        key, self._asked = self.cursor_key, (-1, -1)
        self.total, self.first, self.rows = total, first, list(rows)
        found = self._place_of(key)
        self._cursor = max(0, min(self._cursor, total - 1)) if found is None else found
        moved = self._keep_visible()
        after = self._drawn()
        if moved or len(before) != len(after):
            self.refresh()
        else:
            for place, row in after.items():
                old = before.get(place)
                if old is None or not old.looks_like(row):
                    self._refresh_row(place)
        if self.cursor_key != key:
            self.say_moved()
        self.want()

    def want(self) -> None:
        """Request rows if some on the screen are not known and were not requested yet."""
        if all(self._knows(place) for place in self._on_screen()):
            return
        span = self.span()
        if span != self._asked:
            self._asked = span
            self.post_message(self.Wanted())

    def to_top(self) -> None:
        """Forget everything and begin at the top, as for another list."""
        self._cursor = self._top = self.first = 0
        self.rows, self._asked = [], (-1, -1)
        self.refresh()

    def _knows(self, place: int) -> bool:
        return self.first <= place < self.first + len(self.rows)

    def _on_screen(self) -> range:
        return range(self._top, min(self.total, self._top + self._page))

    def _drawn(self) -> dict[int, Row]:
        return {place: self.row_at(place) for place in self._on_screen()}

    # -- what a list of rows says of itself ------------------------------------------------------

    @property
    def count(self) -> int:
        """How many rows there are, known or not."""
        return self.total

    def row_at(self, place: int) -> Row:
        """Return the row at *place*, or one of dots."""
        return self.rows[place - self.first] if self._knows(place) else self._unknown

    def row_key(self, place: int) -> str | None:
        """Return the key of the row at *place*; None while it is not known."""
        return self.rows[place - self.first].key if self._knows(place) else None

    def keys_at(self, place: int) -> tuple[str, ...]:
        """Return the key of the row at *place*, if it is known."""
        return (self.rows[place - self.first].key,) if self._knows(place) else ()

    def say_entered(self) -> None:
        """Post that the row under the cursor was clicked, once it is known."""
        if self.cursor_key is not None:
            super().say_entered()

    def _place_of(self, key: str | None) -> int | None:
        if key is None:
            return None
        return next((place for place in self._known() if self.row_key(place) == key), None)

    def _shown(self) -> set[str]:
        return {row.key for row in self.rows}

    def _known(self) -> Iterator[int]:
        yield from range(self.first, min(self.total, self.first + len(self.rows)))

    # -- moving and drawing ----------------------------------------------------------------------

    def move_to(self, place: int) -> None:
        """Put the cursor on the row at *place*, and request what is then on the screen."""
        super().move_to(place)
        first, last = sorted((self._range_place, self.cursor))
        if self._range_from is not None and not all(map(self._knows, range(first, last + 1))):
            self.post_message(self.Passed(first, last))
        self.want()

    def toggle_range(self) -> bool:
        """Begin to mark every row that the cursor passes, or stop; return whether there is a row."""
        self._range_place = self.cursor
        return super().toggle_range()

    def on_resize(self) -> None:
        """Choose the columns again; more rows may be on the screen."""
        super().on_resize()
        self.want()
