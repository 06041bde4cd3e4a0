"""`GridMarks`: the cursor of a grid, and which of its cells, rows, runs and rectangles are marked."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.model.views.runs import RunRow
from penstock_tui.view.grid import RUNS, GridRow
from penstock_tui.widgets.drawn import Drawn

Place = tuple[str, str]
"""A cell: the key of its row (`RUNS` for the run itself), and its run."""


class GridMarks(Drawn):
    """The part of `penstock_tui.widgets.task_grid.TaskGrid` that knows what is chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[GridRow] = ()
        self.runs: list[RunRow] = []
        """Newest first."""
        self.marks: set[Place] = set()
        self.row = -1
        """The cursor's row; -1 is that of the runs."""
        self.column = 0
        """The cursor's run, counted from the newest."""
        self._corner: Place | None = None
        """Where a rectangle of marks was begun."""
        self._before: frozenset[Place] = frozenset()
        """What was marked before it."""

    @property
    def in_sight(self) -> Sequence[RunRow]:
        """The runs that are shown, newest first."""
        raise NotImplementedError

    @property
    def row_here(self) -> GridRow | None:
        """The row under the cursor; None on that of the runs."""
        return self.rows[self.row] if 0 <= self.row < len(self.rows) else None

    @property
    def run_here(self) -> RunRow | None:
        """The run under the cursor."""
        return self.runs[self.column] if self.column < len(self.runs) else None

    def places(self) -> list[Place]:
        """Return the marked cells, the oldest run first, else the one under the cursor.

        Those of a run that is marked itself are left out.
        """
        if self.marks:
            whole = {run for key, run in self.marks if key == RUNS}
            rows = {row.key: place for place, row in enumerate(self.rows)} | {RUNS: -1}
            runs = {run.run_id: -place for place, run in enumerate(self.runs)}
            kept = [place for place in self.marks if place[0] == RUNS or place[1] not in whole]
            return sorted(kept, key=lambda place: (runs.get(place[1], 0), rows.get(place[0], 0)))
        here = self._here()
        return [here] if here is not None else []

    def _here(self) -> Place | None:
        run, row = self.run_here, self.row_here
        if run is None:
            return None
        return (row.key if row is not None else RUNS, run.run_id)

    def toggle_mark(self) -> bool:
        """Mark or unmark the cell under the cursor; return whether there is one."""
        here = self._here()
        self._corner = None
        if here is not None:
            self.marks ^= {here}
            self.refresh()
        return here is not None

    def toggle_range(self) -> bool:
        """Begin a rectangle of marks at the cursor, or end it; return whether there is a cell."""
        if self._corner is not None:
            self._corner = None
            return True
        self._corner, self._before = self._here(), frozenset(self.marks)
        self.mark_rectangle()
        self.refresh()
        return self._corner is not None

    def toggle_row(self) -> bool:
        """Mark or unmark the row under the cursor in every run in sight; return whether there is one."""
        row = self.row_here
        key = row.key if row is not None else RUNS
        return self._toggle({(key, run.run_id) for run in self.in_sight})

    def toggle_column(self) -> bool:
        """Mark or unmark the run under the cursor; return whether there is one."""
        run = self.run_here
        return self._toggle({(RUNS, run.run_id)} if run is not None else set())

    def toggle_all(self) -> bool:
        """Mark or unmark all runs in sight; return whether there are any."""
        return self._toggle({(RUNS, run.run_id) for run in self.in_sight})

    def _toggle(self, places: set[Place]) -> bool:
        self._corner = None
        self.marks = self.marks - places if places <= self.marks else self.marks | places
        self.refresh()
        return bool(places)

    def clear_marks(self) -> bool:
        """Unmark everything; return whether something was marked."""
        had = bool(self.marks) or self._corner is not None
        self.marks, self._corner = set(), None
        if had:
            self.refresh()
        return had

    def mark_rectangle(self) -> bool:
        """Mark what lies between the corner and the cursor; return whether a rectangle was begun."""
        if self._corner is None:
            return False
        key, run_id = self._corner
        ids, keys = [run.run_id for run in self.runs], [row.key for row in self.rows]
        if run_id not in ids or (key != RUNS and key not in keys):
            self._corner = None
            return False
        row = keys.index(key) if key != RUNS else -1
        columns = sorted((ids.index(run_id), self.column))
        rows = range(min(row, self.row), max(row, self.row) + 1)
        chosen = {
            (keys[place] if place >= 0 else RUNS, ids[column])
            for place in rows
            for column in range(columns[0], columns[1] + 1)
        }
        self.marks = set(self._before) | chosen
        return True
