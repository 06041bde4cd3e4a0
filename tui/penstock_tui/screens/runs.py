"""The runs of one DAG, newest first."""

from __future__ import annotations

import asyncio
from functools import partial

from penstock.model.states import RunState
from penstock.model.views.dags import DagRow
from penstock.model.views.events import Change
from penstock.model.views.runs import RunRow
from penstock_tui.clean import label
from penstock_tui.screens.listing import Listing
from penstock_tui.target import DagTarget, RunTarget, Target
from penstock_tui.view import durations, run_rows
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.line_table import LineTable, Row

_PAGE = 200


class RunsScreen(Listing):
    """All runs of a DAG: the newest 200, and 200 more each time the cursor reaches the end."""

    view = "runs"
    fields = run_rows.FIELDS
    sorts = run_rows.SORTS

    def __init__(self, dag_id: str) -> None:
        super().__init__()
        self.dag_id = dag_id
        self.runs: dict[str, RunRow] = {}
        self._limit = _PAGE
        self.dag: DagRow | None = None

    def make_table(self) -> LineTable:
        """Return the table of runs."""
        return LineTable(run_rows.COLUMNS)

    def on_mount(self) -> None:
        """Update the times of what runs every second."""
        super().on_mount()
        self.table.set_titles(self.sort_note())
        self.set_interval(1.0, self._tick)

    def on_line_table_moved(self) -> None:
        """Fetch more when the cursor reaches the oldest shown run."""
        rows = self.table.rows
        at_end = bool(rows) and self.table.cursor_key == rows[-1].key
        if at_end and len(self.runs) >= self._limit and not self.reverse and not self.wanted.terms:
            self._limit += _PAGE
            self.reload()

    def _tick(self) -> None:
        if self.in_front and any(run.end is None and run.start for run in self.runs.values()):
            self.show()

    async def load(self) -> None:
        """Ask for the runs."""
        feed = self.shell.feed
        detail, found = await asyncio.gather(
            feed.dag(self.dag_id),
            feed.ask(lambda engine: engine.runs(self.dag_id, limit=self._limit), key=("runs", self.dag_id)),
        )
        if detail is not None:
            self.dag = detail.dag
        if found is not None:
            self.runs = {run.run_id: run for run in found}
            self.table.empty = "no runs yet: t triggers one"
            self.show()

    def concerns(self, change: Change) -> bool:
        """Only this DAG's runs."""
        return change.all or self.dag_id in change.dags or any(dag == self.dag_id for dag, _ in change.runs)

    def show(self) -> None:
        """Fill the table."""
        shell = self.shell
        now = shell.clock.now()
        dag_zone = durations.zone(self.dag.timezone) if self.dag is not None else shell.zone
        runs = [run for run in self.runs.values() if self.wanted.passes(run_rows.seen(run))]
        runs.sort(key=run_rows.order(self.sort), reverse=self.reverse)
        if self.runs and not runs:
            self.table.empty = "no run matches the filter"
        self.table.set_titles(self.sort_note())
        self.table.set_rows(
            [
                Row(
                    run.run_id,
                    partial(run_rows.cells, run, now, shell.zone, dag_zone, shell.looks),
                    failed=run.state is RunState.FAILED or run.failed_inside,
                )
                for run in runs
            ],
            hidden=self.runs,
        )
        self.refresh_top()

    def crumbs(self) -> Spans:
        """Name the DAG."""
        return [
            ("> ", "bright_black"),
            (label(self.dag_id), "bold"),
            (f"  {len(self.runs)} run{'' if len(self.runs) == 1 else 's'}", "bright_black"),
        ]

    def chosen(self) -> tuple[Target, ...]:
        """Return the chosen runs."""
        marked = bool(self.table.marks)
        runs = [self.runs[key] for key in self.table.chosen_keys() if key in self.runs]
        return tuple(RunTarget(run=run, dag=self.dag, marked=marked) for run in runs)

    def around(self) -> Target:
        """Return the DAG."""
        return DagTarget(dag_id=self.dag_id, dag=self.dag)

    def do_open(self) -> None:
        """Open the run."""
        here = self.chosen_key
        if here is not None:
            self.shell.open_run(self.dag_id, here)
