"""`CursorList`: rows below a line of titles, with a cursor that stays visible, marks and ranges of marks.

A subclass says which rows there are and draws them.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region

from penstock_tui import actions
from penstock_tui.widgets.drawn import Drawn

CURSOR, MARK, CURSOR_MARK = ">", "*", "»"


class CursorList(Drawn, can_focus=True):
    """Moves the cursor by the table of actions; ``marks`` are the keys of marked rows."""

    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("list")]
    OVERLAP: ClassVar[int] = 0
    """Rows of a page that stay visible when the page is turned."""

    def __init__(self, *, header: bool = True, cursor: bool = True, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.marks: set[str] = set()
        self.can_focus = cursor
        self._header = int(header)
        self._has_cursor = cursor
        self._cursor = 0
        self._top = 0
        self._range_from: str | None = None
        """The row at which a range of marks was begun, by key: rows come and go above it."""

    # -- what a subclass says --------------------------------------------------------------------

    @property
    def count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def row_key(self, place: int) -> str | None:
        """Return the key of the row at *place*; None if the cursor cannot be there."""
        raise NotImplementedError

    def keys_at(self, place: int) -> tuple[str, ...]:
        """Return the keys of the row at *place*; empty if there is no such row."""
        raise NotImplementedError

    def say_moved(self) -> None:
        """Post that the cursor is on another row."""
        raise NotImplementedError

    def say_entered(self) -> None:
        """Post that the row under the cursor was clicked."""
        raise NotImplementedError

    def landing(self, place: int, direction: int) -> int:  # noqa: ARG002
        """Return where a move to *place* ends, coming in *direction*."""
        return place

    # -- moving ----------------------------------------------------------------------------------

    @property
    def cursor(self) -> int:
        """The place of the cursor among the rows."""
        return self._cursor

    @property
    def cursor_key(self) -> str | None:
        """The key under the cursor; None if there is no row."""
        return self.row_key(self._cursor) if self._cursor < self.count else None

    def move_to(self, place: int) -> None:
        """Put the cursor on the row at *place*, or as near as it can stand."""
        place = self.landing(max(0, min(place, self.count - 1)), 1 if place >= self._cursor else -1)
        if place == self._cursor:
            return
        before, self._cursor = self._cursor, place
        begun = self._place_of(self._range_from)
        if begun is not None:
            for each in range(min(begun, place), max(begun, place) + 1):
                self.marks.update(self.keys_at(each))
        if self._keep_visible() or begun is not None:
            self.refresh()
        else:
            self._refresh_row(before)
            self._refresh_row(place)
        self.say_moved()

    def _place_of(self, key: str | None) -> int | None:
        """Return the place of the row with *key*, None where there is none."""
        if key is None:
            return None
        return next((place for place in range(self.count) if self.row_key(place) == key), None)

    def action_do(self, action_id: str) -> None:
        """Move as the table of actions says."""
        page = max(1, self._page - self.OVERLAP)
        places = {
            "move.up": self._cursor - 1,
            "move.down": self._cursor + 1,
            "move.page_up": self._cursor - page,
            "move.page_down": self._cursor + page,
            "move.half_up": self._cursor - page // 2,
            "move.half_down": self._cursor + page // 2,
            "move.top": 0,
            "move.end": self.count - 1,
        }
        if action_id in {"move.page_up", "move.page_down"}:
            self._turn(places[action_id] - self._cursor)
        self.move_to(places[action_id])

    def _turn(self, rows: int) -> None:
        """Move the window by as much as the cursor moves, so that a page shows the rows after this one."""
        before = self._top
        self._top = max(0, min(self._top + rows, self.count - self._page))
        if self._top != before:
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Choose a row; a second click goes in."""
        place = self._top + event.y - self._header
        if event.y < self._header or not self.keys_at(place):
            return
        if place == self._cursor:
            self.say_entered()
        self.move_to(place)

    def on_mouse_scroll_down(self) -> None:
        """Go down three rows."""
        self.move_to(self._cursor + 3)

    def on_mouse_scroll_up(self) -> None:
        """Go up three rows."""
        self.move_to(self._cursor - 3)

    # -- marks -----------------------------------------------------------------------------------

    def toggle_mark(self) -> bool:
        """Mark or unmark the row under the cursor, go down, end a range; return whether there is a row."""
        self._range_from = None
        keys = set(self.keys_at(self._cursor))
        self.marks = self.marks - keys if keys <= self.marks else self.marks | keys
        self.refresh()
        self.move_to(self._cursor + 1)
        return bool(keys)

    def toggle_range(self) -> bool:
        """Begin to mark every row that the cursor passes, or stop; return whether there is a row."""
        if self._range_from is not None:
            self._range_from = None
            return True
        keys = self.keys_at(self._cursor)
        if keys:
            self._range_from = self.cursor_key
            self.marks.update(keys)
            self.refresh()
        return bool(keys)

    def mark_all(self) -> bool:
        """Mark all that is shown, or unmark all if all is marked; return whether anything is shown."""
        every = self._shown()
        self.marks = self.marks - every if every <= self.marks else self.marks | every
        self.refresh()
        return bool(every)

    def _shown(self) -> set[str]:
        return {key for place in range(self.count) for key in self.keys_at(place)}

    @property
    def hidden_marks(self) -> int:
        """How many marked rows are not shown."""
        return len(self.marks - self._shown()) if self.marks else 0

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
        return max(1, self.size.height - self._header)

    def _keep_visible(self) -> bool:
        """Move the window so that the cursor is in it; return whether it moved."""
        before = self._top
        self._top = min(self._top, self._cursor)
        self._top = max(self._top, self._cursor - self._page + 1, 0)
        self._top = min(self._top, max(0, self.count - self._page))
        return self._top != before

    def _refresh_row(self, place: int) -> None:
        y = place - self._top + self._header
        if self._header <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def on_focus(self) -> None:
        """Show the cursor."""
        self._refresh_row(self._cursor)

    def on_blur(self) -> None:
        """Show that keys go elsewhere."""
        self._refresh_row(self._cursor)

    def sign(self, place: int) -> str:
        """Return the one character before the row at *place*: cursor, mark, both or neither."""
        keys = self.keys_at(place)
        marked = bool(keys) and self.marks.issuperset(keys)
        if self._has_cursor and place == self._cursor:
            return CURSOR_MARK if marked else CURSOR
        return MARK if marked else " "
