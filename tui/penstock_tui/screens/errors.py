"""DAG files that cannot be loaded: file, line, message; enter shows the whole traceback."""

from __future__ import annotations

from functools import partial

from penstock.model.views.status import ImportErrorRow
from penstock_tui.clean import clean
from penstock_tui.dialogs.sheet import Sheet
from penstock_tui.screens.listing import Listing
from penstock_tui.target import FileTarget, Target
from penstock_tui.view import error_rows
from penstock_tui.view.spans import Spans, wrap
from penstock_tui.widgets.line_table import LineTable, Row


class ErrorsScreen(Listing):
    """The list of broken files. Their DAGs stay at the last version that loaded."""

    view = "errors"

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[ImportErrorRow] = []

    def make_table(self) -> LineTable:
        """Return the table of files."""
        return LineTable(error_rows.COLUMNS, empty="every DAG file loads")

    async def load(self) -> None:
        """Ask for the broken files."""
        found = await self.shell.feed.ask(lambda engine: engine.import_errors(), key="errors")
        if found is not None:
            self.errors = found
            self.show()

    def show(self) -> None:
        """Fill the table."""
        now, zone = self.shell.clock.now(), self.shell.zone
        self.table.set_rows(
            [
                Row(
                    str(place),
                    partial(error_rows.cells, row, self.shell.short_path(row.file), now, zone),
                    failed=True,
                )
                for place, row in enumerate(self.errors)
            ]
        )

    def chosen(self) -> tuple[Target, ...]:
        """Return the file under the cursor."""
        row = self._here()
        return (FileTarget(error=row),) if row is not None else ()

    def crumbs(self) -> Spans:
        """Name this view."""
        return [("> ", "bright_black"), ("import errors", "bold")]

    def copied(self) -> str:
        """Return file and line."""
        row = self._here()
        return self._place(row) if row else ""

    def do_open(self) -> None:
        """Show message and traceback in full."""
        row = self._here()
        if row is None:
            return
        cells = min(100, self.size.width - 8)
        lines: list[Spans] = [[(text, "bold red")] for text in wrap(clean(row.message), cells)]
        lines += [[(text, "")] for text in wrap(clean(row.detail or ""), cells)] if row.detail else []
        self.app.push_screen(Sheet(self._place(row), lines))

    def _here(self) -> ImportErrorRow | None:
        key = self.table.cursor_key
        return self.errors[int(key)] if key is not None and int(key) < len(self.errors) else None

    def _place(self, row: ImportErrorRow) -> str:
        return error_rows.place(row, self.shell.short_path(row.file))
