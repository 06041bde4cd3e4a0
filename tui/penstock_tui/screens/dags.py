"""The DAG list: every DAG on a row with the strip of its last runs. The console begins here."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial

from textual.app import ComposeResult

from penstock.errors import EngineNotRunningError, ProtocolError
from penstock.model.states import RunState
from penstock.model.views.dags import DagRow
from penstock.model.views.events import Change
from penstock.model.views.status import ImportErrorRow
from penstock_tui.clean import label
from penstock_tui.screens.listing import Listing
from penstock_tui.target import DagTarget, Target
from penstock_tui.view import dag_rows, error_rows, host_rows
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.line import Line
from penstock_tui.widgets.line_table import LineTable, Row

_STRIP = 24
"""Last runs that are asked for."""
_Answer = tuple[set[str] | None, list[DagRow]]
_MANY = 60
"""With more changed DAGs it is quicker to ask for all."""


class ErrorBar(Line):
    """Says that DAG files cannot be loaded."""


class DagsScreen(Listing):
    """All DAGs."""

    view = "dags"
    by_host = True
    root = True
    fields = dag_rows.FIELDS
    sorts = dag_rows.SORTS

    def __init__(self) -> None:
        super().__init__()
        self.dags: dict[str, DagRow] = {}
        self.errors: list[ImportErrorRow] = []
        self._touched: set[str] | None = None
        """The DAGs that changed since they were asked for; None: ask for all."""
        self._touching = threading.Lock()

    def make_table(self) -> LineTable:
        """Return the table of DAGs."""
        return LineTable(dag_rows.COLUMNS)

    def body(self) -> ComposeResult:
        """Put the badge of broken files above the table."""
        yield ErrorBar()
        yield from super().body()

    def on_mount(self) -> None:
        """Update states and times of what runs once a second."""
        super().on_mount()
        self.table.set_titles(self.sort_note())
        self.set_interval(1.0, self._tick)

    def _tick(self) -> None:
        if self.in_front and any(row.active_runs for row in self.dags.values()):
            self.show()

    async def load(self) -> None:
        """Ask for the DAGs that changed and the broken files; at first, and if that is not known, for all."""
        feed = self.shell.feed
        found, errors = await asyncio.gather(
            self._ask_changed(),
            feed.ask(lambda engine: engine.import_errors(), key="import_errors"),
        )
        if errors is not None and errors != self.errors and found is not None and found[0] is not None:
            self._touch(None)  # which DAGs are in those files, a notice does not say
            found = await self._ask_changed()
        if found is None:
            self._touch(None)
        dags = self._with(*found) if found is not None else None
        gone = self.shell.gone
        if dags is None and gone is not None and not self.dags:
            nothing_there = gone.reason == str(EngineNotRunningError())
            self.table.empty = "no engine, and nothing stored yet" if nothing_there else label(gone.reason)
        if errors is not None:
            self.errors = errors
            self._show_errors()
        if dags is not None:
            self.dags = dags
            self.shell.dag_zones |= {row.dag_id: row.timezone for row in dags.values()}
            self.table.empty = (
                "no DAGs yet: K shows how each host is"
                if len(self.shell.places) > 1
                else "no DAGs yet: put a file into the dags folder, or see penstock init"
            )
            self.show()

    def changed(self, change: Change | None) -> None:
        """Note which DAGs to ask for."""
        if change is None or change.all:
            self._touch(None)
        else:
            self._touch({*change.dags, *(dag_id for dag_id, _ in change.runs)})
        super().changed(change)

    def _touch(self, dag_ids: set[str] | None) -> None:
        with self._touching:
            known = self._touched
            self._touched = None if dag_ids is None or known is None else known | dag_ids

    async def _ask_changed(self) -> _Answer | None:
        """Return which DAGs were asked for (None: all), and their rows."""
        return await self.shell.feed.ask(
            lambda engine: self._changed_ones(partial(engine.dags, strip=_STRIP)), key="dags"
        )

    def _changed_ones(self, ask: Callable[..., list[DagRow]]) -> _Answer:
        """Ask for what changed until now, in a thread."""
        with self._touching:
            only, self._touched = self._touched, set()
        if not only or len(only) > _MANY:
            return None, ask()
        try:
            return only, ask(only=sorted(only))
        except ProtocolError:  # an engine of before
            return None, ask()

    def _with(self, only: set[str] | None, rows: list[DagRow]) -> dict[str, DagRow]:
        """Return all DAGs by id, of which *rows* are new; of *only* some, those without a row have gone."""
        found = {row.dag_id: row for row in rows}
        if only is None:
            return found
        kept = {key: found.get(key, row) for key, row in self.dags.items() if key in found or key not in only}
        return kept if found.keys() <= kept.keys() else dict(sorted({**kept, **found}.items()))

    def concerns(self, change: Change) -> bool:
        """Everything concerns this list."""
        return bool(change.all or change.dags or change.runs)

    def show(self) -> None:
        """Fill the table: filtered, sorted, drawn for this second."""
        shell = self.shell
        now = shell.clock.now()
        rows = [row for row in self.dags.values() if self.wanted.passes(dag_rows.seen(row))]
        rows.sort(key=dag_rows.order(self.sort), reverse=self.reverse)
        if self.dags and not rows:
            self.table.empty = "no DAG matches the filter"
        self.table.set_titles(self.sort_note())
        columns, several = dag_rows.columns(self.dags), len(shell.places) > 1
        self.table.set_columns(host_rows.with_host(columns) if several else columns)
        self.table.set_rows(
            [
                Row(
                    row.dag_id,
                    partial(self._cells, row, now),
                    failed=dag_rows.state_of(row) == RunState.FAILED,
                )
                for row in rows
            ],
            hidden=self.dags,
        )
        self.refresh_top()

    def _cells(self, row: DagRow, now: datetime) -> tuple[Spans, ...]:
        shell = self.shell
        return self.hosted(dag_rows.cells(row, now, shell.zone, shell.looks), row.dag_id)

    def _show_errors(self) -> None:
        bar = self.query_one(ErrorBar)
        bar.set_class(bool(self.errors), "shown")
        if self.errors:
            first = self.errors[0]
            more = f"  and {len(self.errors) - 1} more" if len(self.errors) > 1 else ""
            place = error_rows.place(first, self.shell.short_path(first.file))
            glyph = self.shell.looks.glyph("failed")
            bar.show(
                [
                    (f" {glyph} {place} ", "bold red"),
                    (label(first.message), "red"),
                    (f"{more}  E list", "dim"),
                ]
            )

    # -- what keys apply to ----------------------------------------------------------------------

    def chosen(self) -> tuple[Target, ...]:
        """Return the chosen DAGs."""
        marked = bool(self.table.marks)
        rows = [self.dags[key] for key in self.table.chosen_keys() if key in self.dags]
        return tuple(DagTarget(dag_id=row.dag_id, dag=row, marked=marked) for row in rows)

    def chip(self) -> Spans:
        """Add to the filter how many DAGs pass it."""
        spans = super().chip()
        return [*spans, (f" {len(self.table.rows)}/{len(self.dags)}", "")] if self.wanted.terms else spans

    def do_open(self) -> None:
        """Open the newest run."""
        here = self._here()
        if here is None:
            return
        if here.last_run is None:
            self.shell.say(f"{here.dag_id} has not run yet; t triggers a run")
        else:
            self.shell.open_run(here.dag_id, here.last_run.run_id)

    def do_errors(self) -> None:
        """Show the files that cannot be loaded."""
        if not self.errors:
            self.shell.say("every DAG file loads")
        else:
            self.action_do("view.errors")

    def _here(self) -> DagRow | None:
        return self.dags.get(self.chosen_key or "")
