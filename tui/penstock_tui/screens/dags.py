"""The DAG list: every DAG on a row with the strip of its last runs. The console begins here."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime
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
from penstock_tui.view.columns import Column
from penstock_tui.view.filters import Filter
from penstock_tui.view.sorted_rows import SortedRows
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
        self._now = datetime.fromtimestamp(0, UTC)
        """The time for which cells are made."""
        self._rows: dict[str, Row] = {}
        self._order = SortedRows()
        """The DAGs that pass the filter, sorted."""
        self._ordered: tuple[Filter, str] | None = None
        """What they were filtered and sorted by; None: nothing of it holds."""
        self._columns: tuple[Column, ...] = dag_rows.COLUMNS

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
            self._now = self.shell.clock.now()
            self.table.renew()

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
            self._take(dags)
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
        kept = {**self.dags, **found}
        for gone in only - found.keys():
            kept.pop(gone, None)
        return kept if found.keys() <= self.dags.keys() else dict(sorted(kept.items()))

    def concerns(self, change: Change) -> bool:
        """Everything concerns this list."""
        return bool(change.all or change.dags or change.runs)

    def _take(self, dags: dict[str, DagRow]) -> None:
        """Take over all DAGs, and sort those in that are new or have changed."""
        before, self.dags = self.dags, dags
        changed = [row for dag_id, row in dags.items() if before.get(dag_id) is not row]
        gone = before.keys() - dags.keys() if len(dags) < len(before) + len(changed) else ()
        for dag_id in gone:
            self._order.put(dag_id, None)
            self._rows.pop(dag_id, None)
        self.shell.dag_zones |= {row.dag_id: row.timezone for row in changed}
        if gone or any(row.dag_id not in before for row in changed):
            self._columns = dag_rows.columns(dags)
        for row in changed:
            self._rows[row.dag_id] = self._row(row)
            if self._ordered is not None:
                self._order.put(row.dag_id, self._place(row))

    def _row(self, row: DagRow) -> Row:
        failed = dag_rows.state_of(row) == RunState.FAILED
        return Row(row.dag_id, partial(self._cells, row), failed=failed)

    def _place(self, row: DagRow) -> tuple[object, ...] | None:
        """Return what a DAG is sorted by; None if it does not pass the filter."""
        return dag_rows.order(self.sort)(row) if self.wanted.passes(dag_rows.seen(row)) else None

    def show(self) -> None:
        """Fill the table: filtered, sorted, drawn for this second."""
        shell = self.shell
        self._now = shell.clock.now()
        self.table.renew()
        if self._ordered != (self.wanted, self.sort):
            placed = ((self._place(row), row.dag_id) for row in self.dags.values())
            self._order = SortedRows((place, name) for place, name in placed if place is not None)
            self._ordered = self.wanted, self.sort
        if self.dags and not self._order:
            self.table.empty = "no DAG matches the filter"
        self.table.set_titles(self.sort_note())
        several = len(shell.places) > 1
        self.table.set_columns(host_rows.with_host(self._columns) if several else self._columns)
        rows = [self._rows[name] for name in self._order.names(reverse=self.reverse)]
        self.table.set_rows(rows, hidden=self.dags)
        self.refresh_top()

    def _cells(self, row: DagRow) -> tuple[Spans, ...]:
        shell = self.shell
        return self.hosted(dag_rows.cells(row, self._now, shell.zone, shell.looks), row.dag_id)

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
