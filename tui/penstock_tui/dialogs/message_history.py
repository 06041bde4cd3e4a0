"""Everything the console said in this session, oldest first, in full."""

from __future__ import annotations

from collections.abc import Iterable

from penstock_tui.clean import Clean
from penstock_tui.dialogs.sheet import Sheet
from penstock_tui.messages import LEVEL_STYLES
from penstock_tui.notes import Note
from penstock_tui.view.spans import Spans, wrap


def message_history(notes: Iterable[Note], cells: int) -> Sheet:
    """Return the sheet of *notes*, wrapped to *cells* and scrolled to its end."""
    return Sheet("Messages", history_lines(notes, cells), end=True, timed=True)


def history_lines(notes: Iterable[Note], cells: int) -> list[Spans]:
    """Return each message on as many lines as it needs, its time on the first."""
    lines: list[Spans] = []
    for note in notes:
        for place, text in enumerate(wrap(note.text, max(10, cells - 10))):
            head = f"{note.at:%H:%M:%S}  " if place == 0 else " " * 10
            lines.append([(head, "bright_black"), (Clean(text), LEVEL_STYLES[note.level])])
    return lines
