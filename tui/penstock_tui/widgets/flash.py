"""`Flash`: the last message on one line, else a failure elsewhere. News fades, errors stay until a key."""

from __future__ import annotations

from textual.timer import Timer

from penstock_tui.messages import LEVEL_STYLES
from penstock_tui.shell import shell_of
from penstock_tui.view.spans import Spans, fit, width
from penstock_tui.widgets.line import Line

_FADES = 6.0
"""Seconds that news stays."""


class Flash(Line):
    """One line above the footer; the whole text is in the message history."""

    def on_mount(self) -> None:
        """Show what was said before this screen came up."""
        self._timer: Timer | None = None
        self.catch_up()

    def catch_up(self) -> None:
        """Show the console's current message, if there is one."""
        note = shell_of(self).notes.present
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if note is None:
            self.show(shell_of(self).attendance.line(self.size.width))
            return
        glyph = {"info": " ", "warning": "!", "error": shell_of(self).looks.glyph("failed")}[note.level]
        first = note.text.split("\n", 1)[0]
        self.show([(f" {glyph} {note.at:%H:%M:%S} {first}", LEVEL_STYLES[note.level])])
        if note.level != "error":
            self._timer = self.set_timer(_FADES, self._fade)

    def _fade(self) -> None:
        shell_of(self).notes.settle()
        self.catch_up()

    def spans(self, cells: int) -> Spans:
        """Return the message, and where to read all of it when it does not fit."""
        note = shell_of(self).notes.present
        if note is None or (width(self._spans) <= cells and "\n" not in note.text):
            return self._spans
        hint = "  ! whole text"
        return [*fit(self._spans, max(0, cells - len(hint))), (hint, "dim")]
