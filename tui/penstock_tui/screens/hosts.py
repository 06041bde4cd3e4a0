"""The hosts of this console: how each is, and the way to one of them alone."""

from __future__ import annotations

from penstock.model.views.events import Change
from penstock.model.views.hosts import HostRow, HostState
from penstock_tui.clean import label
from penstock_tui.dialogs.sheet import Sheet
from penstock_tui.screens.listing import Listing
from penstock_tui.target import PlainTarget, Target
from penstock_tui.view import host_rows
from penstock_tui.view.spans import Spans, wrap
from penstock_tui.widgets.line_table import LineTable, Row

_AGAIN = 5.0
"""Seconds between two looks at how long each is so; what changes is shown at once."""


class HostsScreen(Listing):
    """All hosts, those that need a hand first."""

    view = "hosts"
    fields = ("state",)

    def __init__(self) -> None:
        super().__init__()
        self.hosts: dict[str, HostRow] = {}

    def make_table(self) -> LineTable:
        """Return the table of hosts."""
        return LineTable(host_rows.COLUMNS)

    def on_mount(self) -> None:
        """Keep the times current."""
        super().on_mount()
        self.set_interval(_AGAIN, self._tick)

    def _tick(self) -> None:
        if self.in_front:
            self.show()

    def concerns(self, change: Change) -> bool:
        """Everything may move a figure of a host."""
        return bool(change.all or change.dags or change.runs)

    async def load(self) -> None:
        """Ask how they are."""
        rows = await self.shell.feed.ask(lambda engine: engine.hosts(), key="hosts")
        if rows is None:
            return
        self.hosts = {row.name: row for row in rows}
        self.table.empty = "this console shows one instance: penstock console --host A --host B shows several"
        self.show()

    def show(self) -> None:
        """Fill the table."""
        shell, now = self.shell, self.shell.clock.now()
        places = {place.name: place for place in shell.places}
        rows = [row for row in self.hosts.values() if self.wanted.passes(host_rows.seen(row))]
        if self.hosts and not rows:
            self.table.empty = "no host matches the filter"
        self.table.set_rows(
            [
                Row(
                    row.name,
                    host_rows.cells(row, places.get(row.name), now, shell.zone, shell.looks),
                    failed=bool(row.failures) or row.state is HostState.LOST,
                )
                for row in sorted(rows, key=host_rows.urgency)
            ],
            hidden=self.hosts,
        )
        self.refresh_top()

    def crumbs(self) -> Spans:
        """Name this view, and count who cannot be reached."""
        lost = sum(row.state is HostState.LOST for row in self.hosts.values())
        spans: Spans = [("> ", "bright_black"), ("hosts", "bold"), (f"  {len(self.hosts)}", "bright_black")]
        return [*spans, (f", {lost} lost", "bold red")] if lost else spans

    # -- what keys apply to ----------------------------------------------------------------------

    def chosen(self) -> tuple[Target, ...]:
        """Return the host under the cursor."""
        return tuple(PlainTarget(name=key) for key in self.table.chosen_keys())

    def do_open(self) -> None:
        """Show only this host, on all screens; of one that cannot be reached say why."""
        row = self.hosts.get(self.chosen_key or "")
        if row is None:
            return
        if row.state is HostState.LOST and row.reason:
            told = wrap(label(row.reason), min(100, self.size.width - 8))
            self.app.push_screen(
                Sheet(f"{row.name} cannot be reached", [[(each, "")] for each in told], timed=True)
            )
            return
        self.shell.show_only(row.name)
        self.do_view_dags()

    def do_hosts_all(self) -> None:
        """Show all hosts again."""
        self.shell.show_only(None)
        self.do_view_dags()
