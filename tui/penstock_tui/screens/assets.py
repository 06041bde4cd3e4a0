"""Assets: when each changed last and by whom; beside it who waits for it, its lineage, its changes."""

from __future__ import annotations

from functools import partial

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal

from penstock.model.lineage import Lineage
from penstock.model.views.assets import AssetEventRow, AssetRow
from penstock_tui import actions
from penstock_tui.background import in_background
from penstock_tui.screens.listing import Listing
from penstock_tui.target import AssetTarget, Target
from penstock_tui.view import asset_rows, filters
from penstock_tui.view.spans import Spans
from penstock_tui.while_shown import while_shown
from penstock_tui.widgets.filter_bar import FilterBar
from penstock_tui.widgets.line_table import LineTable, Row
from penstock_tui.widgets.paragraph import Paragraph

_BESIDE = 100
"""Columns from which the detail stands beside the list; else below."""
_CHANGES = 8
_WAYS = ("up", "down")
_SETTLE = 0.12
"""Seconds that the cursor must rest on an asset before its changes are asked for."""


class AssetsScreen(Listing):
    """All assets, by name at first."""

    view = "assets"
    fields = asset_rows.FIELDS
    sorts = asset_rows.SORTS
    CSS = """
    AssetsScreen #assets { height: 1fr; }
    AssetsScreen LineTable { width: 1fr; }
    AssetsScreen #asset { width: 48; height: 1fr; border-left: solid ansi_bright_black; padding-left: 1; }
    AssetsScreen.below #assets { layout: vertical; }
    AssetsScreen.below LineTable { width: 1fr; height: 1fr; }
    AssetsScreen.below #asset { width: 1fr; max-height: 50%; border-left: none;
                                border-top: solid ansi_bright_black; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, AssetRow] = {}
        self.lineage = Lineage(())
        self.changes: dict[str, list[AssetEventRow]] = {}
        self._skipped = 0
        """Lines of the detail above what is shown."""

    def body(self) -> ComposeResult:
        """Compose the list, and the asset under the cursor."""
        with Horizontal(id="assets"):
            yield LineTable(asset_rows.COLUMNS)
            yield Paragraph(id="asset")
        yield FilterBar(filters.hint(self.fields))

    def on_mount(self) -> None:
        """Wait until the cursor rests before asking for changes."""
        super().on_mount()
        self._settling = self.set_timer(_SETTLE, self._settled, pause=True)

    def on_resize(self, _event: events.Resize) -> None:
        """Put the detail beside the list, or below it."""
        self.set_class(self.size.width < _BESIDE, "below")
        self.call_after_refresh(while_shown(self, self._show_asset))

    async def load(self) -> None:
        """Ask for all assets, and the changes of the one under the cursor."""
        found = await self.shell.feed.ask(lambda engine: engine.assets(), key="assets")
        if found is None:
            return
        self.rows = {asset_rows.key_of(row): row for row in found}
        self.lineage, self.changes = Lineage(found), {}
        self.table.empty = "no assets: tasks name them with outlets=, DAGs with schedule="
        self.show()
        await self._learn()

    def show(self) -> None:
        """Fill the list."""
        now, zone = self.shell.clock.now(), self.shell.zone
        rows = [row for row in self.rows.values() if self.wanted.passes(asset_rows.seen(row))]
        rows.sort(key=lambda row: asset_rows.order(self.sort, row), reverse=self.reverse)
        if self.rows and not rows:
            self.table.empty = "no asset matches the filter"
        self.table.set_titles(self.sort_note())
        self.table.set_rows(
            [Row(asset_rows.key_of(row), partial(asset_rows.cells, row, now, zone)) for row in rows],
            hidden=self.rows,
        )
        self._show_asset()
        self.refresh_top()

    def _show_asset(self) -> None:
        here = self.rows.get(self.table.cursor_key or "")
        lines: list[Spans] = []
        if here is not None:
            changes = self.changes.get(asset_rows.key_of(here), [])
            now, zone = self.shell.clock.now(), self.shell.zone
            lines = asset_rows.detail(here, self.lineage, changes, now, zone)
        pane = self.query_one("#asset", Paragraph)
        room = self._room()
        self._skipped = max(0, min(self._skipped, len(lines) - room + 1))
        if len(lines) > room:
            up, down = (actions.key_names(actions.BY_ID[f"detail.{way}"], self.shell.keys) for way in _WAYS)
            below = max(0, len(lines) - self._skipped - room + 1)
            said = ", ".join(
                [
                    f"{count} more {side}"
                    for count, side in ((below, "below"), (self._skipped, "above"))
                    if count
                ]
            )
            lines = [
                *lines[self._skipped : self._skipped + room - 1],
                [(f"{said}: {up} {down}", "yellow")],
            ]
        pane.show(lines)

    def _room(self) -> int:
        """Return how many lines of the detail the screen has room for."""
        inside = self.query_one("#assets").size.height
        return max(2, inside // 2 - 1 if self.has_class("below") else inside)

    def do_detail_down(self) -> None:
        """Scroll the detail down by most of what is shown."""
        self._scroll(max(1, self._room() - 2))

    def do_detail_up(self) -> None:
        """Scroll it up."""
        self._scroll(-max(1, self._room() - 2))

    def _scroll(self, lines: int) -> None:
        before, self._skipped = self._skipped, max(0, self._skipped + lines)
        self._show_asset()
        if before == self._skipped:
            self.shell.say("that is the end of it" if lines > 0 else "that is the beginning of it")

    def on_line_table_moved(self) -> None:
        """Describe the asset under the cursor; once it rests there, ask for its changes."""
        self._skipped = 0
        self._show_asset()
        self._settling.stop()
        self._settling = self.set_timer(_SETTLE, self._settled)

    def _settled(self) -> None:
        in_background(self, self._learn, name="changes", group="changes")

    async def _learn(self) -> None:
        key = self.table.cursor_key
        row = self.rows.get(key or "")
        if key is None or row is None or key in self.changes:
            return
        name, uri, alias = (None, None, row.name) if row.alias else (row.name, row.uri, None)
        found = await self.shell.feed.ask(
            lambda engine: engine.asset_events(name, uri=uri, alias=alias, limit=_CHANGES)
        )
        if found is not None:
            self.changes[key] = found
            if key == self.table.cursor_key:
                self._show_asset()

    def crumbs(self) -> Spans:
        """Count the assets."""
        return [("> ", "bright_black"), ("assets", "bold"), (f"  {len(self.rows):,}", "bright_black")]

    def chosen(self) -> tuple[Target, ...]:
        """Return the asset under the cursor."""
        row = self.rows.get(self.table.cursor_key or "")
        return (AssetTarget(asset=row),) if row is not None else ()

    def copied(self) -> str:
        """Return the URI, or the name where there is none."""
        row = self.rows.get(self.table.cursor_key or "")
        return (row.uri or row.name) if row is not None else ""

    def do_open(self) -> None:
        """Open the run that changed the asset last."""
        row = self.rows.get(self.table.cursor_key or "")
        last = row.last_event if row is not None else None
        if last is None:
            self.shell.say("this asset has never changed")
        elif last.source_dag_id and last.source_run_id:
            self.shell.open_run(last.source_dag_id, last.source_run_id)
        else:
            self.shell.say(f"{last.by} recorded the last change by hand")
