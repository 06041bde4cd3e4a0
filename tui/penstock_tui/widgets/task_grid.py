"""`TaskGrid`: tasks by runs, drawn line by line, with a cursor that moves over tasks and time.

Only what is in sight is asked for and drawn. The newest run stands at the right; the row above the
tasks is that of the runs themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import ClassVar, Literal

from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from penstock.model.states import UNFINISHED
from penstock.model.views.grid import GridCell
from penstock.model.views.runs import RunRow
from penstock_tui import actions
from penstock_tui.view import grid
from penstock_tui.view.grid import RUNS, Frame, GridRow
from penstock_tui.view.spans import Spans
from penstock_tui.view.state_style import Looks
from penstock_tui.widgets.grid_marks import GridMarks, Place
from penstock_tui.widgets.line import strip_of

_HEAD = 2
"""Lines above the row of the runs: dates, and how long each run took."""
_BAD = frozenset({"failed", "upstream_failed"})


class TaskGrid(GridMarks, can_focus=True):
    """Posts `Moved`, `Entered`, and `Wanted` when cells or runs come into view that it lacks."""

    DEFAULT_CSS = "TaskGrid { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("cells")]

    class Moved(Message):
        """The cursor stands on another cell."""

    class Entered(Message):
        """A cell was chosen with the mouse (a second click on it)."""

    class Wanted(Message):
        """Cells or runs are in sight that are not known."""

    def __init__(self, looks: Looks, zone: tzinfo, now: datetime) -> None:
        super().__init__()
        self.looks, self.zone, self.now = looks, zone, now
        self.more = False
        """Whether there are older runs than these."""
        self.cells: dict[Place, GridCell | None] = {}
        self._stale: set[Place] = set()
        """Cells that may have changed since they were answered."""
        self._top = 0
        self._newest = 0
        """The run at the right edge, counted from the newest."""
        self._frame = Frame(8, 1, bars=False)

    # -- content ---------------------------------------------------------------------------------

    def set_rows(self, rows: Sequence[GridRow]) -> None:
        """Replace the rows; the cursor stays on its own, or at its place."""
        here = self.row_here
        self.rows = rows
        places = {row.key: place for place, row in enumerate(rows)}
        if here is not None:
            self.row = places.get(here.key, min(self.row, len(rows) - 1))
        self._fit()

    def set_runs(self, runs: Sequence[RunRow], *, more: bool) -> None:
        """Replace the runs, newest first; cursor and window stay with theirs, unless at the newest."""
        here = self.run_here
        self.more = more
        ids = [run.run_id for run in runs]
        shift = ids.index(here.run_id) - self.column if here is not None and here.run_id in ids else 0
        self.runs = list(runs)
        if shift and (self.column > 0 or self._newest > 0):
            self.column += shift
            self._newest += shift
        self.column = max(0, min(self.column, len(runs) - 1))
        self.marks = {place for place in self.marks if place[1] in ids}
        self._keep_visible()
        self.refresh()

    def set_cells(self, fresh: dict[Place, GridCell | None]) -> None:
        """Take in cells; lines on which something changed are drawn."""
        changed = {place[0] for place, cell in fresh.items() if self.cells.get(place, ...) != cell}
        self.cells.update(fresh)
        for y, row in self._lines():
            if row.key in changed:
                self.refresh(Region(0, y, self.size.width, 1))

    def forget(self, run_ids: Collection[str] | None) -> None:
        """Ask again for the cells of these runs, or of all, when they are in sight next."""
        if run_ids is None:
            self._stale = set(self.cells)
        else:
            self._stale |= {place for place in self.cells if place[1] in run_ids}

    def missing(self) -> tuple[list[str], list[str]]:
        """Return the runs and the rows in sight of which a cell is not known."""
        lacking = [
            (row.key, run.run_id)
            for row in self._rows_in_sight()
            for run in self.in_sight
            if (row.key, run.run_id) not in self.cells or (row.key, run.run_id) in self._stale
        ]
        runs, rows = {run for _, run in lacking}, {row for row, _ in lacking}
        return (
            [run.run_id for run in self.in_sight if run.run_id in runs],
            [row.key for row in self._rows_in_sight() if row.key in rows],
        )

    def answered(self, places: Collection[Place]) -> None:
        """Note that these cells are up to date."""
        self._stale = self._stale.difference(places)

    @property
    def moves(self) -> bool:
        """Whether something in sight changes as time passes."""
        return any(run.end is None and run.start is not None for run in self.in_sight)

    @property
    def in_sight(self) -> Sequence[RunRow]:
        """The runs that are shown, newest first."""
        return self.runs[self._newest : self._newest + self._frame.runs]

    def _rows_in_sight(self) -> Sequence[GridRow]:
        return self.rows[self._top : self._top + self._page]

    @property
    def lacks_runs(self) -> bool:
        """Whether older runs should be asked for."""
        return self.more and self._newest + 2 * self._frame.runs > len(self.runs)

    # -- what is chosen --------------------------------------------------------------------------

    @property
    def cell_here(self) -> GridCell | None:
        """The cell under the cursor, once it is known."""
        row, run = self.row_here, self.run_here
        return self.cells.get((row.key, run.run_id)) if row is not None and run is not None else None

    # -- moving ----------------------------------------------------------------------------------

    def action_do(self, action_id: str) -> None:
        """Move as the table of actions says."""
        page = max(1, self._page - 1)
        rows = {
            "move.up": self.row - 1,
            "move.down": self.row + 1,
            "move.page_up": self.row - page,
            "move.page_down": self.row + page,
            "move.half_up": self.row - page // 2,
            "move.half_down": self.row + page // 2,
            "move.top": -1,
            "move.end": len(self.rows) - 1,
        }
        columns = {"move.left": self.column + 1, "move.right": self.column - 1}
        self.move_to(rows.get(action_id, self.row), columns.get(action_id, self.column))

    def turn(self, direction: Literal[1, -1]) -> bool:
        """Go one screen of runs back (1) or on (-1); return whether there are any."""
        before = self.column
        self.move_to(self.row, self.column + direction * max(1, self._frame.runs - 1))
        return self.column != before

    def move_to(self, row: int, column: int) -> None:
        """Put the cursor on a cell, or as near as it can stand."""
        row = max(-1, min(row, len(self.rows) - 1))
        column = max(0, min(column, len(self.runs) - 1))
        if (row, column) == (self.row, self.column):
            if self.lacks_runs:
                self.post_message(self.Wanted())
            return
        old_row, same_run = self.row, column == self.column
        self.row, self.column = row, column
        marked = self.mark_rectangle()
        if self._keep_visible() or marked:
            self.refresh()
        elif same_run:
            self._refresh_line(old_row)
            self._refresh_line(row)
        else:
            self._refresh_line(old_row)
            self._refresh_line(row)
            if self._frame.bars:
                at = self._bars_at()
                self.refresh(Region(at, _HEAD, max(0, self.size.width - at), self.size.height - _HEAD))
        self.post_message(self.Moved())

    def move_to_bad(self, direction: Literal[1, -1]) -> bool:
        """Go to the next cell in sight that failed: down its run, then in older ones; or the other way."""
        found = [
            (column, place)
            for column, run in enumerate(self.runs)
            if run in self.in_sight
            for place, row in enumerate(self.rows)
            if (cell := self.cells.get((row.key, run.run_id))) is not None and cell.state.value == "failed"
        ]
        here = (self.column, self.row)
        after = [at for at in found if at > here] if direction > 0 else [at for at in found if at < here]
        pick = (after or found)[0 if direction > 0 else -1] if found else None
        if pick is not None:
            self.move_to(pick[1], pick[0])
        return pick is not None

    def on_click(self, event: events.Click) -> None:
        """Choose a cell; a second click goes in."""
        row = event.y - _HEAD - 1 + self._top if event.y > _HEAD else -1
        at = (event.x - self._frame.names - 1) // grid.CELL
        shown = len(self.in_sight)
        if row >= len(self.rows) or not 0 <= at < shown:
            return
        column = self._newest + shown - 1 - at
        if (row, column) == (self.row, self.column):
            self.post_message(self.Entered())
        self.move_to(row, column)

    def on_mouse_scroll_down(self) -> None:
        """Go down three rows."""
        self.move_to(self.row + 3, self.column)

    def on_mouse_scroll_up(self) -> None:
        """Go up three rows."""
        self.move_to(self.row - 3, self.column)

    # -- drawing ---------------------------------------------------------------------------------

    @property
    def _page(self) -> int:
        return max(1, self.size.height - _HEAD - 1)

    def _lines(self) -> Iterator[tuple[int, GridRow]]:
        """Yield the line and the row of each row in sight."""
        for place, row in enumerate(self._rows_in_sight()):
            yield _HEAD + 1 + place, row

    def _refresh_line(self, row: int) -> None:
        y = _HEAD if row < 0 else _HEAD + 1 + row - self._top
        if _HEAD <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def _keep_visible(self) -> bool:
        """Move the window so that the cursor is in it; return whether it moved."""
        before = (self._top, self._newest)
        page, runs = self._page, self._frame.runs
        self._top = max(0, min(self._top, max(self.row, 0), max(0, len(self.rows) - page)))
        self._top = max(self._top, self.row - page + 1)
        self._newest = min(self._newest, self.column)
        self._newest = max(self._newest, self.column - runs + 1)
        self._newest = max(0, min(self._newest, max(0, len(self.runs) - runs)))
        moved = (self._top, self._newest) != before
        if moved or any(self.missing()) or self.lacks_runs:
            self.post_message(self.Wanted())
        return moved

    def _fit(self) -> None:
        longest = max((len(row.name) + 4 + row.depth for row in self.rows), default=8)
        self._frame = grid.frame(self.size.width, longest)
        self._keep_visible()
        self.refresh()

    def on_resize(self) -> None:
        """Share the screen out again."""
        self._fit()

    def on_focus(self) -> None:
        """Show the cursor."""
        self._refresh_line(self.row)

    def on_blur(self) -> None:
        """Show that keys go elsewhere."""
        self._refresh_line(self.row)

    def tick(self, now: datetime) -> None:
        """Draw what grows with time."""
        self.now = now
        if self._frame.bars:
            self.refresh(Region(self._bars_at(), _HEAD, grid.BAR, self.size.height - _HEAD))

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        cells = self.size.width
        runs = list(reversed(self.in_sight))
        lead: Spans = [(" " * (self._frame.names + 1), "")]
        if y == 0:
            return strip_of([*lead, *grid.dates(runs, self.zone)], cells, self.rich_style)
        if y == 1:
            bars = grid.run_bars(runs, self.now, ascii=self.looks.ascii)
            return strip_of([*lead, *bars], cells, self.rich_style)
        if y == _HEAD:
            return strip_of(self._run_line(runs), cells, self.rich_style)
        place = y - _HEAD - 1 + self._top
        if place >= len(self.rows):
            return Strip.blank(cells, self.rich_style)
        return strip_of(self._row_line(place, runs), cells, self.rich_style)

    def _run_line(self, runs: Sequence[RunRow]) -> Spans:
        here = self.row < 0
        spans: Spans = [(f"{'>' if here else ' '}run".ljust(self._frame.names + 1), "bold")]
        for run in runs:
            glyph, style = self.looks.cell(run.state.value)
            spans += self._cell(glyph, style, (RUNS, run.run_id), here and run is self.run_here)
        if self._frame.bars and self.run_here is not None:
            took = self.run_here.took(self.now)
            spans += grid.bar(took, took or 0.0, ascii=self.looks.ascii)
        return spans

    def _row_line(self, place: int, runs: Sequence[RunRow]) -> Spans:
        row, here = self.rows[place], place == self.row
        name = grid.name_spans(row, self._frame.names, ascii=self.looks.ascii)
        if here:
            name = [(text, f"{style} bold".strip()) for text, style in name]
        spans: Spans = [(">" if here else " ", "bold"), *name]
        for run in runs:
            known = (row.key, run.run_id) in self.cells
            glyph, style = grid.cell_span(self.cells.get((row.key, run.run_id)), self.looks)
            if not known:
                glyph, style = ".", "bright_black"
            spans += self._cell(glyph, style, (row.key, run.run_id), here and run is self.run_here)
        if self._frame.bars and self.run_here is not None:
            cell = self.cells.get((row.key, self.run_here.run_id))
            took = cell.took(self.now) if cell is not None and self._timed(cell) else None
            spans += grid.bar(took, self._longest(), ascii=self.looks.ascii)
        return spans

    @staticmethod
    def _timed(cell: GridCell) -> bool:
        return cell.end is not None or cell.state in UNFINISHED

    def _bars_at(self) -> int:
        """Return where the durations begin: after the runs in sight, which may be fewer than fit."""
        return self._frame.names + 1 + len(self.in_sight) * grid.CELL

    def _longest(self) -> float:
        run = self.run_here
        if run is None:
            return 0.0
        cells = [self.cells.get((row.key, run.run_id)) for row in self._rows_in_sight()]
        return max((cell.took(self.now) or 0.0 for cell in cells if cell is not None), default=0.0)

    def _cell(self, glyph: str, style: str, place: Place, here: bool) -> Spans:
        marked = place in self.marks or (RUNS, place[1]) in self.marks
        after = ("*", "bold yellow") if marked else (" ", "")
        if not here:
            return [(glyph, style), after]
        lit = "reverse" if self.has_focus else "underline"
        return [(glyph if glyph != " " else "·", f"{style} {lit}".strip()), after]
