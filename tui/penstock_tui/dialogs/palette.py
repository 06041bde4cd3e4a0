"""`Palette`: find any action of the view, or any DAG, by a few letters of its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from penstock_tui.dialogs.dialog import Dialog
from penstock_tui.view.columns import Column
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.field import Field
from penstock_tui.widgets.line_table import LineTable, Row


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to find. ``value`` is the palette's answer; all text is clean."""

    value: str
    name: str
    keys: str
    about: str
    off: bool = False


class Palette(Dialog[str]):
    """Answers with the value of the chosen entry."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
    ]

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__("Do or go to")
        self._entries = entries
        self._found: list[Entry] = list(entries)

    def inside(self) -> ComposeResult:
        """Compose the line to type in and the list."""
        yield Field(":", id="query")
        columns = [
            Column("name", "", 22, most=40),
            Column("keys", "", 8),
            Column("about", "", 20, most=200, drop=1),
        ]
        yield LineTable(columns, header=False, empty="no such action or DAG", id="entries")

    def on_mount(self) -> None:
        """Show everything."""
        super().on_mount()
        table = self.query_one(LineTable)
        table.can_focus = False
        table.reserve = 4
        self.query_one(Field).focus()
        self._show("")

    @on(Field.Edited)
    def _edited(self, event: Field.Edited) -> None:
        if not isinstance(event, Field.Done):
            self._show(event.field.text)

    @on(Field.Done)
    def _chosen(self) -> None:
        place = self.query_one(LineTable).cursor
        if place < len(self._found) and not self._found[place].off:
            self.dismiss(self._found[place].value)

    def action_move(self, step: int) -> None:
        """Move the cursor of the list while typing."""
        table = self.query_one(LineTable)
        table.move_to(table.cursor + step)

    def _show(self, query: str) -> None:
        self._found = search(self._entries, query)
        table = self.query_one(LineTable)
        table.set_rows([Row(entry.value, partial(_cells, entry)) for entry in self._found])
        table.move_to(0)


def search(entries: Sequence[Entry], query: str) -> list[Entry]:
    """Return the entries that contain every word of *query*; names that begin with it come first."""
    words = query.lower().split()
    found = [
        entry for entry in entries if all(word in f"{entry.name} {entry.about}".lower() for word in words)
    ]
    start = " ".join(words)
    return sorted(found, key=lambda entry: not entry.name.lower().startswith(start)) if start else found


def _cells(entry: Entry) -> tuple[Spans, ...]:
    style = "bright_black" if entry.off else ""
    return ([(entry.name, style)], [(entry.keys, "cyan")], [(entry.about, "bright_black")])
