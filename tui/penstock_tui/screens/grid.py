"""The grid of a DAG: tasks by runs, with what there is to know of the cell under the cursor."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from functools import partial

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal

from penstock.ids import split_instance
from penstock.model.views.dags import DagDetail
from penstock.model.views.events import Change
from penstock.model.views.grid import GridRuns
from penstock.model.views.runs import RunDetail, RunRow
from penstock_tui import actions
from penstock_tui.actions import Action
from penstock_tui.background import in_background
from penstock_tui.clean import label
from penstock_tui.screens.view import View, marks_chip
from penstock_tui.target import DagTarget, RunTarget, Target, TaskTarget
from penstock_tui.view import durations
from penstock_tui.view.grid import RUNS, GridRows
from penstock_tui.view.grid_detail import cell_lines, task_lines
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.paragraph import Paragraph
from penstock_tui.widgets.task_grid import TaskGrid

_PAGE = 60
"""Runs that are asked for at once."""
_BESIDE = 100
"""Columns from which the detail stands beside the grid; else below."""
_DETAIL = 36
_SETTLE = 0.12
"""Seconds that the cursor must rest on a cell before its task is asked for."""


class GridScreen(View):
    """Tasks by runs of *dag_id*; begins at *run_id*, else at the newest run."""

    view = "grid"
    CSS = """
    GridScreen #grid { height: 1fr; }
    GridScreen TaskGrid { width: 1fr; }
    GridScreen #cell { width: 36; height: 1fr; border-left: solid ansi_bright_black; padding-left: 1; }
    GridScreen.below #grid { layout: vertical; }
    GridScreen.below #cell { width: 1fr; height: 4; border-left: none; border-top: solid ansi_bright_black; }
    """

    def __init__(self, dag_id: str, run_id: str | None = None) -> None:
        super().__init__()
        self.dag_id = dag_id
        self.dag: DagDetail | None = None
        self.found: GridRuns | None = None
        self.folded: set[str] = set()
        self.opened: dict[str, int] = {}
        """Instances shown of mapped tasks that are open."""
        self._begin = run_id
        self._rows: GridRows | None = None
        self._shape: object = None
        self._older: list[RunRow] = []
        self._more = False
        """Whether there are runs older than those."""
        self._filling = self._again = False
        self._parts: dict[str, RunDetail] = {}
        """What acts would be done to, by run."""
        self._parts_of: object = None

    def body(self) -> ComposeResult:
        """Compose the grid, and the detail of a cell."""
        shell = self.shell
        self.grid = TaskGrid(shell.looks, shell.zone, shell.clock.now())
        self.detail = Paragraph(id="cell")
        with Horizontal(id="grid"):
            yield self.grid
            yield self.detail

    def on_mount(self) -> None:
        """Give the grid the keys, and count seconds."""
        super().on_mount()
        self.grid.focus()
        self._settling = self.set_timer(_SETTLE, self._settled, pause=True)
        self.set_interval(1.0, self._tick)

    # -- content ---------------------------------------------------------------------------------

    async def load(self) -> None:
        """Ask for the DAG and its runs; then for the cells in sight."""
        dag_id, feed = self.dag_id, self.shell.feed
        dag, found = await asyncio.gather(
            feed.ask(lambda engine: engine.dag(dag_id), key=("dag", dag_id)),
            feed.ask(lambda engine: engine.grid(dag_id, limit=_PAGE), key=("grid", dag_id)),
        )
        if dag is None or found is None:
            return
        first = self.found is None
        self.dag, self.found = dag, found
        self.grid.zone = durations.zone(dag.dag.timezone)
        self._show_runs()
        self._show_rows()
        if first:
            self._go_to_begin()
        await self._fill()
        self._changed()

    def _show_runs(self) -> None:
        assert self.found is not None
        oldest = self.found.runs[-1].run_after if self.found.runs else None
        fresh = {run.run_id for run in self.found.runs}
        older = [
            run
            for run in self._older
            if run.run_id not in fresh and (oldest is None or run.run_after <= oldest)
        ]
        more = self._more if self._older else self.found.more
        self.grid.set_runs([*self.found.runs, *older], more=more)
        self.refresh_top()

    def _show_rows(self) -> None:
        assert self.dag is not None
        assert self.found is not None
        shape = (self.dag.version, self.found.gone)
        if self._rows is None or shape != self._shape:
            self._rows = GridRows(self.dag.nodes, self.dag.groups, self.found.gone)
            self._shape = shape
        self.grid.set_rows(self._rows.rows(self.folded, self.opened))

    def _go_to_begin(self) -> None:
        ids = [run.run_id for run in self.grid.runs]
        if self._begin in ids:
            self.grid.move_to(-1, ids.index(str(self._begin)))

    async def _fill(self) -> None:
        """Ask for the cells in sight that are not known, until all are."""
        if self._filling:
            self._again = True
            return
        self._filling = True
        try:
            while True:
                self._again = False
                if self.grid.lacks_runs:
                    await self._ask_older()
                runs, rows = self.grid.missing()
                if not runs and not self._again:
                    return
                if runs and not await self._ask_cells(runs, rows):
                    return
        finally:
            self._filling = False

    async def _ask_cells(self, runs: list[str], rows: list[str]) -> bool:
        dag_id = self.dag_id
        cells = await self.shell.feed.ask(lambda engine: engine.grid_cells(dag_id, runs, rows))
        if cells is None:
            return False
        fresh = {(row, run_id): cell for row in rows for run_id, cell in zip(runs, cells[row], strict=True)}
        self.grid.answered(fresh)
        self.grid.set_cells(fresh)
        return True

    async def _ask_older(self) -> None:
        dag_id, before = self.dag_id, self.grid.runs[-1].run_after
        found = await self.shell.feed.ask(
            lambda engine: engine.grid(dag_id, limit=_PAGE, before=before), key=("older", dag_id, before)
        )
        if found is None or not found.runs:
            self.grid.more = False
            return
        known = {run.run_id for run in self.grid.runs}
        self._older = [*self._older, *(run for run in found.runs if run.run_id not in known)]
        self._more = found.more
        self._show_runs()

    def concerns(self, change: Change) -> bool:
        """Return whether our DAG or a run of it moved; what moved is asked for again."""
        runs = {run_id for dag_id, run_id in change.runs if dag_id == self.dag_id}
        if change.all:
            self.grid.forget(None)
        else:
            self.grid.forget(runs)
        if change.all or runs:
            self._parts_of = None
        return change.all or self.dag_id in change.dags or bool(runs)

    def _tick(self) -> None:
        if self.is_current and self.grid.moves:
            self.grid.tick(self.shell.clock.now())
            self._show_cell()

    def on_resize(self, _event: events.Resize) -> None:
        """Put the detail beside the grid, or below it."""
        self.set_class(self.size.width < _BESIDE, "below")

    # -- the cell under the cursor ---------------------------------------------------------------

    def on_task_grid_wanted(self) -> None:
        """Ask for what came into sight."""
        in_background(self, self._fill, name="cells", group="cells")

    def on_task_grid_moved(self) -> None:
        """Describe the cell, and once the cursor rests ask for the task."""
        self._changed()

    def on_task_grid_entered(self) -> None:
        """Open the cell, as enter does."""
        self.action_do("open")

    def _changed(self) -> None:
        """Note that something else may be chosen."""
        self._show_cell()
        if self.grid.marks:
            self.refresh_top()
        self._settling.stop()
        self._settling = self.set_timer(_SETTLE, self._settled)

    def _settled(self) -> None:
        in_background(self, self._learn, name="chosen", group="chosen")

    async def _learn(self) -> None:
        """Ask for the tasks that are chosen: acts are done to them as they are, not to what a cell says."""
        wanted = self._wanted()
        parts: dict[str, RunDetail] = {}
        for run_id, rows in wanted.items():
            part = await self._ask_part(run_id, [row for row in rows if row != RUNS])
            if part is None or wanted != self._wanted():
                return
            parts[run_id] = part
        self._parts, self._parts_of = parts, wanted
        self._show_cell()

    async def _ask_part(self, run_id: str, rows: list[str]) -> RunDetail | None:
        dag_id = self.dag_id
        return await self.shell.feed.ask(lambda engine: engine.run_part(dag_id, run_id, rows))

    def _wanted(self) -> dict[str, tuple[str, ...]]:
        """Return the rows that are chosen, by run."""
        found: dict[str, list[str]] = defaultdict(list)
        for row, run_id in self.grid.places():
            found[run_id].append(row)
        return {run_id: tuple(rows) for run_id, rows in found.items()}

    def _show_cell(self) -> None:
        shown, shell = self.grid, self.shell
        now, run = shell.clock.now(), shown.run_here
        cells = _DETAIL - 3 if self.size.width >= _BESIDE else self.size.width - 1
        lines = cell_lines(shown.row_here, run, shown.cell_here, now, shown.zone, shell.looks)
        part = self._parts.get(run.run_id) if run is not None and not shown.marks else None
        row = shown.row_here
        if part is not None and row is not None and self._parts_of == self._wanted():
            lines += task_lines(part, row, now, cells)
        self.detail.show(lines if self.size.width >= _BESIDE else lines[:3])

    # -- what keys apply to and do ---------------------------------------------------------------

    def chosen(self) -> tuple[Target, ...]:
        """Return the marked runs and tasks, else the cell under the cursor."""
        wanted = self._wanted()
        if self._parts_of != wanted:
            return ()
        dag, marked = self.dag.dag if self.dag is not None else None, bool(self.grid.marks)
        found: list[Target] = []
        for run_id, rows in wanted.items():
            part = self._parts[run_id]
            if RUNS in rows:
                found.append(RunTarget(run=part.run, dag=dag, marked=marked))
            elif part.tasks:
                found.append(TaskTarget(run=part.run, tasks=part.tasks, dag=dag, marked=marked))
        return tuple(found)

    def around(self) -> Target:
        """Return the DAG."""
        return DagTarget(dag_id=self.dag_id, dag=self.dag.dag if self.dag is not None else None)

    def action_do(self, action_id: str) -> None:
        """Do an action, once it is known what it is done to."""
        action = actions.BY_ID[action_id]
        known = self._parts_of == self._wanted() or self.grid.run_here is None
        if known or action.takes in {None, "dag"} or action.id == "open":
            super().action_do(action_id)
        else:
            in_background(self, partial(self._learn_and, action_id), name="chosen", group="chosen")

    async def _learn_and(self, action_id: str) -> None:
        await self._learn()
        if self._parts_of == self._wanted():
            super().action_do(action_id)

    def why_not(self, action: Action) -> str | None:
        """Say that groups and mapped tasks are several; they can always be opened."""
        row = self.grid.row_here
        if action.id == "open":
            return None if self.grid.run_here is not None else "this DAG has no runs yet"
        if action.id in {"inside", "log"} and row is not None and row.opens and not self.grid.marks:
            return "several tasks in one cell: enter opens it"
        return super().why_not(action)

    def crumbs(self) -> Spans:
        """Name the DAG, and how many runs are known."""
        more = "+" if self.grid.more else ""
        return [
            ("> ", "bright_black"),
            (f"{label(self.dag_id)} grid", "bold"),
            (f"  {len(self.grid.runs)}{more} runs", "bright_black"),
        ]

    def chip(self) -> Spans:
        """Return how much is marked."""
        return marks_chip(len(self.grid.marks), 0)

    def copied(self) -> str:
        """Return the run and the task under the cursor."""
        row, run = self.grid.row_here, self.grid.run_here
        return "" if run is None else run.run_id if row is None else f"{run.run_id} {row.key}"

    def close_layer(self) -> bool:
        """Unmark."""
        return self.unmark()

    def unmark(self) -> bool:
        """Unmark every cell."""
        had = self.grid.clear_marks()
        self._changed()
        self.refresh_top()
        return had

    def do_open(self) -> None:
        """Open a group, a mapped task, the run, or the task from inside."""
        row, run = self.grid.row_here, self.grid.run_here
        if run is None:
            return
        if row is None:
            self.shell.open_run(self.dag_id, run.run_id)
        elif row.opens:
            self.do_fold()
        else:
            from penstock_tui.screens.task import TaskScreen

            task, index = split_instance(row.key)
            self.app.push_screen(TaskScreen(self.dag_id, run.run_id, task, -1 if index is None else index))

    def do_fold(self) -> None:
        """Open or shut the group or mapped task under the cursor, or the one around it."""
        row = self.grid.row_here
        if row is None:
            self.shell.say("there is no group here")
            return
        key = row.key
        if row.kind == "instance":
            key = split_instance(row.key)[0]
        if row.kind == "group":
            self.folded ^= {key}
        elif key in self.opened:
            del self.opened[key]
        elif row.kind == "mapped":
            counts = [self.grid.cells.get((key, run.run_id)) for run in self.grid.in_sight]
            self.opened[key] = max((cell.count for cell in counts if cell is not None), default=0)
        else:
            self.shell.say("there is no group here")
            return
        self._show_rows()
        self._go_to_row(key)
        self.on_task_grid_wanted()
        self._changed()

    def _go_to_row(self, key: str) -> None:
        place = next((place for place, row in enumerate(self.grid.rows) if row.key == key), None)
        if place is not None:
            self.grid.move_to(place, self.grid.column)

    def do_previous_run(self) -> None:
        """Go back as many runs as are shown."""
        if not self.grid.turn(1):
            self.shell.say("this is the oldest run on record")

    def do_next_run(self) -> None:
        """Go on as many runs as are shown."""
        if not self.grid.turn(-1):
            self.shell.say("this is the newest run")

    def do_failure_next(self) -> None:
        """Go to the next failed task in sight."""
        self._to_failed(1)

    def do_failure_previous(self) -> None:
        """Go to the failed task before."""
        self._to_failed(-1)

    def _to_failed(self, direction: int) -> None:
        if not self.grid.move_to_bad(1 if direction > 0 else -1):
            self.shell.say("nothing here has failed: < looks further back")

    def do_mark(self) -> None:
        """Mark or unmark the cell."""
        self.say_marked(self.grid.toggle_mark())
        self._changed()

    def do_mark_range(self) -> None:
        """Begin or end a rectangle."""
        self.say_marked(self.grid.toggle_range())
        self._changed()

    def do_mark_all(self) -> None:
        """Mark every run in sight, or none."""
        self.say_marked(self.grid.toggle_all())
        self._changed()

    def do_mark_row(self) -> None:
        """Mark or unmark the task in every run in sight."""
        self.say_marked(self.grid.toggle_row())
        self._changed()

    def do_mark_column(self) -> None:
        """Mark or unmark the run."""
        self.say_marked(self.grid.toggle_column())
        self._changed()
