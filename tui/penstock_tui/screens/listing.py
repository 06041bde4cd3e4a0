"""`Listing`: a view around one `LineTable`, with filter, sort, marks and failure jumps."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from penstock_tui.clean import label
from penstock_tui.screens.view import View, marks_chip
from penstock_tui.view import filters, host_rows
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.filter_bar import FilterBar
from penstock_tui.widgets.line_table import LineTable


class Listing(View):
    """A subclass makes its table in `make_table` and fills it in `show`, by `wanted` and `sort`."""

    fields: tuple[str, ...] = ()
    """Fields of the filter besides text."""
    by_host: ClassVar[bool] = False
    """Whether rows are of one host each, where there are several: the filter then has their names."""
    sorts: tuple[str, ...] = ()
    """Ids of the columns to sort by; the first is the default."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted = filters.NONE
        self.sort = self.sorts[0] if self.sorts else ""
        self.reverse = False

    def make_table(self) -> LineTable:
        """Return the table."""
        raise NotImplementedError

    def show(self) -> None:
        """Fill the table from what was loaded last."""

    @property
    def table(self) -> LineTable:
        """The table of this view."""
        return self.query_one(LineTable)

    @property
    def chosen_key(self) -> str | None:
        """The key of the marked row, or else of the row under the cursor."""
        return next(iter(self.table.chosen_keys()), None)

    def hosted(self, cells: tuple[Spans, ...], name: str) -> tuple[Spans, ...]:
        """Return the cells of a row with that of its host, if those of several are shown."""
        places = self.shell.places
        return host_rows.cells_with_host(cells, name, places) if len(places) > 1 else cells

    def body(self) -> ComposeResult:
        """Compose the table with its filter bar below."""
        if self.by_host and len(self.shell.places) > 1:
            self.fields = (*self.fields, "host")
        yield self.make_table()
        yield FilterBar(filters.hint(self.fields))

    def on_mount(self) -> None:
        """Focus the table."""
        super().on_mount()
        self.table.focus()

    def chip(self) -> Spans:
        """Return the active filter and what is marked."""
        spans: Spans = []
        if self.wanted.terms:
            spans.append((f" filter: {label(self.wanted.source)} ", "bold reverse"))
        return [*spans, *marks_chip(len(self.table.marks), self.table.hidden_marks)]

    def close_layer(self) -> bool:
        """Clear the marks, then the filter."""
        if self.unmark():
            return True
        if self.wanted.terms:
            self.query_one(FilterBar).set_text("")
            return True
        return False

    def unmark(self) -> bool:
        """Unmark every row, also of a table that has not the keys."""
        had = [table.clear_marks() for table in self.query(LineTable)]
        self.refresh_top()
        return any(had)

    # -- keys ------------------------------------------------------------------------------------

    def do_filter(self) -> None:
        """Open the filter."""
        self.query_one(FilterBar).open()

    def on_filter_bar_edited(self, event: FilterBar.Edited) -> None:
        """Filter while typing."""
        self.wanted = filters.parse(event.text, self.fields)
        self.show()
        self.refresh_top()

    def on_filter_bar_left(self, event: FilterBar.Left) -> None:
        """Focus the table again."""
        bar = self.query_one(FilterBar)
        if not event.kept:
            bar.set_text("")
        bar.shut()
        self.table.focus()

    def on_line_table_moved(self) -> None:
        """Update the count of marks: a range marks what the cursor passes."""
        if self.table.marks:
            self.refresh_top()

    def on_line_table_entered(self, event: LineTable.Entered) -> None:
        """Open the row, as enter does."""
        event.stop()
        self.action_do("open")

    def do_sort(self) -> None:
        """Sort by the next column."""
        self.sort = self.sorts[(self.sorts.index(self.sort) + 1) % len(self.sorts)]
        self._sorted()

    def do_sort_reverse(self) -> None:
        """Reverse the order."""
        self.reverse = not self.reverse
        self._sorted()

    def _sorted(self) -> None:
        self.show()
        word = f"sorted by {self.sort}" + (", reversed" if self.reverse else "")
        self.shell.say(word)

    def sort_note(self) -> dict[str, str]:
        """Return the arrow at the title of the column that sorts."""
        if self.shell.looks.ascii:
            return {self.sort: " ^" if self.reverse else " v"}
        return {self.sort: " ▴" if self.reverse else " ▾"}

    def do_mark(self) -> None:
        """Mark the row."""
        self.say_marked(self.table.toggle_mark())

    def do_mark_range(self) -> None:
        """Begin or end a range."""
        self.say_marked(self.table.toggle_range())

    def do_mark_all(self) -> None:
        """Mark what is shown."""
        self.say_marked(self.table.mark_all())

    def do_failure_next(self) -> None:
        """Go to the next failed row."""
        if not self.table.move_to_failed(1):
            self.shell.say("nothing here has failed")

    def do_failure_previous(self) -> None:
        """Go to the previous failed row."""
        if not self.table.move_to_failed(-1):
            self.shell.say("nothing here has failed")

    def copied(self) -> str:
        """Return the chosen rows' keys, one a line."""
        return "\n".join(self.table.chosen_keys())
