"""`Dialog`: the base of everything that opens over a view."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from penstock_tui.clean import label
from penstock_tui.shell import Shell, shell_of
from penstock_tui.view import zones
from penstock_tui.view.spans import Spans, cut_end, cut_middle, give_way
from penstock_tui.widgets.line import Line
from penstock_tui.widgets.line_table import LineTable

Result = TypeVar("Result")
_LEAST_TITLE = 16
"""Cells of a title that stay, so that it can be recognized."""


class Heading(Line):
    """The first line of a dialog: its longest part gives way, not what is said behind.

    That part loses its end, or with *keeps_end* its middle.
    """

    def __init__(self, *, keeps_end: bool) -> None:
        super().__init__(id="title")
        self._keeps_end = keeps_end

    def spans(self, cells: int) -> Spans:
        """Return what fits in *cells*."""
        spans = self._spans
        if not spans:
            return []
        longest = max(range(len(spans)), key=lambda place: cell_len(spans[place][0]))
        cut = cut_middle if self._keeps_end else cut_end
        return give_way(spans, cells, (longest,), _LEAST_TITLE, cut=cut)


class Dialog(ModalScreen[Result | None], Generic[Result]):
    """A framed dialog; ``esc`` closes it with None. A subclass composes `inside`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]
    danger: ClassVar[bool] = False
    keeps_end: ClassVar[bool] = False
    """Whether the end of a title that is too long says more than its middle."""

    def __init__(self, title: str) -> None:
        super().__init__(classes="danger" if self.danger else "")
        self._heading = title
        self.takes_keys = False
        """Whether the focus is set, so that keys can be handled."""

    @property
    def shell(self) -> Shell:
        """The console around this dialog."""
        return shell_of(self)

    def inside(self) -> ComposeResult:
        """Compose what is in the frame."""
        yield from ()

    def compose(self) -> ComposeResult:
        """Compose the frame with its title."""
        with Vertical(classes="frame"):
            yield Heading(keeps_end=self.keeps_end)
            yield from self.inside()

    def on_mount(self) -> None:
        """Write the title; keys are handled once the subclass has set the focus."""
        self.set_heading(self._heading)
        self.app.call_later(self._take_keys)

    def _take_keys(self) -> None:
        self.takes_keys = True

    def make_room(self, table: LineTable) -> None:
        """Make *table* as high as the screen allows beside everything else in the frame."""
        others = [
            child for child in self.query_one(".frame").children if child is not table and child.display
        ]
        rows = sum(max(1, child.outer_size.height) for child in others) + 2
        if rows != table.reserve:
            table.reserve = rows
            table.refresh(layout=True)

    def set_heading(self, title: str) -> None:
        """Change the title."""
        self._heading = title
        self.query_one("#title", Line).show(self.titled())

    def titled(self) -> Spans:
        """Return the title, and in which time zone the times below it are: it may hide the top line."""
        said = self.times()
        return [*self.heading(label(self._heading)), *([(f"  {said}", "dim")] if said else [])]

    def times(self) -> str:
        """Return in which zone the times are that are shown or typed here, as ``times CET``; "" for none."""
        return ""

    def own_times(self) -> str:
        """Return that times are in this machine's zone."""
        return f"times {zones.name(self.shell.zone, self.shell.now())}"

    def heading(self, title: str) -> Spans:
        """Return the title as it is drawn."""
        return [(title, "bold")]

    def action_close(self) -> None:
        """Close without doing anything."""
        self.dismiss(None)
