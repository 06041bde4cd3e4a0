"""The runs of all DAGs: filtered, ordered and counted by the engine, read a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial

from msgspec import structs

from penstock.model.queries import RunQuery
from penstock.model.views.runs import RunRow, RunsPage
from penstock_tui.background import in_background
from penstock_tui.clean import label
from penstock_tui.screens.listing import Listing
from penstock_tui.screens.view import marks_chip
from penstock_tui.target import RunTarget, Target
from penstock_tui.view import all_run_rows, durations, host_rows
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.filter_bar import FilterBar
from penstock_tui.widgets.line_table import Row
from penstock_tui.widgets.paged_table import PagedTable

_MOST_MARKED = 2000
"""The most runs that can be marked at once; use a filter for more."""
_LOOKED_THROUGH = 500
"""Runs that are searched at a time for the next failure."""


class AllRunsScreen(Listing):
    """Every run of every DAG, newest first."""

    view = "all_runs"
    by_host = True
    dates_of_all = True
    fields = all_run_rows.FIELDS
    sorts = all_run_rows.SORTS

    def __init__(self) -> None:
        super().__init__()
        self.runs: dict[str, RunRow] = {}
        """The known runs: those around the screen, and the marked ones."""
        self._zones: dict[str, str] = {}
        self._shown: list[str] = []

    def make_table(self) -> PagedTable:
        """Return the table of runs."""
        columns = all_run_rows.COLUMNS
        return PagedTable(host_rows.with_host(columns) if len(self.shell.places) > 1 else columns)

    @property
    def table(self) -> PagedTable:
        """The table of this view."""
        return self.query_one(PagedTable)

    def on_mount(self) -> None:
        """Update the times of what runs every second."""
        super().on_mount()
        self.table.set_titles(self.sort_note())
        self.set_interval(1.0, self._tick)

    @property
    def takes_keys(self) -> bool:
        """Whether the row under the cursor is known, so that keys can act on it."""
        known = self.table.cursor_key is not None or not self.table.total
        return super().takes_keys and (known or self.shell.gone is not None)

    # -- content ---------------------------------------------------------------------------------

    async def load(self) -> None:
        """Request the page around the screen; an outdated answer is not shown."""
        first, count = self.table.span()
        query = self._query(first, count)
        page = await self._ask(query)
        if page is None or query != self._query(first, count):
            return
        if not page.runs and page.total:  # the list became shorter than the shown place
            first = max(0, page.total - count)
            page = await self._ask(self._query(first, count)) or page
        marked = {key: self.runs[key] for key in self.table.marks if key in self.runs}
        fresh = {all_run_rows.key_of(run): run for run in page.runs}
        self.runs, self._zones = marked | fresh, page.zones
        self._shown = list(fresh)
        narrowed = self.wanted.terms
        self.table.empty = "no run matches the filter" if narrowed else "no runs yet: t on a DAG triggers one"
        self.table.set_page(page.total, page.offset, [self._row(key) for key in self._shown])
        self.refresh_top()
        self.call_after_refresh(self.shell.release_drawing)

    async def _ask(self, query: RunQuery) -> RunsPage | None:
        return await self.shell.feed.ask(lambda engine: engine.find_runs(query), key=("find_runs", query))

    def _query(self, first: int, count: int) -> RunQuery:
        asked = all_run_rows.asked(self.wanted, self.sort, reverse=self.reverse, now=self.shell.now())
        return structs.replace(asked.query, offset=first, limit=count)

    def on_paged_table_wanted(self) -> None:
        """Fetch what came onto the screen; what stood there stays until then, if that is soon."""
        self.shell.hold_drawing()
        self.reload()

    def _tick(self) -> None:
        if self.in_front and any(run.end is None and run.start for run in self.runs.values()):
            self.show()

    def show(self) -> None:
        """Draw the known rows, with the times of this second."""
        if self._shown:
            self.table.set_page(self.table.total, self.table.first, [self._row(key) for key in self._shown])

    def _row(self, key: str) -> Row:
        run = self.runs[key]
        return Row(key, partial(self._cells, run, self.shell.clock.now()), failed=_failed(run))

    def _cells(self, run: RunRow, now: datetime) -> tuple[Spans, ...]:
        shell = self.shell
        zone = durations.zone(self._zones.get(run.dag_id, "UTC"))
        return self.hosted(all_run_rows.cells(run, now, shell.zone, zone, shell.looks), run.dag_id)

    # -- the frame -------------------------------------------------------------------------------

    def crumbs(self) -> Spans:
        """Say that these are all, and how many."""
        total = self.table.total
        return [
            ("> ", "bright_black"),
            ("runs", "bold"),
            (f"  {total:,} run{'' if total == 1 else 's'}", "bright_black"),
        ]

    def chip(self) -> Spans:
        """Return the active filter, its invalid parts, and what is marked."""
        spans: Spans = []
        if self.wanted.terms:
            spans.append((f" filter: {label(self.wanted.source)} ", "bold reverse"))
            now = self.shell.now()
            unclear = all_run_rows.asked(self.wanted, self.sort, reverse=self.reverse, now=now).unclear
            spans += [(f" {label(unclear)} ", "yellow")] if unclear else []
        marks = self.table.marks
        marked = [self.runs[key] for key in marks if key in self.runs]
        return [*spans, *marks_chip(len(marks), all_run_rows.hidden(marked, self.wanted))]

    # -- keys ------------------------------------------------------------------------------------

    def on_filter_bar_edited(self, event: FilterBar.Edited) -> None:
        """Request what matches while it is typed."""
        super().on_filter_bar_edited(event)
        self._other_list()

    def _sorted(self) -> None:
        self.table.set_titles(self.sort_note())
        self.shell.say(f"sorted by {self.sort}" + (", reversed" if self.reverse else ""))
        self._other_list()

    def _other_list(self) -> None:
        self.shell.hold_drawing()
        self.table.to_top()
        self.reload()

    def chosen(self) -> tuple[Target, ...]:
        """Return the chosen runs."""
        marked = bool(self.table.marks)
        runs = [self.runs[key] for key in self.table.chosen_keys() if key in self.runs]
        return tuple(RunTarget(run=run, marked=marked) for run in runs)

    def do_open(self) -> None:
        """Open the run."""
        run = self.runs.get(self.chosen_key or "")
        if run is not None:
            self.shell.open_run(run.dag_id, run.run_id)

    def do_mark_all(self) -> None:
        """Mark all that match the filter, on the screen or not; unmark them if all are marked."""
        self._in_background(partial(self._mark, 0, _MOST_MARKED, all_of_them=True))

    def on_paged_table_passed(self, event: PagedTable.Passed) -> None:
        """Mark everything in a range, also rows that were never on the screen."""
        count = event.last - event.first + 1
        self._in_background(partial(self._mark, event.first, min(count, _MOST_MARKED), all_of_them=False))

    async def _mark(self, first: int, count: int, *, all_of_them: bool) -> None:
        page = await self._ask(self._query(first, count))
        if page is None:
            return
        found = {all_run_rows.key_of(run): run for run in page.runs}
        self.runs |= {key: run for key, run in found.items() if key not in self.runs}
        marks = self.table.marks
        self.table.marks = (
            marks - found.keys() if all_of_them and marks >= found.keys() else marks | found.keys()
        )
        if all_of_them and page.total > len(found):
            self.shell.say(
                f"the first {len(found):,} of {page.total:,} are marked: / narrows the list", "warning"
            )
        self.table.refresh()
        self.say_marked(bool(found))

    def do_failure_next(self) -> None:
        """Go to the next run with a failure, on the screen or not."""
        self._in_background(partial(self._find_failure, 1))

    def do_failure_previous(self) -> None:
        """Go to the previous run with a failure."""
        self._in_background(partial(self._find_failure, -1))

    async def _find_failure(self, direction: int) -> None:
        here, total = self.table.cursor, self.table.total
        spans = _spans(here, total) if direction > 0 else [span[::-1] for span in _spans(here, total)[::-1]]
        for span in spans:
            first, count = min(span), len(span)
            page = await self._ask(self._query(first, count))
            if page is None:
                return
            failed = {page.offset + place for place, run in enumerate(page.runs) if _failed(run)}
            place = next((place for place in span if place in failed), None)
            if place is not None:
                self.table.move_to(place)
                return
        self.shell.say("nothing here has failed")

    def _in_background(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        in_background(self, work, group="look", exclusive=True)


def _failed(run: RunRow) -> bool:
    return run.state.value == "failed" or run.failed_inside


def _spans(here: int, total: int) -> list[range]:
    """Return all places except *here*, from the next one around to it, in pieces to search."""
    pieces = []
    for first, end in ((here + 1, total), (0, here + 1)):
        pieces += [range(at, min(at + _LOOKED_THROUGH, end)) for at in range(first, end, _LOOKED_THROUGH)]
    return pieces
