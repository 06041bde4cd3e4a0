"""How one task went in its last runs: a plot above, the runs below."""

from __future__ import annotations

import asyncio
from functools import partial

from textual import events
from textual.app import ComposeResult

from penstock.model.views.dags import DagRow
from penstock.model.views.events import Change
from penstock.model.views.one_task import HistoryRow, TaskHistory
from penstock_tui import actions
from penstock_tui.background import in_background
from penstock_tui.clean import label
from penstock_tui.screens.view import View
from penstock_tui.target import DagTarget, Target, TaskTarget
from penstock_tui.view import durations, history
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.line import Line
from penstock_tui.widgets.line_table import LineTable, Row
from penstock_tui.widgets.paragraph import Paragraph

_LIMIT = 100
"""Runs that are looked at."""
_SETTLE = 0.12
"""Seconds that the cursor must rest on a run before its task is asked for."""
_SHARE = 0.45
"""The share of the screen that the plot takes."""


class HistoryScreen(View):
    """The task *task_id* of *dag_id*; *map_index* None takes all instances of a mapped one together."""

    view = "history"

    def __init__(self, dag_id: str, task_id: str, map_index: int | None, run_id: str | None = None) -> None:
        super().__init__()
        self.dag_id, self.task_id, self.map_index = dag_id, task_id, map_index
        self.history: TaskHistory | None = None
        self.dag: DagRow | None = None
        self._run_id = run_id
        """The run to begin at."""
        self._chosen: TaskTarget | None = None
        """The task in the run under the cursor, once it was asked for: what acts are done to."""

    def body(self) -> ComposeResult:
        """Compose summary, plot and runs."""
        yield Line(id="summary")
        yield Paragraph(id="plot")
        yield LineTable(history.COLUMNS)

    def on_mount(self) -> None:
        """Give the runs the keys, and count seconds."""
        super().on_mount()
        self.table.focus()
        self.set_interval(1.0, self._tick)
        self._settling = self.set_timer(_SETTLE, self._settled, pause=True)

    @property
    def table(self) -> LineTable:
        """The runs."""
        return self.query_one(LineTable)

    @property
    def _here(self) -> HistoryRow | None:
        rows = self.history.runs if self.history is not None else ()
        return next((row for row in rows if row.run_id == self.table.cursor_key), None)

    # -- content ---------------------------------------------------------------------------------

    async def load(self) -> None:
        """Ask for the history."""
        dag_id, task_id, index, feed = self.dag_id, self.task_id, self.map_index, self.shell.feed
        found, dag = await asyncio.gather(
            feed.ask(
                lambda engine: engine.history(dag_id, task_id, map_index=index, limit=_LIMIT),
                key=("history", dag_id, task_id, index),
            ),
            feed.dag(dag_id),
        )
        if dag is not None:
            self.dag = dag.dag
        if found is not None:
            self.history = found
            self.table.empty = f"{task_id} has not been in any of the newest {_LIMIT} runs"
            self._show()
            if self._run_id is not None:
                self.table.move_to_key(self._run_id)
                self._run_id = None
        await self._learn_task()

    async def _learn_task(self) -> None:
        """Ask for the task in the run under the cursor, which acts are done to."""
        here, dag_id, task_id, index = self.table.cursor_key, self.dag_id, self.task_id, self.map_index
        if here is None:
            return
        run_id, feed = here, self.shell.feed
        if index is None:
            run = await feed.ask(lambda engine: engine.run(dag_id, run_id), key=("run", dag_id, run_id))
            tasks = tuple(task for task in run.tasks if task.task_id == task_id) if run is not None else ()
            row = run.run if run is not None else None
        else:
            found = await feed.ask(
                lambda engine: engine.task(dag_id, run_id, task_id, index),
                key=("task", dag_id, run_id, task_id, index),
            )
            tasks = (found.task,) if found is not None else ()
            row = found.run if found is not None else None
        if row is not None and tasks and here == self.table.cursor_key:
            self._chosen = TaskTarget(run=row, tasks=tasks, dag=self.dag)

    def concerns(self, change: Change) -> bool:
        """Return whether a run of our DAG moved."""
        return change.all or self.dag_id in change.dags or any(dag == self.dag_id for dag, _ in change.runs)

    def _tick(self) -> None:
        if (
            self.in_front
            and self.history is not None
            and any(row.end is None and row.start is not None for row in self.history.runs)
        ):
            self._show()

    def _show(self) -> None:
        found = self.history
        if found is None:
            return
        shell, now = self.shell, self.shell.clock.now()
        dag_zone = durations.zone(self.dag.timezone) if self.dag is not None else shell.zone
        self.query_one("#summary", Line).show(history.summary(found))
        self.table.set_rows(
            [
                Row(
                    row.run_id,
                    partial(history.cells_of, row, now, shell.zone, dag_zone, shell.looks),
                    failed=row.state.value == "failed" or row.slow,
                )
                for row in found.runs
            ]
        )
        self._show_plot()
        self.refresh_top()

    def _show_plot(self) -> None:
        if self.history is None or not self.history.runs:
            return
        size = (self.size.width - 1, max(3, int((self.size.height - 4) * _SHARE)))
        shell = self.shell
        lines = history.plot_lines(self.history, shell.clock.now(), shell.looks, size, self.table.cursor_key)
        self.query_one("#plot", Paragraph).show(lines)

    def on_resize(self, _event: events.Resize) -> None:
        """Draw the plot for the new size."""
        self._show_plot()

    def on_line_table_moved(self) -> None:
        """Show which column the run under the cursor is."""
        self._chosen = None
        self._show_plot()
        self._settling.stop()
        self._settling = self.set_timer(_SETTLE, self._settled)

    def _settled(self) -> None:
        in_background(self, self._learn_task, name="task", group="of-run")

    def on_line_table_entered(self, event: LineTable.Entered) -> None:
        """Open the row, as enter does."""
        event.stop()
        self.action_do("open")

    # -- what keys apply to and do ---------------------------------------------------------------

    def chosen(self) -> tuple[Target, ...]:
        """Return the task in the run under the cursor: of a mapped one, its instances."""
        task = self._chosen
        return (task,) if task is not None and task.run.run_id == self.table.cursor_key else ()

    def around(self) -> Target:
        """Return the DAG."""
        return DagTarget(dag_id=self.dag_id, dag=self.dag)

    def action_do(self, action_id: str) -> None:
        """Do an action, once it is known what it is done to."""
        action = actions.BY_ID[action_id]
        if self.chosen() or action.takes in {None, "dag"} or self.table.cursor_key is None:
            super().action_do(action_id)
        else:
            in_background(self, partial(self._learn_and, action_id), name="task", group="of-run")

    async def _learn_and(self, action_id: str) -> None:
        await self._learn_task()
        if self.chosen():
            super().action_do(action_id)

    def crumbs(self) -> Spans:
        """Return DAG and task for the top line."""
        index = "" if self.map_index is None or self.map_index < 0 else f"[{self.map_index}]"
        return [(f"{label(self.dag_id)} > history of {label(self.task_id)}{index}", "dim")]

    def copied(self) -> str:
        """Return the run under the cursor."""
        return self.table.cursor_key or ""

    def do_open(self) -> None:
        """Open the run under the cursor."""
        here = self.table.cursor_key
        if here is not None:
            self.shell.open_run(self.dag_id, here)

    def do_failure_next(self) -> None:
        """Go to the next run in which it failed or was slow."""
        self._to_failed(1)

    def do_failure_previous(self) -> None:
        """Go to the run before in which it failed or was slow."""
        self._to_failed(-1)

    def _to_failed(self, direction: int) -> None:
        if not self.table.move_to_failed(1 if direction > 0 else -1):
            self.shell.say("it never failed here, and never was slow")
