"""`Sheet`: text to read over a view: help, message history, why, the whole of an error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from penstock_tui.dialogs.dialog import Dialog
from penstock_tui.view.columns import Column
from penstock_tui.view.spans import Spans, text_of
from penstock_tui.widgets.line import Line
from penstock_tui.widgets.line_table import LineTable, Row


class Sheet(Dialog[None]):
    """Lines to scroll through; any of esc, q, enter closes it, ``y`` copies the line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,enter", "close", show=False),
        Binding("y", "copy_line", show=False),
    ]

    def __init__(self, title: str, lines: Sequence[Spans], *, end: bool = False, timed: bool = False) -> None:
        """*end*: begin at the last line; *timed*: there are times of this machine's zone."""
        super().__init__(title)
        self._timed = timed
        self._lines = lines
        self._end = end

    def times(self) -> str:
        """Return the zone of the times, if there are any."""
        return self.own_times() if self._timed else ""

    def inside(self) -> ComposeResult:
        """Compose the lines and how to leave."""
        yield LineTable([Column("line", "", 20, most=1000)], header=False, empty="nothing yet", id="lines")
        yield Line(id="leave")

    def on_mount(self) -> None:
        """Show the lines."""
        super().on_mount()
        table = self.query_one(LineTable)
        table.reserve = 4
        table.set_rows([Row(str(place), (line,)) for place, line in enumerate(self._lines)])
        self.query_one("#leave", Line).show(
            [("esc", "bold cyan"), (" close   ", ""), ("y", "bold cyan"), (" copy", "")]
        )
        table.focus()
        if self._end:
            table.move_to(len(self._lines) - 1)

    def action_copy_line(self) -> None:
        """Copy the line under the cursor."""
        lines = list(self._lines)
        if lines:
            self.shell.copy(text_of(lines[self.query_one(LineTable).cursor]).strip())
