"""`MonthGrid`: as many months as fit, with a cursor on a day and a span that can be marked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from penstock.model.views.points import DayRow
from penstock_tui import actions
from penstock_tui.view import calendar
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.drawn import Drawn
from penstock_tui.widgets.line import strip_of

_STEPS = {
    "move.left": -1,
    "move.right": 1,
    "move.up": -7,
    "move.down": 7,
    "move.half_up": -28,
    "move.half_down": 28,
}
_MONTHS = {"move.page_up": -1, "move.page_down": 1}


class MonthGrid(Drawn, can_focus=True):
    """Days by month. Posts `Moved`, `Entered`, and `Turned` when other months are shown."""

    DEFAULT_CSS = "MonthGrid { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("days")]

    class Moved(Message):
        """The cursor is on another day."""

    class Entered(Message):
        """A day was chosen with the mouse."""

    class Turned(Message):
        """Other months are shown."""

    def __init__(self, today: date) -> None:
        super().__init__()
        self.today = self.cursor = today
        self.days: dict[date, DayRow] = {}
        self.ends: tuple[date | None, date] = (None, today)
        """The days that ``g`` and ``G`` go to: of the first point, if there is one, and today or the last."""
        self._mark: date | None = None
        self._first: date = calendar.first_of(today)

    # -- content ---------------------------------------------------------------------------------

    def begin(self, today: date, first: date | None, last: date) -> None:
        """Begin at *last*, once the DAG is known: today in its zone, or the last day of an ended schedule."""
        self.today, self.ends = today, (first, last)
        if last != self.cursor:
            self.cursor = last
            self._show_cursor()
        self.refresh()

    def set_days(self, first: date, last: date, rows: list[DayRow]) -> None:
        """Replace the days between two, both included."""
        fresh = {row.day: row for row in rows}
        old = {day: row for day, row in self.days.items() if first <= day <= last}
        if fresh != old:
            self.days = {day: row for day, row in self.days.items() if day not in old} | fresh
            self.refresh()

    @property
    def months(self) -> list[date]:
        """The first days of the months that are shown."""
        return [calendar.first_of(self._first, place) for place in range(self._columns * self._rows)]

    @property
    def month_rows(self) -> list[list[date]]:
        """The same, by rows of the screen."""
        months, columns = self.months, self._columns
        return [months[first : first + columns] for first in range(0, len(months), columns)]

    @property
    def span(self) -> tuple[date, date]:
        """The first and last marked day, or the day under the cursor twice."""
        other = self._mark or self.cursor
        return min(other, self.cursor), max(other, self.cursor)

    @property
    def marked(self) -> bool:
        """Whether a span is marked."""
        return self._mark is not None

    # -- moving ----------------------------------------------------------------------------------

    def action_do(self, action_id: str) -> None:
        """Move as the table of actions says."""
        if action_id in _STEPS:
            self.move_to(self.cursor + timedelta(days=_STEPS[action_id]))
        elif action_id in _MONTHS:
            self.move_to(calendar.same_day(self.cursor, _MONTHS[action_id]))
        elif action_id == "move.top":
            self.move_to(self.ends[0] or calendar.first_of(self.cursor))
        else:
            self.move_to(self.ends[1])

    def move_to(self, day: date) -> None:
        """Put the cursor on *day*; shows other months if it is in none of the shown ones."""
        if day == self.cursor:
            return
        before, self.cursor = self.cursor, day
        if self._show_cursor() or self._mark is not None:
            self.refresh()
        else:
            self._refresh_day(before)
            self._refresh_day(day)
        self.post_message(self.Moved())

    def move_to_bad(self, step: int) -> bool:
        """Put the cursor on the next (or previous) day with something bad; return whether there is one."""
        found = sorted(day for day, row in self.days.items() if calendar.bad(row))
        if step > 0:
            day = next((day for day in found if day > self.cursor), None)
        else:
            day = next((day for day in reversed(found) if day < self.cursor), None)
        if day is not None:
            self.move_to(day)
        return day is not None

    def toggle_range(self) -> None:
        """Begin to mark the days that the cursor passes, or stop."""
        self._mark = self.cursor if self._mark is None else None
        self.refresh()

    def mark_month(self) -> None:
        """Mark the month of the cursor, as far as it has come; unmark it if it is marked."""
        first, last = calendar.first_of(self.cursor), calendar.last_of(self.cursor)
        if first <= self.today < last:
            last = self.today
        if self._mark is not None and self.span == (first, last):
            self._mark = None
        else:
            self._mark, self.cursor = first, last
        self.refresh()
        self.post_message(self.Moved())

    def clear_marks(self) -> bool:
        """Unmark; return whether something was marked."""
        had, self._mark = self._mark is not None, None
        if had:
            self.refresh()
        return had

    def _show_cursor(self) -> bool:
        """Turn to the month of the cursor, with one more where there is room; return whether it did."""
        count = self._columns * self._rows
        month, last = calendar.first_of(self.cursor), calendar.first_of(self._first, count - 1)
        if self._first <= month <= last:
            return False
        ahead = 1 if count > 2 else 0
        before = self._first
        self._first = month if month < self._first else calendar.first_of(month, ahead + 1 - count)
        if self._first != before:
            self.post_message(self.Turned())
        return True

    # -- drawing ---------------------------------------------------------------------------------

    @property
    def _columns(self) -> int:
        return max(1, (self.size.width + calendar.GAP) // (calendar.MONTH_CELLS + calendar.GAP))

    @property
    def _rows(self) -> int:
        return max(1, (self.size.height + 1) // calendar.MONTH_LINES)

    def _refresh_day(self, day: date) -> None:
        months = self.months
        month = calendar.first_of(day)
        if month in months:
            y = months.index(month) // self._columns * calendar.MONTH_LINES + calendar.line_of(day)
            self.refresh(Region(0, y, self.size.width, 1))

    def on_resize(self) -> None:
        """Show the months that fit: the present one, one to come where there is room, and those before."""
        count = self._columns * self._rows
        ahead = 1 if count > 2 else 0
        self._first = calendar.first_of(self.cursor, ahead + 1 - count)
        self.post_message(self.Turned())
        self.refresh()

    def on_focus(self) -> None:
        """Show the cursor."""
        self._refresh_day(self.cursor)

    def on_blur(self) -> None:
        """Show that keys go elsewhere."""
        self._refresh_day(self.cursor)

    def on_click(self, event: events.Click) -> None:
        """Choose a day; a second click goes in."""
        column, cell = divmod(event.x, calendar.MONTH_CELLS + calendar.GAP)
        row, line = divmod(event.y, calendar.MONTH_LINES)
        if column >= self._columns or row >= self._rows or cell >= calendar.MONTH_CELLS:
            return
        day = calendar.day_at(self.months[row * self._columns + column], line, cell)
        if day is not None and day == self.cursor:
            self.post_message(self.Entered())
        elif day is not None:
            self.move_to(day)

    def render_line(self, y: int) -> Strip:
        """Draw one line of every month there."""
        row, line = divmod(y, calendar.MONTH_LINES)
        if row >= self._rows:
            return Strip.blank(self.size.width, self.rich_style)
        marked = self.span if self.marked else None
        page = calendar.Page(self.days, self.today, self.cursor, marked, self.has_focus)
        spans: Spans = []
        for month in self.months[row * self._columns : (row + 1) * self._columns]:
            spans += [*page.line(month, line), (" " * calendar.GAP, "")]
        return strip_of(spans, self.size.width, self.rich_style)
