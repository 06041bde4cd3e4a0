"""The system: engine, disk, pools, executors, and what needs a hand; each section is a line that opens."""

from __future__ import annotations

from functools import partial

from penstock.ids import instance_key
from penstock.model.system.parts import Place, Section
from penstock.model.system.sections import named, sections
from penstock.model.views.events import Change
from penstock.model.views.system import SystemPage
from penstock_tui.clean import label
from penstock_tui.dialogs.sheet import Sheet
from penstock_tui.screens.calendar import CalendarScreen
from penstock_tui.screens.errors import ErrorsScreen
from penstock_tui.screens.listing import Listing
from penstock_tui.screens.now import NowScreen
from penstock_tui.screens.run import RunScreen
from penstock_tui.target import PlainTarget, PoolTarget, QuarantineTarget, Target, WorkerTarget
from penstock_tui.view import system_rows
from penstock_tui.view.spans import Spans, wrap
from penstock_tui.view.system_rows import Line
from penstock_tui.widgets.line_table import LineTable, Row

_AGAIN = 3.0
"""Seconds between two looks while an engine answers."""


class SystemScreen(Listing):
    """Sections of the instance. It looks again every few seconds, not at every notice."""

    view = "system"

    def __init__(self) -> None:
        super().__init__()
        self.page: SystemPage | None = None
        self.opened: set[str] = set()
        self._lines: dict[str, Line] = {}
        self._bad: set[str] = set()

    def make_table(self) -> LineTable:
        """Return the table of sections."""
        return LineTable(system_rows.columns((), self.size.width), header=False)

    def on_mount(self) -> None:
        """Begin to look."""
        super().on_mount()
        self.set_interval(_AGAIN, self._look_again)

    def on_screen_resume(self) -> None:
        """Look at once: what a dialog or another screen did may show."""
        super().on_screen_resume()
        if self._loaded:
            self.reload()

    def concerns(self, change: Change) -> bool:
        """Return whether to look at once: a busy engine says something many times a second."""
        return change.all

    def _look_again(self) -> None:
        if self.in_front and self.shell.feed.live:
            self.reload()

    async def load(self) -> None:
        """Ask how the instance is."""
        page = await self.shell.feed.ask(lambda engine: engine.system(), key="system")
        if page is None:
            return
        first, self.page = self.page is None, page
        self._show(first=first)

    def _sections(self) -> tuple[Section, ...]:
        if self.page is None:
            return ()
        return sections(self.page, system_rows.ConsoleWords(self.shell.clock.now(), self.shell.zone))

    def show(self) -> None:
        """Fill the table with what is open; a filter opens what it finds."""
        self._show()

    def _show(self, *, first: bool = False) -> None:
        found, wanted = self._sections(), self.wanted.source.strip()
        self._bad = system_rows.bad_sections(found)
        if first:
            self.opened = set(self._bad)
        if wanted:
            found = named(found, wanted)
            self.table.empty = "nothing has that in its name or text"
        shown = system_rows.lines(found, self.opened, everything=bool(wanted))
        self._lines = {line.id: line for line in shown}
        looks = self.shell.looks
        self.table.set_columns(system_rows.columns(shown, self.size.width))
        self.table.set_rows(
            [
                Row(line.id, partial(system_rows.cells, line, looks), failed=line.is_bad and line.depth == 0)
                for line in shown
            ]
        )
        self.refresh_top()

    def on_resize(self) -> None:
        """Give the names as much room as there is now."""
        self.show()

    def crumbs(self) -> Spans:
        """Name this view, and count what needs a hand."""
        bad = len(self._bad)
        spans: Spans = [("> ", "bright_black"), ("system", "bold")]
        if self.page is not None:
            text = f"  {bad} need{'s' if bad == 1 else ''} a look" if bad else "  all is well"
            spans.append((text, "yellow" if bad else "bright_black"))
        return spans

    # -- what keys apply to ----------------------------------------------------------------------

    @property
    def _here(self) -> Line | None:
        return self._lines.get(self.table.cursor_key or "")

    def chosen(self) -> tuple[Target, ...]:
        """Return what is in quarantine, the worker, or the pool; also on what runs or waits there."""
        here = self._here
        if here is None or self.page is None:
            return ()
        for row in self.page.quarantine:
            if here.id.endswith(f"quarantine/{row.id}"):
                return (QuarantineTarget(row=row),)
        for executor in self.page.executors:
            worker = executor.worker
            if worker is not None and f"{here.id}/".startswith(f"executors/{worker.executor}/{worker.name}/"):
                return (WorkerTarget(worker=worker),)
        pools = [pool for pool in self.page.pools if pool.name == here.thing.place.pool]
        return tuple(PoolTarget(pool=pool) for pool in pools) or (PlainTarget(name=here.id),)

    def copied(self) -> str:
        """Return the row in full."""
        return label(system_rows.text_of(self._here)) if self._here is not None else ""

    def do_open(self) -> None:
        """Open or shut what has rows; else go to what the row is about, or show all of its text."""
        here = self._here
        if here is None:
            return
        if here.open is not None:
            self.do_fold()
        elif not self._go(here.thing.place):
            told = wrap(label(system_rows.text_of(here)), min(100, self.size.width - 8))
            self.app.push_screen(Sheet("In full", [[(each, "")] for each in told], timed=True))

    def do_fold(self) -> None:
        """Open or shut the row under the cursor, or what it is below."""
        here = self._here
        if here is None or self.wanted.source.strip():
            return
        if here.open is None:
            above = here.id.rpartition("/")[0]
            while above and above not in self._lines:
                above = above.rpartition("/")[0]
            here = self._lines.get(above, here)
            self.table.move_to_key(here.id)
        self.opened ^= {here.id}
        self.show()

    def _go(self, place: Place) -> bool:
        """Go to what a row is about; return whether there is such a place."""
        shell = self.shell
        match place.view:
            case "now":
                shell.push_screen(NowScreen())
            case "errors":
                shell.push_screen(ErrorsScreen())
            case "calendar":
                shell.push_screen(CalendarScreen(place.dag_id))
            case "dag":
                shell.open_runs(place.dag_id)
            case "run" if place.task_id:
                task = instance_key(place.task_id, place.map_index)
                shell.push_screen(RunScreen(place.dag_id, place.run_id, task))
            case "run":
                shell.open_run(place.dag_id, place.run_id)
            case _:
                return False
        return True
