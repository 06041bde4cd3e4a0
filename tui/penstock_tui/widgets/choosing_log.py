"""`ChoosingLog`: a cursor in a log, and marks and ranges of lines, for copying."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from penstock_tui.view.log_picks import Picks
from penstock_tui.view.log_rows import Place, moved
from penstock_tui.view.log_window import Lines
from penstock_tui.widgets.growing_log import GrowingLog


@runtime_checkable
class Doing(Protocol):
    """A screen that carries out an action of the table."""

    def action_do(self, action_id: str) -> None:
        """Do one action."""
        ...


class ChoosingLog(GrowingLog):
    """Has a cursor once a line is marked: ``current`` then goes where keys move it."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.choosing = False
        """Whether ``current`` is a cursor that keys move."""
        self.picks = Picks()

    @property
    def _lines(self) -> Lines:
        return self.matches if self.only and self.matches is not None else self.window

    def _height(self, index: int) -> int:
        """Return how many rows a line takes."""
        raise NotImplementedError

    def stop_following(self) -> None:
        """Stay at what is shown now."""
        raise NotImplementedError

    def line_offset(self) -> int | None:
        """Return where the marked line, else the lowest one shown, begins; None without lines."""
        rows = self._layout()
        if not rows:
            return None
        return self._lines.offset(rows[-1][0]) if self.current is None else self.current

    def pick(self, *, range: bool = False) -> bool:  # noqa: A002
        """Mark the line under the cursor, or begin or end a range there; the first time only show it.

        Return False if there are no lines.
        """
        here = self.line_offset()
        if here is None:
            return False
        self.stop_following()
        self.choosing, self.current = True, here
        if range:
            self.picks.turn(here)
        else:
            self.picks.toggle(here)
            self._move_cursor(1)
        self._redraw()
        return True

    def stop_choosing(self) -> bool:
        """Unmark all lines and hide the cursor; return whether there was something to do."""
        was = self.choosing or bool(self.picks)
        self.choosing, self.picks = False, Picks()
        if was:
            self.current = None
            self._redraw()
        return was

    def _move_cursor(self, by: int) -> None:
        lines, rows = self._lines, self._layout()
        if not rows or self.current is None:
            return
        index = max(0, min(lines.index(self.current) + by, len(lines) - 1))
        self.current = lines.offset(index)
        if index < rows[0][0]:
            self._top = Place(self.current)
        elif index > rows[-1][0]:
            self._top = moved(lines, Place(self.current), 1 - self.size.height, self._height)
        self._changed()
        self.post_message(self.Moved())
        self._work(self._grow)
