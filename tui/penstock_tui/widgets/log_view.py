"""`LogView`: a log of any size, drawn line by line from a small window of it.

It opens at the end with one small read and reads more only when somebody scrolls there. It either follows
the end or stays where it is.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import partial
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region
from textual.strip import Strip

from penstock_tui import actions
from penstock_tui.clean import clean
from penstock_tui.view.log_json import rows_of
from penstock_tui.view.log_line import column_of, pieces_of
from penstock_tui.view.log_patterns import Sought, Wanted
from penstock_tui.view.log_pieces import PIECE
from penstock_tui.view.log_rows import Place, down_from, moved, up_from_end
from penstock_tui.view.log_search import Matches
from penstock_tui.view.log_source import Follow, LogSource
from penstock_tui.view.log_window import BLOCK
from penstock_tui.view.spans import wrap
from penstock_tui.widgets.choosing_log import ChoosingLog, Doing
from penstock_tui.widgets.log_strip import Body

_STRIPS = 2000
_BODIES = 200
"""Lines that are kept as drawn; one may be twice as long as a piece."""


GOES_ON = "~"
"""Shown before a further piece of a long line."""
PICKED = "*"
"""Shown before a marked line."""


_OWN_KEYS = frozenset(
    {
        "wrap", "times", "json", "line.end", "line.begin", "line.mark", "line.range", "go_to_time", "pager",
        "editor", "save",
    }
)  # fmt: skip
"""Keys that act on the log whenever it has the keys, also beside a list that uses them otherwise."""


class LogView(ChoosingLog, can_focus=True):
    """Shows one log; `open` it. Posts `Moved` when what its title says may have changed."""

    DEFAULT_CSS = "LogView { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        *actions.bindings("list"),
        *(key for key in actions.bindings("log") if key.id in _OWN_KEYS),
        Binding("left", "sideways(-20)", show=False),
        Binding("right", "sideways(20)", show=False),
        Binding("shift+left", "turn_sideways(-1)", show=False),
        Binding("shift+right", "turn_sideways(1)", show=False),
    ]

    def __init__(self, *, zone: tzinfo, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.zone = zone
        self.wrap = False
        self.times = False
        self.readable = False
        """Whether JSON lines of loggers are shown as time, level, message and fields."""
        self._rows: list[tuple[int, int]] = []
        self._rows_of: object = None
        """The inputs of ``_rows``."""
        self._painted: list[object] = []
        self._strips: LRUCache[tuple[int, int, str], Strip] = LRUCache(_STRIPS)
        self._bodies: LRUCache[int, Body] = LRUCache(_BODIES)
        self._moments: dict[int, datetime] = {}

    def open(self, source: LogSource | None, *, live: bool, empty: str = "") -> None:
        """Show the end of *source* (None: nothing but the text *empty*), following it while *live*."""
        self._moments.clear()
        self.stop_choosing()
        super().open(source, live=live, empty=empty)

    async def go_to(self, offset: int, *, mark: bool = True, hit: Sought | None = None) -> None:
        """Put the line that begins at *offset* in view, *mark* it, show *hit* in it; following stops."""
        source, window = self._source, self.window
        if source is None:
            return
        async with self._turn:  # jumps are made in the order of requests
            held = self.only or window.start <= offset < window.end
            chunk = None if held else await source.read(max(0, offset - PIECE), BLOCK)
        if window is not self.window or (chunk is None and not held):
            return
        self.stop_following()
        if chunk is not None:
            window.place(chunk.data, chunk.offset)
            window.size = chunk.size
        self.current = offset if mark else None
        if not self._lines:  # only the matches are shown, and there is none
            return
        index = self._lines.index(offset)
        column = self._column(index, hit) if hit is not None else 0
        row = self._body(index).row_of(column) if self._height(index) > 1 and column else 0
        column -= self._body(index).edges[row] if not self.wrap and row else 0
        if not self.wrap and not self._left <= column < self._left + self._room:
            self._left = max(0, column - self._room // 3) if column >= self._room else 0
        if chunk is not None or (index, row) not in self._layout():
            self._top = moved(self._lines, Place(offset, row), -(self.size.height // 3), self._height)
        self._redraw()
        await self._grow()

    # -- moving ----------------------------------------------------------------------------------

    def follow(self) -> None:
        """Go to the end and stay there."""
        self._work(partial(self._read_end, again=False))

    def stop_following(self) -> None:
        """Stay at what is shown now."""
        if self.mode is Follow.FOLLOWING:
            self._top = self._first()
            self.mode = Follow.MANUAL
            self._counted = max(self._counted, self.window.end)

    def toggle_follow(self) -> None:
        """Follow, or stop."""
        if self.mode is Follow.MANUAL:
            self.follow()
            return
        self.stop_following()
        self._redraw()

    def move(self, by: int) -> None:
        """Go *by* rows down (up when negative); going up stops following."""
        if self.choosing:
            self._move_cursor(by)
            return
        if by > 0 and self.mode is Follow.FOLLOWING:
            return
        first = self._first()
        self.stop_following()
        self._top = moved(self._lines, first, by, self._height)
        last = up_from_end(self._lines, self.size.height, self._height)
        if last:
            lowest = Place(self._lines.offset(last[0][0]), last[0][1])
            if (self._top.offset, self._top.row) > (lowest.offset, lowest.row):
                self._top = lowest
        self._changed()
        self.post_message(self.Moved())
        self._work(self._grow)

    def action_do(self, action_id: str) -> None:
        """Move by the table of actions; anything else is handled by the screen."""
        page = max(1, self.size.height - 1)
        steps = {
            "move.up": -1,
            "move.down": 1,
            "move.page_up": -page,
            "move.page_down": page,
            "move.half_up": -(page // 2),
            "move.half_down": page // 2,
        }
        if action_id in steps:
            self.move(steps[action_id])
        elif action_id == "move.top":
            first = self._lines.offset(0) if self.only and len(self._lines) else 0
            self._work(partial(self.go_to, first, mark=False))
        elif action_id == "move.end":
            self.follow()
        elif isinstance(self.screen, Doing):
            self.screen.action_do(action_id)

    def action_sideways(self, by: int) -> None:
        """Scroll long lines to the right or left."""
        if not self.wrap:
            self._left = max(0, min(self._left + by, self._longest() - 1))
            self._redraw()

    def show_ends(self, *, last: bool) -> bool:
        """Show the end (or beginning) of the longest line in view; return False if lines are wrapped."""
        if not self.wrap:
            self._left = max(0, self._longest() - self._room) if last else 0
            self._redraw()
        return not self.wrap

    def _longest(self) -> int:
        return max((self._body(index).longest() for index, _ in self._layout()), default=0)

    def action_turn_sideways(self, pages: int) -> None:
        """Turn pages of long lines."""
        self.action_sideways(pages * self._room)

    def on_mouse_scroll_up(self) -> None:
        """Go up three rows."""
        self.move(-3)

    def on_mouse_scroll_down(self) -> None:
        """Go down three rows."""
        self.move(3)

    # -- how it is shown -------------------------------------------------------------------------

    def toggle_readable(self) -> None:
        """Show JSON lines of loggers as time, level, message and fields, or as they are."""
        self._top, self.readable, self._left = Place(self._first().offset), not self.readable, 0
        self._redraw()

    def toggle_wrap(self) -> None:
        """Wrap long lines, or cut them at the edge."""
        self._top, self.wrap, self._left = self._first(), not self.wrap, 0
        self._redraw()

    def toggle_times(self) -> None:
        """Show or hide when each line was written."""
        self.times = not self.times
        self._redraw()

    def show_search(self, wanted: Wanted | None, matches: Matches | None, *, only: bool = False) -> None:
        """Mark what was searched for; with *only* show nothing but the matching lines."""
        first, was_only = self._first().offset, self.only  # of the lines that are shown up to now
        self.wanted, self.matches = wanted, matches
        self._top, self.only = Place(first), only and matches is not None
        self._redraw()
        if was_only and not self.only and self.mode is Follow.MANUAL:
            here = first if self.current is None else self.current
            self._work(partial(self.go_to, here, mark=here == self.current))

    def matches_grew(self) -> None:
        """Show that the search found more."""
        if self.only:
            self._changed()

    def line_text(self) -> str:
        """Return the marked line, else the lowest one shown, as plain text."""
        lines, rows = self._lines, self._layout()
        if not rows:
            return ""
        index = rows[-1][0] if self.current is None else lines.index(self.current)
        return "".join(text for text, _ in pieces_of(lines.raw(index)))

    def here(self) -> int | None:
        """Return where the marked line begins while it is in view, else None."""
        first, last = self.span()
        return self.current if self.current is not None and first <= self.current <= last else None

    def span(self) -> tuple[int, int]:
        """Return the offsets of the first and last line in view."""
        rows = self._layout()
        return (self._lines.offset(rows[0][0]), self._lines.offset(rows[-1][0])) if rows else (0, 0)

    def share(self) -> float:
        """Return how far down the lowest line in view is, from 0 to 1."""
        rows = self._layout()
        if not rows or (self.window.at_end and rows[-1][0] == len(self._lines) - 1):
            return 1.0
        return self._lines.offset(rows[-1][0]) / max(1, self.window.size)

    # -- drawing ---------------------------------------------------------------------------------

    @property
    def _room(self) -> int:
        margin = self._source.margin if self._source is not None else 0
        return max(1, self.size.width - 1 - margin - (9 if self.times else 0))

    def _height(self, index: int) -> int:
        raw = self._lines.raw(index)
        if self.readable and raw.lstrip()[:1] == b"{":
            return self._body(index).rows
        return self._body(index).rows if self.wrap and len(raw) > self._room else 1

    def _column(self, index: int, hit: Sought) -> int:
        """Return the cell of a line at which *hit* is shown; 0 if it is not."""
        raw = self._lines.raw(index)
        if self.readable and self.wanted is not None and rows_of(raw, self.zone) is not None:
            text = self._body(index).strip.text
            found = self.wanted.in_text.search(text)
            return cell_len(text[: found.start()]) if found is not None else 0
        return column_of(raw, hit)

    def _body(self, index: int) -> Body:
        """Return the line as it is drawn."""
        lines = self._lines
        offset, raw = lines.offset(index), lines.raw(index)
        body = self._bodies.get(offset)
        if body is None or body.raw != raw:
            hit = self.wanted.in_text if self.wanted else None
            rows = rows_of(raw, self.zone, hit) if self.readable else None
            if rows is None:
                rows = [pieces_of(raw, hit=hit)]
            room = self._room if self.wrap else None
            body = self._bodies[offset] = Body.of(raw, rows, self.rich_style, room)
        return body

    def _first(self) -> Place:
        rows = self._layout()
        return Place(self._lines.offset(rows[0][0]), rows[0][1]) if rows else self._top

    def _layout(self) -> list[tuple[int, int]]:
        """Return the index and row of each line in view, computed again when any input has changed."""
        lines, height = self._lines, self.size.height
        top = self._top if self.mode is Follow.MANUAL else None
        grounds = (lines, lines.version, top, height, self._room if self.wrap else 0, self.readable)
        if grounds != self._rows_of:
            rows = down_from(lines, top, height, self._height) if top is not None else []
            if len(rows) < height:
                rows = up_from_end(lines, height, self._height)
            self._rows, self._rows_of = rows, grounds
        return self._rows

    def _changed(self) -> None:
        """Draw again the rows that are not what they were."""
        painted = self._keys()
        for y, (before, after) in enumerate(zip(self._painted, painted, strict=False)):
            if before != after:
                self.refresh(Region(0, y, self.size.width, 1))
        low, high = sorted((len(self._painted), len(painted)))
        if low < high:
            self.refresh(Region(0, low, self.size.width, high - low))
        self._painted = painted
        self._date()

    def _redraw(self) -> None:
        """Draw everything again."""
        self._strips.clear()
        self._bodies.clear()
        self._painted = self._keys()
        self.refresh()
        self.post_message(self.Moved())
        self._date()

    def _keys(self) -> list[object]:
        lines = self._lines
        last = len(lines) - 1
        return [
            (lines.offset(index), row, lines.raw(index) if index == last else None, self._head(index, row))
            for index, row in self._layout()
        ]

    def _date(self) -> None:
        """Fetch when the lines in view were written, if times are shown."""
        if self.times and self._source is not None:
            self._work(partial(self._learn_times, self._source))

    async def _learn_times(self, source: LogSource) -> None:
        lines = self._lines
        unknown = [
            lines.offset(index)
            for index, row in self._layout()
            if not row and lines.offset(index) not in self._moments
        ]
        if not unknown:
            return
        self._moments.update(await source.times(unknown))
        self._strips.clear()
        self.refresh()

    def on_resize(self) -> None:
        """Fit the new size, keeping the first line where it was."""
        self._redraw()
        self._work(self._grow)

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        width, base = self.size.width, self.rich_style
        rows = self._layout()
        if y >= len(rows):
            said = wrap(clean(self.empty), width - 2) if not len(self._lines) else []
            text = f" {said[y]}" if y < len(said) else ""
            return Strip([Segment(text, base + Style(dim=True))]).adjust_cell_length(width, base)
        index, row = rows[y]
        head = self._head(index, row)
        key = (self._lines.offset(index), row, head)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._draw(index, row, head, base).adjust_cell_length(width, base)
            if index < len(self._lines) - 1:  # the last one may not be finished
                self._strips[key] = strip
        return strip

    def _head(self, index: int, row: int) -> str:
        """Return the first cell of a row: cursor, mark, or that a long line goes on."""
        offset = self._lines.offset(index)
        if offset == self.current:
            return ">"
        if self.picks and self.picks.has(offset, self.current):
            return PICKED
        return GOES_ON if not row and self._lines.goes_on(index) else " "

    def _draw(self, index: int, row: int, head: str, base: Style) -> Strip:
        offset = self._lines.offset(index)
        before = [Segment(head, base + Style(bold=head in {">", PICKED}))]
        if self.times:
            moment = self._moments.get(offset) if not row else None
            text = moment.astimezone(self.zone).strftime("%H:%M:%S ") if moment else " " * 9
            before.append(Segment(text, base))
        if self._source is not None and self._source.margin:
            tag, style = self._source.tag(offset)
            before.append(Segment(tag, base + style))
        body = self._body(index)
        cut = body.row(row)
        return Strip([*before, *(cut if self.wrap else cut.crop(self._left, self._left + self._room))])
