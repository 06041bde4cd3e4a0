"""Now: all live attempts of all DAGs with what they use, like top, and below them what waits and why."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult

from penstock.ids import instance_key
from penstock.model.views.now import LiveAttempt, NowPage, WaitingItem
from penstock_tui.screens.listing import Listing
from penstock_tui.target import Target
from penstock_tui.view import durations, filters, now_rows
from penstock_tui.view.columns import Column
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.filter_bar import FilterBar
from penstock_tui.widgets.line_table import LineTable, Row

_WAITING = 60
"""How much of what waits is explained: about a screen of it."""
_AGAIN = 1.0
"""Seconds between two looks while something runs: the engine samples as often."""
_WAITING_COLUMNS = (
    Column("task", "waits", 24, most=70),
    Column("why", "first barrier", 20, most=200),
)


class NowScreen(Listing):
    """What runs, the hungriest first. It asks again every second while something runs, else when told."""

    view = "now"
    fields = now_rows.FIELDS
    sorts = now_rows.SORTS
    CSS: ClassVar[str] = """
    NowScreen #live { height: 2fr; }
    NowScreen #waiting { height: 1fr; }
    NowScreen #waiting.empty { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.page = NowPage(attempts=())

    def body(self) -> ComposeResult:
        """Compose what runs above what waits."""
        yield LineTable(now_rows.COLUMNS, id="live")
        yield LineTable(_WAITING_COLUMNS, id="waiting")
        yield FilterBar(filters.hint(self.fields))

    @property
    def table(self) -> LineTable:
        """The table that has the keys: what runs, or what waits."""
        waiting = self.query_one("#waiting", LineTable)
        return waiting if waiting.has_focus else self.query_one("#live", LineTable)

    def on_mount(self) -> None:
        """Begin with what runs, and look again as long as something does."""
        super().on_mount()
        self.query_one("#waiting").add_class("empty")
        self.query_one("#live", LineTable).set_titles(self.sort_note())
        self.set_interval(_AGAIN, self._look_again)

    def _look_again(self) -> None:
        if self.in_front and self.page.attempts and self.shell.feed.live:
            self.reload()

    async def load(self) -> None:
        """Ask what runs and what waits."""
        page = await self.shell.feed.ask(lambda engine: engine.live(waiting=_WAITING), key="now")
        if page is not None:
            self.page = page
            self.query_one("#live", LineTable).empty = "nothing is running"
            self.show()

    def show(self) -> None:
        """Fill both tables."""
        shell, now = self.shell, self.shell.clock.now()
        live = [row for row in self.page.attempts if self.wanted.passes(now_rows.seen(row))]
        live.sort(key=now_rows.order(self.sort), reverse=self.reverse)
        waits = [row for row in self.page.waiting if self.wanted.passes(now_rows.seen(row))]
        above, below = self.query_one("#live", LineTable), self.query_one("#waiting", LineTable)
        above.set_titles(self.sort_note())
        above.set_rows(
            [Row(now_rows.key_of(row), partial(now_rows.cells, row, shell.looks)) for row in live],
            hidden={now_rows.key_of(row) for row in self.page.attempts},
        )
        below.set_rows(
            [
                Row(
                    now_rows.key_of(row),
                    partial(now_rows.waiting_cells, row, now, shell.zone, shell.looks),
                )
                for row in waits
            ],
            hidden={now_rows.key_of(row) for row in self.page.waiting},
        )
        if not waits and below.has_focus:
            above.focus()
        below.set_class(not waits, "empty")
        self.name_pane()
        self.refresh_top()

    def do_sort(self) -> None:
        """Sort by the next column, and go to what has most of it."""
        super().do_sort()
        self.table.move_to(0)

    def pane(self) -> tuple[str, str]:
        """Return which table has the keys, if there are two."""
        waiting = self.query_one("#waiting", LineTable)
        if waiting.has_class("empty"):
            return "", ""
        return ("waits" if waiting.has_focus else "runs"), ""

    def crumbs(self) -> Spans:
        """Say how much runs, what it uses together, and how much waits."""
        attempts = self.page.attempts
        cpu = sum(row.cpu or 0 for row in attempts)
        rss = durations.size(sum(row.rss or 0 for row in attempts))
        return [
            ("> ", "bright_black"),
            ("now", "bold"),
            (f"  {len(attempts)} live, {cpu:.0f}% cpu, {rss}", "bright_black"),
            (f"; {self.page.waiting_total} wait", "bright_black"),
        ]

    # -- what keys apply to ----------------------------------------------------------------------

    def _rows(self) -> list[LiveAttempt | WaitingItem]:
        rows: list[LiveAttempt | WaitingItem] = [*self.page.attempts, *self.page.waiting]
        known = {now_rows.key_of(row): row for row in rows}
        return [known[key] for key in self.table.chosen_keys() if key in known]

    def chosen(self) -> tuple[Target, ...]:
        """Return the chosen task instances and runs."""
        marked = bool(self.table.marks)
        return tuple(now_rows.target_of(row, marked=marked) for row in self._rows())

    def copied(self) -> str:
        """Return the names of the chosen rows, one a line."""
        names = [
            (row.dag_id, row.run_id, instance_key(row.task_id, row.map_index) if row.task_id else "")
            for row in self._rows()
        ]
        return "\n".join(" ".join(name).rstrip() for name in names)

    def do_open(self) -> None:
        """Open the run."""
        for row in self._rows()[:1]:
            self.shell.open_run(row.dag_id, row.run_id)

    def do_pane(self) -> None:
        """Give the keys to what waits, or back to what runs."""
        below = self.query_one("#waiting", LineTable)
        if self.table is below:
            self.query_one("#live").focus()
        elif below.rows:
            below.focus()
        else:
            self.shell.say("nothing waits")
